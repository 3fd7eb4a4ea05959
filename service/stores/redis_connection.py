"""The way to Redis: how long to wait, how often to try, and which failures mean "not now".

Every write of the stores may be repeated with the same result, so one quick retry on a connection
that broke is safe. A server that hangs is not asked again: a client would only wait longer for a
503.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.commands.core import Script
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import (
    InvalidResponse,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from service.duplicates.errors import StoreMisconfigured, StoreUnavailable

RETRIES = 1
# What an address may say after "?". The rest of a connection's options are ours to choose.
OPTIONS = frozenset({"db", "username", "password"})
OPTION_PREFIX = "ssl_"
# Answers of a server that is up but cannot do the work at present. No write was made.
_NOT_NOW = ("MISCONF", "NOREPLICAS", "OOM", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "BUSY")
OLDEST = (6, 2)  # ZRANGE with BYSCORE and LIMIT
# A small hash of the index has up to some 340 fields at a million articles (see `fingerprint`).
COMPACT_ENTRIES = 512
_PERSISTENCE_ADVICE = "set appendonly yes, or use REDIS_URL of a server that keeps its data"


def connect(url: str, timeout_s: float) -> redis.Redis:
    """A client of the server at `url`; nothing is sent yet.

    Raises ValueError if `url` is no address of a Redis, or says more than an address should.
    """
    parts = urlsplit(url)
    (parts.hostname or "").encode("idna")
    for option in parse_qs(parts.query):
        if option not in OPTIONS and not option.startswith(OPTION_PREFIX):
            raise ValueError(f"an address of Redis has no option {option}")
    client = redis.Redis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), RETRIES, (RedisConnectionError,)),
    )
    pool = client.connection_pool
    try:
        # Otherwise an option that fits no connection would be found by the first command.
        pool.connection_class(**pool.connection_kwargs)
    except (TypeError, RedisError) as error:
        raise ValueError(str(error)) from error
    return client


@contextmanager
def reaching_redis() -> Iterator[None]:
    """Turn the failures that pass with time into StoreUnavailable, those of the set-up into
    StoreMisconfigured; let bugs through."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise StoreUnavailable(f"Redis does not answer: {error}") from error
    except InvalidResponse as error:
        raise StoreMisconfigured(
            "what answers at the address of Redis does not speak its protocol: "
            "correct COPYDESK_REDIS_URL or REDIS_URL"
        ) from error
    except NoPermissionError as error:
        raise StoreMisconfigured(f"the Redis server does not let us work: {error}") from error
    except (OutOfMemoryError, ReadOnlyError) as error:
        raise StoreUnavailable(f"Redis refuses to write: {error}") from error
    except ResponseError as error:
        if str(error).startswith(_NOT_NOW):
            raise StoreUnavailable(f"Redis cannot do this now: {error}") from error
        raise


def script(client: redis.Redis, name: str) -> Script:
    """The atomic operation kept in `lua/<name>.lua`."""
    source = resources.files("service.stores").joinpath("lua", f"{name}.lua")
    return client.register_script(source.read_text("utf-8"))


def check_server(client: redis.Redis) -> list[str]:
    """Refuse a server that we cannot work on, or that would lose articles while it runs; return
    warnings about one that would lose them when it stops, or that wastes memory.

    Raises StoreMisconfigured, StoreUnavailable if the server does not answer.
    """
    try:
        with reaching_redis():
            client.ping()
    except ResponseError as error:  # such as a database that it does not have
        raise StoreMisconfigured(f"the Redis server turns us away: {error}") from error
    with reaching_redis():
        try:
            info: Any = client.info()
        except ResponseError:  # INFO is closed
            info = {}
        _check_kind(info)
        try:
            return _checked(_Configuration(client.config_get("*")))
        except ResponseError:  # CONFIG is closed on many hosted servers
            return [
                (
                    "the Redis server does not show its configuration: make sure that "
                    "maxmemory-policy is noeviction, appendonly yes and appendfsync always"
                )
            ]


def _check_kind(info: Any) -> None:  # noqa: ANN401 - as redis has it
    """Refuse a server on which our scripts do not run. What it does not tell is not held against
    it."""
    version = str(info.get("redis_version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if version and numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise StoreMisconfigured(
            f"the Redis server is version {version}: use Redis {oldest} or later, or Valkey"
        )
    if info.get("cluster_enabled"):
        raise StoreMisconfigured(
            "the Redis server runs in cluster mode, where our scripts cannot reach all keys of an "
            "article: use a server with cluster-enabled no"
        )
    if info.get("role") == "slave":
        raise StoreMisconfigured(
            "the Redis server is a replica, which takes no articles: use the address of its "
            f"primary, {info.get('master_host')}:{info.get('master_port')}"
        )


def _checked(configuration: "_Configuration") -> list[str]:
    policy = configuration.get("maxmemory-policy")
    if policy != "noeviction":
        raise StoreMisconfigured(
            f"the Redis server evicts keys when it is full (maxmemory-policy {policy}), which "
            "would lose articles without an error: set maxmemory-policy noeviction"
        )
    warnings = []
    if configuration.get("appendonly") != "yes":
        lost = "what is stored since the last snapshot" if configuration.get("save") else "all"
        warnings.append(f"{lost} is lost if Redis dies: {_PERSISTENCE_ADVICE}")
    elif configuration.get("appendfsync") != "always":
        lost = (
            "up to two seconds"
            if configuration.get("appendfsync") == "everysec"
            else "half a minute or more"
        )
        warnings.append(
            f"{lost} of articles that were acknowledged are lost if the machine of Redis fails: "
            "set appendfsync always, or be ready to send them again"
        )
    entries = configuration.compact_entries
    if entries is not None and entries < COMPACT_ENTRIES:
        warnings.append(
            f"the index will take about four times the memory once it is large: set "
            f"hash-max-listpack-entries {COMPACT_ENTRIES} (it is {entries})"
        )
    return warnings


class _Configuration:
    """What CONFIG GET says."""

    def __init__(self, values: Any) -> None:  # noqa: ANN401 - as redis has it
        self._values = values

    def get(self, name: str) -> str:
        """A value, empty if there is none of this name."""
        return str(self._values.get(name, ""))

    @property
    def compact_entries(self) -> int | None:
        """How many fields a compact hash may have; Redis 6.2 has an older word for it."""
        found = self.get("hash-max-listpack-entries") or self.get("hash-max-ziplist-entries")
        return int(found) if found else None

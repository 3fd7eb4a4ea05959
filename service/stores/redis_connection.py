"""The way to Redis: how long to wait, how often to try, and which failures mean "not now".

Every write of the stores may be repeated with the same result, so one quick retry on a connection
that broke is safe. A server that hangs is not asked again: a client would only wait longer for a
503.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any, NamedTuple, Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import ExponentialBackoff
from redis.commands.core import Script
from redis.exceptions import (
    ClusterDownError,
    InvalidResponse,
    MovedError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    SlotNotCoveredError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from service.duplicates.errors import StoreMisconfigured, StoreUnavailable

RETRIES = 1
# What an address may say after "?". The rest of a connection's options are ours to choose.
OPTIONS = frozenset({"db", "username", "password"})
OPTION_PREFIX = "ssl_"
# Answers of a server that is up but cannot do the work at present. No write was made.
_NOT_NOW = ("MISCONF", "NOREPLICAS", "OOM", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "BUSY")
# A cluster lacks a master, or moves keys from one to another; scripts then stop at such a key.
CLUSTER_CHANGES = (ClusterDownError, MovedError, SlotNotCoveredError, TryAgainError)
_MOVING = "access a non local key"
_NO_CLUSTER = "Cluster mode is not enabled"
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
    except RedisClusterException as error:
        if _NO_CLUSTER in str(error) or _NO_CLUSTER in str(error.__cause__):
            raise StoreMisconfigured(
                "the server at COPYDESK_INDEX_REDIS_URL is no node of a cluster: leave it unset to "
                "keep the index with the articles"
            ) from error
        raise StoreUnavailable(f"the cluster of the index does not answer: {error}") from error
    except CLUSTER_CHANGES as error:
        raise StoreUnavailable(f"the cluster of the index cannot do this now: {error}") from error
    except ResponseError as error:
        if str(error).startswith(_NOT_NOW) or _MOVING in str(error):
            raise StoreUnavailable(f"Redis cannot do this now: {error}") from error
        raise


def script(client: redis.Redis, name: str) -> Script:
    """The atomic operation kept in `lua/<name>.lua`."""
    return client.register_script(_source(name))


@cache
def _source(name: str) -> str:
    source = resources.files("service.stores").joinpath("lua", f"{name}.lua")
    return source.read_text("utf-8")


@cache
def _digest(name: str) -> str:
    return sha1(_source(name).encode(), usedforsecurity=False).hexdigest()


Command: TypeAlias = tuple[Any, ...]


class Servers(Protocol):
    """What holds an index: one server or the masters of a cluster."""

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to commands of one key each, in one round trip; a refusal is an answer, too.
        Raises StoreUnavailable, StoreMisconfigured."""

    def keys(self, pattern: str) -> Iterator[bytes]:
        """All keys whose names match, in no order."""

    def masters(self) -> list[redis.Redis]:
        """A client of each server."""


class OneServer:
    """A single server in the role of all."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        if not commands:
            return []
        with reaching_redis():
            pipeline = self._client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
            return pipeline.execute(raise_on_error=False)

    def keys(self, pattern: str) -> Iterator[bytes]:
        with reaching_redis():
            yield from self._client.scan_iter(match=pattern, count=200)

    def masters(self) -> list[redis.Redis]:
        return [self._client]


class Call(NamedTuple):
    """A call of the script `lua/<name>.lua`."""

    name: str
    keys: Sequence[str | bytes]
    args: Sequence[Any]

    @property
    def command(self) -> Command:
        """The call as a command."""
        return ("EVALSHA", _digest(self.name), len(self.keys), *self.keys, *self.args)


def call(servers: Servers, calls: Sequence[Call]) -> list[Any]:
    """What the scripts return, in one round trip.

    Raises the first error of one of them; StoreUnavailable, StoreMisconfigured.
    """
    commands = [each.command for each in calls]
    answers = servers.ask(commands)
    if any(isinstance(answer, NoScriptError) for answer in answers):
        with reaching_redis():
            for master in servers.masters():
                for name in {each.name for each in calls}:
                    master.script_load(_source(name))
        answers = servers.ask(commands)
    return _without_errors(answers)


def ask_all(servers: Servers, commands: Sequence[Command]) -> list[Any]:
    """The answers to commands of one key each, in one round trip.

    Raises the first error among them; StoreUnavailable, StoreMisconfigured.
    """
    return _without_errors(servers.ask(commands))


def _without_errors(answers: list[Any]) -> list[Any]:
    with reaching_redis():
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
    return answers


def key_of(command: Command) -> str | bytes:
    """The first key of a command."""
    key: str | bytes = command[3 if command[0] == "EVALSHA" else 1]
    return key


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
        info = _info(client)
        _check_version(info)
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


def check_cluster(cluster: Servers) -> list[str]:
    """The same for the masters of a cluster that holds the index, and nothing but the index.

    Raises StoreMisconfigured, StoreUnavailable if they do not answer.
    """
    warnings = []
    with reaching_redis():
        for master in cluster.masters():
            _check_version(_info(master))
            try:
                configuration = _Configuration(master.config_get("*"))
            except ResponseError:
                warnings.append(
                    "the cluster of the index does not show its configuration: make sure that "
                    "maxmemory-policy is noeviction and appendonly yes"
                )
                continue
            _check_policy(configuration)
            if configuration.get("appendonly") != "yes":
                warnings.append(
                    "the index is lost in part if a master of its cluster dies, and must be built "
                    "anew by `copydesk repair`: set appendonly yes there"
                )
            elif configuration.get("appendfsync") != "always":
                warnings.append(
                    "if a master of the index's cluster dies, the articles of the last seconds may "
                    "be missing in the index: set appendfsync always there, or run `copydesk "
                    "verify` after it, and `copydesk repair` if it finds a fault"
                )
            warnings += _memory_warnings(configuration)
    return list(dict.fromkeys(warnings))


def _info(client: redis.Redis) -> Any:  # noqa: ANN401 - as redis has it
    try:
        return client.info()
    except ResponseError:  # INFO is closed
        return {}


def _check_version(info: Any) -> None:  # noqa: ANN401 - as redis has it
    """Refuse a server on which our scripts do not run. What it does not tell is not held against
    it."""
    version = str(info.get("redis_version", ""))
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    if version and numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise StoreMisconfigured(
            f"the Redis server is version {version}: use Redis {oldest} or later, or Valkey"
        )


def _check_kind(info: Any) -> None:  # noqa: ANN401 - as redis has it
    if info.get("cluster_enabled"):
        raise StoreMisconfigured(
            "the Redis server runs in cluster mode, where our scripts cannot reach all keys of an "
            "article: use a server with cluster-enabled no (a cluster may hold the index: "
            "COPYDESK_INDEX_REDIS_URL)"
        )
    if info.get("role") == "slave":
        raise StoreMisconfigured(
            "the Redis server is a replica, which takes no articles: use the address of its "
            f"primary, {info.get('master_host')}:{info.get('master_port')}"
        )


def _check_policy(configuration: "_Configuration") -> None:
    policy = configuration.get("maxmemory-policy")
    if policy != "noeviction":
        raise StoreMisconfigured(
            f"the Redis server evicts keys when it is full (maxmemory-policy {policy}), which "
            "would lose articles without an error: set maxmemory-policy noeviction"
        )


def _checked(configuration: "_Configuration") -> list[str]:
    _check_policy(configuration)
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
    return warnings + _memory_warnings(configuration)


def _memory_warnings(configuration: "_Configuration") -> list[str]:
    entries = configuration.compact_entries
    if entries is None or entries >= COMPACT_ENTRIES:
        return []
    return [
        (
            "the index will take about four times the memory once it is large: set "
            f"hash-max-listpack-entries {COMPACT_ENTRIES} (it is {entries})"
        )
    ]


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

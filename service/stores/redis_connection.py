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
    """Refuse a server that would lose articles while it runs, and return warnings about one
    that would lose them when it stops.

    Raises StoreMisconfigured if the server evicts keys or turns us away, StoreUnavailable if it
    does not answer.
    """
    try:
        with reaching_redis():
            client.ping()
    except ResponseError as error:  # such as a database that it does not have
        raise StoreMisconfigured(f"the Redis server turns us away: {error}") from error
    with reaching_redis():
        try:
            policy = _config(client, "maxmemory-policy")
            appends = _config(client, "appendonly")
        except ResponseError:  # CONFIG is closed on many hosted servers
            return [
                (
                    "the Redis server does not show its configuration: make sure that "
                    "maxmemory-policy is noeviction and that appendonly is on"
                )
            ]
    if policy != "noeviction":
        raise StoreMisconfigured(
            f"the Redis server evicts keys when it is full (maxmemory-policy {policy}), which "
            "would lose articles without an error: set maxmemory-policy noeviction"
        )
    if appends != "yes":
        return [
            f"what is stored since the last snapshot is lost if Redis dies: {_PERSISTENCE_ADVICE}"
        ]
    return []


def _config(client: redis.Redis, name: str) -> str:
    values: Any = client.config_get(name)
    return str(values[name])

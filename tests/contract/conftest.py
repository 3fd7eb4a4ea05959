"""One suite for every store: in memory, and in each Redis-like server of this machine."""

import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from service.duplicates.ports import Services
from service.stores.memory import memory_services
from service.stores.own_redis import servers
from service.stores.redis_articles import RedisArticles
from service.stores.redis_connection import connect
from service.stores.redis_flags import RedisFlags
from service.stores.redis_index import RedisIndex
from service.stores.redis_sites import RedisSites
from service.stores.redis_stories import RedisStories

MEMORY = "memory"


Clients = dict[str, redis.Redis]


@pytest.fixture(scope="session")
def clients() -> Iterator[Clients]:
    """A client of each server of this machine, started for this suite."""
    with ExitStack() as stack:
        yield {path: stack.enter_context(_running(path)) for path in servers()}


@pytest.fixture(params=[MEMORY, *servers()])
def services(request: pytest.FixtureRequest, clients: Clients) -> Services:
    """Empty stores of each kind."""
    if request.param == MEMORY:
        return memory_services()
    return stores_in(clients[request.param])


@pytest.fixture(params=servers())
def redis_services(request: pytest.FixtureRequest, clients: Clients) -> Services:
    """Empty stores in each real server."""
    return stores_in(clients[request.param])


def stores_in(client: redis.Redis) -> Services:
    """Empty stores in a server, in a namespace of their own."""
    namespace = uuid.uuid4().hex
    return Services(
        RedisArticles(client, namespace),
        RedisIndex(client, namespace),
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

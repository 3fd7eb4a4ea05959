import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import redis

from service.duplicates.errors import StoreMisconfigured, StoreUnavailable
from service.stores.own_redis import OwnRedis, servers
from service.stores.redis_connection import check_server, connect, reaching_redis

TIMEOUT = 0.5


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path_factory.mktemp("redis")) as found:
        yield found


@pytest.fixture
def client(server: OwnRedis) -> Iterator[redis.Redis]:
    with connect(server.url, TIMEOUT) as found:
        yield found


@pytest.mark.parametrize("connection", ["new", "used", "idle"])
def test_a_server_that_hangs_is_waited_for_once(
    server: OwnRedis, client: redis.Redis, connection: str
) -> None:
    if connection != "new":
        client.ping()
    if connection == "idle":
        used = client.connection_pool.get_connection()
        used.next_health_check = 0  # due: the next command asks first whether the server is there
        client.connection_pool.release(used)
    assert server.pid
    os.kill(server.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with pytest.raises(StoreUnavailable), reaching_redis():
            client.get("article")
        assert TIMEOUT * 0.9 < time.monotonic() - started < TIMEOUT * 1.8
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_a_connection_that_broke_is_made_anew_without_a_word(
    server: OwnRedis, client: redis.Redis
) -> None:
    client.set("article", "text")
    with connect(server.url, TIMEOUT) as other:
        other.client_kill_filter(_type="normal", skipme=True)
    assert client.get("article") == b"text"


@pytest.mark.parametrize(
    "url",
    [
        "http://host/0",
        "host:6379",
        "redis://host:70000/0",
        "redis://two..dots/0",
        "redis://[::1/0",
        "redis://host/0?db=first",
        "redis://host/0?foo=bar",
        "redis://host/0?decode_responses=True",
        "redis://host/0?socket_timeout=60",
        "redis://host/0?ssl_cert_reqs=none",
        "rediss://host/0?ssl_cert_reqs=sometimes",
    ],
)
def test_what_is_no_address_of_a_redis_is_found_before_it_is_used(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        connect(url, TIMEOUT)


def test_an_address_may_name_a_database_and_the_terms_of_tls() -> None:
    connect("unix:///run/redis.sock?db=3", TIMEOUT)
    connect("rediss://:password@host:6380/3?ssl_cert_reqs=none", TIMEOUT)


@pytest.mark.parametrize("banner", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n"])
def test_a_server_of_another_kind_is_told_from_a_redis(banner: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1)
                connection.sendall(banner)
                while connection.recv(1_000):
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        with (
            connect(url, TIMEOUT) as client,
            pytest.raises(StoreMisconfigured, match="does not speak its protocol"),
        ):
            check_server(client)
        thread.join(5)


def test_a_database_that_the_server_does_not_have_is_told(server: OwnRedis) -> None:
    with (
        connect(f"{server.url}?db=99", TIMEOUT) as client,
        pytest.raises(StoreMisconfigured, match="turns us away: DB index is out of range"),
    ):
        check_server(client)


def test_commands_that_are_forbidden_to_us_are_told(server: OwnRedis, client: redis.Redis) -> None:
    client.acl_setuser("reader", enabled=True, nopass=True, commands=["+ping", "+client"])
    url = server.url.replace("unix://", "unix://reader:any@")
    with (
        connect(url, TIMEOUT) as reader,
        pytest.raises(StoreMisconfigured, match="does not let us work"),
        reaching_redis(),
    ):
        reader.get("article")


@contextmanager
def configured(client: redis.Redis, **values: str) -> Iterator[None]:
    """A server that is configured otherwise for a while."""
    names = {name: name.replace("_", "-") for name in values}
    before = {name: str(client.config_get(name)[name]) for name in names.values()}
    for name, value in values.items():
        client.config_set(names[name], value)
    try:
        yield
    finally:
        for name, value in before.items():
            client.config_set(name, value)


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        ({"appendfsync": "everysec"}, "up to two seconds of articles"),
        ({"appendfsync": "no"}, "half a minute or more of articles"),
        ({"appendonly": "no", "save": ""}, "all is lost if Redis dies: set appendonly yes"),
        ({"appendonly": "no", "save": "60 1"}, "what is stored since the last snapshot is lost"),
        ({"hash_max_ziplist_entries": "128"}, "set hash-max-listpack-entries 512 (it is 128)"),
    ],
)
def test_a_server_that_may_lose_or_waste_something_is_told(
    client: redis.Redis, values: dict[str, str], warning: str
) -> None:
    assert check_server(client) == []
    with configured(client, **values):
        (told,) = check_server(client)
    assert warning in told


def test_a_replica_is_refused_with_the_address_of_its_primary(client: redis.Redis) -> None:
    client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreMisconfigured, match=r"primary, 127\.0\.0\.1:1"):
            check_server(client)
    finally:
        client.replicaof("NO", "ONE")


def test_a_server_in_cluster_mode_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    options = ["--port", "0", "--bind", "127.0.0.1", "--unixsocket", str(path), "--save", ""]
    options[1] = str(20_000 + os.getpid() % 20_000)  # its bus is 10,000 above
    with subprocess.Popen(
        [servers()[0], *options, "--cluster-enabled", "yes", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            until = time.monotonic() + 10
            while not path.exists() and time.monotonic() < until:
                time.sleep(0.02)
            with (
                connect(f"unix://{path}", timeout_s=5) as clustered,
                pytest.raises(StoreMisconfigured, match="cluster mode"),
            ):
                check_server(clustered)
        finally:
            process.terminate()


def test_a_server_that_is_too_old_is_refused(
    client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("5.0.14", "6.0.16"):
        monkeypatch.setattr(client, "info", partial(dict, redis_version=version))
        with pytest.raises(StoreMisconfigured, match=r"use Redis 6\.2 or later"):
            check_server(client)
    monkeypatch.setattr(client, "info", partial(dict, redis_version="6.2.0"))
    assert check_server(client) == []


def test_a_server_that_tells_nothing_of_itself_is_warned_about(
    server: OwnRedis, client: redis.Redis
) -> None:
    client.acl_setuser("closed", enabled=True, nopass=True, commands=["+ping", "+client"])
    with connect(server.url.replace("unix://", "unix://closed:any@"), TIMEOUT) as closed:
        (told,) = check_server(closed)
    assert "does not show its configuration" in told

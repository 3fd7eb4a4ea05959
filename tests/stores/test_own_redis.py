import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from service.duplicates.errors import StoreMisconfigured, StoreUnavailable
from service.stores import own_redis
from service.stores.own_redis import OwnRedis
from tests.system.running import is_running, wait_until


@contextlib.contextmanager
def client_of(server: OwnRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url, socket_timeout=5) as client:
        yield client


@contextlib.contextmanager
def owner_elsewhere(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that runs the server of `data_dir`, and the server's pid."""
    program = (
        "import sys; from pathlib import Path; from service.stores.own_redis import OwnRedis\n"
        "with OwnRedis(Path(sys.argv[1])) as server:\n"
        "    print(server.pid, flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout
    try:
        yield owner, int(owner.stdout.readline())
    finally:
        owner.communicate(timeout=20)  # the end of its input is the end of its work


def test_it_listens_on_a_private_socket_only(tmp_path: Path) -> None:
    with OwnRedis(tmp_path / "data") as server, client_of(server) as client:
        assert client.config_get("port") == {"port": "0"}
        path = Path(server.url.removeprefix("unix://"))
        assert path.is_socket()
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert not path.parent.exists()


def test_it_keeps_everything_and_evicts_nothing(tmp_path: Path) -> None:
    with OwnRedis(tmp_path) as server, client_of(server) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_its_data_outlive_it(tmp_path: Path) -> None:
    with OwnRedis(tmp_path) as server, client_of(server) as client:
        client.set("article", "text")
    with OwnRedis(tmp_path) as server, client_of(server) as client:
        assert client.get("article") == b"text"


def test_a_killed_server_comes_back_with_every_acknowledged_write(tmp_path: Path) -> None:
    with OwnRedis(tmp_path) as server:
        with client_of(server) as client:
            for number in range(2000):
                client.set(f"article:{number}", "text")
            pid = server.pid
            assert pid
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: server.pid not in {None, pid} and server.alive())
        with client_of(server) as client:
            wait_until(lambda: answers(client))
            assert client.dbsize() == 2000
        assert server.failure is None


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def test_a_server_that_keeps_dying_is_given_up_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_redis, "GIVE_UP_AFTER", 1)
    with OwnRedis(tmp_path) as server:
        monkeypatch.setattr(own_redis, "servers", lambda: ["/bin/false"])
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: server.failure is not None)
        assert "did not start" in (server.failure or "")


def test_a_second_process_joins_the_server_that_runs(tmp_path: Path) -> None:
    with owner_elsewhere(tmp_path), OwnRedis(tmp_path) as server:
        assert server.pid is None
        with client_of(server) as client:
            assert client.ping()


def test_who_joins_finds_the_socket_from_another_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with owner_elsewhere(tmp_path / "data"):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with OwnRedis(tmp_path / "data") as server, client_of(server) as client:
            assert server.pid is None
            assert client.ping()


def test_who_joined_takes_over_when_the_owner_is_killed(tmp_path: Path) -> None:
    with owner_elsewhere(tmp_path) as (owner, first), OwnRedis(tmp_path) as server:
        with client_of(server) as client:
            client.set("article", "text")
        url = server.url
        owner.kill()
        wait_until(lambda: server.pid is not None and not is_running(first))
        assert server.url == url
        with client_of(server) as client:
            wait_until(lambda: answers(client))
            assert client.get("article") == b"text"


def test_a_killed_owner_leaves_no_server_behind(tmp_path: Path) -> None:
    with owner_elsewhere(tmp_path) as (owner, pid):
        owner.kill()
        wait_until(lambda: not is_running(pid))
    # What it left on the disk, its socket among it, is no hindrance.
    with OwnRedis(tmp_path) as server, client_of(server) as client:
        assert server.pid
        assert client.ping()


def test_two_data_directories_have_two_servers(tmp_path: Path) -> None:
    with OwnRedis(tmp_path / "one") as one, OwnRedis(tmp_path / "two") as two:
        assert one.url != two.url
        with client_of(one) as client, client_of(two) as other:
            client.set("article", "text")
            assert other.dbsize() == 0


def test_the_socket_fits_even_under_a_deep_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("deep" * 40)))
    with socket.socket(socket.AF_UNIX) as connection, OwnRedis(tmp_path / "data") as server:
        connection.connect(server.url.removeprefix("unix://"))


def test_a_directory_that_others_can_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    server = OwnRedis(tmp_path / "data")
    Path(server.url.removeprefix("unix://")).parent.mkdir(mode=0o755)
    with pytest.raises(StoreMisconfigured, match="not a directory of this user alone"):
        server.__enter__()


def test_without_a_server_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_redis, "servers", list)
    with pytest.raises(StoreMisconfigured, match="install valkey-server or redis-server, or set"):
        OwnRedis(tmp_path).__enter__()


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreMisconfigured, match="file/data cannot be written: Not a directory"):
        OwnRedis(tmp_path / "file" / "data").__enter__()


def test_a_server_that_cannot_read_the_data_is_told_with_its_last_words(tmp_path: Path) -> None:
    with OwnRedis(tmp_path) as server, client_of(server) as client:
        client.set("article", "text")
    (manifest,) = tmp_path.rglob("*.manifest")
    manifest.write_text("nonsense\n")
    with pytest.raises(StoreUnavailable, match=r"Redis did not start; the end of .*redis\.log:\n"):
        OwnRedis(tmp_path).__enter__()


def test_the_next_server_is_tried_when_the_first_refuses_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = own_redis.servers()
    monkeypatch.setattr(own_redis, "servers", lambda: ["/bin/false", *every])
    with OwnRedis(tmp_path) as server, client_of(server) as client:
        assert client.ping()

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.system.running import (
    Launcher,
    Service,
    copydesk,
    environment,
    is_running,
    wait_until,
)

ARTICLE = (
    "The harbour ferry will stop running at midnight from next Monday, the operator said. "
    "Passengers who work late shifts on the north shore have asked the council for a bus. "
    "Councillor Maren Holt promised an answer before the end of the month."
)


def article(number: int) -> str:
    """Articles that have nothing in common."""
    return " ".join(f"word{number}x{position}" for position in range(40)) + "."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_says_where_it_listens_when_it_is_ready(launcher: Launcher) -> None:
    service = launcher.start()
    address = f"http://127.0.0.1:{service.port}"
    assert f"Copydesk is listening on {address} (review: {address}/review)\n" in service.said
    assert service.ask("GET", "/readyz").status == 200


def test_told_to_end_it_ends_everything_and_exits_with_0(launcher: Launcher) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        service = launcher.start()
        pids = service.pids
        assert len(pids) == 5  # supervisor, Redis, gunicorn and two workers
        assert service.end(number) == 0
        assert not any(map(is_running, pids))
        assert "Traceback" not in service.said


def test_told_twice_it_does_not_wait_for_a_request_that_takes_its_time(launcher: Launcher) -> None:
    service = launcher.start()
    with socket.create_connection(("127.0.0.1", service.port)) as slow:
        slow.sendall(
            b"POST /v1/articles HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{"
        )
        time.sleep(0.5)
        started = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert service.end(signal.SIGTERM) == 0
        assert time.monotonic() - started < 4


def test_what_was_acknowledged_is_there_after_a_restart(launcher: Launcher) -> None:
    service = launcher.start()
    assert service.post("ferry", ARTICLE).status == 201
    service.end()
    again = launcher.start()
    answer = again.post("ferry", ARTICLE)
    assert (answer.status, answer.body["revision"]) == (200, 1)


def test_a_killed_redis_comes_back_with_every_acknowledged_article(launcher: Launcher) -> None:
    service = launcher.start()
    statuses = [service.post(f"a{number}", article(number)).status for number in range(40)]
    assert statuses == [201] * 40
    pid = service.redis_pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: service.redis_pid not in {0, pid})
    wait_until(lambda: service.status("GET", "/readyz") == 200)
    assert [service.ask("GET", f"/v1/articles/a{n}").status for n in range(40)] == [200] * 40
    assert service.post("copy", article(7)).body["duplicate_of"] == "a7"


def test_while_redis_is_away_the_answer_is_503_with_retry_after(launcher: Launcher) -> None:
    service = launcher.start()
    os.kill(service.redis_pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        reply = service.post("ferry", ARTICLE)
        assert reply.status == 503
        # COPYDESK_REDIS_TIMEOUT_S is 2; asking a second time would make it 4.
        assert time.monotonic() - started < 3.5
        assert reply.headers["Retry-After"]
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert service.ask("GET", "/healthz").status == 200
    finally:
        os.kill(service.redis_pid, signal.SIGCONT)
    wait_until(lambda: service.status("GET", "/readyz") == 200)
    assert service.post("ferry", ARTICLE).status in {200, 201}


def test_a_killed_worker_is_replaced(launcher: Launcher) -> None:
    service = launcher.start()
    before = service.worker_pids
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(service.worker_pids) == 2 and before[0] not in service.worker_pids)
    assert service.post("ferry", ARTICLE).status == 201


def test_a_worker_born_while_redis_is_away_does_not_end_the_service(launcher: Launcher) -> None:
    service = launcher.start()
    os.kill(service.redis_pid, signal.SIGSTOP)
    try:
        for pid in service.worker_pids:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: service.status("GET", "/readyz") == 503)
    finally:
        os.kill(service.redis_pid, signal.SIGCONT)
    wait_until(lambda: service.status("GET", "/readyz") == 200)
    assert service.process.poll() is None


def test_when_gunicorn_is_killed_the_service_ends_and_leaves_nothing(launcher: Launcher) -> None:
    service = launcher.start()
    pids = service.pids
    os.kill(service.gunicorn_pid, signal.SIGKILL)
    assert service.process.wait(20) == 1
    wait_until(lambda: not any(map(is_running, pids)))
    assert "the web server has ended" in service.said


def test_a_killed_supervisor_leaves_nothing_and_starts_again(launcher: Launcher) -> None:
    service = launcher.start("--port", str(free_port()))
    assert service.post("ferry", ARTICLE).status == 201
    pids = service.pids
    service.process.kill()
    service.process.wait()
    # At once, while the others may still be dying.
    again = launcher.start("--port", str(service.port))
    wait_until(lambda: not any(map(is_running, pids)), "the end of the children")
    wait_until(lambda: again.status("GET", "/v1/articles/ferry") == 200)


def test_it_does_not_listen_beyond_this_machine_without_a_key(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::"):
        done = copydesk("serve", "--host", host, data_dir=tmp_path)
        assert done.returncode == 2
        assert "COPYDESK_API_KEY" in done.stderr
    assert not any(tmp_path.iterdir())


def test_it_listens_beyond_this_machine_with_a_key(launcher: Launcher) -> None:
    service = launcher.start("--host", "0.0.0.0", COPYDESK_API_KEY="k" * 16)
    assert service.ask("GET", "/v1/flags").status == 401
    assert service.ask("GET", "/v1/flags", Authorization="Bearer " + "k" * 16).status == 200


def test_a_port_in_use_is_told_at_once(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        started = time.monotonic()
        done = copydesk("serve", "--port", str(port), data_dir=tmp_path)
    assert done.returncode == 1
    assert (
        done.stderr
        == f"copydesk: cannot listen on 127.0.0.1, port {port}: Address already in use\n"
    )
    # The start of Python included, which a busy machine delays.
    assert time.monotonic() - started < 15


def test_a_redis_that_does_not_answer_is_told(tmp_path: Path) -> None:
    url = f"redis://127.0.0.1:{free_port()}"
    done = copydesk("serve", "--port", "0", data_dir=tmp_path, settings={"REDIS_URL": url})
    assert done.returncode == 3
    assert done.stderr.startswith("copydesk: Redis does not answer: ")


def test_what_answers_in_the_place_of_redis_is_told_in_a_sentence(
    launcher: Launcher, tmp_path: Path
) -> None:
    url = f"redis://127.0.0.1:{launcher.start().port}/0"
    done = copydesk("serve", "--port", "0", data_dir=tmp_path, settings={"REDIS_URL": url})
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "does not speak its protocol" in line


def test_an_address_of_this_machine_is_answered_by_its_name(launcher: Launcher) -> None:
    service = launcher.start("--host", "127.0.0.2")
    address = f"127.0.0.2:{service.port}"
    connection = http.client.HTTPConnection(address, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/v1/flags")
        assert connection.getresponse().status == 200


@pytest.mark.parametrize("character", ["\u65b0", "\U0001f6a2"])
def test_an_article_of_the_longest_id_can_be_read(service: Service, character: str) -> None:
    posted = service.post(character * 512, ARTICLE)
    assert posted.status == 201
    path = posted.headers["Location"]
    assert service.ask("GET", path).body["id"] == character * 512
    assert service.status("POST", f"{path}/blocks/0/restore") == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /v1/clean HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n", 400),
        (b"GET /v1/flags HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", 431),
        (b"\xff\r\n\r\n", 400),
    ],
    ids=["length", "hosts", "line", "header", "nonsense"],
)
def test_what_is_no_proper_http_is_answered_like_every_other_error(
    service: Service, request_: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(request_)
        with http.client.HTTPResponse(connection) as response:
            response.begin()
            assert response.status == status
            assert response.headers["Content-Type"] == "application/problem+json"
            problem = json.loads(response.read())
    assert (problem["status"], problem["title"]) == (status, response.reason)
    assert problem["detail"]


def test_the_variables_of_other_servers_have_no_effect(launcher: Launcher) -> None:
    port = free_port()
    service = launcher.start(
        PORT=str(port), WEB_CONCURRENCY="7", GUNICORN_CMD_ARGS="--workers 5 --bind 0.0.0.0:1"
    )
    assert len(service.worker_pids) == 2
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_it_writes_nothing_outside_of_its_directories(launcher: Launcher, tmp_path: Path) -> None:
    home = tmp_path / "home"
    temporary = tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    service = launcher.start(
        HOME=str(home), TMPDIR=str(temporary), XDG_RUNTIME_DIR=str(home), HTTP_PROXY="http://x:1"
    )
    assert list(home.iterdir()) == []
    (directory,) = temporary.iterdir()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    service.end()
    assert list(temporary.iterdir()) == []


def test_two_services_on_one_data_directory_share_its_redis(launcher: Launcher) -> None:
    first = launcher.start()
    second = launcher.start()
    assert first.post("ferry", ARTICLE).status == 201
    assert second.ask("GET", "/v1/articles/ferry").status == 200
    first.end()
    # The second takes the server over.
    wait_until(lambda: second.status("GET", "/v1/articles/ferry") == 200)
    assert second.redis_pid


def test_it_hears_ctrl_c_in_a_terminal_once(launcher: Launcher) -> None:
    service: Service = launcher.start()
    # What a terminal does: a signal to the whole group in the foreground.
    os.killpg(service.process.pid, signal.SIGINT)
    assert service.process.wait(20) == 0
    assert "Traceback" not in service.said


def test_a_signal_while_redis_starts_ends_it(tmp_path: Path) -> None:
    # Somebody else holds the directory, and no server answers: the start would wait.
    holder = tmp_path / "data"
    holder.mkdir()
    port = free_port()
    with (holder / "lock").open("w") as lock, tempfile.TemporaryFile() as said:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "serve", "--port", str(port)],
            env=environment(holder),
            stderr=said,
        )
        # It takes its port first.
        wait_until(lambda: is_open(port))
        time.sleep(0.5)
        assert process.poll() is None
        process.terminate()
        assert process.wait(5) == 0

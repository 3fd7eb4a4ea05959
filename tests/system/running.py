"""The service as an operator sees it: processes, an address, exit statuses, lines on stderr."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import MappingProxyType
from typing import Any

WAIT_SECONDS = 30.0
NONE: Mapping[str, str] = MappingProxyType({})


def wait_until(holds: Callable[[], object], what: str = "it") -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < until, f"{what} did not happen in time"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        # A zombie has died, whenever its parent gets round to noticing.
        return " Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> list[int]:
    # Each thread has children of its own.
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, (task / "children").read_text(encoding="utf-8").split())
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def environment(data_dir: Path, settings: Mapping[str, str] = NONE) -> dict[str, str]:
    """The environment without what would lead to another archive or address."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COPYDESK_", "REDIS_", "GUNICORN_"))
    }
    return {**inherited, "COPYDESK_DATA_DIR": str(data_dir), **settings}


def copydesk(
    *arguments: str, data_dir: Path, content: bytes = b"", settings: Mapping[str, str] = NONE
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *arguments],
        env=environment(data_dir, settings),
        input=content,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Message
    body: Any


@dataclass(slots=True)
class Service:
    """A running `copydesk serve`."""

    process: "subprocess.Popen[bytes]"
    log: Path
    data_dir: Path
    port: int = 0

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            content = None if body is None else json.dumps(body)
            sent = {"Content-Type": "application/json"} if content else {}
            connection.request(method, path, content, sent | headers)
            response = connection.getresponse()
            text = response.read()
            is_json = "json" in (response.headers.get("Content-Type") or "")
            return Reply(response.status, response.headers, json.loads(text) if is_json else text)

    def status(self, method: str, path: str, body: object = None) -> int:
        """The status of the answer; 0 if there was none."""
        try:
            return self.ask(method, path, body).status
        except (OSError, http.client.HTTPException):
            return 0

    def post(self, article_id: str, text: str) -> Reply:
        return self.ask("POST", "/v1/articles", {"id": article_id, "text": text})

    @property
    def redis_pid(self) -> int:
        """The process id of the own Redis; 0 while there is none."""
        return self._child("redis.sock")

    @property
    def gunicorn_pid(self) -> int:
        return self._child("service.serve")

    def _child(self, words: str) -> int:
        found = [pid for pid in children(self.process.pid) if words in command_line(pid)]
        return found[0] if found else 0

    @property
    def worker_pids(self) -> list[int]:
        return children(self.gunicorn_pid)

    @property
    def pids(self) -> list[int]:
        return [self.process.pid, *children(self.process.pid), *self.worker_pids]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


class Launcher:
    """Starts services and ends those that a test leaves running."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._started: list[Service] = []

    def start(self, *options: str, wait: bool = True, **settings: str) -> Service:
        number = len(self._started)
        log = self.directory / f"serve-{number}.log"
        data_dir = self.directory / "data"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve", "--port", "0", *options],
                env=environment(data_dir, settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        service = Service(process, log, data_dir)
        self._started.append(service)
        if wait:
            self.wait_for(service)
        return service

    def wait_for(self, service: Service) -> None:
        wait_until(
            lambda: " is listening on " in service.said or service.process.poll() is not None,
            "listening",
        )
        assert service.process.poll() is None, service.said
        address = service.said.partition(" is listening on ")[2].split()[0]
        service.port = int(address.rpartition(":")[2])

    def end_all(self) -> None:
        for service in self._started:
            if service.process.poll() is None:
                service.process.terminate()
        for service in self._started:
            try:
                service.process.wait(15)
            except subprocess.TimeoutExpired:
                service.process.kill()
                service.process.wait()

"""Redis Clusters of three masters, each a process of its own, for tests."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

import redis

MASTERS = 3
SLOTS = 16_384
BUS = 10_000  # a node's bus listens this much above its port


@dataclass
class Master:
    """A process of a cluster, which can be killed and started again."""

    server: str
    port: int
    directory: Path
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [self.server, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]
        command += ["--dir", str(self.directory), *self.options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 20
        with redis.Redis(port=self.port) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    assert time.monotonic() < until
                    assert self.process.poll() is None
                    time.sleep(0.02)
                else:
                    return

    def flush(self) -> None:
        """Lose everything."""
        ask(self, "FLUSHALL")

    def kill(self) -> None:
        """At once, as by a lost machine."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_cluster(server: str, *options: str) -> Iterator[list[Master]]:
    """Three masters that know each other and have all slots."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        masters = [
            Master(server, port, Path(directory) / str(port), options)
            for port in free_ports(MASTERS)
        ]
        for master in masters:
            master.directory.mkdir()
            stack.callback(master.kill)
            master.start()
        ends = [round(SLOTS * number / MASTERS) for number in range(MASTERS + 1)]
        for master, first, end in zip(masters, ends, ends[1:], strict=False):
            ask(master, "CLUSTER", "ADDSLOTS", *range(first, end))
        for master in masters[1:]:
            ask(masters[0], "CLUSTER", "MEET", "127.0.0.1", master.port)
        await_agreement(masters)
        yield masters


def await_agreement(masters: list[Master]) -> None:
    """Wait until every master takes commands and knows of all others."""
    until = time.monotonic() + 30
    for master in masters:
        while True:
            told = ask(master, "CLUSTER", "INFO")
            if b"cluster_state:ok" in told and f"known_nodes:{MASTERS}".encode() in told:
                break
            assert time.monotonic() < until
            time.sleep(0.05)


def ask(master: Master, *command: object) -> bytes:
    with redis.Redis(port=master.port) as client:
        # A callback of redis-py would parse the answers to these commands.
        client.response_callbacks.clear()
        answer: bytes = client.execute_command(*command)
        return answer


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens, nor on the bus that belongs to each."""
    found: list[int] = []
    while len(found) < count:
        port = SystemRandom().randrange(20_000, 32_000)
        if port not in found and is_free(port) and is_free(port + BUS):
            found.append(port)
    return found


def is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

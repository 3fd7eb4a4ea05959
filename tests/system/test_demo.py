"""The demo as people start it: as a program of its own, judged by what it prints and leaves."""

import contextlib
import errno
import fcntl
import http.client
import json
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, str(ROOT / "scripts" / "demo.py")]
SAMPLES = ROOT / "samples"
ENTRIES = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
STATEMENT = re.compile(r'"(This was the hardest decision .*? who work there)[.,]"')


@dataclass(frozen=True)
class Traces:
    """How to find what a demo left behind: its temporary directory and its children's mark."""

    directory: Path
    mark: str

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "TMPDIR": str(self.directory), "DEMO_MARK": self.mark, **more}

    def processes(self) -> list[int]:
        """Return every process that inherited the mark or names the directory."""
        found = []
        for process in Path("/proc").iterdir():
            if process.name.isdecimal():
                # A process may end while it is looked at, and a zombie has nothing to show.
                with contextlib.suppress(OSError):
                    shown = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
                    if self.mark.encode() in shown or bytes(self.directory) in shown:
                        found.append(int(process.name))
        return found

    def files(self) -> list[Path]:
        return list(self.directory.iterdir())


@pytest.fixture
def traces() -> Iterator[Traces]:
    # Not pytest's own directory, whose path may be too long for a Unix socket below it.
    directory = Path(tempfile.mkdtemp(prefix="demo-"))
    traces = Traces(directory, uuid.uuid4().hex)
    yield traces
    for process in traces.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    shutil.rmtree(directory, ignore_errors=True)


@dataclass
class Screen:
    """A demo on a terminal of its own, and what it has written there."""

    process: subprocess.Popen[bytes]
    terminal: int
    text: str = ""

    def wait_for(self, wanted: str, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while wanted not in self.text:
            assert time.monotonic() < deadline, f"no {wanted!r} on the terminal:\n{self.text}"
            try:
                self.text += os.read(self.terminal, 65536).decode("utf-8", "replace")
            except BlockingIOError:
                time.sleep(0.05)
            except OSError:  # the other end of the terminal is closed
                raise AssertionError(f"the demo ended without {wanted!r}:\n{self.text}") from None

    @property
    def lines(self) -> list[str]:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text).splitlines()

    @property
    def port(self) -> int:
        address = re.search(r"http://\S+/review", self.text)
        assert address is not None
        return urlsplit(address[0]).port or 0


@contextlib.contextmanager
def demo_on_a_terminal(traces: Traces, columns: int, *files: str) -> Iterator[Screen]:
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    os.set_blocking(terminal, False)
    environment = traces.environment(TERM="xterm-256color", LANG="C.UTF-8")
    # They would overrule the size of the terminal.
    environment.pop("COLUMNS", None)
    environment.pop("LINES", None)
    try:
        with subprocess.Popen(
            [*DEMO, *files],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=environment,
            start_new_session=True,
        ) as process:
            try:
                yield Screen(process, terminal)
            finally:
                process.kill()
    finally:
        os.close(inside)
        os.close(terminal)


def run_demo(traces: Traces, *files: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *files],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        # Somebody's real archive, which the demo must not touch: nothing listens there.
        env=traces.environment(REDIS_URL="redis://127.0.0.1:1/0", PYTHONIOENCODING="utf-8"),
        timeout=120,
        check=False,
    )


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def is_refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def eventually(is_so: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def row_of(output: str, name: str) -> str:
    """Return the lines of the table between this article's name and the next empty line."""
    lines = output.splitlines()
    starts = [n for n, line in enumerate(lines) if re.match(rf"{re.escape(name)}(  | \(|$)", line)]
    assert starts, f"no row for {name}:\n{output}"
    rest = lines[starts[0] :]
    end = next((n for n, line in enumerate(rest) if not line.strip()), len(rest))
    return "\n".join(rest[:end])


def test_without_a_terminal_the_demo_shows_every_sample_and_leaves_nothing(
    traces: Traces,
) -> None:
    done = run_demo(traces)

    assert done.returncode == 0, done.stderr + done.stdout
    for entry in ENTRIES:
        row = row_of(done.stdout, entry["id"])
        assert entry["expect"]["verdict"] in row
        assert (entry["expect"]["duplicate_of"] or "") in row
        assert (entry["expect"]["relation"] or "") in row
    assert "fire (revision 2)" in done.stdout
    assert re.search(r"bakery-fire +contains \S", row_of(done.stdout, "briefs"))
    assert "off_topic" in row_of(done.stdout, "flood")
    assert "“Rovers Stun League Leaders" in done.stdout
    assert "\x1b" not in done.stdout
    assert traces.processes() == []
    assert traces.files() == []


def test_own_files_are_posted_and_one_that_is_missing_is_told(
    traces: Traces, tmp_path: Path
) -> None:
    shutil.copy(SAMPLES / "fire.txt", tmp_path / "story.txt")
    shutil.copy(SAMPLES / "ferry.html", tmp_path / "page.html")

    done = run_demo(traces, "story.txt", "missing.txt", "page.html", cwd=tmp_path)

    assert done.returncode == 1
    assert "missing.txt: No such file" in done.stderr
    assert "Fire destroys furniture warehouse" in row_of(done.stdout, "story.txt")
    assert "unique" in row_of(done.stdout, "story.txt")
    assert "Island ferry runs aground" in row_of(done.stdout, "page.html")
    assert re.search(r"page\.html: \d+ blocks removed", done.stdout)
    assert traces.processes() == []
    assert traces.files() == []


def test_a_file_that_is_not_utf_8_is_read_all_the_same(traces: Traces, tmp_path: Path) -> None:
    text = (SAMPLES / "nachtbus.txt").read_text(encoding="utf-8")
    (tmp_path / "alt.txt").write_bytes(text.encode("cp1252"))

    done = run_demo(traces, "alt.txt", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "alt.txt: not UTF-8" in done.stderr
    assert "Kleinmoorstedt bekommt einen Nachtbus" in row_of(done.stdout, "alt.txt")


def test_a_refused_file_is_shown_with_the_reason(traces: Traces, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")

    done = run_demo(traces, "empty.txt", cwd=tmp_path)

    assert done.returncode == 1
    assert re.search(r"error 4\d\d: \S", row_of(done.stdout, "empty.txt"))
    assert "empty.txt: refused" in done.stderr


def test_without_a_readable_file_nothing_is_started(traces: Traces, tmp_path: Path) -> None:
    done = run_demo(traces, "missing.txt", cwd=tmp_path)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "starting" not in done.stderr


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_it_keeps_serving_until_interrupted(traces: Traces, columns: int) -> None:
    with demo_on_a_terminal(traces, columns) as screen:
        screen.wait_for("Ctrl-C stops everything")
        assert status_of(screen.port, "/review") == 200
        assert len(traces.processes()) > 1

        os.kill(screen.process.pid, signal.SIGINT)

        assert screen.process.wait(20) == 0
    # "demo: " lines and the address may wrap where the terminal does; the table must fit.
    table = [line for line in screen.lines if not line.startswith("demo: ")]
    assert max(map(len, table)) <= columns
    for entry in ENTRIES:
        assert any(line.startswith(entry["id"]) for line in table)
    assert traces.processes() == []
    assert traces.files() == []


def test_a_demo_that_is_killed_takes_its_service_along(traces: Traces) -> None:
    with demo_on_a_terminal(traces, 100, str(SAMPLES / "fire.txt")) as screen:
        screen.wait_for("Ctrl-C stops everything")

        screen.process.kill()

        assert screen.process.wait(20) == -signal.SIGKILL
        assert eventually(lambda: traces.processes() == []), traces.processes()
        assert eventually(lambda: is_refused(screen.port))


def test_the_manifest_names_every_sample_once() -> None:
    listed = sorted(entry["file"] for entry in ENTRIES)
    there = sorted(path.name for path in SAMPLES.iterdir() if path.suffix in {".txt", ".html"})
    assert listed == there


def test_an_expected_original_was_posted_before() -> None:
    posted: set[str] = set()
    for entry in ENTRIES:
        original = entry["expect"]["duplicate_of"]
        assert original is None or original in posted
        assert (entry["expect"]["verdict"] == "duplicate") == (original is not None)
        posted.add(entry["id"])


def test_the_shared_statement_is_a_small_part_of_each_article() -> None:
    texts = [
        (SAMPLES / f"mill-{outlet}.txt").read_text(encoding="utf-8")
        for outlet in ("courier", "northline", "post")
    ]
    statements = [found[1] for text in texts if (found := STATEMENT.search(text))]
    assert len(statements) == 3
    assert len(set(statements)) == 1
    assert 25 <= len(statements[0].split()) <= 45
    for text in texts:
        assert len(statements[0].split()) < 0.2 * len(text.split())

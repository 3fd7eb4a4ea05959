"""Post the sample set, or the files named, to a Copydesk of its own and print what came out.

The service runs as a child on a free port of 127.0.0.1, with its own Redis and a data directory
that goes when the demo ends, so that nobody's real archive is touched. On a terminal it keeps
serving, for a look at the review page, until Ctrl-C.

Exit status: 0 when everything was posted and, for the samples, answered as `samples.json` expects;
1 when something was not.
"""

import argparse
import contextlib
import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "samples"
TOLD_SAMPLE = "flood"  # carries a teaser; what was removed from it is told block by block

HOST = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
POST_SECONDS = 60.0

LOG_LINES = 20  # of the service's log, when it fails
MATCHES_SHOWN = 3  # per article; a crowded story would fill the table
BLOCKS_TOLD = 40  # per article; the rest of a busy page repeats itself
FIRST_WORDS = 8

# What would point the child at another archive or another address than the demo's own.
FOREIGN_SETTINGS = ("REDIS_URL", "PORT", "WEB_CONCURRENCY", "GUNICORN_CMD_ARGS")
OWN_PREFIX = "COPYDESK_"


class DemoError(Exception):
    """The demo cannot go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One article to post: what the table calls it, the request, and the answer it should get."""

    name: str
    body: dict[str, Any]
    expected: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said: the HTTP status (0: it said nothing) and the JSON object."""

    status: int
    payload: dict[str, Any]

    @property
    def is_accepted(self) -> bool:
        """Whether the article was taken in."""
        return self.status in {200, 201}

    @property
    def matches(self) -> list[dict[str, Any]]:
        """The matches, the article that this one duplicates first."""
        original = self.payload.get("duplicate_of")
        return sorted(self.payload.get("matches", []), key=lambda match: match["id"] != original)


@dataclass(frozen=True, slots=True)
class Service:
    """The running child: its process, its port, and the file that takes its output."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{HOST}:{self.port}"

    def ask(
        self, method: str, path: str, body: object = None, *, seconds: float = POST_SECONDS
    ) -> Answer:
        """Send one request. Raise OSError or HTTPException when no answer came."""
        # http.client, because urllib would send requests for 127.0.0.1 through a proxy.
        connection = http.client.HTTPConnection(HOST, self.port, timeout=seconds)
        content = None if body is None else json.dumps(body).encode()
        with contextlib.closing(connection):
            # A service that refuses a body by its length answers without reading it to the end.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        try:
            payload = json.loads(text)
        except ValueError:
            payload = None
        if not isinstance(payload, dict):
            payload = {"detail": text[:200]}
        return Answer(response.status, payload)

    def last_words(self) -> str:
        """Return the end of the log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"  | {line}" for line in lines[-LOG_LINES:]) or "  | (it printed nothing)"


def main() -> int:
    """Run the demo and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="demo",
        description="Post the sample set, or the files named, and print what came out of them.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="an article as text or HTML")
    files: list[str] = parser.parse_args().files
    end_on_signals()
    try:
        submissions = read_files(files) if files else read_samples()
        all_well = run(submissions, told=None if files else TOLD_SAMPLE) if submissions else False
        return 0 if all_well and len(submissions) >= len(files) else 1
    except DemoError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 128 + signal.SIGINT


def run(submissions: list[Submission], *, told: str | None) -> bool:
    """Post everything, print what came out, on a terminal keep serving; return if all was well."""
    with running_service() as service:
        say(f"posting {count(len(submissions), 'article')}")
        answers = [post(service, submission) for submission in submissions]
        results = list(zip(submissions, answers, strict=True))
        show(results, open_flags=flags_open(service), told=told)
        problems = differences(results)
        for problem in problems:
            say(problem)
        if sys.stdout.isatty():
            keep_serving(service)
    return not problems


def end_on_signals() -> None:
    """Let every signal that asks for the end unwind the program, and so stop the service."""
    # Spelled out because a shell starts its background commands with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: sys.exit(128 + got))


# --- what is posted -------------------------------------------------------------------------


def read_samples() -> list[Submission]:
    """Return the sample set in posting order. Raise DemoError when it is not there."""
    try:
        entries = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
        return [sample(entry) for entry in entries]
    except OSError as error:
        raise DemoError(f"the sample set cannot be read: {error}") from error


def sample(entry: dict[str, Any]) -> Submission:
    """Return the submission that one entry of the manifest describes."""
    source = (SAMPLES / entry["file"]).read_text(encoding="utf-8")
    fields = ("id", "url", "title", "source", "published_at", "language")
    body = {name: entry[name] for name in fields if entry.get(name) is not None}
    body["html" if entry["file"].endswith(".html") else "text"] = source
    return Submission(entry["id"], body, entry["expect"])


def read_files(paths: list[str]) -> list[Submission]:
    """Return a submission for each file that can be read, and tell of each that cannot."""
    submissions = []
    for path in paths:
        try:
            source = decode(Path(path).read_bytes(), path)
        except OSError as error:
            say(f"{path}: {error.strerror or error}")
        except UnicodeDecodeError:
            say(f"{path}: neither UTF-8 nor Windows-1252 text")
        else:
            is_html = path.lower().endswith((".html", ".htm")) or source.lstrip().startswith("<")
            body = {"id": printable(path), "html" if is_html else "text": source}
            submissions.append(Submission(path, body))
    return submissions


def decode(content: bytes, path: str) -> str:
    """Decode a file. Raise UnicodeDecodeError when no encoding fits."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
        say(f"{path}: not UTF-8, read as Windows-1252")
        return text


def post(service: Service, submission: Submission) -> Answer:
    """Post one article; a request without an answer becomes an answer that says so."""
    try:
        return service.ask("POST", "/v1/articles", submission.body)
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, {"detail": f"no answer: {error!r}"})


def flags_open(service: Service) -> int | None:
    """Return how many flags wait for a moderator, or None when the service does not say."""
    try:
        answer = service.ask("GET", "/v1/flags?state=open")
    except (OSError, http.client.HTTPException):
        return None
    total = answer.payload.get("total")
    return total if isinstance(total, int) else None


# --- the service ----------------------------------------------------------------------------


@contextlib.contextmanager
def running_service() -> Iterator[Service]:
    """Start the service, wait until it is ready, and stop it whatever happens.

    Raise DemoError when it does not become ready.
    """
    with tempfile.TemporaryDirectory(prefix="copydesk-", ignore_cleanup_errors=True) as directory:
        service = start(Path(directory))
        try:
            wait_until_ready(service)
            yield service
        finally:
            stop(service.process)


def start(directory: Path) -> Service:
    """Start the service on a free port, with everything it writes under `directory`."""
    port = free_port()
    log = directory / "service.log"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN_SETTINGS and not name.startswith(OWN_PREFIX)
    }
    environment[f"{OWN_PREFIX}DATA_DIR"] = str(directory / "data")
    command = [sys.executable, "-m", "service.cli", "serve", "--host", HOST, "--port", str(port)]
    say(f"starting Copydesk on http://{HOST}:{port}, data in {directory}")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C then reaches the demo alone, which stops the service in order.
            start_new_session=True,
            preexec_fn=death_follows_parent(os.getpid()),  # noqa: PLW1509 - there is one thread
        )
    return Service(process, port, log)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def death_follows_parent(parent: int) -> Callable[[], None] | None:
    """Return what makes a child end when this process is killed, where the system can do that."""
    if sys.platform != "linux":
        return None
    set_on_parent_death = 1  # PR_SET_PDEATHSIG, linux/prctl.h
    prctl = ctypes.CDLL(None).prctl

    def in_child() -> None:
        prctl(set_on_parent_death, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before the line above
            os._exit(1)

    return in_child


def wait_until_ready(service: Service) -> None:
    """Return when /readyz says 200. Raise DemoError when that takes too long or cannot come."""
    started = time.monotonic()
    while time.monotonic() - started < START_SECONDS:
        if service.process.poll() is not None:
            fail(service, f"Copydesk ended with status {service.process.returncode} on its way up")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if service.ask("GET", "/readyz", seconds=2).status == 200:
                say(f"ready after {time.monotonic() - started:.1f} s")
                return
        time.sleep(0.1)
    fail(service, f"Copydesk was not ready within {START_SECONDS:.0f} s")


def fail(service: Service, what: str) -> NoReturn:
    """Raise the DemoError about a service that does not run, with the end of its log."""
    raise DemoError(
        f"{what}; the end of its log:\n{service.last_words()}\n"
        "Hint: ./dev test shows whether this checkout works here; without the embedded Redis for\n"
        "this machine, install redis-server or valkey-server."
    )


def keep_serving(service: Service) -> None:
    """Return at Ctrl-C. Raise DemoError when the service ends by itself."""
    print(f"\nReview page: {service.address}/review\nCtrl-C stops everything.", flush=True)
    try:
        status = service.process.wait()
    except KeyboardInterrupt:
        return
    fail(service, f"Copydesk ended with status {status}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the service, by force when it takes longer than STOP_SECONDS."""
    # The end is near and bounded; nothing may interrupt it half way.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if process.poll() is None:
        say("stopping")
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"it did not stop within {STOP_SECONDS:.0f} s and is killed")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


# --- what is shown --------------------------------------------------------------------------


def show(
    results: list[tuple[Submission, Answer]], *, open_flags: int | None, told: str | None
) -> None:
    """Print the table and, in words, what it comes to."""
    table = results_table(results)
    console = table_console(table)
    console.print(table)
    console.print(summary(results, open_flags))
    for submission, answer in results:
        if told in {None, submission.name} and answer.is_accepted:
            console.print(removals(submission.name, answer))


def table_console(table: Table) -> Console:
    """Return a console as wide as the terminal, or where there is none as the table needs."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    wide = Console(width=1000, force_terminal=False)
    needed = Measurement.get(wide, wide.options, table).maximum
    return Console(width=max(80, needed), force_terminal=False, highlight=False)


def results_table(results: list[tuple[Submission, Answer]]) -> Table:
    """Return the table of articles, one row each."""
    table = Table(box=box.SIMPLE_HEAD, leading=1, pad_edge=False, show_edge=False)
    table.add_column("Article", max_width=40, overflow="fold")
    table.add_column("Verdict", max_width=32, overflow="fold")
    table.add_column("Match", max_width=36, overflow="fold")
    table.add_column("Blocks removed", max_width=44, overflow="fold")
    for submission, answer in results:
        article = article_cell(submission, answer)
        if answer.is_accepted:
            table.add_row(article, verdict_cell(answer), match_cell(answer), removed_cell(answer))
        else:
            table.add_row(article, error_cell(answer))
    return table


def article_cell(submission: Submission, answer: Answer) -> Text:
    """Return the article's id and, below it, the title that the service settled on."""
    revision = answer.payload.get("revision", 1)
    name = submission.name if revision == 1 else f"{submission.name} (revision {revision})"
    # A refusal has a title too, its own.
    settled = answer.payload.get("title") if answer.is_accepted else None
    title = settled or submission.body.get("title")
    cell = Text(printable(name), style="bold")
    if title:
        cell.append(f"\n{printable(title)}", style="not bold dim")
    return cell


def verdict_cell(answer: Answer) -> Text:
    """Return the verdict."""
    verdict = str(answer.payload.get("verdict"))
    return Text(printable(verdict), style="yellow" if verdict == "duplicate" else "green")


def error_cell(answer: Answer) -> Text:
    """Return the refusal, with what the service says about it."""
    detail = answer.payload.get("detail") or answer.payload.get("title") or "no reason given"
    label = f"error {answer.status}" if answer.status else "error"
    return Text(printable(f"{label}: {detail}"), style="red")


def match_cell(answer: Answer) -> Text:
    """Return the matched articles, each with its relation and score, the original first."""
    lines = [
        f"{match['id']}  {match['relation']}{score(match)}"
        for match in answer.matches[:MATCHES_SHOWN]
    ]
    if len(answer.matches) > MATCHES_SHOWN:
        lines.append(f"and {len(answer.matches) - MATCHES_SHOWN} more")
    return Text("\n".join(map(printable, lines)))


def score(match: dict[str, Any]) -> str:
    """Return the larger share of one article that the other holds, such as ` .93`."""
    if match["relation"] == "exact":
        return ""
    return f" {max(match['containment'], match['contained_in']):.2f}".replace(" 0.", " .")


def removed_cell(answer: Answer) -> Text:
    """Return how many blocks went and by which rules, such as `3: breadcrumb, off_topic ×2`."""
    removed = answer.payload.get("removed", [])
    if not removed:
        return Text("0", style="dim")
    rules = Counter(str(block["rule"]) for block in removed)
    named = ", ".join(f"{rule} ×{n}" if n > 1 else rule for rule, n in rules.items())
    return Text(printable(f"{len(removed)}: {named}"))


def summary(results: list[tuple[Submission, Answer]], open_flags: int | None) -> Text:
    """Return the sentence about all articles together."""
    verdicts = Counter(
        str(answer.payload.get("verdict")) if answer.is_accepted else "refused"
        for _, answer in results
    )
    parts = ", ".join(f"{n} {verdict.replace('_', ' ')}" for verdict, n in verdicts.items())
    line = f"\n{len(results)} posted: {parts}."
    if open_flags is not None:
        verb = "waits" if open_flags == 1 else "wait"
        line += f" {count(open_flags, 'open flag')} {verb} for a moderator."
    return Text(line)


def removals(name: str, answer: Answer) -> Text:
    """Return the blocks removed from one article, each with its rule and its first words."""
    removed = answer.payload.get("removed", [])
    text = Text(printable(f"{name}: {count(len(removed), 'block')} removed"))
    told = [(printable(str(block["rule"])), block["text"]) for block in removed[:BLOCKS_TOLD]]
    width = max((len(rule) for rule, _ in told), default=0)
    for rule, words in told:
        text.append(f"\n  {rule:{width}}  “{first_words(words)}”")
    if len(removed) > BLOCKS_TOLD:
        text.append(f"\n  and {len(removed) - BLOCKS_TOLD} more")
    return text


def first_words(text: str) -> str:
    """Return the beginning of a block, marked where it goes on."""
    words = printable(text).split()
    return " ".join(words[:FIRST_WORDS]) + (" …" if len(words) > FIRST_WORDS else "")


# --- what should have come out ---------------------------------------------------------------


def differences(results: list[tuple[Submission, Answer]]) -> list[str]:
    """Return a line for each article that was refused or answered otherwise than expected."""
    lines = []
    for submission, answer in results:
        if not answer.is_accepted:
            lines.append(f"{submission.name}: refused")
        elif submission.expected is not None:
            given = {
                "verdict": answer.payload.get("verdict"),
                "duplicate_of": answer.payload.get("duplicate_of"),
                "relation": answer.matches[0]["relation"] if answer.matches else None,
            }
            lines += [
                f"{submission.name}: {field} is {given[field]}, expected {value}"
                for field, value in submission.expected.items()
                if given[field] != value
            ]
    return lines


# --- speaking --------------------------------------------------------------------------------


def say(line: str) -> None:
    """Tell how it goes, apart from the result."""
    print(f"demo: {line}", file=sys.stderr, flush=True)


def count(number: int, noun: str) -> str:
    """Return the number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: str) -> str:
    """Return hostile text without what a terminal would obey, lines aside."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark instead of a traceback.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(main())

"""An archive in JSON Lines -> articles, through the same use case as `POST /v1/articles`.

Each line holds one JSON object with the fields of that request. A line that is none is a reject
with its reasons; the rest goes in. Every step may be repeated, so an import that was interrupted
is run again from the beginning, and changes nothing where it has been.
"""

import gzip
import hashlib
import json
import logging
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO

from cleaning.errors import CleaningError
from service.batch.patience import patiently
from service.duplicates.errors import StoreMisconfigured, StoreUnavailable
from service.duplicates.model import Submission, Verdict
from service.duplicates.ports import Services
from service.duplicates.submit import Answer, submit
from service.submission import (
    FieldError,
    InvalidJson,
    InvalidSubmission,
    load_json,
    parse_submission,
)

STDIN = "-"
ERRORS_TOLD = 20  # per line; a line can be wrong in any number of fields
RAW_TOLD = 1_000  # bytes of a line too long to be read
CHUNK = 1 << 16  # bytes

_log = logging.getLogger(__name__)


class UnreadableArchive(Exception):
    """The archive cannot be read any further, for a reason that is not its content."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an archive. Of one that is longer than the limit, only the beginning is here."""

    number: int
    content: bytes
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that did not go in, and why. `errors` names the fields at fault."""

    line: int
    id: str | None
    reason: str
    errors: tuple[FieldError, ...]
    raw: str


@dataclass(slots=True)
class Tally:
    """What has become of the lines so far; `line` is the last one that was read."""

    line: int = 0
    read: int = 0
    new: int = 0
    revisions: int = 0
    unchanged: int = 0
    duplicates: int = 0
    too_short: int = 0
    rejected: int = 0

    def count(self, answer: Answer) -> None:
        """Count an article that went in, or was in already."""
        if not answer.created:
            self.unchanged += 1
        elif answer.record.revision == 1:
            self.new += 1
        else:
            self.revisions += 1
        verdict = answer.record.outcome.verdict if answer.record.outcome else None
        self.duplicates += verdict is Verdict.DUPLICATE
        self.too_short += verdict is Verdict.TOO_SHORT

    def __str__(self) -> str:
        return (
            f"{self.read:,} read: {self.new:,} new, {self.revisions:,} revisions, "
            f"{self.unchanged:,} unchanged, {self.rejected:,} rejected; "
            f"{self.duplicates:,} duplicates, {self.too_short:,} too short to compare"
        )


@dataclass(slots=True)
class Rejects:
    """The file of rejects, one JSON object a line. It exists only if there are any."""

    path: Path
    _file: TextIO | None = field(default=None, init=False)

    def write(self, reject: Reject) -> None:
        """Add a line. Raises OSError."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8")
        self._file.write(json.dumps(asdict(reject)) + "\n")
        self._file.flush()

    @contextmanager
    def fresh(self) -> Iterator["Rejects"]:
        """Forget those of an earlier run; close the file at the end.

        Raises OSError, now and not hours later, if the file cannot be written.
        """
        if self.path.is_file() or not self.path.exists():  # not a pipe, or the like
            self.path.open("w", encoding="utf-8").close()
            self.path.unlink()
        try:
            yield self
        finally:
            if self._file is not None:
                self._file.close()


def import_archive(
    services: Services,
    archive: BinaryIO,
    *,
    line_limit: int,
    tally: Tally,
    reject: Callable[[Reject], None],
) -> Iterator[None]:
    """Bring in the lines of an archive one by one, yielding after each.

    `line_limit` is the greatest length of a line in bytes. `tally` is kept up to date, so that it
    tells how far this came when it raises: StoreUnavailable, or UnreadableArchive.
    """
    for line in read_lines(archive, line_limit):
        tally.line = line.number
        if not line.content.strip():
            continue
        outcome = _bring_in(services, line, line_limit)
        tally.read += 1
        if isinstance(outcome, Reject):
            tally.rejected += 1
            reject(outcome)
        else:
            tally.count(outcome)
        yield


def rejects_path(archive: str) -> Path:
    """Where rejects go unless somebody says otherwise: beside the archive."""
    return Path("rejects.jsonl" if archive == STDIN else f"{archive}.rejects.jsonl")


@contextmanager
def opened(archive: str) -> Iterator[BinaryIO]:
    """The archive's bytes: a file, one compressed by gzip, or `-` for standard input.

    Raises OSError.
    """
    if archive == STDIN:
        yield sys.stdin.buffer
        return
    with Path(archive).open("rb") as file:
        if archive.endswith(".gz"):
            with gzip.open(file) as unpacked:
                yield unpacked  # type: ignore[misc]  # it has all of BinaryIO that is used here
        else:
            yield file


def read_lines(archive: BinaryIO, limit: int) -> Iterator[Line]:
    """The lines without their ends, never holding more than one of `limit` bytes in memory.

    Raises UnreadableArchive.
    """
    number = 0
    try:
        while content := archive.readline(limit + 2):
            number += 1
            text = content.rstrip(b"\r\n")
            if len(text) <= limit:
                yield Line(number, text)
                continue
            while content and not content.endswith(b"\n"):
                content = archive.readline(CHUNK)
            yield Line(number, text[:RAW_TOLD], is_whole=False)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableArchive(f"line {number + 1} cannot be read: {error}") from error


def _bring_in(services: Services, line: Line, limit: int) -> Answer | Reject:
    if not line.is_whole:
        return _reject(line, f"the line is longer than {limit:,} bytes")
    try:
        value = load_json(line.content)
        article_id, submission = parse_submission(value)
    except InvalidJson as error:
        return _reject(line, f"not JSON: {error.reason}{_column(error)}")
    except InvalidSubmission as error:
        return _reject(line, "not an article", errors=error.errors[:ERRORS_TOLD])
    return _submitted(services, line, article_id or _id_of(value), submission)


def _submitted(
    services: Services, line: Line, article_id: str, submission: Submission
) -> Answer | Reject:
    try:
        return patiently(lambda: submit(services, submission, article_id, replayed=True))
    except CleaningError as error:
        source = FieldError("html" if submission.html is not None else "text", str(error))
        return _reject(line, "no usable article", article_id, (source,))
    except (StoreUnavailable, StoreMisconfigured):
        raise
    except Exception as error:  # noqa: BLE001 - see below
        # A mistake of ours in one article must not keep the rest of an archive out.
        _log.exception("line %d", line.number)
        return _reject(line, f"unforeseen: {type(error).__name__}: {error}", article_id)


def _id_of(value: object) -> str:
    """An id for a line without one.

    It is the same for the same content, so that a second run finds the article of the first.
    Equal lines are one article.
    """
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f"import:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _column(error: InvalidJson) -> str:
    return "" if error.column is None else f" (column {error.column})"


def _reject(
    line: Line, reason: str, article_id: str | None = None, errors: tuple[FieldError, ...] = ()
) -> Reject:
    raw = line.content.decode("utf-8", "backslashreplace")
    return Reject(line.number, article_id, reason, errors, raw)

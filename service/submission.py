"""From bytes to a submission: what a client or an archive may send, and how strictly it is read.

`load_json` reads one JSON value without the leniency of `json.loads`; `parse_submission` checks it
against `ArticlePayload`. HTTP and the import use both, so that they cannot disagree about what is
acceptable. Errors carry everything wrong with a submission, field by field.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Never, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from cleaning.source import decode
from service.duplicates.model import Submission

ID_LIMIT = 512
TITLE_LIMIT = 2_000
SOURCE_LIMIT = 256
URL_LIMIT = 2_048
LANGUAGE_LIMIT = 35  # RFC 5646, section 4.4.1: what implementations are asked to hold
NUMBER_LIMIT = 64  # digits; no field is a number, and int() of long ones takes quadratic time
NAME_SHOWN = 64  # characters of a name that the sender chose and an error repeats

# What may be sent as it is, and the field that it fills.
PAGE_TYPES = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text"}
PAGE_FIELDS = ("id", "url", "source", "title")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-9]{2}"
    r"(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)


# --- JSON ----------------------------------------------------------------------------------


class InvalidJson(ValueError):
    """The bytes are not one strict JSON value.

    `line` and `column` count from 1 and are None where the parser does not tell them.
    """

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        place = "" if line is None else f" (line {line}, column {column})"
        super().__init__(f"{reason}{place}")
        self.reason = reason
        self.line = line
        self.column = column


def load_json(raw: bytes) -> object:
    """Read one JSON value (RFC 8259) in UTF-8, with or without a byte order mark.

    Raises InvalidJson, also for what `json.loads` lets pass: NaN and infinities, numbers that
    overflow, a name given twice in one object (which of the two counts is anybody's guess), and
    nesting beyond the interpreter's recursion limit.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        raise InvalidJson(
            "not valid UTF-8", before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        ) from error
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        raise InvalidJson(error.msg, error.lineno, error.colno) from error
    except RecursionError as error:
        raise InvalidJson("nested too deep") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        for name, _ in pairs:
            if name in seen:
                raise InvalidJson(f"the name {shown(name)} is given twice")
            seen.add(name)
    return found


def _constant(name: str) -> Never:
    raise InvalidJson(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > NUMBER_LIMIT:
        raise InvalidJson(f"a number of more than {NUMBER_LIMIT} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise InvalidJson("a number too large")
    return value


# --- an article ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field. `limit` is the limit it breaks, if that is a number."""

    field: str
    detail: str
    limit: int | None = None


class InvalidSubmission(ValueError):
    """A JSON value is not an article; `errors` names every field at fault."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.detail}" for error in errors))
        self.errors = errors


class ArticlePayload(BaseModel):
    """An article as it is sent: exactly one of `html` and `text`, everything else optional.

    null means the same as leaving a field out; so does a blank `title` or `source`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str | None = Field(default=None, min_length=1, max_length=ID_LIMIT)
    url: str | None = Field(default=None, max_length=URL_LIMIT)
    title: str | None = Field(default=None, max_length=TITLE_LIMIT)
    html: str | None = None
    text: str | None = None
    source: str | None = Field(default=None, max_length=SOURCE_LIMIT)
    published_at: date | datetime | None = None
    language: str | None = Field(default=None, max_length=LANGUAGE_LIMIT)

    @field_validator("id")
    @classmethod
    def _id_is_printable(cls, value: str | None) -> str | None:
        if value and any(unicodedata.category(char) == "Cc" for char in value):
            raise PydanticCustomError("control", "must not hold control characters")
        return value

    @field_validator("url")
    @classmethod
    def _url_is_web_address(cls, value: str | None) -> str | None:
        if value is not None and not _is_web_address(value):
            raise PydanticCustomError("web_address", "must be an http or https address")
        return value

    @field_validator("html", "text")
    @classmethod
    def _source_is_text(cls, value: str | None) -> str | None:
        # pydantic looks into a string only where it has to measure it.
        if value is not None and not _is_encodable(value):
            raise PydanticCustomError("string_unicode", "is not text")
        return value

    @field_validator("title", "source")
    @classmethod
    def _blank_is_absent(cls, value: str | None) -> str | None:
        return value if value and not value.isspace() else None

    @field_validator("published_at", mode="before")
    @classmethod
    def _day_or_time(cls, value: object) -> date | datetime | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be a string")
        try:
            return _parse_time(value)
        except (ValueError, OverflowError) as error:
            raise PydanticCustomError(
                "time",
                "must be a day (2018-02-06) or an ISO 8601 time (2018-02-06T10:30:00+01:00)",
            ) from error

    @field_validator("language")
    @classmethod
    def _language_is_tag(cls, value: str | None) -> str | None:
        if value is not None and not _LANGUAGE.fullmatch(value):
            raise PydanticCustomError("language", "must be a language tag such as en or pt-BR")
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.html is None and self.text is None:
            raise PydanticCustomError(
                "no_source", "is missing: send text or html", {"field": "text"}
            )
        if self.html is not None and self.text is not None:
            raise PydanticCustomError(
                "two_sources", "must not be sent together with text", {"field": "html"}
            )
        return self

    def submission(self) -> Submission:
        """The same without the id, in the form the use cases take."""
        return Submission(
            html=self.html,
            text=self.text,
            url=self.url,
            title=self.title,
            source=self.source,
            published_at=self.published_at,
            language=self.language,
        )


def parse_submission(value: object) -> tuple[str | None, Submission]:
    """Check a JSON value and return the article's id, if it has one, and the submission.

    Raises InvalidSubmission.
    """
    if not isinstance(value, Mapping):
        raise InvalidSubmission((FieldError("body", "must be a JSON object"),))
    try:
        payload = ArticlePayload.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise InvalidSubmission(tuple(map(field_error, details))) from error
    return payload.id, payload.submission()


def parse_page(
    content: bytes, content_type: str, query: Iterable[tuple[str, str]]
) -> tuple[str | None, Submission]:
    """The same for a page or text that is sent as it is, of one of `PAGE_TYPES`, with the fields of
    `PAGE_FIELDS` beside it.

    Raises InvalidSubmission, and UndecodableSource.
    """
    values: dict[str, str] = {}
    errors = []
    for name, value in query:
        if name not in PAGE_FIELDS:
            known = ", ".join(PAGE_FIELDS)
            detail = f"is not known; beside a page there are {known}"
        elif name in values:
            detail = "is given twice"
        else:
            values[name] = value
            continue
        errors.append(FieldError(shown(name, quoted=False), detail))
    if errors:
        raise InvalidSubmission(tuple(errors))
    kind = PAGE_TYPES[media_type(content_type)]
    return parse_submission({**values, kind: decode(content, content_type)})


def media_type(content_type: str) -> str:
    """The media type of a Content-Type header, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def field_error(details: ErrorDetails) -> FieldError:
    """Say what pydantic found in the words of the API."""
    context = details.get("ctx", {})
    names = [str(part) for part in details["loc"]]
    field = shown(context.get("field") or (names[0] if names else "body"), quoted=False)
    match details["type"]:
        case "extra_forbidden":
            detail = "is not a field; the fields are " + ", ".join(ArticlePayload.model_fields)
            return FieldError(field, detail)
        case "string_type":
            return FieldError(field, "must be a string")
        case "string_unicode":
            return FieldError(field, "holds half of a surrogate pair, which is not text")
        case "string_too_long":
            limit = int(context["max_length"])
            return FieldError(field, f"must have at most {limit:,} characters", limit)
        case "string_too_short":
            return FieldError(field, "must not be empty", int(context["min_length"]))
        case _:
            return FieldError(field, details["msg"])


def shown(name: str, *, quoted: bool = True) -> str:
    """A name that the sender chose, short and safe to print in one line."""
    cut = name if len(name) <= NAME_SHOWN else name[: NAME_SHOWN - 1] + "…"
    safe = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in cut)
    return f"“{safe}”" if quoted else safe


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_web_address(value: str) -> bool:
    if not _WEB_ADDRESS.fullmatch(value):
        return False
    try:
        parts = urlsplit(value)
        # Reading the port is what finds one that is none.
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _parse_time(value: str) -> date | datetime:
    if _DAY.fullmatch(value):
        return date.fromisoformat(value)
    # fromisoformat alone would turn compact days and week dates into midnights nobody stated.
    if not _TIME.fullmatch(value):
        raise ValueError(value)
    time = datetime.fromisoformat(value.upper().replace(",", "."))
    if time.tzinfo is None:
        return time.replace(tzinfo=UTC)
    time.astimezone(UTC)  # raises when the instant lies outside of the calendar
    return time

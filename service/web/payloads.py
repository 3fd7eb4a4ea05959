"""The shapes of answers, and of what is sent besides articles (see `service.submission`)."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, TypedDict, TypeVar

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from cleaning.model import Block, CleanedArticle
from service.duplicates.model import SERVICE, Change, Decision, Flag, FlagPage, FlagState, Match
from service.duplicates.submit import Answer
from service.submission import FieldError, field_error, shown
from service.web.refusals import InvalidRequest
from service.web.wording import SERVICE_NAME

_Model = TypeVar("_Model", bound=BaseModel)

SCORE_DIGITS = 4
NAME_LIMIT = 128
NOTE_LIMIT = 1_000
PAGE_LIMIT = 200  # flags
PAGE_SIZE = 50
# What nobody may call themselves; compared without case and width.
RESERVED_NAMES = frozenset({SERVICE, SERVICE_NAME.casefold()})
LARGEST_VERSION = 2**53 - 1  # what JSON numbers hold exactly everywhere


# --- what is sent --------------------------------------------------------------------------


class DecisionPayload(BaseModel):
    """What somebody decided on a flag. `version`: the flag's version that they saw."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    decision: Annotated[Decision, Field(strict=False)]
    by: str | None = Field(default=None, min_length=1, max_length=NAME_LIMIT)
    note: str | None = Field(default=None, max_length=NOTE_LIMIT)
    version: int | None = Field(default=None, ge=1, le=LARGEST_VERSION)

    @field_validator("by")
    @classmethod
    def _by_is_a_person(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if any(unicodedata.category(char) == "Cc" for char in value):
            raise PydanticCustomError("control", "must not hold control characters")
        name = value.strip()
        if not name:
            raise PydanticCustomError("blank", "must not be blank")
        if unicodedata.normalize("NFKC", name).casefold() in RESERVED_NAMES:
            raise PydanticCustomError("reserved", "is what the service calls itself")
        return name

    @field_validator("note")
    @classmethod
    def _blank_is_absent(cls, value: str | None) -> str | None:
        return (value or "").strip() or None


class FlagQuery(BaseModel):
    """Which flags to list. `state` None: any; `after`: the last flag of the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: FlagState | None = None
    after: str | None = Field(default=None, min_length=1, max_length=NAME_LIMIT)
    limit: int = Field(default=PAGE_SIZE, ge=1, le=PAGE_LIMIT)

    @field_validator("limit", mode="before")
    @classmethod
    def _limit_is_decimal(cls, value: object) -> object:
        # Left to itself, pydantic reads "5.0" and "1_0" as numbers too.
        if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
            raise PydanticCustomError(
                "decimal", "must be a number from 1 to {most}", {"most": PAGE_LIMIT}
            )
        return value


def parse_decision(value: object) -> DecisionPayload:
    """Check what somebody decided. Raises InvalidRequest."""
    if not isinstance(value, Mapping):
        raise InvalidRequest(FieldError("body", "must be a JSON object"))
    return _validated(DecisionPayload, value)


def parse_flag_query(arguments: MultiDict[str, str]) -> FlagQuery:
    """Check the query of a list of flags. Raises InvalidRequest."""
    twice = [name for name, values in arguments.lists() if len(values) > 1]
    if twice:
        raise InvalidRequest(
            *(FieldError(shown(name, quoted=False), "is given twice") for name in twice)
        )
    return _validated(FlagQuery, arguments.to_dict())


def refuse_body() -> None:
    """Raise InvalidRequest if the request has a body that would go unread."""
    if request.get_data().strip() not in {b"", b"{}"}:
        raise InvalidRequest(FieldError("body", "must be empty: nothing in it is read"))


def _validated(model: type[_Model], value: object) -> _Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fields = ", ".join(model.model_fields)
        errors = []
        for details in error.errors(include_url=False, include_input=False):
            found = field_error(details)
            if details["type"] == "extra_forbidden":
                found = FieldError(found.field, f"is not known; there are {fields}")
            errors.append(found)
        raise InvalidRequest(*errors) from error


# --- what is answered ----------------------------------------------------------------------


class BlockPayload(TypedDict):
    """A block as the cleaner left it; a removed one names its rule and reasons."""

    index: int
    text: str
    kept: bool
    role: str
    rule: str | None
    score: float
    start: int
    end: int
    reasons: list[str]


class RemovedPayload(TypedDict):
    """A removed block: where it stood in the source, which rule took it, and why."""

    index: int
    text: str
    rule: str | None
    score: float
    start: int
    end: int
    reasons: list[str]


class EvidencePayload(TypedDict):
    """Where a value of a field was said; `used`: it is the one that stands."""

    field: str
    value: str
    where: str
    used: bool


class WirePayload(TypedDict):
    """What wire copy says about itself; see `cleaning.model.WireNotes`."""

    slugs: list[str]
    takes: list[str]
    sign_offs: list[str]
    contributors: list[str]


class RepeatPayload(TypedDict):
    """Block `index` says again what block `of` said; `words`: their longest shared run."""

    index: int
    of: int
    words: int


class MatchPayload(TypedDict):
    """A verified likeness to another article; see `service.duplicates.model.Match`."""

    id: str
    relation: str
    jaccard: float
    containment: float
    contained_in: float
    shared_words: int


class FlagSummary(TypedDict):
    """A flag as an article's answer names it."""

    id: str
    article: str
    other: str
    relation: str
    state: str
    decision: str | None
    version: int


class ListedFlag(FlagSummary):
    """A flag in a list, with its evidence."""

    opened_at: str
    match: MatchPayload


class ChangePayload(TypedDict):
    """One line of a flag's history."""

    at: str
    by: str
    before: str | None
    after: str
    decision: str | None
    note: str | None


class FlagPayload(ListedFlag):
    """A flag with its history, oldest change first."""

    history: list[ChangePayload]


class FlagPagePayload(TypedDict):
    """One page of flags; `after` asks for the next one, null means there is none."""

    flags: list[ListedFlag]
    after: str | None
    total: int


class TextPayload(TypedDict):
    """What cleaning made of a source."""

    title: str | None
    text: str
    published_at: str | None
    updated_at: str | None
    authors: list[str]
    site: str | None
    agency: str | None
    dateline: str | None
    wire: WirePayload
    language: str | None
    canonical_url: str | None
    image: str | None
    evidence: list[EvidencePayload]
    warnings: list[str]
    removed: list[RemovedPayload]
    repeats: list[RepeatPayload]


class CleanedPayload(TextPayload):
    """The same with every block, kept or removed."""

    blocks: list[BlockPayload]


class Standing(TypedDict):
    """What is known of an article among the others. `verdict` null: not compared yet."""

    id: str
    revision: int
    verdict: str | None
    duplicate_of: str | None
    story_id: str | None


class ArticlePayload(Standing, TextPayload):
    """An article's present revision: its standing, its text, its matches and flags."""

    matches: list[MatchPayload]
    flags: list[FlagSummary]


def article_payload(answer: Answer) -> ArticlePayload:
    """An article as the API shows it."""
    record = answer.record
    outcome = record.outcome
    return {
        "id": record.id,
        "revision": record.revision,
        "verdict": outcome.verdict if outcome else None,
        "duplicate_of": outcome.duplicate_of if outcome else None,
        "story_id": outcome.story_id if outcome else None,
        **_text_payload(record.cleaned),
        "matches": [_match_payload(match) for match in outcome.matches] if outcome else [],
        "flags": [_flag_summary(flag) for flag in answer.flags],
    }


def cleaned_payload(cleaned: CleanedArticle) -> CleanedPayload:
    """A cleaned article that is not stored."""
    return {
        **_text_payload(cleaned),
        "blocks": [_block_payload(index, block) for index, block in enumerate(cleaned.blocks)],
    }


def flag_payload(flag: Flag) -> FlagPayload:
    """A flag with its history."""
    return {**_listed_flag(flag), "history": [_change_payload(change) for change in flag.history]}


def flag_page_payload(page: FlagPage) -> FlagPagePayload:
    """One page of flags."""
    return {
        "flags": [_listed_flag(flag) for flag in page.flags],
        "after": page.after,
        "total": page.total,
    }


def json_response(
    payload: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The payload as JSON in UTF-8.

    Half of a surrogate pair, which UTF-8 cannot hold, becomes its escape, which JSON allows.
    """
    content = json.dumps(payload, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content + b"\n", status, dict(headers or {}), content_type="application/json")


def _text_payload(cleaned: CleanedArticle) -> TextPayload:
    return {
        "title": cleaned.title,
        "text": cleaned.text,
        "published_at": _time(cleaned.published_at),
        "updated_at": _time(cleaned.updated_at),
        "authors": list(cleaned.authors),
        "site": cleaned.site,
        "agency": cleaned.agency,
        "dateline": cleaned.dateline,
        "wire": {
            "slugs": list(cleaned.wire.slugs),
            "takes": list(cleaned.wire.takes),
            "sign_offs": list(cleaned.wire.sign_offs),
            "contributors": list(cleaned.wire.contributors),
        },
        "language": cleaned.language,
        "canonical_url": cleaned.canonical_url,
        "image": cleaned.image,
        "evidence": [
            {"field": said.field, "value": said.value, "where": said.where, "used": said.used}
            for said in cleaned.evidence
        ],
        "warnings": list(cleaned.warnings),
        "removed": [
            {
                "index": index,
                "text": block.text,
                "rule": block.rule,
                "score": round(block.score, SCORE_DIGITS),
                "start": block.start,
                "end": block.end,
                "reasons": list(block.reasons),
            }
            for index, block in cleaned.removed
        ],
        "repeats": list(_repeats(cleaned.blocks)),
    }


def _repeats(blocks: Iterable[Block]) -> Iterable[RepeatPayload]:
    for index, block in enumerate(blocks):
        if block.repeats is not None:
            words = max((shared.words for shared in block.repeats.shared), default=0)
            yield {"index": index, "of": block.repeats.of, "words": words}


def _block_payload(index: int, block: Block) -> BlockPayload:
    return {
        "index": index,
        "text": block.text,
        "kept": block.kept,
        "role": block.role,
        "rule": block.rule,
        "score": round(block.score, SCORE_DIGITS),
        "start": block.start,
        "end": block.end,
        "reasons": list(block.reasons),
    }


def _match_payload(match: Match) -> MatchPayload:
    return {
        "id": match.id,
        "relation": match.relation,
        "jaccard": round(match.jaccard, SCORE_DIGITS),
        "containment": round(match.containment, SCORE_DIGITS),
        "contained_in": round(match.contained_in, SCORE_DIGITS),
        "shared_words": match.shared_words,
    }


def _flag_summary(flag: Flag) -> FlagSummary:
    return {
        "id": flag.id,
        "article": flag.article,
        "other": flag.other,
        "relation": flag.match.relation,
        "state": flag.state,
        "decision": flag.decision,
        "version": flag.version,
    }


def _listed_flag(flag: Flag) -> ListedFlag:
    return {
        **_flag_summary(flag),
        "opened_at": flag.opened_at.isoformat(),
        "match": _match_payload(flag.match),
    }


def _change_payload(change: Change) -> ChangePayload:
    return {
        "at": change.at.isoformat(),
        "by": change.by,
        "before": change.before,
        "after": change.after,
        "decision": change.decision,
        "note": change.note,
    }


def _time(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()

"""The shapes of answers, and of what is sent besides articles (see `service.submission`)."""

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Self, TypedDict, TypeVar

from flask import Response, request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from werkzeug.datastructures import MultiDict

from cleaning.model import Block, CleanedArticle, Span
from service.duplicates.model import (
    SERVICE,
    Change,
    Changes,
    CountedRules,
    Decision,
    Edition,
    Flag,
    FlagPage,
    FlagState,
    Match,
    Place,
    Policy,
    RuleEffect,
    RulePreview,
    SiteRule,
    StoryDecision,
    StoryMember,
    StoryShown,
)
from service.duplicates.sites import ARTICLES_PER_SITE
from service.duplicates.submit import Answer
from service.duplicates.thresholds import (
    ARTICLES,
    EXAMPLES,
    MOST_ARTICLES,
    MOST_EXAMPLES,
    THRESHOLDS,
    Judged,
    Share,
    Simulation,
)
from service.submission import ID_LIMIT, URL_LIMIT, FieldError, field_error, shown
from service.web.refusals import InvalidRequest
from service.web.wording import SERVICE_NAME, summary

_Model = TypeVar("_Model", bound=BaseModel)
_Value = TypeVar("_Value")

SCORE_DIGITS = 4
NAME_LIMIT = 128
NOTE_LIMIT = 1_000
PAGE_LIMIT = 200  # flags, or sites
LARGEST_BLOCK = 999_999_999
PAGE_SIZE = 50
# What nobody may call themselves; compared without case and width.
RESERVED_NAMES = frozenset({SERVICE, SERVICE_NAME.casefold()})
LARGEST_VERSION = 2**53 - 1  # what JSON numbers hold exactly everywhere


# --- what is sent --------------------------------------------------------------------------


def _person(value: str) -> str:
    if any(unicodedata.category(char) == "Cc" for char in value):
        raise PydanticCustomError("control", "must not hold control characters")
    name = value.strip()
    if not name:
        raise PydanticCustomError("blank", "must not be blank")
    if unicodedata.normalize("NFKC", name).casefold() in RESERVED_NAMES:
        raise PydanticCustomError("reserved", "is what the service calls itself")
    return name


Person = Annotated[str, Field(min_length=1, max_length=NAME_LIMIT), AfterValidator(_person)]


class DecisionPayload(BaseModel):
    """What somebody decided on a flag. `version`: the flag's version that they saw."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    decision: Annotated[Decision, Field(strict=False)]
    by: Person | None = None
    note: str | None = Field(default=None, max_length=NOTE_LIMIT)
    version: int | None = Field(default=None, ge=1, le=LARGEST_VERSION)

    @field_validator("note")
    @classmethod
    def _blank_is_absent(cls, value: str | None) -> str | None:
        return (value or "").strip() or None


class RuleRequest(BaseModel):
    """A rule that somebody makes for a site, or looks at first (`preview`, on the `limit` last
    articles): on every article of the site, block number `block` of `article` is kept or removed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    article: str = Field(min_length=1, max_length=ID_LIMIT)
    block: int = Field(ge=0, le=LARGEST_BLOCK)
    kept: bool
    by: Person | None = None
    preview: bool = False
    limit: int | None = Field(default=None, ge=1, le=ARTICLES_PER_SITE)

    @model_validator(mode="after")
    def _limit_is_of_a_preview(self) -> Self:
        if self.limit is not None and not self.preview:
            raise PydanticCustomError("no_preview", "is for a preview only", {"field": "limit"})
        return self


class WithdrawalPayload(BaseModel):
    """Who withdraws a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    by: Person | None = None


class SimulationRequest(BaseModel):
    """Thresholds to try, under the names of the settings; None: the present one. The last
    `articles` are looked at, and `examples` of each kind are told."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    near_threshold: float | None = Field(default=None, gt=0, le=1)
    contained_threshold: float | None = Field(default=None, gt=0, le=1)
    numbers_threshold: float | None = Field(default=None, ge=0, le=1)
    later_numbers_threshold: float | None = Field(default=None, ge=0, le=1)
    same_news_hours: float | None = Field(default=None, ge=0)
    articles: int = Field(default=ARTICLES, ge=1, le=MOST_ARTICLES)
    examples: int = Field(default=EXAMPLES, ge=0, le=MOST_EXAMPLES)

    def proposed(self, present: Policy) -> Policy:
        """The present policy with these thresholds. Raises InvalidRequest if `near` would be above
        `contained`."""
        given = {
            of_policy: value
            for name, of_policy in THRESHOLDS.items()
            if (value := getattr(self, name)) is not None
        }
        policy = replace(present, **given)
        if policy.near <= policy.contained:
            return policy
        if "contained" in given:
            detail = f"must not be less than near_threshold, which is {policy.near:g}"
            raise InvalidRequest(FieldError("contained_threshold", detail))
        detail = f"must not be greater than contained_threshold, which is {policy.contained:g}"
        raise InvalidRequest(FieldError("near_threshold", detail))


class StoryRequest(BaseModel):
    """Who decides something of a story. `version`: the story's version that they saw."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    by: Person | None = None
    version: int | None = Field(default=None, ge=0, le=LARGEST_VERSION)


class MemberRequest(StoryRequest):
    """Which article of a story is split off, or stands for it."""

    article: str = Field(min_length=1, max_length=ID_LIMIT)


class MergeRequest(StoryRequest):
    """Of which other story a story becomes a part."""

    into: str = Field(min_length=1, max_length=NAME_LIMIT)


class UndoRequest(StoryRequest):
    """Which decision of a story is taken back, by its number; None: the last that stands."""

    decision: int | None = Field(default=None, ge=1, le=LARGEST_VERSION)


def _decimal(value: object) -> object:
    # Left to itself, pydantic reads "5.0" and "1_0" as numbers too.
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise PydanticCustomError(
            "decimal", "must be a number from 1 to {most}", {"most": PAGE_LIMIT}
        )
    return value


Limit = Annotated[int, Field(ge=1, le=PAGE_LIMIT), BeforeValidator(_decimal)]


def _number(value: object) -> object:
    if isinstance(value, str) and not (value.isascii() and value.isdecimal() and len(value) <= 15):
        raise PydanticCustomError("decimal", "must be an arrival number")
    return value


class FlagQuery(BaseModel):
    """Which flags to list. `state` None: any; `after`: the last flag of the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: FlagState | None = None
    after: str | None = Field(default=None, min_length=1, max_length=NAME_LIMIT)
    limit: Limit = PAGE_SIZE


class SiteQuery(BaseModel):
    """Which sites to list. `after`: the last site of the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: str | None = Field(default=None, min_length=1, max_length=URL_LIMIT)
    limit: Limit = PAGE_SIZE


class StoryQuery(BaseModel):
    """Which members of a story to list. `after`: the last arrival number of the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: Annotated[int, Field(ge=0, le=LARGEST_BLOCK), BeforeValidator(_number)] = 0
    limit: Limit = PAGE_SIZE


def parse_story(model: type[_Model], value: object) -> _Model:
    """Check what somebody decided of a story. Raises InvalidRequest."""
    if not isinstance(value, Mapping):
        raise InvalidRequest(FieldError("body", "must be a JSON object"))
    return _validated(model, value)


def parse_story_query(arguments: MultiDict[str, str]) -> StoryQuery:
    """Check the query of a story. Raises InvalidRequest."""
    return _validated(StoryQuery, _once(arguments))


def parse_decision(value: object) -> DecisionPayload:
    """Check what somebody decided. Raises InvalidRequest."""
    if not isinstance(value, Mapping):
        raise InvalidRequest(FieldError("body", "must be a JSON object"))
    return _validated(DecisionPayload, value)


def parse_rule(value: object) -> RuleRequest:
    """Check a rule that somebody makes for a site. Raises InvalidRequest."""
    if not isinstance(value, Mapping):
        raise InvalidRequest(FieldError("body", "must be a JSON object"))
    return _validated(RuleRequest, value)


def parse_simulation(value: object) -> SimulationRequest:
    """Check which thresholds somebody wants to try. Raises InvalidRequest."""
    if not isinstance(value, Mapping):
        raise InvalidRequest(FieldError("body", "must be a JSON object"))
    return _validated(SimulationRequest, value)


def parse_withdrawal(arguments: MultiDict[str, str]) -> WithdrawalPayload:
    """Check the query of a withdrawal. Raises InvalidRequest."""
    return _validated(WithdrawalPayload, _once(arguments))


def parse_flag_query(arguments: MultiDict[str, str]) -> FlagQuery:
    """Check the query of a list of flags. Raises InvalidRequest."""
    return _validated(FlagQuery, _once(arguments))


def parse_site_query(arguments: MultiDict[str, str]) -> SiteQuery:
    """Check the query of a list of sites. Raises InvalidRequest."""
    return _validated(SiteQuery, _once(arguments))


def wants_blocks(arguments: MultiDict[str, str]) -> bool:
    """Whether the query of an article asks for all of its blocks. Raises InvalidRequest."""
    asked = arguments.get("blocks", "false")
    if asked not in {"true", "false"}:
        raise InvalidRequest(FieldError("blocks", "must be true or false"))
    return asked == "true"


def block_index(text: str, field: str = "index") -> int:
    """A block's number in decimal digits. Raises InvalidRequest, which names the field."""
    # More digits than any article has blocks; int() of thousands of them would raise.
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise InvalidRequest(FieldError(field, "must be a block's number, from 0"))
    return int(text)


def _once(arguments: MultiDict[str, str]) -> dict[str, str]:
    twice = [name for name, values in arguments.lists() if len(values) > 1]
    if twice:
        raise InvalidRequest(
            *(FieldError(shown(name, quoted=False), "is given twice") for name in twice)
        )
    return arguments.to_dict()


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


class StoryMemberPayload(TypedDict):
    """An article of a story, and how much it is like the representative `like`; both null: it
    founded the story, or a part of it."""

    id: str
    arrival: int
    title: str | None
    source: str | None
    published_at: str | None
    agency: str | None
    like: str | None
    relation: str | None
    jaccard: float | None


class LinkPayload(TypedDict):
    """How much two articles are alike."""

    article: str
    other: str
    jaccard: float


class SourcePayload(TypedDict):
    """An article that is an agency's own by its `field`, and the others that credit the agency."""

    article: str
    agency: str
    field: str
    value: str
    credited_by: list[str]


class StoryDecisionPayload(TypedDict):
    """One line of a story's history; `undone_at` null: it stands."""

    number: int
    at: str
    by: str
    action: str
    article: str | None
    story: str | None
    undone_at: str | None
    undone_by: str | None


class StoryPayload(TypedDict):
    """A story with a page of its members; see `service.duplicates.model.StoryShown`."""

    id: str
    version: int
    original: str | None
    chosen: bool
    into: str | None
    parts: list[str]
    apart: list[str]
    total: int
    members: list[StoryMemberPayload]
    after: int | None
    weakest_link: LinkPayload | None
    likely_source: SourcePayload | None
    history: list[StoryDecisionPayload]


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


class SpanPayload(TypedDict):
    """A range of code points."""

    start: int
    end: int


class SharedSpanPayload(TypedDict):
    """The same words in the text of a block (`here`) and of an earlier one (`there`)."""

    here: SpanPayload
    there: SpanPayload


class WirePayload(TypedDict):
    """What wire copy says about itself; see `cleaning.model.WireNotes`."""

    slugs: list[str]
    takes: list[str]
    sign_offs: list[str]
    contributors: list[str]


class RepeatPayload(TypedDict):
    """Block `index` tells again what block `of` told; `words`: how many words both have, which
    stand at `shared`."""

    index: int
    of: int
    words: int
    shared: list[SharedSpanPayload]


class PlacePayload(SpanPayload):
    """A range in an article's text, or in that of its removed block number `block`."""

    block: int | None


class PassagePayload(TypedDict):
    """The same words in this article (`here`) and in the other one (`there`)."""

    here: PlacePayload
    there: PlacePayload
    words: int


class MatchPayload(TypedDict):
    """A verified likeness to another article; see `service.duplicates.model.Match`."""

    id: str
    relation: str
    jaccard: float
    containment: float
    contained_in: float
    shared_words: int
    passages: list[PassagePayload]
    longest_passage: int
    numbers: float | None
    hours: float | None
    agency: str | None


class StretchPayload(TypedDict):
    """A stretch of a changed paragraph: `same`, `removed` or `added`."""

    fate: str
    text: str


class NumberChangePayload(TypedDict):
    """A number in the place of another; `context`: the words of the later text around it."""

    before: str
    after: str
    context: str


class TitleChangePayload(TypedDict):
    """The titles of two editions."""

    before: str | None
    after: str | None


class ChangesPayload(TypedDict):
    """What a later edition has made of an earlier one; see `service.duplicates.model.Changes`.
    `summary` says it in words, `title` is null where it stayed."""

    summary: str
    title: TitleChangePayload | None
    added: list[str]
    removed: list[str]
    changed: list[list[StretchPayload]]
    moved: int
    numbers: list[NumberChangePayload]


class EditionPayload(ChangesPayload):
    """The same, since a `revision` of the article `id`: this one, or one that it revises."""

    id: str
    revision: int


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
    """A flag with its history, oldest change first. `changes`: what the later edition has made of
    the earlier one; null if the flag is about something else."""

    history: list[ChangePayload]
    changes: ChangesPayload | None


class FlagPagePayload(TypedDict):
    """One page of flags; `after` asks for the next one, null means there is none."""

    flags: list[ListedFlag]
    after: str | None
    total: int


class RuleChangePayload(TypedDict):
    """One line of a rule's history; `kept` null: it was withdrawn."""

    at: str
    by: str
    kept: bool | None
    article: str | None


class RuleShown(TypedDict):
    """A rule of a site; `kept` null: it is withdrawn. `text`: what its block begins with."""

    site: str
    key: str
    kept: bool | None
    text: str
    history: list[RuleChangePayload]


class CountedRulePayload(RuleShown):
    """The same with the number of the site's last articles in which it decides a block."""

    decides_in: int


class SiteRulesPayload(TypedDict):
    """The rules of a site, oldest first; `looked_at`: so many of its last articles were counted."""

    site: str
    looked_at: int
    rules: list[CountedRulePayload]


class ChangedBlockPayload(TypedDict):
    """A block as a rule leaves it; it was the opposite of `kept` before."""

    index: int
    text: str
    kept: bool


class RuleEffectPayload(TypedDict):
    """An article that holds a rule's block. Lengths of its text are in characters; `refused`: the
    rule would leave no text, so that the article stays as it is."""

    article: str
    title: str | None
    changes: bool
    refused: bool
    blocks: list[ChangedBlockPayload]
    characters_before: int
    characters_after: int


class RulePreviewPayload(TypedDict):
    """A rule and what it does to those of the site's last articles that hold its block."""

    rule: RuleShown
    made: bool
    looked_at: int
    changes: int
    articles: list[RuleEffectPayload]


class SharePayload(TypedDict):
    """`hits` of `of`; `low` to `high`: where the true share lies in 95 cases of 100."""

    share: float | None
    hits: int
    of: int
    low: float
    high: float


class JudgedPayload(TypedDict):
    """A pair of articles with its relation at present and as proposed (null: none)."""

    article: str
    other: str
    present: str | None
    proposed: str | None
    jaccard: float | None
    containment: float | None
    contained_in: float | None
    numbers: float | None
    hours: float | None
    flag: str | None
    decision: str | None


class MovePayload(TypedDict):
    """How many pairs have these relations at present and as proposed (null: none)."""

    present: str | None
    proposed: str | None
    pairs: int


class LookedAtPayload(TypedDict):
    """What a simulation rests on: `articles` of `of`, which came in from `since` to `until`."""

    articles: int
    of: int
    pairs: int
    since: str | None
    until: str | None
    decisions: int
    complete: bool


class DecidedPayload(TypedDict):
    """People's decisions against the thresholds; `by_service`: the service's own, apart."""

    by_service: int
    not_stored: int
    not_looked_at: int
    confirmed: dict[str, int]
    rejected: dict[str, int]
    precision: dict[str, SharePayload]
    recall: dict[str, SharePayload]
    lost: list[JudgedPayload]
    dropped: list[JudgedPayload]


class SimulationPayload(TypedDict):
    """What other thresholds would do."""

    present: dict[str, float]
    proposed: dict[str, float]
    looked_at: LookedAtPayload
    flags: dict[str, int]
    duplicates: dict[str, int]
    moves: list[MovePayload]
    examples: dict[str, list[JudgedPayload]]
    decisions: DecidedPayload
    notes: list[str]


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
    story_original: str | None


class ArticlePayload(Standing, TextPayload):
    """An article's present revision: its standing, its text, its matches and flags, and what it has
    made of the editions before, its own one first."""

    changes: list[EditionPayload]
    matches: list[MatchPayload]
    flags: list[FlagSummary]


class ArticleWithBlocks(ArticlePayload):
    """The same with every block, kept or removed."""

    blocks: list[BlockPayload]


def article_payload(answer: Answer, editions: Iterable[Edition]) -> ArticlePayload:
    """An article as the API shows it, with what it has made of the editions before."""
    record = answer.record
    outcome = record.outcome
    return {
        "id": record.id,
        "revision": record.revision,
        "verdict": outcome.verdict if outcome else None,
        "duplicate_of": outcome.duplicate_of if outcome else None,
        "story_id": answer.story,
        "story_original": answer.original,
        **_text_payload(record.cleaned),
        "changes": [
            {"id": edition.id, "revision": edition.revision, **_changes_payload(edition.changes)}
            for edition in editions
        ],
        "matches": [_match_payload(match) for match in outcome.matches] if outcome else [],
        "flags": [_flag_summary(flag) for flag in answer.flags],
    }


def article_with_blocks(answer: Answer, editions: Iterable[Edition]) -> ArticleWithBlocks:
    """The same with every block, kept or removed."""
    return {
        **article_payload(answer, editions),
        "blocks": _block_payloads(answer.record.cleaned),
    }


def cleaned_payload(cleaned: CleanedArticle) -> CleanedPayload:
    """A cleaned article that is not stored."""
    return {
        **_text_payload(cleaned),
        "blocks": _block_payloads(cleaned),
    }


def flag_payload(flag: Flag, changes: Changes | None) -> FlagPayload:
    """A flag with its history, and what the later edition has made of the earlier one."""
    return {
        **_listed_flag(flag),
        "history": [_change_payload(change) for change in flag.history],
        "changes": None if changes is None else _changes_payload(changes),
    }


def flag_page_payload(page: FlagPage) -> FlagPagePayload:
    """One page of flags."""
    return {
        "flags": [_listed_flag(flag) for flag in page.flags],
        "after": page.after,
        "total": page.total,
    }


def story_payload(shown: StoryShown) -> StoryPayload:
    """A story with a page of its members."""
    story, weakest, source = shown.story, shown.weakest, shown.source
    return {
        "id": story.id,
        "version": story.version,
        "original": shown.original,
        "chosen": shown.chosen,
        "into": story.into,
        "parts": list(story.parts),
        "apart": sorted(story.apart),
        "total": shown.total,
        "members": [_story_member_payload(member) for member in shown.members],
        "after": shown.after,
        "weakest_link": {
            "article": weakest.record.id,
            "other": weakest.match.id,
            "jaccard": round(weakest.match.jaccard, SCORE_DIGITS),
        }
        if weakest is not None and weakest.match is not None
        else None,
        "likely_source": {
            "article": source.article,
            "agency": source.agency,
            "field": source.field,
            "value": source.value,
            "credited_by": list(source.credited_by),
        }
        if source is not None
        else None,
        "history": [_story_decision_payload(line) for line in story.history],
    }


def _story_member_payload(member: StoryMember) -> StoryMemberPayload:
    record, match = member.record, member.match
    return {
        "id": record.id,
        "arrival": record.outcome.arrival if record.outcome else 0,
        "title": record.cleaned.title,
        "source": record.submission.source or record.cleaned.site,
        "published_at": _time(record.cleaned.published_at),
        "agency": record.cleaned.agency,
        "like": match.id if match else None,
        "relation": match.relation if match else None,
        "jaccard": round(match.jaccard, SCORE_DIGITS) if match else None,
    }


def _story_decision_payload(line: StoryDecision) -> StoryDecisionPayload:
    return {
        "number": line.number,
        "at": line.at.isoformat(),
        "by": line.by,
        "action": line.action,
        "article": line.article,
        "story": line.story,
        "undone_at": _time(line.undone_at),
        "undone_by": line.undone_by,
    }


def rule_payload(rule: SiteRule) -> RuleShown:
    """A rule with its history."""
    return {
        "site": rule.site,
        "key": rule.key,
        "kept": rule.kept,
        "text": rule.text,
        "history": [
            {
                "at": change.at.isoformat(),
                "by": change.by,
                "kept": change.kept,
                "article": change.article,
            }
            for change in rule.history
        ],
    }


def site_rules_payload(found: CountedRules) -> SiteRulesPayload:
    """The rules of a site."""
    return {
        "site": found.site,
        "looked_at": len(found.articles),
        "rules": [
            {**rule_payload(rule), "decides_in": found.decided.get(rule.key, 0)}
            for rule in found.rules
        ],
    }


def rule_preview_payload(preview: RulePreview, *, made: bool) -> RulePreviewPayload:
    """What a rule does, or would do."""
    return {
        "rule": rule_payload(preview.rule),
        "made": made,
        "looked_at": preview.looked_at,
        "changes": sum(effect.changes_text for effect in preview.effects),
        "articles": [_rule_effect_payload(effect) for effect in preview.effects],
    }


def _rule_effect_payload(effect: RuleEffect) -> RuleEffectPayload:
    before, after = effect.record.cleaned, effect.after or effect.record.cleaned
    return {
        "article": effect.record.id,
        "title": before.title,
        "changes": effect.changes_text,
        "refused": effect.after is None,
        "blocks": [
            {"index": index, "text": after.blocks[index].text, "kept": after.blocks[index].kept}
            for index in effect.changed
        ],
        "characters_before": len(before.text),
        "characters_after": len(after.text),
    }


def simulation_payload(found: Simulation) -> SimulationPayload:
    """What other thresholds would do."""
    decided = found.decided
    confirmed, rejected = Decision.DUPLICATE, Decision.NOT_DUPLICATE
    return {
        "present": thresholds_payload(found.present),
        "proposed": thresholds_payload(found.proposed),
        "looked_at": {
            "articles": found.articles,
            "of": found.stored,
            "pairs": found.pairs,
            "since": _time(found.since),
            "until": _time(found.until),
            "decisions": decided.total,
            "complete": not found.is_cut,
        },
        "flags": {
            **_compared(found.flags),
            **{str(kind): found.kinds[kind] for kind in found.examples},
        },
        "duplicates": _compared(found.duplicates),
        "moves": [
            {"present": now, "proposed": then, "pairs": pairs}
            for (now, then), pairs in found.moves.most_common()
            if now is not then
        ],
        "examples": {
            str(kind): list(map(_judged_payload, told)) for kind, told in found.examples.items()
        },
        "decisions": {
            "by_service": decided.by_service,
            "not_stored": decided.not_stored,
            "not_looked_at": decided.unread,
            "confirmed": {
                "total": decided.count(confirmed),
                "kept": decided.count(confirmed, proposed=True),
                "lost": decided.count(confirmed, present=True, proposed=False),
            },
            "rejected": {
                "total": decided.count(rejected),
                "still_flagged": decided.count(rejected, proposed=True),
                "dropped": decided.count(rejected, present=True, proposed=False),
            },
            "precision": _compared(map(_share_payload, decided.precision)),
            "recall": _compared(map(_share_payload, decided.recall)),
            "lost": list(map(_judged_payload, decided.lost)),
            "dropped": list(map(_judged_payload, decided.dropped)),
        },
        "notes": found.notes,
    }


def thresholds_payload(policy: Policy) -> dict[str, float]:
    """The thresholds of a policy under the names of the settings."""
    return {name: getattr(policy, of_policy) for name, of_policy in THRESHOLDS.items()}


def _compared(values: Iterable[_Value]) -> dict[str, _Value]:
    """A value at present and as proposed."""
    return dict(zip(("present", "proposed"), values, strict=True))


def _share_payload(share: Share) -> SharePayload:
    low, high = share.interval
    return {
        "share": _score(share.value),
        "hits": share.hits,
        "of": share.of,
        "low": round(low, SCORE_DIGITS),
        "high": round(high, SCORE_DIGITS),
    }


def _judged_payload(judged: Judged) -> JudgedPayload:
    scores, flag = judged.likeness, judged.flag
    return {
        "article": judged.article,
        "other": judged.other,
        "present": judged.present,
        "proposed": judged.proposed,
        "jaccard": _score(scores.jaccard if scores else None),
        "containment": _score(scores.containment if scores else None),
        "contained_in": _score(scores.contained_in if scores else None),
        "numbers": _score(scores.numbers if scores else None),
        "hours": _score(judged.hours),
        "flag": flag.id if flag else None,
        "decision": flag.decision if flag else None,
    }


def _score(value: float | None) -> float | None:
    return None if value is None else round(value, SCORE_DIGITS)


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
            spans = block.repeats.shared
            yield {
                "index": index,
                "of": block.repeats.of,
                "words": sum(span.words for span in spans),
                "shared": [
                    {"here": _span(span.here), "there": _span(span.there)} for span in spans
                ],
            }


def _span(span: Span) -> SpanPayload:
    return {"start": span.start, "end": span.end}


def _block_payloads(cleaned: CleanedArticle) -> list[BlockPayload]:
    return [_block_payload(index, block) for index, block in enumerate(cleaned.blocks)]


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
        "passages": [
            {
                "here": _place(passage.here),
                "there": _place(passage.there),
                "words": passage.words,
            }
            for passage in match.passages
        ],
        "longest_passage": match.longest_passage,
        "numbers": None if match.numbers is None else round(match.numbers, SCORE_DIGITS),
        "hours": None if match.hours is None else round(match.hours, SCORE_DIGITS),
        "agency": match.agency,
    }


def _changes_payload(changes: Changes) -> ChangesPayload:
    title = changes.title
    return {
        "summary": summary(changes),
        "title": None if title is None else {"before": title[0], "after": title[1]},
        "added": list(changes.added),
        "removed": list(changes.removed),
        "changed": [
            [{"fate": stretch.fate, "text": stretch.text} for stretch in stretches]
            for stretches in changes.changed
        ],
        "moved": changes.moved,
        "numbers": [
            {"before": number.before, "after": number.after, "context": number.context}
            for number in changes.numbers
        ],
    }


def _place(place: Place) -> PlacePayload:
    return {"start": place.start, "end": place.end, "block": place.block}


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

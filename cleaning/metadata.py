"""What is known about the article: the caller's word first, then the markup's, then the lines
that the rules have read."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from cleaning.credits import Credits
from cleaning.dates import is_before
from cleaning.model import Evidence, Metadata
from cleaning.off_topic import Draft
from cleaning.wire_notes import WireCopy


def article_metadata(
    draft: Draft,
    wire: WireCopy,
    *,
    published_at: date | datetime | None,
    language: str | None,
    title: str | None = None,
) -> Metadata:
    """The article's metadata; fields that nothing states are None or empty."""
    stated = draft.document.metadata
    credits_of = {
        index: draft.credits[index]
        for index, block in enumerate(wire.blocks)
        if block.rule in _CREDIT_RULES and index in draft.credits
    }
    line = credits_of.get(draft.publication) if draft.publication is not None else None
    updates = [
        line.dates.updated
        for index, line in credits_of.items()
        if line.dates and line.dates.updated and index < draft.head_end
    ]
    agencies = {line.agency for line in credits_of.values() if line.agency}
    dateline = wire.dateline
    known: dict[str, object] = {
        "title": title, "published_at": published_at, "language": language,
    }  # fmt: skip
    found = replace(
        stated,
        published_at=published_at
        or stated.published_at
        or (line.dates.published if line and line.dates else None),
        updated_at=stated.updated_at or next(iter(updates), None),
        authors=stated.authors
        or tuple(dict.fromkeys(person for line in credits_of.values() for person in line.people)),
        agency=stated.agency
        or (dateline.agency if dateline else None)
        or (agencies.pop() if len(agencies) == 1 else None)
        or wire.agency,
        dateline=dateline.place if dateline else None,
        language=language or stated.language,
        wire=wire.notes,
    )
    if found.published_at and found.updated_at and is_before(found.updated_at, found.published_at):
        found = replace(found, updated_at=None)
    return replace(
        found,
        evidence=(
            *_callers(known),
            *_unused(stated, known),
            *_read(draft, found, credits_of, wire),
        ),
    )


def _callers(known: Mapping[str, object]) -> Iterator[Evidence]:
    """What the caller knows stands."""
    for field, value in known.items():
        if value is not None:
            yield Evidence(field, _shown(value), CALLER, used=True)


def _unused(stated: Metadata, known: Mapping[str, object]) -> Iterator[Evidence]:
    """What the page states, which does not stand where the caller knows better."""
    for evidence in stated.evidence:
        is_overruled = known.get(evidence.field) is not None
        yield replace(evidence, used=False) if is_overruled else evidence


def _read(
    draft: Draft, found: Metadata, credits_of: Mapping[int, Credits], wire: WireCopy
) -> Iterator[Evidence]:
    """What was read from lines of the text."""
    stated = draft.document.metadata
    for index, line in credits_of.items():
        text, where = draft.blocks[index].text[:_EVIDENCE_LENGTH], f"block {index}"
        if line.dates and line.dates.published:
            is_used = found.published_at == line.dates.published
            yield Evidence("published_at", text, where, used=is_used)
        if line.dates and line.dates.updated:
            yield Evidence("updated_at", text, where, used=found.updated_at == line.dates.updated)
        if line.people:
            yield Evidence("authors", text, where, used=not stated.authors)
        if line.agency:
            yield Evidence("agency", text, where, used=line.agency == found.agency)
    if wire.dateline is not None:
        lead, where = wire.dated[:_DATELINE_LENGTH], "first paragraph"
        if wire.dateline.place:
            yield Evidence("dateline", lead, where, used=True)
        if wire.dateline.agency:
            yield Evidence("agency", lead, where, used=wire.dateline.agency == found.agency)
    yield from wire.evidence


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


CALLER = "caller"
_EVIDENCE_LENGTH, _DATELINE_LENGTH = 300, 80  # characters
_CREDIT_RULES = frozenset({"publication_line", "byline", "credit_line"})

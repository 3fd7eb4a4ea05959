"""What is known about the article: the caller's word first, then the markup's, then the lines
that the rules have read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from cleaning.article import is_text
from cleaning.model import Block, Metadata
from cleaning.off_topic import Draft
from cleaning.titles import is_paragraph
from cleaning.wire import credited_agency


def article_metadata(
    draft: Draft,
    blocks: Sequence[Block],
    *,
    published_at: date | datetime | None,
    language: str | None,
) -> Metadata:
    """The article's metadata; fields that nothing states are None or empty."""
    stated = draft.document.metadata
    credits_of = {
        index: draft.credits[index]
        for index, block in enumerate(blocks)
        if block.rule in _CREDIT_RULES and index in draft.credits
    }
    line = credits_of.get(draft.publication) if draft.publication is not None else None
    updates = [
        line.dates.updated
        for index, line in credits_of.items()
        if line.dates and line.dates.updated and index < draft.head_end
    ]
    agencies = {line.agency for line in credits_of.values() if line.agency}
    lead = [block.text for block in blocks if is_text(block) and is_paragraph(block.text)][:1]
    return replace(
        stated,
        published_at=published_at
        or stated.published_at
        or (line.dates.published if line and line.dates else None),
        updated_at=stated.updated_at or next(iter(updates), None),
        authors=stated.authors
        or tuple(dict.fromkeys(person for line in credits_of.values() for person in line.people)),
        agency=stated.agency
        or credited_agency(lead, ())
        or (agencies.pop() if len(agencies) == 1 else None),
        language=language or stated.language,
    )


_CREDIT_RULES = frozenset({"publication_line", "byline", "credit_line"})

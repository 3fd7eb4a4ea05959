"""What is known about the article: the caller's word first, then the markup's, then the lines
that the rules have read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from cleaning.article import is_text
from cleaning.model import Block, Metadata
from cleaning.off_topic import Draft, byline_people
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
    line = draft.date_lines.get(draft.publication) if draft.publication is not None else None
    lines = [block.text for block in blocks if not block.kept and block.rule not in _PAGE_RULES]
    authors = tuple(
        person
        for block in blocks
        if block.rule in {"byline", "publication_line"}
        for person in byline_people(block.text)
        if credited_agency((), (person,)) is None
    )
    return replace(
        stated,
        published_at=published_at or stated.published_at or (line.published if line else None),
        updated_at=stated.updated_at or (line.updated if line else None),
        authors=stated.authors or authors,
        agency=stated.agency
        or credited_agency([block.text for block in blocks if is_text(block)], lines),
        language=language or stated.language,
    )


# Lines of these blocks say nothing about the article.
_PAGE_RULES = frozenset({"off_topic", "navigation_label", "breadcrumb", "page_date"})

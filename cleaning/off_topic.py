"""Blocks -> a verdict on each, by an ordered table of named rules: the first to answer signs.

Kept text is the default. A rule that reads furniture (dates, labels, bylines) answers for short
lines only, and where such lines stand: above the first paragraph or below the last. Inside the
story only stock phrases that nobody writes in an article, copies of the title, and teasers go.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import regex

from cleaning import cohesion
from cleaning.dates import DateLine, split_off_dates
from cleaning.model import BlockVerdict, Document, Role, SourceBlock
from cleaning.phrases import furniture, is_stock_phrase, key, strip_stock_words
from cleaning.titles import (
    SEPARATOR,
    Title,
    find_sections,
    first_paragraph,
    is_paragraph,
    says_title,
    word_count,
)

KEPT = BlockVerdict(kept=True)
_LABEL_WORDS = 4
_BYLINE_WORDS = 14
_NAME = r"\p{Lu}[\p{L}\p{M}'’.-]*"
_PERSON = rf"{_NAME}(?:\s+(?:{_NAME}|d[aeiou]s?|v[ao]n|der|den|la|le|bin|al))*"
_PEOPLE = regex.compile(rf"{_PERSON}(?:\s*(?:,|and|und|et|y|e|&)\s+{_PERSON})*")
# What parts the fields of a line, and what leads from the last name to the date.
_FIELD = regex.compile(r"\s*[|•·]\s*|\s+[–—-]\s+")
_LINK_TO_DATE = regex.compile(r"[\s,]+(?:on|at|am|vom|le|el|il|em|den|op)$")
_CUE = regex.compile(r"\W*+([^:|»>–—]{3,30})\s*[:|»>–—]\s*(\S.*)")
_LONGEST_PATH = 300  # characters
# What stands between the steps of a path; a dash or a bar parts a title from the site's name.
_PATH = regex.compile(r"[»›→>]|\s/\s")
_AND = regex.compile(r"\s*(?:,|\b(?:and|und|et|y|e)\b|&)\s+")
_READING_TIME = regex.compile(
    r"\b\d{1,3}[\s-]*(?:min(?:ute)?s?\.?|minuten|minutos|minuti)(?:\s+(?:read|lesezeit|de lecture|"
    r"de lectura|di lettura|leestijd))?\b|\blesezeit:?\s*\d+\s*min\w*\.?",
    regex.IGNORECASE,
)
# What a rule without a model claims: wrong less often than one time in fifty where we looked.
_SURE = 0.98


@dataclass(frozen=True)
class Draft:
    """A document on its way to its verdicts, with what several rules ask of it."""

    document: Document
    title: Title
    keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(key(block.text) for block in self.blocks))

    @property
    def blocks(self) -> Sequence[SourceBlock]:
        """The document's blocks."""
        return self.document.blocks

    @cached_property
    def title_key(self) -> str:
        """The title as it is compared; empty if there is none."""
        return key(self.title.text or "")

    @cached_property
    def first(self) -> int:
        """The index of the first paragraph."""
        return first_paragraph(self.blocks)

    @cached_property
    def last(self) -> int:
        """The index of the last paragraph."""
        for index in range(len(self.blocks) - 1, -1, -1):
            block = self.blocks[index]
            if block.verdict is None and is_paragraph(block.text):
                return index
        return -1

    @cached_property
    def date_lines(self) -> dict[int, DateLine]:
        """The lines outside the story that say when, and at most by whom and how long to read."""
        found = {
            index: _read_publication(self.blocks[index].text)
            for index in range(len(self.blocks))
            if self.is_outside(index) and self.blocks[index].verdict is None
        }
        return {index: line for index, line in found.items() if line is not None}

    @cached_property
    def publication(self) -> int | None:
        """The date line that is the article's own: below the title, or else right above it, or
        the first one of an article without a title block."""
        shown = self.title.block
        below = [index for index in self.date_lines if shown is None or index > shown]
        if below:
            return below[0]
        return shown - 1 if shown is not None and shown - 1 in self.date_lines else None

    @cached_property
    def teasers(self) -> dict[int, float]:
        """The blocks of teasers, and the probability that they are."""
        return dict(_find_teasers(self))

    def is_outside(self, index: int) -> bool:
        """Whether a block stands above the first paragraph or below the last."""
        return not self.first <= index <= self.last


Rule = Callable[[Draft, int], BlockVerdict | None]


def judge(draft: Draft) -> tuple[BlockVerdict, ...]:
    """The verdict on each block."""
    return tuple(
        next(filter(None, (rule(draft, index) for rule in RULES)), KEPT)
        for index in range(len(draft.blocks))
    )


def byline_people(text: str) -> tuple[str, ...]:
    """The people a byline names; none if the text is no byline.

    >>> byline_people("By Jane Doe and John Roe")
    ('Jane Doe', 'John Roe')
    >>> byline_people("By Friday the town was dry")
    ()
    """
    _, rest = split_off_dates(text)
    parts = [part.strip(" .:,") for part in _FIELD.split(_READING_TIME.sub(" ", rest))]
    said = [part for part in parts if strip_stock_words(key(part), "published", "updated")]
    if len(said) != 1 or word_count(said[0]) > _BYLINE_WORDS:
        return ()
    own = key(said[0])
    named = strip_stock_words(own, "byline")
    if named == own:
        return ()
    label = len(own.split()) - len(named.split())
    people = _LINK_TO_DATE.sub("", " ".join(said[0].split()[label:]).strip(" .:,"))
    if not _PEOPLE.fullmatch(people):
        return ()
    return tuple(name for name in _AND.split(people) if not is_stock_phrase(key(name), "job_title"))


def page_structure(draft: Draft, index: int) -> BlockVerdict | None:
    """What the markup has decided already."""
    return draft.blocks[index].verdict


def title(draft: Draft, index: int) -> BlockVerdict | None:
    """The block that shows the title; kept, outside the text."""
    if index != draft.title.block:
        return None
    return BlockVerdict(kept=True, rule="title", role=Role.TITLE)


def repeated_title(draft: Draft, index: int) -> BlockVerdict | None:
    """The title once more: whole, cut with an ellipsis, or with the site's name."""
    text, own = draft.blocks[index].text, draft.keys[index]
    if not draft.title_key or not says_title(text, own, draft.title_key):
        return None
    return _removed("repeated_title", "it says the title again")


def breadcrumb(draft: Draft, index: int) -> BlockVerdict | None:
    """The path to the page: short parts behind one another, or any that end in the title."""
    text = draft.blocks[index].text
    if not draft.is_outside(index) or len(text) > _LONGEST_PATH:
        return None
    parts = [part for part in SEPARATOR.split(text) if part.strip()]
    if len(parts) < 2 or is_paragraph(text):
        return None
    leads_to_title = draft.title_key and says_title(parts[-1], key(parts[-1]), draft.title_key)
    if leads_to_title and _PATH.search(text):
        return _removed("breadcrumb", "it is a path that leads to the title")
    if len(parts) > 2 and all(word_count(part) <= _LABEL_WORDS for part in parts):
        return _removed("breadcrumb", f"it is a path or menu of {len(parts)} short parts")
    return None


def publication_line(draft: Draft, index: int) -> BlockVerdict | None:
    """The line that dates the article; its date becomes metadata."""
    if index != draft.publication:
        return None
    return _removed("publication_line", "it only says when the article was published, and by whom")


def page_date(draft: Draft, index: int) -> BlockVerdict | None:
    """Any other line outside the story that is just a date."""
    if index not in draft.date_lines:
        return None
    return _removed("page_date", "it is a date of the page, not of the article")


def byline(draft: Draft, index: int) -> BlockVerdict | None:
    """Who wrote it; the names become metadata."""
    if not draft.is_outside(index) or not byline_people(draft.blocks[index].text):
        return None
    return _removed("byline", "it only names the authors")


def reading_time(draft: Draft, index: int) -> BlockVerdict | None:
    """How long it takes to read."""
    if not _READING_TIME.fullmatch(draft.blocks[index].text.strip(" .()")):
        return None
    return _removed("reading_time", "it only says how long the article takes to read")


def stock_phrase(draft: Draft, index: int) -> BlockVerdict | None:
    """A line that says what site furniture says everywhere; its kind is the rule's name."""
    kind = furniture(draft.keys[index]) if draft.keys[index] else None
    if kind is None:
        return None
    return _removed(kind, f"it is a stock phrase of web pages ({kind.replace('_', ' ')})")


def read_more(draft: Draft, index: int) -> BlockVerdict | None:
    """A line that sends the reader to another article: a cue, a separator, its headline."""
    cue = _CUE.match(draft.blocks[index].text)
    if cue is None or not is_stock_phrase(key(cue[1]), "read_more") or is_paragraph(cue[2]):
        return None
    return _removed("read_more", f"it sends the reader to another article (“{cue[1].strip()}”)")


def label_above_title(draft: Draft, index: int) -> BlockVerdict | None:
    """A section's or site's name above the title."""
    shown = draft.title.block
    text = draft.blocks[index].text
    if shown is None or index >= shown or text.endswith((".", "!", "?", "”", '"')):
        return None
    if word_count(text) > _LABEL_WORDS:
        return None
    return _removed("label_above_title", "it is a short label above the title")


def off_topic(draft: Draft, index: int) -> BlockVerdict | None:
    """A teaser of another story: a headline and the paragraph below it."""
    score = draft.teasers.get(index)
    if score is None:
        return None
    return BlockVerdict(
        kept=False,
        rule="off_topic",
        reasons=(
            (
                "a headline and the paragraph below it share hardly any names or rare words "
                "with the title and the rest of the article"
            ),
        ),
        score=score,
    )


RULES: tuple[Rule, ...] = (
    page_structure,
    title,
    breadcrumb,
    repeated_title,
    publication_line,
    page_date,
    byline,
    reading_time,
    stock_phrase,
    read_more,
    label_above_title,
    off_topic,
)


def _read_publication(text: str) -> DateLine | None:
    dates, rest = split_off_dates(text)
    if dates is None or byline_people(text):
        return dates
    rest = _READING_TIME.sub(" ", rest)
    return dates if not strip_stock_words(key(rest), "published", "updated") else None


def _removed(rule: str, reason: str) -> BlockVerdict:
    return BlockVerdict(kept=False, rule=rule, reasons=(reason,), score=_SURE)


def _find_teasers(draft: Draft) -> Iterable[tuple[int, float]]:
    """Pairs of a headline and a paragraph inside the story that the model takes for a teaser.

    The first paragraph is never one: it is what the story is about.
    """
    inside = [
        index
        for index, block in enumerate(draft.blocks)
        if block.verdict is None
        and index >= draft.first
        and draft.keys[index]
        and not _is_furniture(draft, index)
    ]
    if len(inside) < _FEWEST_PARAGRAPHS:
        return
    blocks = [draft.blocks[index] for index in inside]
    sections = find_sections(blocks)
    if len(sections) > _MOST_TEASERS and sections[0] <= _SHORT_OPENING:
        return
    story = cohesion.Story(draft.title.text or "", [block.text for block in blocks], sections)
    spaced = sum(block.after_blank for block in blocks) > len(blocks) / 2
    scores = {
        place: cohesion.off_topic_probability(
            story, place, tight=spaced and not blocks[place + 1].after_blank
        )
        for place in sections
    }
    if sum(score > _STRANGE for score in scores.values()) > _MOST_TEASERS:
        return
    for place, score in scores.items():
        if score > cohesion.threshold():
            yield inside[place], score
            yield inside[place + 1], score


def _is_furniture(draft: Draft, index: int) -> bool:
    text, own = draft.blocks[index].text, draft.keys[index]
    return furniture(own) is not None or (
        draft.title_key != "" and says_title(text, own, draft.title_key)
    )


# A text that is made of sections almost from its start, or of which several are as strange as
# this to each other, is a round-up or a live blog: all of them belong to it.
_STRANGE, _MOST_TEASERS, _SHORT_OPENING = 0.4, 2, 2
# Three paragraphs of the story, a headline and a text: with fewer there is no "rest" to compare.
_FEWEST_PARAGRAPHS = 5

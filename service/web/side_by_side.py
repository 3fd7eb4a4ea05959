"""An article's record -> a column of the review page.

Its blocks come in reading order, the passages that the other article shares cut out of the rest,
and what was removed in the place where it stood.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from cleaning.model import Block, Role, Span
from service.duplicates.model import ArticleRecord

BLOCK_BREAK = len("\n\n")  # what joins the kept blocks in a cleaned text


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a block's text. `shared`: it stands in what it is compared with, too."""

    text: str
    shared: bool


@dataclass(frozen=True, slots=True)
class Repetition:
    """A block tells again what block number `of` told; both have so many `words` in common."""

    of: int
    words: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A kept block, in pieces."""

    index: int
    role: Role
    pieces: tuple[Piece, ...]
    repeats: Repetition | None


@dataclass(frozen=True, slots=True)
class Removal:
    """Neighbouring blocks that were removed, with their indexes."""

    blocks: tuple[tuple[int, Block], ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that removed them, each once."""
        return tuple(dict.fromkeys(block.rule or "unnamed" for _, block in self.blocks))


@dataclass(frozen=True, slots=True)
class Column:
    """One article of two. `parts` are in reading order."""

    side: str
    record: ArticleRecord
    parts: tuple[Passage | Removal, ...]


def column(side: str, record: ArticleRecord, spans: Sequence[Span]) -> Column:
    """Lay an article out. `spans` index its cleaned text; they are in order and apart."""
    return Column(side=side, record=record, parts=tuple(_parts(record, spans)))


def _parts(record: ArticleRecord, spans: Sequence[Span]) -> Iterator[Passage | Removal]:
    start = 0
    waiting = list(reversed(spans))
    numbered = enumerate(record.cleaned.blocks)
    for kept, group in groupby(numbered, key=lambda pair: pair[1].kept):
        if not kept:
            yield Removal(tuple(group))
            continue
        for index, block in group:
            if block.role is Role.TITLE:  # stands above the column, and not in the text
                continue
            end = start + len(block.text)
            pieces = tuple(cut(record.cleaned.text, Span(start, end), waiting))
            yield Passage(index, block.role, pieces, repetition(block))
            start = end + BLOCK_BREAK


def cut(text: str, block: Span, waiting: list[Span]) -> Iterator[Piece]:
    """Cut a block's range of a text at the spans that wait, the next one last; takes those that end
    in it from `waiting`."""
    position = block.start
    while waiting and waiting[-1].start < block.end:
        span = waiting[-1]
        start, end = max(span.start, position), min(span.end, block.end)
        if position < start:
            yield Piece(text[position:start], shared=False)
        if start < end:
            yield Piece(text[start:end], shared=True)
        position = max(position, end)
        if span.end > block.end:  # goes on in the next block
            break
        waiting.pop()
    if position < block.end:
        yield Piece(text[position : block.end], shared=False)


def repetition(block: Block) -> Repetition | None:
    """What a block tells again; None if nothing."""
    if block.repeats is None:
        return None
    return Repetition(block.repeats.of, sum(shared.words for shared in block.repeats.shared))

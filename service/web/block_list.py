"""An article -> the rows of its page: every block, the words that the article tells twice cut out
of the rest."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from cleaning.model import Block, Span
from service.web.side_by_side import Piece, Repetition, cut, repetition


@dataclass(frozen=True, slots=True)
class Row:
    """A block in pieces. `repeats`: it tells again what an earlier one told; `told_again`: the
    later ones that tell it again."""

    block: Block
    pieces: tuple[Piece, ...]
    repeats: Repetition | None
    told_again: tuple[int, ...]


def rows(blocks: Sequence[Block]) -> Iterator[Row]:
    """The rows of an article's blocks, in reading order."""
    spans: defaultdict[int, list[Span]] = defaultdict(list)
    told_again: defaultdict[int, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        if block.repeats is None:
            continue
        told_again[block.repeats.of].append(index)
        spans[index] += [shared.here for shared in block.repeats.shared]
        spans[block.repeats.of] += [shared.there for shared in block.repeats.shared]
    for index, block in enumerate(blocks):
        # What is told a second and a third time may overlap.
        waiting = sorted(spans[index], key=attrgetter("start", "end"), reverse=True)
        pieces = tuple(cut(block.text, Span(0, len(block.text)), waiting))
        yield Row(block, pieces, repetition(block), tuple(told_again[index]))

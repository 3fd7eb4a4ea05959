"""Statements that an article makes twice: found by the words they share, and linked.

Nothing is removed here. Each block is compared with the earlier ones by runs of equal words; the
earlier block with which it shares the longest run is the one it repeats.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cleaning.model import Repeat, SharedSpan, Span
from cleaning.words import Word, fold_words, is_unspaced, placed_words

# The shortest run of words that is a statement rather than a name or an idiom. In the news pages
# this was set on, runs of eight words within an article are names of bodies and stock phrases
# half of the time, runs of ten hardly ever.
SHORTEST_RUN = 10
# As many characters of an unspaced script.
SHORTEST_UNSPACED_RUN = 20
# Words of a block that are compared; a longer block is a table or a whole page.
_LONGEST_BLOCK = 2_000
# Of a run that stands in many blocks, so many places are remembered.
_MOST_PLACES = 8

_Place = tuple[int, int]  # block, first word


def find_repeats(texts: Sequence[str | None]) -> dict[int, Repeat]:
    """For each text that repeats an earlier one: which, and the runs of words they share.

    None stands for a block that is not part of the article.
    """
    seen: dict[tuple[str, ...], list[_Place]] = {}
    blocks: list[list[Word]] = []
    repeats: dict[int, Repeat] = {}
    for index, text in enumerate(texts):
        blocks.append(placed_words(text)[:_LONGEST_BLOCK] if text else [])
        folded = fold_words([word.text for word in blocks[index]])
        size = _run_size(folded)
        windows = [tuple(folded[i : i + size]) for i in range(len(folded) - size + 1)]
        runs = _shared_runs(windows, size, seen)
        if runs:
            repeats[index] = _repeat(runs, blocks[index], blocks)
        for start, window in enumerate(windows):
            places = seen.setdefault(window, [])
            if len(places) < _MOST_PLACES:
                places.append((index, start))
    return repeats


@dataclass(slots=True)
class _Run:
    """`words` words that stand at `here` in one block and at `there` in block `of`."""

    of: int
    here: int
    there: int
    words: int


def _run_size(folded: list[str]) -> int:
    unspaced = sum(map(is_unspaced, folded))
    return SHORTEST_UNSPACED_RUN if unspaced * 2 > len(folded) else SHORTEST_RUN


def _shared_runs(
    windows: list[tuple[str, ...]], size: int, seen: dict[tuple[str, ...], list[_Place]]
) -> list[_Run]:
    """The runs that a block has in common with the blocks before it."""
    runs: list[_Run] = []
    growing: dict[_Place, _Run] = {}
    for here, window in enumerate(windows):
        grown: dict[_Place, _Run] = {}
        for of, there in seen.get(window, ()):
            run = growing.get((of, there))
            if run is None:
                run = _Run(of, here, there, size - 1)
                runs.append(run)
            run.words += 1
            grown[of, there + 1] = run
        growing = grown
    return runs


def _repeat(runs: list[_Run], here: list[Word], blocks: list[list[Word]]) -> Repeat:
    longest = max(runs, key=lambda run: (run.words, -run.of))
    shared = sorted((run for run in runs if run.of == longest.of), key=lambda run: -run.words)
    there = blocks[longest.of]
    return Repeat(
        longest.of,
        tuple(
            SharedSpan(
                _span(here, run.here, run.words), _span(there, run.there, run.words), run.words
            )
            for run in shared
        ),
    )


def _span(words: list[Word], first: int, count: int) -> Span:
    return Span(words[first].start, words[first + count - 1].end)

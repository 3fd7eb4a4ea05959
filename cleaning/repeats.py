"""Statements that an article makes twice: found by the words they share, and linked.

Nothing is removed here. Each block is compared with the earlier ones by runs of equal words; the
earlier block with which it shares the longest run is the one it repeats.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from cleaning.model import Repeat, SharedSpan, Span
from cleaning.normalise import is_european
from cleaning.phrases import key
from cleaning.words import Word, fold_words, is_unspaced, placed_words, words

# The shortest run of words that is a statement rather than a name or an idiom. In 787 news and
# guide articles, runs of seven or eight words are names and stock wording ("tourists in the
# Indian-controlled portion of Kashmir"); from ten on most are facts and quotes told again.
SHORTEST_RUN = 10
# As many characters of an unspaced script.
SHORTEST_UNSPACED_RUN = 20
# Words of a block that are compared; a longer block is a table or a whole page.
_LONGEST_BLOCK = 2_000
# Of a run that stands in many blocks, so many places are remembered.
_MOST_PLACES = 8

_Window = tuple[str, ...]
_Place = tuple[int, int]  # block, first word


def find_repeats(texts: Sequence[str | None]) -> dict[int, Repeat]:
    """For each text that repeats an earlier one: which, and the runs of words they share.

    None stands for a block that is not part of the article.
    """
    blocks = [_windows(text) if text else [] for text in texts]
    counts = Counter(chain.from_iterable(blocks))
    said_again = {window for window, count in counts.items() if count > 1}
    seen: dict[_Window, list[_Place]] = {}
    first: dict[str, int] = {}
    repeats: dict[int, Repeat] = {}
    for index, windows in enumerate(blocks):
        if said_again.isdisjoint(windows):
            continue
        text = texts[index] or ""
        of = first.setdefault(text, index)
        if of != index:
            # Word for word the same: nothing needs to be compared.
            whole = Span(0, len(text))
            count = len(windows) + len(windows[0]) - 1
            repeats[index] = Repeat(of, (SharedSpan(whole, whole, count),))
            continue
        runs = _shared_runs(windows, seen)
        if runs:
            repeats[index] = _repeat(runs, index, texts)
        for start, window in enumerate(windows):
            if window in said_again:
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


def _windows(text: str) -> list[_Window]:
    """Every run of words of a block that is just long enough to be a statement."""
    found = words(text)[:_LONGEST_BLOCK]
    folded = key(text).split()[:_LONGEST_BLOCK] if len(found) >= SHORTEST_RUN else []
    if len(folded) != len(found) >= SHORTEST_RUN:
        # Folding made two words of one somewhere, so places would not agree.
        folded = fold_words(found)
    unspaced = 0 if is_european(text) else sum(map(is_unspaced, folded))
    size = SHORTEST_UNSPACED_RUN if unspaced * 2 > len(folded) else SHORTEST_RUN
    return list(zip(*(folded[start:] for start in range(size)), strict=False))


def _shared_runs(windows: list[_Window], seen: dict[_Window, list[_Place]]) -> list[_Run]:
    """The runs that a block has in common with the blocks before it."""
    runs: list[_Run] = []
    growing: dict[_Place, _Run] = {}
    for here, window in enumerate(windows):
        grown: dict[_Place, _Run] = {}
        for of, there in seen.get(window, ()):
            run = growing.get((of, there))
            if run is None:
                run = _Run(of, here, there, len(window) - 1)
                runs.append(run)
            run.words += 1
            grown[of, there + 1] = run
        growing = grown
    return runs


def _repeat(runs: list[_Run], index: int, texts: Sequence[str | None]) -> Repeat:
    longest = max(runs, key=lambda run: (run.words, -run.of))
    shared = sorted((run for run in runs if run.of == longest.of), key=lambda run: -run.words)
    here, there = placed_words(texts[index] or ""), placed_words(texts[longest.of] or "")
    return Repeat(
        longest.of,
        tuple(
            SharedSpan(
                _span(here, run.here, run.words), _span(there, run.there, run.words), run.words
            )
            for run in shared
        ),
    )


def _span(placed: list[Word], first: int, count: int) -> Span:
    return Span(placed[first].start, placed[first + count - 1].end)

"""Two cleaned articles -> the passages that stand in both, with their places in each.

A passage is a statement, a quotation or a paragraph that two articles share, from a dozen words on.
Stock phrases are as long ("who runs a shop on Main Street, said customers had talked of little
else"), but begin and end in the middle of a sentence, because names and days around them differ.
So a passage of less than twenty words has to hold whole sentences or quotations of a dozen.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cleaning.fingerprint import Fingerprint
from cleaning.model import Block, CleanedArticle, Role
from cleaning.shingles import UNSPACED_FACTOR, Hashes, hash_words, shingle_hashes
from cleaning.words import Word, fold_words, is_unspaced, placed_words
from service.duplicates.model import Passage, Place

SHORTEST = 12  # words of a run of equal words
# As many words tell a passage by themselves: the stock phrases of generated wire copy have 12 to
# 18, and with a name before them 20. Runs count together if no more than GAP words part them in
# either article, so that a word put in or changed does not cut a passage short; each has RUN words
# at least.
SURE, GAP, RUN = 20, 5, 5
# The longest are reported. A copy with a word in twenty changed has twenty of them, which say no
# more than the first few.
MOST = 16
# Words behind so many are not searched: the longest reports have half of them.
LONGEST = 20_000
_CHARACTERS = 12  # a word with the gap behind it has fewer on average
# What stands in so many other stories, of any site or of the article's own, tells nothing of this
# one. A statement that a dozen outlets print is mostly in copies of two or three stories.
COMMON, COMMON_AT_HOME = 8, 2
_KEPT_BREAK = len("\n\n")  # what joins the kept blocks in a cleaned text
_END = re.compile(r"[.!?;:\n\"“”„‟«»‹›「」『』。！？；：…|•]")


@dataclass(frozen=True, slots=True)
class _Run:
    """Equal words: `words` of them from number `here` and number `there` on."""

    here: int
    there: int
    words: int


class PlacedWords:
    """The words of an article that are compared, with their places.

    First those of its text, then those of the blocks that are compared though they were removed.
    What wire copy says about itself stands for no word.
    """

    def __init__(self, article: CleanedArticle) -> None:
        self._words: list[Word] = []  # with their places in `text` or in a removed block
        self._removed: list[tuple[int, int]] = []  # where in `_words` which block begins
        self._breaks: list[int] = []
        self._ends: list[int] = [0]
        start = 0
        for block in article.blocks:
            if block.kept and block.role is not Role.TITLE:
                self._add(block, start)
                start += len(block.text) + _KEPT_BREAK
        for index, block in enumerate(article.blocks):
            if block.is_compared and not block.kept:
                self._breaks.append(len(self._words))
                self._removed.append((len(self._words), index))
                self._add(block, 0)
        found = [word.text for word in self._words]
        self.hashes: Hashes = hash_words(fold_words(found))
        unspaced = sum(map(is_unspaced, found))
        self.unit = UNSPACED_FACTOR if unspaced * 2 > len(found) else 1

    def __len__(self) -> int:
        return len(self._words)

    def _add(self, block: Block, start: int) -> None:
        text = block.text
        room = LONGEST - len(self._words)
        done = 0
        wire = list(reversed(block.wire))
        for word in placed_words(text[: room * _CHARACTERS])[:room]:
            while wire and wire[-1].end <= word.start:
                wire.pop()
                self._breaks.append(len(self._words))
            if wire and wire[-1].start < word.end:
                continue
            gap = text[done : word.start]
            if gap != " " and _END.search(gap):
                self._ends.append(len(self._words))
            done = word.end
            self._words.append(Word(word.text, start + word.start, start + word.end))
        self._ends.append(len(self._words))

    @cached_property
    def breaks(self) -> NDArray[np.intp]:
        """Before which words no run goes on, in order; the last is behind all of them."""
        return np.asarray([*self._breaks, len(self._words)], np.intp)

    @cached_property
    def ends(self) -> NDArray[np.intp]:
        """Before which words a sentence or a quotation begins, in order, and the last one ends."""
        return np.unique(np.asarray(self._ends, np.intp))

    def place(self, first: int, words: int) -> Place:
        """Where so many words stand from number `first` on."""
        behind = bisect_right(self._removed, (first, len(self._words)))
        block = self._removed[behind - 1][1] if behind else None
        return Place(self._words[first].start, self._words[first + words - 1].end, block)


@dataclass(frozen=True, slots=True)
class Shared:
    """What an article shares with another one, of some story and site: the passages, and with
    which of its words each begins."""

    story: str
    site: str | None
    passages: tuple[Passage, ...]
    firsts: tuple[int, ...]


def may_share(article: Fingerprint, other: Fingerprint) -> bool:
    """False if two articles share no passage: the quick answer, without places."""
    fewest = SURE // RUN  # one shingle of each run in the most broken chain
    shared = np.isin(article.shingles(RUN), other.shingles(RUN))
    return int(np.count_nonzero(shared)) >= fewest


def shared_passages(
    here: PlacedWords, there: PlacedWords, story: str = "", site: str | None = None
) -> Shared:
    """The passages that stand in both articles, the second of this story and site, in the order of
    the first.

    Takes time linear in both, as no word of `here` is in two runs; a run that stands in the other
    article twice is taken where it stands first.
    """
    unit = max(here.unit, there.unit)
    runs: list[_Run] = []
    for chain in _chains(list(_runs(here, there, RUN * unit)), GAP * unit):
        long = [run for run in chain if run.words >= SHORTEST * unit]
        if sum(run.words for run in chain) >= SURE * unit:
            runs += long or chain
        else:
            runs += (run for run in long if _whole(here, run) >= SHORTEST * unit)
    longest = sorted(runs, key=lambda run: -run.words)[:MOST]
    longest.sort(key=lambda run: run.here)
    return Shared(
        story=story,
        site=site,
        passages=tuple(
            Passage(
                here=here.place(run.here, run.words),
                there=there.place(run.there, run.words),
                words=run.words,
            )
            for run in longest
        ),
        firsts=tuple(run.here for run in longest),
    )


def particular(
    words: PlacedWords, shared: Sequence[Shared], site: str | None
) -> list[tuple[Passage, ...]]:
    """Of what an article from `site` shares with each of the others, the passages that are no
    stock: furniture of its site, and what stands in many stories wherever they come from."""
    everywhere = _spread(words, shared)
    at_home = _spread(words, [one for one in shared if site is not None and one.site == site])

    def is_stock(passage: Passage, first: int) -> bool:
        place = slice(first, first + passage.words)
        return bool(
            np.median(everywhere[place]) >= COMMON or np.median(at_home[place]) >= COMMON_AT_HOME
        )

    return [
        tuple(
            passage
            for passage, first in zip(one.passages, one.firsts, strict=True)
            if not is_stock(passage, first)
        )
        for one in shared
    ]


def _spread(words: PlacedWords, shared: Iterable[Shared]) -> NDArray[np.int64]:
    """In how many stories each word of an article stands as a part of a passage."""
    stories: dict[str, NDArray[np.bool_]] = {}
    for one in shared:
        held = stories.setdefault(one.story, np.zeros(len(words), np.bool_))
        for passage, first in zip(one.passages, one.firsts, strict=True):
            held[first : first + passage.words] = True
    counts = np.zeros(len(words), np.int64)
    for held in stories.values():
        counts += held
    return counts


def _runs(here: PlacedWords, there: PlacedWords, size: int) -> Iterator[_Run]:
    """The runs of at least `size` equal words, each as long as it can be."""
    ours, theirs = shingle_hashes(here.hashes, size), shingle_hashes(there.hashes, size)
    if len(ours) == 0 or len(theirs) == 0:
        return
    known, first = np.unique(theirs, return_index=True)
    nearest = np.minimum(np.searchsorted(known, ours), len(known) - 1)
    end = 0
    for start in np.flatnonzero(known[nearest] == ours).tolist():
        if start < end:
            continue
        other = int(first[nearest[start]])
        words = _length(here, there, start, other)
        if words >= size:
            yield _Run(start, other, words)
            end = start + words


def _length(here: PlacedWords, there: PlacedWords, start: int, other: int) -> int:
    """For how many words both go on alike."""
    most = min(_next(here.breaks, start) - start, _next(there.breaks, other) - other)
    step = 64
    done = 0
    while done < most:
        upto = min(done + step, most)
        differ = (
            here.hashes[start + done : start + upto] != there.hashes[other + done : other + upto]
        )
        if differ.any():
            return done + int(differ.argmax())
        done, step = upto, step * 2
    return most


def _chains(runs: Sequence[_Run], gap: int) -> Iterator[list[_Run]]:
    """The runs, together with those that go on after a few other words in both articles."""
    chain = list(runs[:1])
    for before, run in pairwise(runs):
        apart = run.here - before.here - before.words, run.there - before.there - before.words
        if not all(0 <= words <= gap for words in apart):
            yield chain
            chain = []
        chain.append(run)
    if chain:
        yield chain


def _whole(article: PlacedWords, run: _Run) -> int:
    """How many words of a run stand in whole sentences and quotations."""
    ends = article.ends
    inside = ends[
        np.searchsorted(ends, run.here) : np.searchsorted(ends, run.here + run.words, "right")
    ]
    return int(inside[-1] - inside[0]) if len(inside) else 0


def _next(ordered: NDArray[np.intp], word: int) -> int:
    return int(ordered[np.searchsorted(ordered, word, "right")])

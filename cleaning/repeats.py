"""What an article says twice: paragraphs that it holds again, and statements that it tells again,
also in other words, found by the words that both tellings have.

Two blocks that have several sequences of three words in common are laid side by side. A statement
is grown from their longest run of equal words: a shorter run joins it if it brings more than the
break and the strange words between them take away. Words count by how few blocks of the article
have them, so no list of words and no language is needed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from math import log
from typing import NamedTuple

import numpy as np
import regex

from cleaning.model import Repeat, SharedSpan, Span
from cleaning.normalise import is_european
from cleaning.phrases import COLONS, key
from cleaning.titles import is_paragraph, word_count
from cleaning.words import Word, fold_words, is_unspaced, placed_words, words

# How much two blocks must have in common. A word that no third block has counts 1, a more common
# one less; each break between two runs, each strange word within, and each number that is another
# one costs as below. Set on made cases and real articles of one half of the publishers;
# docs/benchmarks.md tells what is reached on the others.
ENOUGH = 5.0
_BREAK, _STRANGE_WORD, _OTHER_NUMBER = 0.6, 0.2, 3.0
# Two blocks are compared if they share so many sequences of so many words, worth so much.
_FEWEST_SEEDS, _SEED, _WORTH_COMPARING = 2, 3, 3.0
# A sequence that stands in more blocks is a refrain, or the pattern of a list's entries.
_MOST_TELLINGS = 3
# In unspaced scripts two characters count as one word, and sequences are a character longer.
_UNSPACED = 2
# What bounds the time: the words of a block that are read, the earlier blocks that it is compared
# with, the places of a pair of words in one of them, and the runs that are weighed.
_LONGEST_BLOCK, _MOST_COMPARED, _MOST_PLACES, _MOST_RUNS = 2_000, 3, 4, 40
_LARGEST = 2**62  # of the numbers that stand for sequences of words
# Labels, entries of lists and rows of tables have no full stop.
_ENDS_SENTENCE = regex.compile(r"[.!?…][\"'”’»«“)\]]{0,3}(?:\s|$)|[。！？।۔؟]")
# A paragraph of so many words that stands in an article twice is there by mistake. Among 892 real
# articles 13 hold one; shorter ones are often the refrain of a guide or small print.
SHORTEST_COPY = 20
# What was pasted by mistake lies as far behind the first throughout. Copies at so many different
# distances are what a text with many entries says in each.
_MANY_DISTANCES = 3
_LIST_MARK = regex.compile(r"(?:[-–—*•·▪●]|\d{1,3}[.)])\s")
_ENDS_STATEMENT = regex.compile(r"[.!。！।۔][\"'”’»«“)\]]*$")

_Gram = tuple[str, ...]


def find_copies(texts: Sequence[str], keys: Sequence[str | None]) -> dict[int, int]:
    """For each paragraph that says an earlier one word for word, which one: the long ones, and the
    lines that stand in the same order as before between two of these, or between one and the end.

    `keys` are the texts' folded words; None for a text that is not to be compared. Other short
    lines are labels, speakers' names or refrains; questions and entries of lists may come again.
    So may what a line with a colon leads to, what stands below two headings, and what a text with
    many entries says in each.
    """
    counts = Counter(filter(None, keys))
    first: dict[str, int] = {}
    latest: dict[str, int] = {}
    copies: dict[int, int] = {}
    distances = set()
    for index, own in enumerate(keys):
        if own and counts[own] > 1 and _is_long(texts[index]):
            of = first.setdefault(own, index)
            if of != index and not _is_introduced(texts, keys, index, of):
                copies[index] = of
                distances.add(index - latest[own])
            latest[own] = index
    if len(distances) >= _MANY_DISTANCES:
        return {}
    for last, of in list(copies.items()):
        between = {}
        after, earlier = last + 1, of + 1
        while (
            after < len(keys)
            and after not in copies
            and keys[after] is not None
            and keys[after] == keys[earlier]
        ):
            between[after] = earlier
            after, earlier = after + 1, earlier + 1
        if after == len(keys) or copies.get(after) == earlier:
            copies |= between
    return copies


def _is_introduced(texts: Sequence[str], keys: Sequence[str | None], index: int, of: int) -> bool:
    """Whether a line with a colon leads to a text alone, or it and the earlier one each stand below
    a heading of their own."""
    if index == 0 or keys[index - 1] is None:
        return False
    if (index + 1 < len(keys) and keys[index + 1] == keys[of + 1]) or (
        of > 0 and keys[index - 1] == keys[of - 1]
    ):
        return False
    is_part = of > 0 and not any(is_paragraph(texts[at - 1]) for at in (of, index))
    return texts[index - 1].endswith(COLONS) or is_part


def _is_long(text: str) -> bool:
    return (
        _LIST_MARK.match(text) is None
        and _ENDS_STATEMENT.search(text) is not None
        and word_count(text) >= SHORTEST_COPY
    )


class _Run(NamedTuple):
    """`size` equal words, from word `here` of the later block and `there` of the earlier one."""

    here: int
    there: int
    size: int


class _Block:
    """A block's words, as they are compared and as they are written."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = key(text).split()[:_LONGEST_BLOCK]
        unspaced = 0 if is_european(text) else sum(map(is_unspaced, self.words))
        self.unit = _UNSPACED if unspaced * 2 > len(self.words) else 1

    @cached_property
    def is_statement(self) -> bool:
        """Whether it holds a sentence."""
        return _ENDS_SENTENCE.search(self.text) is not None

    @cached_property
    def written(self) -> list[str]:
        """The words as they are written."""
        return words(self.text)[:_LONGEST_BLOCK]

    @cached_property
    def folded(self) -> list[str]:
        """The words as they are compared, one for each that is written: to fold a whole text may
        make two of one."""
        return self.words if len(self.written) == len(self.words) else fold_words(self.written)


def find_repeats(texts: Sequence[str | None]) -> dict[int, Repeat]:
    """For each text that tells again what an earlier one told: which, and the words they share.

    None stands for a block that is not part of the article. Of several earlier texts it is the one
    with which most is shared.
    """
    blocks = {index: _Block(text) for index, text in enumerate(texts) if text}
    told_again = _told_again(blocks)
    weights: dict[str, float] = {}
    seen: dict[_Gram, list[int]] = {}
    repeats = {}
    for index, seeds in told_again.items():
        block = blocks[index]
        shared = Counter(chain.from_iterable(seen.get(seed, ()) for seed in seeds))
        alike = sorted((-count, of) for of, count in shared.items() if count >= _FEWEST_SEEDS)
        most = ENOUGH
        for _, of in alike[:_MOST_COMPARED]:
            earlier = blocks[of]
            weights = weights or _weights(blocks.values())
            common = chain.from_iterable(seed for seed in seeds if of in seen.get(seed, ()))
            if sum(weights[word] for word in set(common)) < _WORTH_COMPARING * block.unit:
                continue
            # A pull quote or a summary has no full stop, but what it is taken from has.
            if not (block.is_statement or earlier.is_statement):
                continue
            runs, score = _statement(block, earlier, weights)
            if score > most:
                repeats[index], most = Repeat(of, _spans(block, earlier, runs)), score
        for seed in seeds:
            seen.setdefault(seed, []).append(index)
    return repeats


def _grams(found: Sequence[str], size: int) -> Iterable[_Gram]:
    return zip(*(found[start:] for start in range(size)), strict=False)


def _told_again(blocks: Mapping[int, _Block]) -> dict[int, set[_Gram]]:
    """For each block that has any, the sequences of words by which it is found: those that stand in
    another block too, and not in many."""
    found: dict[int, set[_Gram]] = {}
    for unit in (1, _UNSPACED):
        own = {index: block.words for index, block in blocks.items() if block.unit == unit}
        size = _SEED + unit - 1
        flat = list(chain.from_iterable(own.values()))
        if len(own) < 2 or len(flat) < size:
            continue
        of = np.repeat(np.arange(len(own)), list(map(len, own.values())))
        numbers = {word: number for number, word in enumerate(dict.fromkeys(flat))}
        words_of = np.fromiter(map(numbers.__getitem__, flat), np.int64, len(flat))
        grams, most = words_of, len(numbers)
        for place in range(1, size):
            if most * len(numbers) > _LARGEST:
                grams = np.unique(grams, return_inverse=True)[1]
                most = len(grams)
            grams, most = grams[:-1] * len(numbers) + words_of[place:], most * len(numbers)
        starts = np.flatnonzero(of[: len(grams)] == of[size - 1 :])
        starts = starts[np.argsort(grams[starts], kind="stable")]
        gram, block = grams[starts], of[starts]
        is_new = np.diff(gram, prepend=-1) != 0
        which = np.cumsum(is_new) - 1
        times = np.bincount(which[is_new | (np.diff(block, prepend=-1) != 0)])[which]
        places = list(own)
        for start in starts[(times > 1) & (times <= _MOST_TELLINGS)].tolist():
            found.setdefault(places[of[start]], set()).add(tuple(flat[start : start + size]))
    return dict(sorted(found.items()))


def _weights(blocks: Collection[_Block]) -> dict[str, float]:
    """What a word counts, by how many blocks have it: 1 for two, near 0 for all."""
    counts = Counter(chain.from_iterable(set(block.words) for block in blocks))
    every = len(blocks) + 1
    worth = {n: log(every / n) / log(every / 2) for n in range(2, every)}
    return {word: worth[count] for word, count in counts.items() if count > 1}


def _statement(
    block: _Block, earlier: _Block, weights: dict[str, float]
) -> tuple[list[_Run], float]:
    """The runs that make up what two blocks both tell, in order, and how much that is.

    Names count no more than the words around them: two mentions of "Acme Corp. of Springfield,
    Ohio" are no statement.
    """
    values = [weights.get(word, 0.0) / block.unit for word in block.folded]
    runs = _runs(block, earlier)
    runs.sort(key=lambda run: (-sum(values[run.here : run.here + run.size]), run))
    chosen: list[_Run] = []
    score = plain = names = 0.0
    for run in runs[:_MOST_RUNS]:
        if any(_overlap(run, other) for other in chosen):
            continue
        more_plain, more_names = plain, names
        for step in range(run.size):
            value = values[run.here + step]
            if _is_name(block, run.here + step) and _is_name(earlier, run.there + step):
                more_names += value
            else:
                more_plain += value
        grown = [*chosen, run]
        cost = _BREAK * len(chosen) + _STRANGE_WORD * _strange_words(grown) / block.unit
        new = more_plain + min(more_names, more_plain) - cost
        if new > score:
            chosen, score, plain, names = grown, new, more_plain, more_names
    chosen.sort()
    return chosen, score - _OTHER_NUMBER * _other_numbers(block, earlier, chosen)


def _runs(block: _Block, earlier: _Block) -> list[_Run]:
    """The longest runs of words, two at least, that two blocks have in common."""
    size = 1 + block.unit
    own, others = list(_grams(block.folded, size)), list(_grams(earlier.folded, size))
    common = set(own).intersection(others)
    places: dict[_Gram, list[int]] = {}
    for there, gram in enumerate(others):
        if gram in common:
            places.setdefault(gram, []).append(there)
    runs: list[_Run] = []
    growing: dict[int, _Run] = {}  # by the place of their next sequence in the earlier block
    for here, gram in enumerate(own):
        if gram not in common and not growing:
            continue
        grown = {}
        for there in places.get(gram, ())[:_MOST_PLACES]:
            run = growing.pop(there, None)
            grown[there + 1] = (
                _Run(here, there, size) if run is None else run._replace(size=run.size + 1)
            )
        runs += growing.values()
        growing = grown
    return [*runs, *growing.values()]


def _is_name(block: _Block, place: int) -> bool:
    return block.written[place][0].isupper()


def _overlap(one: _Run, other: _Run) -> bool:
    return (one.here < other.here + other.size and other.here < one.here + one.size) or (
        one.there < other.there + other.size and other.there < one.there + one.size
    )


def _strange_words(runs: Sequence[_Run]) -> float:
    """How many words lie between the runs, in either block on average."""
    here = max(run.here + run.size for run in runs) - min(run.here for run in runs)
    there = max(run.there + run.size for run in runs) - min(run.there for run in runs)
    return (here + there) / 2 - sum(run.size for run in runs)


def _other_numbers(block: _Block, earlier: _Block, runs: Sequence[_Run]) -> int:
    """How many numbers each telling has in it that the other has not: the same words about other
    figures are another statement."""
    if not runs:
        return 0
    first, last = min(run.there for run in runs), max(run.there + run.size for run in runs)
    here = block.folded[runs[0].here : runs[-1].here + runs[-1].size]
    one, other = (
        {word for word in found if word.isdigit()} for found in (here, earlier.folded[first:last])
    )
    return min(len(one - other), len(other - one))


def _spans(block: _Block, earlier: _Block, runs: Iterable[_Run]) -> tuple[SharedSpan, ...]:
    here, there = placed_words(block.text), placed_words(earlier.text)
    return tuple(
        SharedSpan(_span(here, run.here, run.size), _span(there, run.there, run.size), run.size)
        for run in runs
    )


def _span(placed: list[Word], first: int, size: int) -> Span:
    return Span(placed[first].start, placed[first + size - 1].end)

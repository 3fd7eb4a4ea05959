"""An earlier and a later edition of an article -> what was added, removed and changed.

Paragraphs that read the same are set aside, wherever they stand. Of the others, those that share
half of their words belong together, one to one, or as a paragraph that was split or joined; the
words of these are aligned. Runs of three words that stand once on either side are the fixed points,
and difflib looks between them, as long as the budget lasts. Of a very long text with many changes
the last paragraphs are told as removed and added, whatever they share.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import regex

from cleaning.article import is_text
from cleaning.model import CleanedArticle
from cleaning.slugs import bare_headline
from cleaning.words import UNSPACED
from service.duplicates.model import Changes, Fate, NumberChange, Stretch

ALIKE = 0.5  # least share of the different words of the shorter of two paragraphs
# A word that stands in more paragraphs than these does not tell which of them is meant.
TELLING = 8
RUN = 3  # tokens of a fixed point
# Pairs of tokens that difflib may look at for two texts. Two editions of an article take thousands,
# as their fixed points are close together.
BUDGET = 1_000_000
# Characters of the paragraphs that are not the same in both, of either text, that are looked into:
# with the budget, half a second for two texts of 2 MB. All but a few reports are shorter.
LONGEST = 100_000
CONTEXT = 3  # tokens shown on either side of a number

_NUMBER = r"\d+(?:[.,:]\d+)*"
_TOKEN = regex.compile(
    rf"(\s*+({_NUMBER}|[{UNSPACED}]\p{{M}}*|[\p{{L}}\p{{M}}\p{{N}}\u200c\u200d--[{UNSPACED}]]+|\S))",
    regex.V1,
)
_IS_NUMBER = regex.compile(_NUMBER)


@dataclass(frozen=True, slots=True)
class _Run:
    """Equal tokens: `count` of them from number `before` and number `after` on."""

    before: int
    after: int
    count: int


class _Paragraph:
    """A text with its tokens: words, numbers and marks, each with the blanks before it."""

    def __init__(self, text: str) -> None:
        found = _TOKEN.findall(text)
        self.tokens: list[str] = [token for _, token in found]
        self.spaced: list[str] = [spaced for spaced, _ in found]
        self.words = frozenset(token for token in self.tokens if token[0].isalnum())


def changes_between(before: CleanedArticle, after: CleanedArticle) -> Changes:
    """What `after` has made of `before`; what cleaning has removed of either does not count."""
    old, new = _texts(before), _texts(after)
    kept = _kept(old, new)
    places = sorted(kept.items())
    moved = len(places) - len(_rising([place for _, place in places]))
    stayed = set(kept.values())
    gone, removed = _looked_into(
        {place: old[place] for place in range(len(old)) if place not in kept}
    )
    come, added = _looked_into(
        {place: new[place] for place in range(len(new)) if place not in stayed}
    )
    changed: list[tuple[Stretch, ...]] = []
    numbers: list[NumberChange] = []
    budget = _Budget(BUDGET)
    for olds, news in _related(gone, come):
        if not olds:
            added |= {place: new[place] for place in news}
        elif not news:
            removed |= {place: old[place] for place in olds}
        else:
            one = _Paragraph("\n\n".join(old[place] for place in olds))
            other = _Paragraph("\n\n".join(new[place] for place in news))
            runs = _aligned(one.tokens, other.tokens, budget)
            stretches = tuple(_stretches(one, other, runs))
            if any(stretch.fate is not Fate.SAME for stretch in stretches):
                changed.append(stretches)
                numbers += _numbers(one, other, runs)
    return Changes(
        title=(before.title, after.title) if _bare(before) != _bare(after) else None,
        added=tuple(text for _, text in sorted(added.items())),
        removed=tuple(text for _, text in sorted(removed.items())),
        changed=tuple(changed),
        moved=moved,
        numbers=tuple(numbers),
    )


def _texts(article: CleanedArticle) -> list[str]:
    return [block.text for block in article.blocks if is_text(block)]


def _bare(article: CleanedArticle) -> str:
    return bare_headline(article.title or "")


# --- paragraphs ----------------------------------------------------------------------------


def _kept(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Where each paragraph stands that is in both, the first one of a text where the first is."""
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for place, text in reversed(list(enumerate(new))):
        waiting[text].append(place)
    return {place: waiting[text].pop() for place, text in enumerate(old) if waiting.get(text)}


def _looked_into(texts: dict[int, str]) -> tuple[dict[int, _Paragraph], dict[int, str]]:
    """The first paragraphs, LONGEST characters of them, and the rest as it is."""
    into: dict[int, _Paragraph] = {}
    rest: dict[int, str] = {}
    room = LONGEST
    for place, text in texts.items():
        room -= len(text)
        if room >= 0:
            into[place] = _Paragraph(text)
        else:
            rest[place] = text
    return into, rest


def _related(
    gone: dict[int, _Paragraph], come: dict[int, _Paragraph]
) -> Iterator[tuple[list[int], list[int]]]:
    """The paragraphs of each side that belong together, in the order of the new ones."""
    group: dict[tuple[bool, int], set[tuple[bool, int]]] = {
        (is_new, place): {(is_new, place)}
        for is_new, side in ((True, come), (False, gone))
        for place in side
    }
    links = [((True, place), (False, other)) for place, other in _nearest(come, gone)]
    links += [((False, place), (True, other)) for place, other in _nearest(gone, come)]
    for one, other in links:
        smaller, larger = sorted((group[one], group[other]), key=len)
        if smaller is not larger:
            larger |= smaller
            group.update(dict.fromkeys(smaller, larger))
    for members in {id(members): members for members in group.values()}.values():
        yield (
            sorted(place for is_new, place in members if not is_new),
            sorted(place for is_new, place in members if is_new),
        )


def _nearest(
    paragraphs: dict[int, _Paragraph], others: dict[int, _Paragraph]
) -> Iterator[tuple[int, int]]:
    """Of each paragraph the one among the others that is most like it, if they are alike."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place, paragraph in others.items():
        for word in paragraph.words:
            holders[word].append(place)
    for place, paragraph in paragraphs.items():
        votes = Counter(
            other
            for word in paragraph.words
            if len(holders.get(word, ())) <= TELLING
            for other in holders.get(word, ())
        )
        if not votes:
            continue
        nearest = max(votes, key=lambda other: (votes[other], -abs(other - place)))
        shorter = min(len(paragraph.words), len(others[nearest].words))
        if len(paragraph.words & others[nearest].words) >= ALIKE * shorter:
            yield place, nearest


def _rising(places: Sequence[int]) -> list[int]:
    """Which of these are a longest subsequence that rises, by their index."""
    ends: list[int] = []  # the last place of the best subsequence of each length
    last: list[int] = []  # and its index
    before: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    found = []
    index = last[-1] if last else -1
    while index >= 0:
        found.append(index)
        index = before[index]
    return found[::-1]


# --- words ---------------------------------------------------------------------------------


class _Budget:
    """How much may still be looked at."""

    def __init__(self, left: int) -> None:
        self._left = left

    def allows(self, work: int) -> bool:
        """Whether so much is left, which is spent then."""
        if work > self._left:
            return False
        self._left -= work
        return True


def _aligned(old: Sequence[str], new: Sequence[str], budget: _Budget) -> list[_Run]:
    """The runs of tokens that both have, in order, and an empty one at the end."""
    runs: list[_Run] = []
    at_old = at_new = 0
    for fixed in [*_fixed_points(old, new), _Run(len(old), len(new), 0)]:
        before, after = fixed.before, fixed.after
        if before < at_old or after < at_new:  # inside the run before
            continue
        while before > at_old and after > at_new and old[before - 1] == new[after - 1]:
            before, after = before - 1, after - 1
        runs += _between(old, new, (at_old, before), (at_new, after), budget)
        at_old, at_new = fixed.before + fixed.count, fixed.after + fixed.count
        while at_old < len(old) and at_new < len(new) and old[at_old] == new[at_new]:
            at_old, at_new = at_old + 1, at_new + 1
        runs.append(_Run(before, after, at_old - before))
    return runs


def _fixed_points(old: Sequence[str], new: Sequence[str]) -> list[_Run]:
    """Both beginnings if they are the same, and runs of RUN tokens that stand once in either."""
    ours, theirs = _once(old), _once(new)
    common = [(place, theirs[run]) for run, place in ours.items() if run in theirs]
    rising = _rising([place for _, place in common])
    begins = [_Run(0, 0, 0)] if old[:1] == new[:1] else []
    return begins + [_Run(*common[index], RUN) for index in rising]


def _once(tokens: Sequence[str]) -> dict[tuple[str, ...], int]:
    """The runs of RUN tokens that stand once, in order, with their places."""
    runs = list(zip(*(tokens[offset:] for offset in range(RUN)), strict=False))
    counts = Counter(runs)
    return {run: place for place, run in enumerate(runs) if counts[run] == 1}


def _between(
    old: Sequence[str],
    new: Sequence[str],
    here: tuple[int, int],
    there: tuple[int, int],
    budget: _Budget,
) -> Iterator[_Run]:
    """What difflib finds between two fixed points."""
    one, other = old[slice(*here)], new[slice(*there)]
    if one and other and budget.allows(len(one) * len(other)):
        for run in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
            # A mark or two that both happen to have would tear a new phrase to pieces.
            if any(token[0].isalnum() for token in one[run.a : run.a + run.size]):
                yield _Run(here[0] + run.a, there[0] + run.b, run.size)


def _replaced(runs: Iterable[_Run]) -> Iterator[tuple[slice, slice, _Run]]:
    """What stands on both sides before each run, and the run."""
    at_old = at_new = 0
    for run in runs:
        yield slice(at_old, run.before), slice(at_new, run.after), run
        at_old, at_new = run.before + run.count, run.after + run.count


def _stretches(one: _Paragraph, other: _Paragraph, runs: Iterable[_Run]) -> Iterator[Stretch]:
    for old, new, run in _replaced(runs):
        parts = (
            (Fate.REMOVED, one.spaced[old]),
            (Fate.ADDED, other.spaced[new]),
            (Fate.SAME, other.spaced[run.after : run.after + run.count]),
        )
        for fate, tokens in parts:
            if tokens:
                yield Stretch(fate, "".join(tokens))


def _numbers(one: _Paragraph, other: _Paragraph, runs: Iterable[_Run]) -> Iterator[NumberChange]:
    """The numbers that others have replaced, where it is clear which by which."""
    for old, new, _ in _replaced(runs):
        was = [token for token in one.tokens[old] if _IS_NUMBER.fullmatch(token)]
        places = range(len(other.tokens))[new]
        now = [place for place in places if _IS_NUMBER.fullmatch(other.tokens[place])]
        if len(was) != len(now):
            continue
        for before, place in zip(was, now, strict=True):
            if before != other.tokens[place]:
                around = other.spaced[max(0, place - CONTEXT) : place + CONTEXT + 1]
                yield NumberChange(before, other.tokens[place], "".join(around).strip())

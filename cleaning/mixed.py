"""Whether a text holds two unrelated stories, one behind the other.

Somewhere such a text has a place that hardly a name or rare word steps over, though on each side
they recur. How many would step over it by chance is known: a word that stands in n paragraphs is
found on both sides of a place that leaves the share x of the text before it with the probability
1 - x^n - (1-x)^n. The least share of that, over all places with a quarter of the text on each side,
how much the words recur at all, and whether a side falls apart in turn, as in a round-up, are what
a logistic model sees (`data/mixed.json`, trained by scripts/train_mixed.py, which tells where its
figures are from).

What is not seen: two stories told paragraph by paragraph in turns, or one inside the other.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleaning.cohesion import stems, word_weights

FEATURES = (
    "crossing",
    "crossing_inside",
    "seam_inside",
    "recurring_inside",
    "recurring",
    "balance",
    "groups",
)
# A place that leaves less than this on one side parts a story from a teaser, not from another.
_LEAST_SIDE = 0.25
# So many paragraphs on each side; one is a digression.
_FEWEST = 2
# Where more than this of what would by chance steps over every place, as in half of all articles,
# there is no seam.
_NO_SEAM = 0.6
# Longer texts are seen in so many groups of paragraphs, so that their length costs nothing more.
MOST_GROUPS = 64
# Inside a side, its outermost fifths are too short to tell what is usual.
_INNER = (0.2, 0.8)
# Rare words count for more than by their weight, and common ones for nothing.
_STRESS, _LEAST_WEIGHT = 1.5, 0.2
Array = NDArray[np.float64]


def is_mixed(paragraphs: Sequence[str]) -> bool:
    """Whether these paragraphs, in reading order, are two unrelated stories.

    Wrong on one article in a hundred at most, right on three of four pairs of stories (`held_out`
    in `data/mixed.json`: how many texts, and the share called mixed).
    """
    values = features(paragraphs)
    return values is not None and _odds(values) > _model()["threshold"]


def are_unrelated(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two parts of a text, each in paragraphs, are stories of their own.

    For parts that something else sets apart: more likely than not is enough.
    """
    groups = _groups(one, MOST_GROUPS // 2)
    seam = len(groups)
    groups += _groups(other, MOST_GROUPS // 2)
    values = _features(groups, range(seam, seam + 1)) if 0 < seam < len(groups) else None
    return values is not None and _odds(values) > 0


def _odds(values: Sequence[float]) -> float:
    model = _model()
    odds: float = model["bias"] + sum(
        weight * (value - mean) / scale
        for value, weight, mean, scale in zip(
            values, model["weights"], model["mean"], model["scale"], strict=True
        )
    )
    return odds


def features(paragraphs: Sequence[str]) -> list[float] | None:
    """The model's view of a text, in the order of FEATURES; None where no place that leaves enough
    on both sides looks like a seam."""
    groups = _groups(paragraphs, MOST_GROUPS)
    return _features(groups, range(_FEWEST, len(groups) - _FEWEST + 1))


def _features(groups: Sequence[frozenset[str]], places: range) -> list[float] | None:
    sizes = np.array(list(map(len, groups)), float)
    if not len(places):
        return None
    is_in, weights = _recurring(groups)
    if not len(weights):
        return None
    whole = _crossings(sizes, is_in, weights)
    apart = whole.seen / (whole.by_chance + 1)
    if len(places) > 1:
        apart[(whole.before < _LEAST_SIDE) | (whole.before > 1 - _LEAST_SIDE)] = np.inf
    place = places.start + int(apart[places.start : places.stop].argmin())
    if apart[place] > _NO_SEAM:
        return None
    sides = [
        _crossings(sizes[side], is_in[:, side], weights)
        for side in (slice(place), slice(place, None))
    ]
    before = float(whole.before[place])
    return [
        math.log((whole.seen[place] + 1) / (whole.by_chance[place] + 1)),
        math.log(min(np.mean(_inside(side)) for side in sides)),
        math.log(min(np.min(_inside(side)) for side in sides)),
        math.log(min(float(side.by_chance.max()) for side in sides) + 1),
        math.log(whole.by_chance[place] + 1),
        min(before, 1 - before),
        math.log(len(groups)),
    ]


@dataclass(frozen=True, slots=True)
class _Crossings:
    """For the place before each group and behind the last: the share of the text before it, and
    the weight of the words that stand on both sides, as it is and as it would be by chance."""

    before: Array
    seen: Array
    by_chance: Array


def _groups(paragraphs: Sequence[str], most: int) -> list[frozenset[str]]:
    """The stems of each paragraph; of a long text, of neighbours together, so that the groups are
    about as large."""
    found = [paragraph for paragraph in map(stems, paragraphs) if paragraph]
    if len(found) <= most:
        return found
    size = sum(map(len, found)) / most
    groups: list[set[str]] = [set() for _ in range(most)]
    before = 0
    for paragraph in found:
        groups[min(int(before / size), most - 1)] |= paragraph
        before += len(paragraph)
    return [frozenset(group) for group in groups if group]


def _recurring(groups: Sequence[frozenset[str]]) -> tuple[NDArray[np.bool_], Array]:
    """Which of the stems that stand in two groups at least stand in which group, a row each; and
    their weights."""
    seen: set[str] = set()
    again: set[str] = set()
    for group in groups:
        again |= seen & group
        seen |= group
    known = _weights()
    # Sorted, because a set's order differs from process to process, and sums must not.
    found = sorted(stem for stem in again if known.get(stem, 1.0) > 0)
    rows = {stem: number for number, stem in enumerate(found)}
    telling = frozenset(found)
    members = [[rows[stem] for stem in group & telling] for group in groups]
    is_in = np.zeros((len(found), len(groups)), bool)
    columns = np.repeat(np.arange(len(groups)), list(map(len, members)))
    is_in[np.fromiter(chain.from_iterable(members), np.intp, len(columns)), columns] = True
    return is_in, np.array([known.get(stem, 1.0) for stem in found], float)


def _crossings(sizes: Array, is_in: NDArray[np.bool_], weights: Array) -> _Crossings:
    count = len(sizes)
    before = np.concatenate(([0.0], sizes.cumsum())) / sizes.sum()
    times = is_in.sum(axis=1)
    recurs = times > 1
    is_in, weights, times = is_in[recurs], weights[recurs], times[recurs]
    first, last = is_in.argmax(axis=1), count - 1 - is_in[:, ::-1].argmax(axis=1)
    steps = np.bincount(first + 1, weights, count + 1) - np.bincount(last + 1, weights, count + 1)
    by_times = np.bincount(times, weights, count + 1)
    x, n = before[:, None], np.flatnonzero(by_times)
    by_chance: Array = (1 - x**n - (1 - x) ** n) @ by_times[n]
    return _Crossings(before, steps.cumsum(), by_chance)


def _inside(side: _Crossings) -> Array:
    """What steps over each place inside a side, as a share of what would by chance."""
    inner = (side.before >= _INNER[0]) & (side.before <= _INNER[1])
    if not inner.any():
        return np.ones(1)
    return (side.seen[inner] + 1) / (side.by_chance[inner] + 1)


@cache
def _weights() -> Mapping[str, float]:
    """Stem -> its weight; stems that are not listed weigh 1."""
    least = dict(word_weights())
    for stem, weight in _model()["common"].items():
        least[stem] = min(least.get(stem, 1.0), weight)
    return {
        stem: weight**_STRESS if weight**_STRESS >= _LEAST_WEIGHT else 0.0
        for stem, weight in least.items()
    }


@cache
def _model() -> dict[str, Any]:
    file = resources.files("cleaning").joinpath("data", "mixed.json")
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded

"""Rare words that texts have in common.

What is measured are shares of *rare* words: each counts by how few texts of a language hold it
(`data/word_weights.json`, learned by scripts/train_text_model.py).
"""

import json
import math
from collections.abc import Collection
from functools import cache
from importlib import resources

from cleaning.normalise import is_european
from cleaning.phrases import key
from cleaning.remembered import remembered
from cleaning.words import is_unspaced

# The first letters of a word stand for its inflected forms: "Iraq", "Iraqi", "Iraq's".
STEM = 5


@remembered
def stems(text: str) -> frozenset[str]:
    """The word stems of a text; pairs of characters in unspaced scripts."""
    return frozenset(stems_of(key(text)))


@remembered
def stems_of(folded: str) -> tuple[str, ...]:
    """The same of a text's folded words (`phrases.key`), each once, in order."""
    found = folded.split()
    if is_european(folded):
        return tuple(dict.fromkeys([word[:STEM] for word in found]))
    unspaced = list(map(is_unspaced, found))
    spaced = [word[:STEM] for word, alone in zip(found, unspaced, strict=True) if not alone]
    pairs = [
        first + second
        for first, second, one, other in zip(found, found[1:], unspaced, unspaced[1:], strict=False)
        if one and other
    ]
    return tuple(dict.fromkeys(spaced + pairs))


def share(of: frozenset[str], among: Collection[str]) -> float:
    """The share, by weight of rare words, of one set of stems that stands in another."""
    weights = word_weights()
    # Exact sums: a set's order differs from process to process, an article's score must not.
    total = math.fsum(weights.get(stem, 1.0) for stem in of)
    common = math.fsum(weights.get(stem, 1.0) for stem in of if stem in among)
    return common / total if total else 0.0


@cache
def word_weights() -> dict[str, float]:
    """Stem -> 0 (in every text) to 1; stems that are not listed are rare and weigh 1."""
    file = resources.files("cleaning").joinpath("data", "word_weights.json")
    loaded: dict[str, float] = json.loads(file.read_text("utf-8"))["weights"]
    return loaded

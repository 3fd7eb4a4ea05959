"""What the characters of a text say about it, in any language: letters are counted by their Unicode
category, and a text is described by its length, its punctuation and its capitals."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# An ideograph says about as much as this many letters.
LETTERS_PER_IDEOGRAPH = 2.5
(_OTHER, _LOWER, _UPPER, _DIGIT, _SPACE, _STOP, _COMMA, _QUOTE, _IDEOGRAPH, _LETTER, _DASH,
 _COLON, _BAR, _MARK, _SIGN, _LINE) = range(16)  # fmt: skip
_CLASSES = 16
_SPECIAL = {
    _STOP: ".!?…。！？؟।",
    _COMMA: ",;，、；،؛",
    _QUOTE: '"“”„‟«»‹›‘’‚‛「」『』《》',
    _DASH: "-–—‐‑―",
    _COLON: ":：",
    _BAR: "|/»›→>•·▶►＞",
    _SIGN: "©@#®™&+*=~_",
    _SPACE: " ",
    _LINE: "\n",
}

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the characters of `n` texts are: how many of each class (n, classes), the classes of
    the first and the last one (n,), and how many words begin with a capital (n,)."""

    counts: Column
    first: Column
    last: Column
    capitals: Column
    chars: Column
    ideographs: Column

    def columns(self) -> dict[str, Column]:
        """The texts' description: name -> values (n,)."""
        counts, chars, ideographs = self.counts, self.chars, self.ideographs
        letters = counts[:, _LOWER] + counts[:, _UPPER] + counts[:, _LETTER] + ideographs
        words = counts[:, _SPACE] + 1 + ideographs / 2
        size = chars + (LETTERS_PER_IDEOGRAPH - 1) * ideographs
        return {
            "size": np.log1p(size),
            "words": np.log1p(words),
            "word_length": size / words,
            "upper": counts[:, _UPPER] / np.maximum(letters, 1),
            "digits": counts[:, _DIGIT] / chars,
            "stops": np.minimum(counts[:, _STOP], 20),
            "stops_share": counts[:, _STOP] / words,
            "commas": np.minimum(counts[:, _COMMA], 20),
            "commas_share": counts[:, _COMMA] / words,
            "quotes": np.minimum(counts[:, _QUOTE], 10),
            "bars": counts[:, _BAR],
            "colons": counts[:, _COLON],
            "signs": counts[:, _SIGN],
            "marks": (counts[:, _MARK] + counts[:, _OTHER]) / chars,
            "letters": letters / chars,
            "capitals": self.capitals / words,
            "ends": self.last,
            "ends_stop": self.last == _STOP,
            "begins": self.first,
        }


def shape_of(texts: Sequence[str]) -> Shape:
    """The shape of texts, none of which is empty."""
    n = len(texts)
    lengths = np.fromiter(map(len, texts), np.int64, n)
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "replace"), np.uint32)
    classes = _character_classes()[np.minimum(codes, 0xFFFF)]
    astral = codes >= 0x20000
    if astral.any():
        classes[astral] = _IDEOGRAPH
    of = np.repeat(np.arange(n), lengths)
    counts = np.bincount(of * _CLASSES + classes, minlength=n * _CLASSES).reshape(n, _CLASSES)
    ends = np.cumsum(lengths)
    first = classes[ends - lengths]
    last = classes[ends - 1]
    is_upper = classes == _UPPER
    begins = np.ones(len(classes), bool)
    begins[1:] = classes[:-1] == _SPACE
    begins[ends[:-1]] = True
    capitals = np.bincount(of[is_upper & begins], minlength=n)
    return Shape(counts, first, last, capitals, counts.sum(axis=1), counts[:, _IDEOGRAPH])


@cache
def _character_classes() -> NDArray[np.uint8]:
    """The class of each character of the Basic Multilingual Plane."""
    classes = np.zeros(0x10000, np.uint8)
    kinds = {"Ll": _LOWER, "Lu": _UPPER, "Lt": _UPPER, "Lo": _LETTER, "Lm": _LETTER, "Mn": _LETTER,
             "Mc": _LETTER, "Nd": _DIGIT}  # fmt: skip
    for code in range(0x10000):
        kind = unicodedata.category(chr(code))
        classes[code] = kinds.get(kind, _MARK if kind[0] == "P" else _OTHER)
    for low, high in ((0xE00, 0xEFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF),
                      (0x3400, 0x9FFF), (0xF900, 0xFAFF)):  # fmt: skip
        part = classes[low : high + 1]
        part[part == _LETTER] = _IDEOGRAPH
    for number, characters in _SPECIAL.items():
        for character in characters:
            classes[ord(character)] = number
    return classes

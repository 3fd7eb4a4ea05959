"""Cleaned text -> the numbers that comparing works on.

A word's hash is a polynomial over the numbers of its letters, a shingle's one over the hashes of
its consecutive words: so all words of a text, or of many texts, cost a few vectorised passes. In a
script without spaces a "word" is a character, so a shingle that begins with one is made of twice
as many.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from cleaning.normalise import for_comparing, is_european
from cleaning.words import fold_words, is_unspaced, numbers, words

Hashes = NDArray[np.uint64]

# Bump when normalising, word splitting or hashing changes, or what of an article is compared:
# hashes of two versions never meet.
SHINGLE_VERSION = 4
UNSPACED_FACTOR = 2
# Odd, so that nothing is lost by multiplying.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_LETTER_BASE = 0xD1342543DE82EF95
_HALF, _FIRST, _SECOND = map(np.uint64, (33, 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53))
_YEARS = range(1900, 2100)
# Where letters and marks are that fold by themselves, whatever stands around them: Latin ones and
# what stands between them in print.
_PLAIN = (*range(ord("\n")), *range(ord("\n") + 1, 0x250), *range(0x2000, 0x2070), 0x20AC)
_GAP, _HARD = np.uint64(0), np.uint64(1)
# As many words are hashed fastest at once; of a longer text the powers are computed each time.
LETTERS_AT_ONCE = 1 << 16


class Shingled:
    """A text as hashes: one per word, in order. `unit`: how many words count as one, as most of
    them stand in a script without spaces or do not."""

    def __init__(self, text: str, hashes: Hashes | None = None) -> None:
        """`hashes`: those of its words, where they are ready."""
        if hashes is None:
            (hashes,) = hash_plain_words([text])
        self._text = text
        # For each word; None if there is none in such a script.
        self.is_unspaced: NDArray[np.bool_] | None = None
        self.unit = 1
        if hashes is None:
            folded = for_comparing(text)
            found = words(folded)
            hashes = hash_words(found)
            if not is_european(folded):
                self.is_unspaced = np.fromiter(map(is_unspaced, found), np.bool_, len(found))
                if self.is_unspaced.sum() * 2 > len(found):
                    self.unit = UNSPACED_FACTOR
        self.word_hashes: Hashes = hashes

    @classmethod
    def of_many(cls, texts: Sequence[str]) -> list[Self]:
        """Each of these texts, for less than one by one. Takes memory for all of them."""
        hashes = hash_plain_words(texts)
        return [cls(text, found) for text, found in zip(texts, hashes, strict=True)]

    @cached_property
    def digest(self) -> bytes:
        """What two texts have in common only if all their words are equal; of texts without words,
        what else is in them."""
        hashes = self.word_hashes
        return xxhash.xxh3_128_digest(
            hashes.tobytes() if len(hashes) else for_comparing(self._text).encode()
        )

    @cached_property
    def numbers(self) -> Counter[str]:
        """Its numbers but for years."""
        return Counter(n for n in numbers(for_comparing(self._text)) if not _is_year(n))

    def letter_runs(self, size: int) -> Hashes:
        """The hash of the run of `size` characters at each place; words are one blank apart. A
        damaged or replaced word spoils few of them."""
        found = " ".join(words(for_comparing(self._text)))
        text = np.frombuffer(found.encode("utf-32-le"), np.uint32)
        return shingle_hashes(text.astype(np.uint64), size)

    def shingles(self, size: int) -> Hashes:
        """The hash of the run of `size` words that begins at each word, of twice as many where that
        word is a character of a script without spaces: so a passage has the same shingles in a
        text of any script. The last words of the text begin none."""
        count = max(0, len(self.word_hashes) - size * self.unit + 1)
        hashes = shingle_hashes(self.word_hashes, size)[:count]
        if self.is_unspaced is not None and self.is_unspaced.any():
            longer = shingle_hashes(self.word_hashes, size * UNSPACED_FACTOR)[:count]
            # Where the text ends too soon for a longer one, the shorter one stays.
            np.copyto(hashes[: len(longer)], longer, where=self.is_unspaced[: len(longer)])
        return hashes


def hash_words(found: Sequence[str]) -> Hashes:
    """One 64-bit hash per word."""
    if not found:
        return np.empty(0, np.uint64)
    codes = _codes("\n".join(("", *found, "")))
    ends = np.flatnonzero(codes == ord("\n"))
    return _hash_runs(_values(codes), np.column_stack((ends[:-1], ends[1:] - 1)).ravel())


def hash_plain_words(texts: Sequence[str]) -> list[Hashes | None]:
    """For each text the hashes of the words of its folded form, computed for all texts at once;
    None for one with letters or marks whose folding takes more than a look at each.

    >>> (plain,) = hash_plain_words(["Über \u201cEd\u201d"])
    >>> plain.tolist() == hash_words(["uber", "ed"]).tolist()
    True
    >>> hash_plain_words(["Ωμέγα"])
    [None]
    """
    # Line ends between and around the texts, so that no word reaches into another text.
    codes = _codes("\n".join(("", *texts, "")))
    values = _PLAIN_VALUES.take(codes, mode="clip")
    is_gap = values == _GAP
    edges = np.flatnonzero(is_gap[1:] != is_gap[:-1])
    bounds = [*accumulate((len(text) + 1 for text in texts), initial=0)]
    hard = np.flatnonzero(values == _HARD)
    hashes = _hash_runs(values, edges)
    firsts = np.searchsorted(edges[::2], bounds).tolist()
    found: list[Hashes | None] = [hashes[first:last] for first, last in pairwise(firsts)]
    if len(hard):
        return _with_hard_ones(texts, found, np.searchsorted(bounds, hard) - 1)
    return found


def _with_hard_ones(
    texts: Sequence[str], found: list[Hashes | None], hard: NDArray[np.intp]
) -> list[Hashes | None]:
    """The same for the texts with these numbers, if spelling out their letters makes it easy."""
    spelt = {number: _spell_out(texts[number]) for number in np.unique(hard).tolist()}
    for number in spelt:
        found[number] = None
    again = [number for number, text in spelt.items() if text != texts[number]]
    if again:
        made = hash_plain_words([spelt[number] for number in again])
        for number, hashes in zip(again, made, strict=True):
            found[number] = hashes
    return found


def shingle_hashes(word_hashes: Hashes, size: int) -> Hashes:
    """One 64-bit hash per run of `size` words; none if there are fewer words."""
    count = len(word_hashes) - size + 1
    if count < 1:
        return np.empty(0, np.uint64)
    hashes = word_hashes[:count].copy()
    for offset in range(1, size):
        hashes *= _BASE
        hashes += word_hashes[offset : offset + count]
    return _mix(hashes)


def winnow(hashes: Hashes, window: int) -> Hashes:
    """The least hash of every window of `window` shingles, each once; all hashes of a text that is
    no longer than a window.

    Schleimer, Wilkerson and Aiken, "Winnowing" (SIGMOD 2003): two texts that share a run of
    `window` shingles are sure to have one of these in common.
    """
    if len(hashes) == 0:
        return hashes
    if len(hashes) <= window:  # a brief has few shingles, and one changed word spoils many
        return np.unique(hashes)
    least, width = hashes, 1
    while width < window:
        step = min(width, window - width)
        least = np.minimum(least[:-step], least[step:])
        width += step
    is_other = np.append(True, least[1:] != least[:-1])
    return np.unique(least[is_other])


def _codes(text: str) -> NDArray[np.uint8] | NDArray[np.uint32]:
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _hash_runs(values: Hashes, edges: NDArray[np.intp]) -> Hashes:
    """The polynomial over each run of letters, wherever it stands. `edges`: of each run in turn
    what is before its first letter, and its last letter. Changes `values`."""
    count = len(values)
    powers, inverses = _powers(count) if count > LETTERS_AT_ONCE else _few_powers()
    values *= powers[:count]
    sums = np.cumsum(values, out=values)[edges]
    return _mix((sums[1::2] - sums[::2]) * inverses[edges[::2]])


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The powers of the letters' base, and their inverses."""
    inverse = pow(_LETTER_BASE, -1, 1 << 64)
    return _powers_of(_LETTER_BASE, count), _powers_of(inverse, count)


def _powers_of(base: int, count: int) -> Hashes:
    return np.cumprod(np.full(count, base, np.uint64), dtype=np.uint64)


@lru_cache(maxsize=1)
def _few_powers() -> tuple[Hashes, Hashes]:
    return _powers(LETTERS_AT_ONCE)


def _values(codes: NDArray[np.uint8] | NDArray[np.uint32]) -> Hashes:
    """The numbers of letters."""
    if codes.dtype == np.uint8:
        return _ASCII_VALUES.take(codes)
    return _mix((codes.astype(np.uint64) + np.uint64(1)) * _BASE)


def _plain() -> tuple[Hashes, dict[str, str]]:
    """The number of each letter after folding, _GAP for what stands between words, _HARD for what
    has to be looked at by `for_comparing`; and the letters that are spelt out as several."""
    values = np.full(max(_PLAIN) + 2, _HARD)  # the last one stands for all behind
    values[ord("\n")] = _GAP
    spelt: dict[str, str] = {}
    for code in _PLAIN:
        (folded,) = fold_words([chr(code)])  # alone: what others around it would change is hard
        if folded and not words(folded):
            values[code] = _GAP
        elif folded.isascii() and folded.isalnum() and len(folded) == 1:
            values[code] = _ASCII_VALUES[ord(folded)]
        elif folded.isascii() and folded.isalpha():
            spelt[chr(code)] = folded
    return values, spelt


def _spell_out(text: str) -> str:
    for letter, letters in _SPELT.items():
        text = text.replace(letter, letters)
    return text


def _mix(hashes: Hashes) -> Hashes:
    """MurmurHash3's 64-bit finaliser: every bit of the polynomial reaches every bit."""
    hashes ^= hashes >> _HALF
    hashes *= _FIRST
    hashes ^= hashes >> _HALF
    hashes *= _SECOND
    hashes ^= hashes >> _HALF
    return hashes


def _is_year(number: str) -> bool:
    return len(number) == 4 and number.isdigit() and int(number) in _YEARS


_ASCII_VALUES = _values(np.arange(128, dtype=np.uint32))
_PLAIN_VALUES, _SPELT = _plain()

"""Cleaned text -> the numbers that comparing works on.

Words are hashed once; a shingle's hash is a polynomial over the hashes of its consecutive words,
so that shingles of any size cost one vectorised pass. In a script without spaces a "word" is a
character, so a shingle that begins with one is made of twice as many.
"""

from collections import Counter

import numpy as np
import xxhash
from numpy.typing import NDArray

from cleaning.normalise import for_comparing, is_european
from cleaning.words import is_unspaced, numbers, words

Hashes = NDArray[np.uint64]

# Bump when normalising, word splitting or hashing changes, or what of an article is compared:
# hashes of two versions never meet.
SHINGLE_VERSION = 3
UNSPACED_FACTOR = 2
_BASE = 0x9E3779B97F4A7C15  # odd, so that no word's hash is lost by multiplying
_YEARS = range(1900, 2100)


class Shingled:
    """A text as hashes: `digest` of all its words, one hash per word in order, and its `numbers`
    but for years. `unit`: how many words count as one, as most of them stand in a script without
    spaces or do not."""

    __slots__ = ("_words", "digest", "is_unspaced", "numbers", "unit", "word_hashes")

    def __init__(self, text: str) -> None:
        folded = for_comparing(text)
        found = words(folded)
        self._words = found
        # For each word; None if there is none in such a script.
        self.is_unspaced: NDArray[np.bool_] | None = None
        if not is_european(folded):
            self.is_unspaced = np.fromiter(map(is_unspaced, found), np.bool_, len(found))
        unspaced = 0 if self.is_unspaced is None else int(self.is_unspaced.sum())
        self.unit = UNSPACED_FACTOR if unspaced * 2 > len(found) else 1
        self.digest = xxhash.xxh3_128_digest("\0".join(found or [folded]).encode())
        self.word_hashes = hash_words(found)
        self.numbers = Counter(n for n in numbers(folded) if not _is_year(n))

    def letter_runs(self, size: int) -> Hashes:
        """The distinct hashes of all runs of `size` characters, sorted; words are one blank apart.
        A damaged or replaced word spoils few of them."""
        text = np.frombuffer(" ".join(self._words).encode("utf-32-le"), np.uint32)
        return np.unique(shingle_hashes(text.astype(np.uint64), size))

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


def hash_words(found: list[str]) -> Hashes:
    """One 64-bit hash per word."""
    return np.fromiter(
        (xxhash.xxh3_64_intdigest(word.encode()) for word in found), np.uint64, len(found)
    )


def shingle_hashes(word_hashes: Hashes, size: int) -> Hashes:
    """One 64-bit hash per run of `size` words; none if there are fewer words."""
    count = len(word_hashes) - size + 1
    if count < 1:
        return np.empty(0, np.uint64)
    hashes = np.zeros(count, np.uint64)
    for offset in range(size):
        hashes *= np.uint64(_BASE)
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
    return np.unique(np.lib.stride_tricks.sliding_window_view(hashes, window).min(axis=1))


def _mix(hashes: Hashes) -> Hashes:
    """MurmurHash3's 64-bit finaliser: every bit of the polynomial reaches every bit."""
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xFF51AFD7ED558CCD)
    hashes ^= hashes >> np.uint64(33)
    hashes *= np.uint64(0xC4CEB9FE1A85EC53)
    hashes ^= hashes >> np.uint64(33)
    return hashes


def _is_year(number: str) -> bool:
    return len(number) == 4 and number.isdigit() and int(number) in _YEARS

"""Cleaned text -> fingerprint: what finds the articles worth comparing.

A fingerprint has three parts, all of which end up as slots of one kind of bucket:
  - the digest of all words, for exact copies of any length;
  - a MinHash signature cut into bands, for likeness of whole articles;
  - winnowed shingles, for a story that stands inside another.
A slot is six bytes: three that name the band and one of its small hashes in the store, and three
that choose a field in it.

The signature is datasketch's MinHash to the bit (same permutations, same scheme), computed over
ready hashes in one vectorised step; `Fingerprint.minhash` hands it out as a datasketch object.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Self

import numpy as np
import xxhash
from datasketch import MinHash
from numpy.typing import NDArray

from cleaning.shingles import (
    LETTERS_AT_ONCE,
    SHINGLE_VERSION,
    Hashes,
    Shingled,
    shingle_hashes,
    winnow,
)

PERMUTATIONS = 128
SEED = 1
SCHEME = "affine32"
# 12 bands of 4 rows: a pair of Jaccard .5 is a candidate with p = .54, of .7 with .96, of .2
# with .02 (1 - (1 - J^4)^12). Of the 128 values these are the first 48; all of them make the
# estimate of `minhash`. More bands find next to nothing that winnowing does not find too.
BANDS, ROWS = 12, 4
SHINGLE_WORDS = 3  # for MinHash and for verifying: word-3 containment reached a copy F1 of .97
LETTERS = 6  # characters in a run: of shorter ones, unrelated texts share too many
# Finds every shared run of 16 words, nine in ten of 14 and three in four of 12. Four words to a
# shingle would be met by twice as many articles that share nothing else.
WINNOW_WORDS, WINNOW_WINDOW = 5, 12
# Winnowing keeps 2 hashes of 13 shingles: up to 4,000 words every shared run is sure to be found,
# and up to 8,000 characters of a script without spaces, which say as much and may have twice as
# many. Of a longer text the smallest hashes are kept, so that two of them keep the same ones.
WINNOW_LIMIT = 672
# Distinct shingles. An article of fewer is compared by its digest only: of so few, chance makes a
# copy, and so does one word a thousand times. Four characters say about as much as a word.
SHORTEST, SHORTEST_UNSPACED = 10, 40
TITLE_VERSION = 1  # bump when what of a title is compared changes (see `title_slots`)
VERSION = (
    f"v{SHINGLE_VERSION}.w{SHINGLE_WORDS}.m{PERMUTATIONS}b{BANDS}.k{WINNOW_WORDS}w{WINNOW_WINDOW}"
    f".t{TITLE_VERSION}"
)
_EXACT_BAND, _WINNOW_BAND = BANDS, BANDS + 1
_TITLE_BAND = BANDS + 5  # winnowed slots count up to the band before (see `_slots`)
# How many bits choose the small hash. At a million articles a band's hash then holds some 250
# fields and one of winnowed slots some 230; up to 512 Redis keeps them in one compact block.
_BAND_BITS, _WINNOW_BITS = 12, 18
_FIELD_BITS = 24
SLOT_BYTES = 6
_VALUES_AT_ONCE = 1 << 16  # so many permuted hashes stay in a processor's cache
PARAMETERS = {
    "shingle_version": SHINGLE_VERSION,
    "shingle_words": SHINGLE_WORDS,
    "permutations": PERMUTATIONS,
    "seed": SEED,
    "scheme": SCHEME,
    "bands": BANDS,
    "rows": ROWS,
    "winnow_words": WINNOW_WORDS,
    "winnow_window": WINNOW_WINDOW,
    "winnow_limit": WINNOW_LIMIT,
    "title_version": TITLE_VERSION,
    "slot_bits": [_BAND_BITS, _WINNOW_BITS, _FIELD_BITS],
}
_PERMUTATIONS = np.asarray(
    MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME).permutations, np.uint32
)


class Fingerprint(Shingled):
    """The fingerprint of a cleaned text. Parts are computed when they are asked for."""

    @classmethod
    def of_many(cls, texts: Sequence[str]) -> list[Self]:
        """The fingerprints of these texts, for less than one by one: words and signatures of some
        twenty articles at once. Takes memory for all of them."""
        made: list[Self] = []
        for block in _blocks(texts):
            part = super().of_many(block)
            _sign(part)
            made += part
        return made

    @cached_property
    def hashes(self) -> Hashes:
        """The hash of each shingle, in text order."""
        return self.shingles(SHINGLE_WORDS)

    @cached_property
    def distinct(self) -> Hashes:
        """The distinct shingle hashes, sorted."""
        return np.unique(self.hashes)

    @cached_property
    def letters(self) -> Hashes:
        """The hash of each run of LETTERS characters, for texts whose words are damaged."""
        return self.letter_runs(LETTERS)

    @property
    def is_too_short(self) -> bool:
        """Whether there is too little to compare but by exact hash."""
        return len(self.distinct) < (SHORTEST if self.unit == 1 else SHORTEST_UNSPACED)

    @cached_property
    def signature(self) -> NDArray[np.uint32]:
        """The MinHash signature: for each permutation the least value over all shingles."""
        return signature(_tokens(self.hashes))

    @property
    def minhash(self) -> MinHash:
        """The signature as datasketch's MinHash."""
        return MinHash(hashvalues=self.signature, permutations=_PERMUTATIONS, scheme=SCHEME)

    @cached_property
    def slots(self) -> tuple[bytes, ...]:
        """The buckets this article belongs into, six bytes each."""
        exact = np.array([xxhash.xxh3_64_intdigest(self.digest)], np.uint64)
        if self.is_too_short:
            return tuple(_slots(_EXACT_BAND, exact, _BAND_BITS))
        rows = self.signature[: BANDS * ROWS].reshape(BANDS, ROWS).astype(np.uint64)
        bands = shingle_hashes(rows.T, ROWS)[0]
        limit = WINNOW_LIMIT * self.unit
        winnowed = winnow(self.shingles(WINNOW_WORDS), WINNOW_WINDOW)[:limit]
        return (
            *_slots(_EXACT_BAND, exact, _BAND_BITS),
            *_slots(np.arange(BANDS), bands, _BAND_BITS),
            *dict.fromkeys(_slots(_WINNOW_BAND, _spread(winnowed), _WINNOW_BITS)),
        )


def signature(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """datasketch's affine32 MinHash of ready 32-bit hashes: mix, permute, take the least.

    All ones for no hashes, as in datasketch.
    """
    if len(hashes) == 0:
        return np.full(PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    return _signatures(hashes, [0])[0]


def _signatures(hashes: NDArray[np.uint32], firsts: list[int]) -> list[NDArray[np.uint32]]:
    """The signature of each run of hashes that begins at one of `firsts`; none is empty."""
    mixed = _mix32(hashes.copy())
    factors, addends = _PERMUTATIONS[:, :, None]
    found = np.empty((PERMUTATIONS, len(firsts)), np.uint32)
    step = max(1, _VALUES_AT_ONCE // len(mixed))
    values = np.empty((min(step, PERMUTATIONS), len(mixed)), np.uint32)
    for start in range(0, PERMUTATIONS, step):
        part = slice(start, start + step)
        count = len(factors[part])
        np.multiply(factors[part], mixed, out=values[:count])
        np.add(values[:count], addends[part], out=values[:count])
        np.minimum.reduceat(values[:count], firsts, axis=1, out=found[part])
    return [*found.T.copy()]


def title_slot(title: str) -> bytes:
    """The bucket of articles with this title, as titles are compared (see `title_slots`)."""
    value = np.asarray([xxhash.xxh3_64_intdigest(title.encode())], np.uint64)
    return _slots(_TITLE_BAND, value, _BAND_BITS)[0]


def _sign(fingerprints: Sequence[Fingerprint]) -> None:
    """Compute the signatures of these at once."""
    words = np.concatenate([one.word_hashes for one in fingerprints])
    shingled = shingle_hashes(words, SHINGLE_WORDS)
    first = 0
    for one in fingerprints:
        count = len(one.word_hashes)
        if one.is_unspaced is None:  # else its shingles are of different length
            one.hashes = shingled[first : first + max(0, count - SHINGLE_WORDS + 1)]
        first += count
    long = [one for one in fingerprints if len(one.hashes)]
    if long:
        tokens = _tokens(np.concatenate([one.hashes for one in long]))
        firsts = accumulate((len(one.hashes) for one in long[:-1]), initial=0)
        for one, found in zip(long, _signatures(tokens, [*firsts]), strict=True):
            one.signature = found


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in runs of some twenty articles; a longer one alone."""
    first = letters = 0
    for number, text in enumerate(texts):
        letters += len(text) + 1
        if letters >= LETTERS_AT_ONCE and number > first:
            yield texts[first:number]
            first, letters = number, len(text) + 1
    if first < len(texts):
        yield texts[first:]


def _tokens(hashes: Hashes) -> NDArray[np.uint32]:
    """The 32-bit hashes of which the signature is made."""
    return (hashes >> np.uint64(32)).astype(np.uint32)


def _slots(band: int | NDArray[np.int64], values: Hashes, bits: int) -> list[bytes]:
    """The slot of each value. The bits that two bytes cannot hold count up the band: the last one
    has the space above it."""
    bands = np.asarray(band, np.uint64) << np.uint64(16 + _FIELD_BITS)
    packed = (bands + (values >> np.uint64(64 - bits - _FIELD_BITS))).astype(">u8").tobytes()
    return [packed[i - SLOT_BYTES : i] for i in range(8, len(packed) + 1, 8)]


def _spread(winnowed: Hashes) -> Hashes:
    """Winnowed hashes are minima, so their high bits are mostly zero: turn them round."""
    return (winnowed * np.uint64(0x9E3779B97F4A7C15)) ^ (winnowed << np.uint64(32))


def _mix32(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's 32-bit finaliser, as datasketch's affine32 scheme applies it."""
    hashes ^= hashes >> np.uint32(16)
    hashes *= np.uint32(0x85EBCA6B)
    hashes ^= hashes >> np.uint32(13)
    hashes *= np.uint32(0xC2B2AE35)
    hashes ^= hashes >> np.uint32(16)
    return hashes

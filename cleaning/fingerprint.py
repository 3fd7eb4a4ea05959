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

from functools import cached_property

import numpy as np
import xxhash
from datasketch import MinHash
from numpy.typing import NDArray

from cleaning.shingles import SHINGLE_VERSION, Hashes, Shingled, winnow

PERMUTATIONS = 128
SEED = 1
SCHEME = "affine32"
# 25 bands of 5 rows: a pair of Jaccard .5 is a candidate with p = .55, of .7 with .99, of .2
# with .01 (1 - (1 - J^5)^25). What is shared by less finds its way through winnowing.
BANDS, ROWS = 25, 5
SHINGLE_WORDS = 3  # for MinHash and for verifying: word-3 containment reached a copy F1 of .97
LETTERS = 6  # characters in a run: of shorter ones, unrelated texts share too many
WINNOW_WORDS, WINNOW_WINDOW = 5, 16  # finds every shared run of 20 words
# Winnowing keeps 2 hashes of 17 shingles: up to 4,000 words every shared run is sure to be found,
# and up to 8,000 characters of a script without spaces, which say as much and may have twice as
# many. Of a longer text the smallest hashes are kept, so that two of them keep the same ones.
WINNOW_LIMIT = 512
# Distinct shingles. An article of fewer is compared by its digest only: of so few, chance makes a
# copy, and so does one word a thousand times. Four characters say about as much as a word.
SHORTEST, SHORTEST_UNSPACED = 10, 40
TITLE_VERSION = 1  # bump when what of a title is compared changes (see `title_slots`)
VERSION = (
    f"v{SHINGLE_VERSION}.w{SHINGLE_WORDS}.m{PERMUTATIONS}b{BANDS}.k{WINNOW_WORDS}w{WINNOW_WINDOW}"
    f".t{TITLE_VERSION}"
)
_EXACT_BAND, _WINNOW_BAND = BANDS, BANDS + 1
_TITLE_BAND = BANDS + 3  # winnowed slots count up to the band before (see `_slot`)
# How many bits choose the small hash. At a million articles a band's hash then holds some 250
# fields and one of winnowed slots some 340; up to 512 Redis keeps them in one compact block.
_BAND_BITS, _WINNOW_BITS = 12, 17
_FIELD_BITS = 24
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
        """The distinct runs of LETTERS characters, sorted, for texts whose words are damaged."""
        return self.letter_runs(LETTERS)

    @property
    def is_too_short(self) -> bool:
        """Whether there is too little to compare but by exact hash."""
        return len(self.distinct) < (SHORTEST if self.unit == 1 else SHORTEST_UNSPACED)

    @cached_property
    def signature(self) -> NDArray[np.uint32]:
        """The MinHash signature: for each permutation the least value over all shingles."""
        return signature((self.distinct >> np.uint64(32)).astype(np.uint32))

    @property
    def minhash(self) -> MinHash:
        """The signature as datasketch's MinHash."""
        return MinHash(hashvalues=self.signature, permutations=_PERMUTATIONS, scheme=SCHEME)

    @cached_property
    def slots(self) -> tuple[bytes, ...]:
        """The buckets this article belongs into, six bytes each."""
        exact = _slot(_EXACT_BAND, xxhash.xxh3_64_intdigest(self.digest), _BAND_BITS)
        if self.is_too_short:
            return (exact,)
        rows = self.signature[: BANDS * ROWS].reshape(BANDS, ROWS)
        bands = [
            _slot(band, xxhash.xxh3_64_intdigest(row.tobytes()), _BAND_BITS)
            for band, row in enumerate(rows)
        ]
        limit = WINNOW_LIMIT * self.unit
        winnowed = winnow(self.shingles(WINNOW_WORDS), WINNOW_WINDOW)[:limit]
        passages = [_slot(_WINNOW_BAND, int(value), _WINNOW_BITS) for value in _spread(winnowed)]
        return (exact, *bands, *dict.fromkeys(passages))


def signature(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """datasketch's affine32 MinHash of ready 32-bit hashes: mix, permute, take the least.

    All ones for no hashes, as in datasketch.
    """
    if len(hashes) == 0:
        return np.full(PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    mixed = _mix32(hashes.copy())
    factors, addends = _PERMUTATIONS
    least = np.full(PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    # In pieces, so that a book of a text needs no matrix of gigabytes.
    for start in range(0, len(mixed), 4096):
        values = np.multiply.outer(factors, mixed[start : start + 4096]) + addends[:, None]
        np.minimum(least, values.min(axis=1), out=least)
    return least


def title_slot(title: str) -> bytes:
    """The bucket of articles with this title, as titles are compared (see `title_slots`)."""
    return _slot(_TITLE_BAND, xxhash.xxh3_64_intdigest(title.encode()), _BAND_BITS)


def _slot(band: int, value: int, bits: int) -> bytes:
    bucket = value >> (64 - bits)
    field = (value >> (64 - bits - _FIELD_BITS)) & ((1 << _FIELD_BITS) - 1)
    # The bits that two bytes cannot hold count up the band: the last one has the space above it.
    return ((band << 16) + bucket).to_bytes(3, "big") + field.to_bytes(3, "big")


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

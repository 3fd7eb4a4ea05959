"""Two fingerprints -> what one article is to the other, with the evidence, or None.

A false match costs a moderator's minute and their trust; a missed one leaves a copy in the
corpus. Candidates are therefore compared exactly, shingle by shingle, and nothing is flagged on
the strength of an estimate. Texts of one template with other numbers (the weekly figures) share
most of their words: they must also agree on their numbers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleaning.fingerprint import SHINGLE_WORDS, Fingerprint
from cleaning.model import Span
from cleaning.shingles import UNSPACED_FACTOR, Hashes, hash_words, shingle_hashes
from cleaning.words import Word, fold_words, is_unspaced, placed_words
from service.duplicates.model import Policy, Relation

# Below so many numbers there is nothing to agree on: a date and a price may both be corrected.
FEW_NUMBERS = 4


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two articles share; see `Match` for the fields."""

    relation: Relation
    jaccard: float
    containment: float
    contained_in: float
    shared_words: int


def verify(article: Fingerprint, other: Fingerprint, policy: Policy) -> Likeness | None:
    """What `article` is to `other`, or None if they are different stories."""
    if article.digest == other.digest:
        return Likeness(Relation.EXACT, 1.0, 1.0, 1.0, len(article.word_hashes))
    if article.is_too_short or other.is_too_short:
        return None
    shared = len(np.intersect1d(article.distinct, other.distinct, assume_unique=True))
    contained_in = shared / len(article.distinct)
    containment = shared / len(other.distinct)
    relation = _relation(contained_in, containment, policy)
    if relation is None or not _numbers_agree(article, other, policy):
        return None
    words = len(article.word_hashes)
    covered = _covered(article.hashes, other.distinct, words, SHINGLE_WORDS * article.unit)
    return Likeness(
        relation=relation,
        jaccard=shared / (len(article.distinct) + len(other.distinct) - shared),
        containment=containment,
        contained_in=contained_in,
        shared_words=int(covered.sum()),
    )


def shared_spans(text: str, other: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The passages of each text that stand in the other, as offsets into each.

    They are the words that `verify` counted: those in a shingle that both texts have.
    """
    here, there = _Placed(text), _Placed(other)
    return here.spans_shared_with(there), there.spans_shared_with(here)


class _Placed:
    """A text's words with their places and hashes."""

    def __init__(self, text: str) -> None:
        self.words = placed_words(text)
        self.hashes = hash_words(fold_words([word.text for word in self.words]))
        unspaced = sum(is_unspaced(word.text) for word in self.words)
        self.size = SHINGLE_WORDS * (UNSPACED_FACTOR if unspaced * 2 > len(self.words) else 1)

    def spans_shared_with(self, other: "_Placed") -> tuple[Span, ...]:
        shingles = shingle_hashes(self.hashes, self.size)
        shared = shingle_hashes(other.hashes, self.size)
        return _runs(_covered(shingles, shared, len(self.words), self.size), self.words)


def _relation(contained_in: float, containment: float, policy: Policy) -> Relation | None:
    """`contained_in` of this article, `containment` of the other: the longer text has less."""
    if min(contained_in, containment) >= policy.near:
        return Relation.NEAR
    if contained_in >= max(policy.contained, containment):
        return Relation.CONTAINED
    if containment >= policy.contained:
        return Relation.CONTAINS
    return None


def _numbers_agree(article: Fingerprint, other: Fingerprint, policy: Policy) -> bool:
    fewer = min(article.numbers.total(), other.numbers.total())
    common = (article.numbers & other.numbers).total()
    return fewer < FEW_NUMBERS or common >= policy.numbers * fewer


def _covered(shingles: Hashes, other: Hashes, count: int, size: int) -> NDArray[np.bool_]:
    """Which of `count` words stand in a shingle of `size` words that the other text has too."""
    shared = np.isin(shingles, other)
    covered = np.zeros(count, np.bool_)
    for offset in range(size):
        covered[offset : offset + len(shared)] |= shared
    return covered


def _runs(covered: NDArray[np.bool_], places: list[Word]) -> tuple[Span, ...]:
    edges = np.flatnonzero(np.diff(covered.astype(np.int8), prepend=0, append=0))
    return tuple(
        Span(places[first].start, places[last - 1].end)
        for first, last in edges.reshape(-1, 2).tolist()
    )

"""Two fingerprints -> what one article is to the other, with the evidence, or None.

A false match costs a moderator's minute and their trust; a missed one leaves a copy in the
corpus. Candidates are therefore compared exactly, shingle by shingle, and nothing is flagged on
the strength of an estimate. Two look-alikes share half of their words and are no copies: texts of
one template with other numbers (the weekly figures), and short texts with the same lines at their
end.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cleaning.fingerprint import SHINGLE_WORDS, Fingerprint
from cleaning.model import Span
from cleaning.shingles import UNSPACED_FACTOR, Hashes, hash_words, shingle_hashes
from cleaning.words import Word, fold_words, is_unspaced, placed_words
from service.duplicates.model import Policy, Relation

# Below so many numbers there is nothing to agree on: a date and a price may both be corrected.
FEW_NUMBERS = 4
# A template is made of its numbers: in generated weather and match reports other numbers are 2.9
# words in a hundred, at least; in 3,457 pairs of copies, updates among them, no more than 2.6, but
# for two.
TEMPLATE_NUMBERS = 0.028
# Each number spoils three shingles, so that two texts of one template may share less than copies.
TEMPLATE_SHARE = 0.3
# What is shared holds some of the lead of a copy; a new lead of a generated copy has 20 words at
# most, and the rest is nearly all shared then. Two runs of three words may be chance.
LEAD_WORDS, LEAD_SHARED = 30, 6
WITHOUT_LEAD = 0.75  # the share of the shorter text that makes a copy whatever the lead is
# Where words are damaged or replaced, runs of letters tell: with a fifth of the words replaced, or
# one letter in twenty misread, texts keep .6 of them and less than half of their shingles. By
# chance two articles share .07, a short one with one of four times its length .2 of its own; so
# some shingles must be shared, too, and briefs are made of too few words to be told that way.
DAMAGED_SHARE, DAMAGED_TIMES, DAMAGED_LEAST = 0.1, 4, 50
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two articles share; see `Match` for the fields."""

    relation: Relation
    jaccard: float
    containment: float
    contained_in: float
    shared_words: int
    numbers: float | None


def verify(
    article: Fingerprint, other: Fingerprint, policy: Policy, hours: float | None = None
) -> Likeness | None:
    """What `article` is to `other`, or None if they are different stories.

    `hours` lie between them, None if that is not known.
    """
    if article.digest == other.digest:
        agreed = 1.0 if article.numbers else None
        return Likeness(Relation.EXACT, 1.0, 1.0, 1.0, len(article.word_hashes), agreed)
    if article.is_too_short or other.is_too_short:
        return None
    shared = _shared(article, other)
    contained_in, containment = shared / len(article.distinct), shared / len(other.distinct)
    relation = _relation(contained_in, containment, policy)
    if relation is None:
        relation = _damaged(article, other, shared, policy)
    if relation is None and min(contained_in, containment) >= TEMPLATE_SHARE:
        is_template = _is_recurring(article, other, policy, hours)
        return likeness_of(article, other, Relation.RECURRING) if is_template else None
    if relation is None or _shares_only_an_end(article, other, shared):
        return None
    if _is_recurring(article, other, policy, hours):
        relation = Relation.RECURRING
    return likeness_of(article, other, relation)


def likeness_of(article: Fingerprint, other: Fingerprint, relation: Relation) -> Likeness:
    """How much two articles of this relation share."""
    shared = _shared(article, other)
    return Likeness(
        relation=relation,
        jaccard=shared / (len(article.distinct) + len(other.distinct) - shared),
        containment=shared / len(other.distinct),
        contained_in=shared / len(article.distinct),
        shared_words=int(_covered_in(article, other).sum()),
        numbers=_agreed_numbers(article, other),
    )


def hours_between(one: date | datetime | None, other: date | datetime | None) -> float | None:
    """How many hours lie between two times at least; None if one is not known. Of a day it may be
    any hour.

    >>> hours_between(date(2026, 3, 1), datetime(2026, 3, 2, 6, tzinfo=UTC))
    6.0
    """
    if one is None or other is None:
        return None
    earlier, later = sorted((one, other), key=_start)
    apart = _start(later) - _start(earlier)
    if not isinstance(earlier, datetime):
        apart -= _DAY
    return max(0.0, apart / timedelta(hours=1))


def is_earlier(one: date | datetime | None, other: date | datetime | None) -> bool:
    """Whether the first of two times is before the second for certain.

    >>> is_earlier(date(2026, 3, 1), datetime(2026, 3, 1, 6, tzinfo=UTC))
    False
    """
    if one is None or other is None:
        return False
    length = timedelta(0) if isinstance(one, datetime) else _DAY
    return _start(one) + length <= _start(other) and one != other


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


def _damaged(
    article: Fingerprint, other: Fingerprint, shared: int, policy: Policy
) -> Relation | None:
    """What two texts are to each other by their letters, as most of their words differ a little.

    In scripts without spaces shingles are runs of characters anyway.
    """
    fewest = min(len(article.distinct), len(other.distinct))
    if article.unit + other.unit > 2 or fewest < DAMAGED_LEAST or shared < DAMAGED_SHARE * fewest:
        return None
    here, there = article.letters, other.letters
    if max(len(here), len(there)) > DAMAGED_TIMES * min(len(here), len(there)):
        return None
    return _relation(_share_in(here, there), _share_in(there, here), policy)


def _share_in(runs: Hashes, other: Hashes) -> float:
    """How much of the one text's runs the other has: of all, or of those that differ if that is
    less. Sentences that are told again and again count for little in the second, and so does what
    every text has in the first."""
    different = np.unique(runs)
    return float(min(np.isin(runs, other).mean(), np.isin(different, other).mean()))


def _agreed_numbers(article: Fingerprint, other: Fingerprint) -> float | None:
    fewer = min(article.numbers.total(), other.numbers.total())
    return (article.numbers & other.numbers).total() / fewer if fewer else None


def _is_recurring(
    article: Fingerprint, other: Fingerprint, policy: Policy, hours: float | None
) -> bool:
    """Whether two alike texts are of one template.

    An update also has other numbers, but comes within hours, and most of it is words. Templates
    are days apart, but for the weather of two towns and two matches of one evening.
    """
    fewer = min(article.numbers.total(), other.numbers.total())
    if fewer < FEW_NUMBERS:
        return False
    common = (article.numbers & other.numbers).total()
    if hours is not None and hours > policy.same_news:
        return common < policy.later_numbers * fewer
    words = min(len(article.word_hashes), len(other.word_hashes))
    return common < policy.numbers * fewer and fewer - common >= TEMPLATE_NUMBERS * words


def _shared(article: Fingerprint, other: Fingerprint) -> int:
    return len(np.intersect1d(article.distinct, other.distinct, assume_unique=True))


def _shares_only_an_end(article: Fingerprint, other: Fingerprint, shared: int) -> bool:
    if shared >= WITHOUT_LEAD * min(len(article.distinct), len(other.distinct)):
        return False
    return not any(
        _covered_in(one, two)[: LEAD_WORDS * one.unit].sum() >= LEAD_SHARED * one.unit
        for one, two in ((article, other), (other, article))
    )


def _covered_in(article: Fingerprint, other: Fingerprint) -> NDArray[np.bool_]:
    size = SHINGLE_WORDS * article.unit
    return _covered(article.hashes, other.distinct, len(article.word_hashes), size)


def _covered(shingles: Hashes, other: Hashes, count: int, size: int) -> NDArray[np.bool_]:
    """Which of `count` words stand in a shingle of `size` words that the other text has too."""
    shared = np.isin(shingles, other)
    covered = np.zeros(count, np.bool_)
    for offset in range(size):
        covered[offset : offset + len(shared)] |= shared
    return covered


def _start(of: date | datetime) -> datetime:
    if not isinstance(of, datetime):
        return datetime(of.year, of.month, of.day, tzinfo=UTC)
    return of if of.tzinfo else of.replace(tzinfo=UTC)


def _runs(covered: NDArray[np.bool_], places: list[Word]) -> tuple[Span, ...]:
    edges = np.flatnonzero(np.diff(covered.astype(np.int8), prepend=0, append=0))
    return tuple(
        Span(places[first].start, places[last - 1].end)
        for first, last in edges.reshape(-1, 2).tolist()
    )

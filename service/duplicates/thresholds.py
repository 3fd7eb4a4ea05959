"""Use case of whoever sets the thresholds: what others would have flagged, gained and lost.

The texts are compared again. Stored matches would not do: what no threshold let through is not
among them, and a relation hangs on more than their scores (see `verify`). Two kinds of pairs are
judged with the present thresholds and with the proposed ones: those of the articles that came in
last, with whomever the index says that they share a bucket with, as when they came in; and those of
which people have decided, as their texts stand now. Nothing is changed.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from math import sqrt

from cleaning.fingerprint import Fingerprint
from cleaning.title_slots import slots_of
from service.duplicates.editions import relation_of_editions
from service.duplicates.flags import flag_id
from service.duplicates.model import (
    COPIES,
    FLAGGED,
    SERVICE,
    ArticleRecord,
    Decision,
    Flag,
    FlagState,
    Policy,
    Relation,
)
from service.duplicates.ports import Services
from service.duplicates.verify import Likeness, hours_between, verify

# What may be tried: the setting, and the field of the policy that it sets.
THRESHOLDS: Mapping[str, str] = {
    "near_threshold": "near",
    "contained_threshold": "contained",
    "numbers_threshold": "numbers",
    "later_numbers_threshold": "later_numbers",
    "same_news_hours": "same_news",
}
ARTICLES, MOST_ARTICLES = 500, 5_000  # looked at; some 3 ms of CPU time each
EXAMPLES, MOST_EXAMPLES = 20, 200  # of each kind
# A thousand decisions tell a share to within 2 or 3 hundredths. Those of the service stand between
# them, and are read to be counted.
DECISIONS, FLAGS_READ = 1_000, 5_000
CONFIDENCE = 1.96  # standard deviations: 95 of 100
VAGUE = 0.1  # the width of an interval from which on a difference is likely to be chance
_RECORDS_AT_ONCE = 50
_FLAGS_AT_ONCE = 200
_TEXTS_KEPT = 256  # fingerprints; the candidates of neighbours are often the same


class Kind(StrEnum):
    """What becomes of a flag: it would be opened, would not have been, or with another relation."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Between which shares the true one lies, in 95 cases of 100 (Wilson, "Probable inference",
        1927): the honest answer for few cases.

        >>> [round(end, 3) for end in Share(9, 10).interval]
        [0.596, 0.982]
        """
        if self.of == 0:
            return 0.0, 1.0
        share, squared = self.hits / self.of, CONFIDENCE**2
        middle = share + squared / (2 * self.of)
        apart = CONFIDENCE * sqrt(share * (1 - share) / self.of + squared / (4 * self.of**2))
        whole = 1 + squared / self.of
        # The ends are exact where rounding would fall short of them.
        low = (middle - apart) / whole if self.hits else 0.0
        high = (middle + apart) / whole if self.hits < self.of else 1.0
        return low, high


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair of articles under both sets of thresholds; `article` came in after `other`.

    `present` and `proposed`: what it is to the other, None for nothing. `likeness` holds the
    scores, None where neither finds a relation. `flag`: the one there is on the pair.
    """

    article: str
    other: str
    present: Relation | None
    proposed: Relation | None
    likeness: Likeness | None
    hours: float | None
    flag: Flag | None = None

    @property
    def was_flagged(self) -> bool:
        """Whether the present thresholds flag it."""
        return self.present in FLAGGED

    @property
    def would_be_flagged(self) -> bool:
        """Whether the proposed ones would."""
        return self.proposed in FLAGGED

    @property
    def kind(self) -> Kind | None:
        """What becomes of the flag; None if all stays as it is or there is none."""
        if self.was_flagged and self.would_be_flagged:
            return Kind.CHANGED if self.present is not self.proposed else None
        if self.was_flagged:
            return Kind.GONE
        return Kind.NEW if self.would_be_flagged else None


@dataclass(slots=True)
class Decided:
    """What people decided, against what the thresholds say; it grows while the flags are read.

    `by_service` counts the service's own decisions. They are on equal texts, which no threshold
    concerns. `not_stored`: flags whose articles are not stored any more. `unread`: older ones that
    were not looked at. `lost` and `dropped` hold examples of copies that people confirmed and of
    flags that they rejected, of which the proposed thresholds would open none.
    """

    by_service: int = 0
    not_stored: int = 0
    unread: int = 0
    counts: Counter[tuple[Decision, bool, bool]] = field(default_factory=Counter)
    lost: list[Judged] = field(default_factory=list)
    dropped: list[Judged] = field(default_factory=list)

    def count(
        self, decision: Decision, *, present: bool | None = None, proposed: bool | None = None
    ) -> int:
        """How many were decided so, of those that are flagged or not; None: either."""
        return sum(
            count
            for (made, now, then), count in self.counts.items()
            if made == decision and present in (None, now) and proposed in (None, then)
        )

    @property
    def total(self) -> int:
        """How many decisions of people were looked at."""
        return self.counts.total()

    @property
    def precision(self) -> tuple[Share, Share]:
        """Of the decided pairs that are flagged, those that were confirmed; then with the proposed
        thresholds."""
        confirmed = (
            self.count(Decision.DUPLICATE, present=True),
            self.count(Decision.DUPLICATE, proposed=True),
        )
        rejected = (
            self.count(Decision.NOT_DUPLICATE, present=True),
            self.count(Decision.NOT_DUPLICATE, proposed=True),
        )
        now, then = (
            Share(right, right + wrong) for right, wrong in zip(confirmed, rejected, strict=True)
        )
        return now, then

    @property
    def recall(self) -> tuple[Share, Share]:
        """Of the confirmed pairs, those that are flagged; then with the proposed thresholds."""
        confirmed = self.count(Decision.DUPLICATE)
        return (
            Share(self.count(Decision.DUPLICATE, present=True), confirmed),
            Share(self.count(Decision.DUPLICATE, proposed=True), confirmed),
        )

    @property
    def caution(self) -> str | None:
        """Why the shares are not to be relied on; None if there are decisions enough."""
        if self.total == 0:
            return "Nobody has decided such a flag yet, so precision and recall are unknown."
        told = {"precision": self.precision[1], "recall": self.recall[1]}
        name, widest = max(told.items(), key=lambda item: _width(item[1]))
        if _width(widest) <= VAGUE:
            return None
        low, high = widest.interval
        decisions = "one decision" if self.total == 1 else f"{self.total:,} decisions"
        return (
            f"There {'is' if self.total == 1 else 'are'} only {decisions} to go by: the {name} of "
            f"the proposed thresholds may be anything from {low:.0%} to {high:.0%}, and a smaller "
            "difference than that may be chance."
        )


@dataclass(slots=True)
class Simulation:
    """What the proposed thresholds would do; it grows while the archive is read.

    `articles` of the `stored` ones were looked at, in `pairs` with others; they came in between
    `since` and `until`. `moves` counts the pairs by their present relation and by the proposed one,
    `duplicates` the articles that are copies of an earlier one, likewise. `examples` holds pairs of
    each kind. `is_cut`: the time was over before everything was looked at.
    """

    present: Policy
    proposed: Policy
    stored: int = 0
    articles: int = 0
    pairs: int = 0
    since: datetime | None = None
    until: datetime | None = None
    is_cut: bool = False
    moves: Counter[tuple[Relation | None, Relation | None]] = field(default_factory=Counter)
    duplicates: tuple[int, int] = (0, 0)
    examples: dict[Kind, list[Judged]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    kinds: Counter[Kind] = field(default_factory=Counter)
    decided: Decided = field(default_factory=Decided)

    @property
    def flags(self) -> tuple[int, int]:
        """How many flags the articles raise; then with the proposed thresholds."""
        return (
            sum(count for (now, _), count in self.moves.items() if now in FLAGGED),
            sum(count for (_, then), count in self.moves.items() if then in FLAGGED),
        )

    @property
    def notes(self) -> list[str]:
        """What was looked at and what cannot be known from it, in sentences."""
        if self.articles == 0 and self.decided.total == 0 and not self.is_cut:
            return ["There is nothing to look at yet: no article has been compared."]
        notes = []
        if self.is_cut:
            notes.append(
                "The time was over before everything was looked at; `copydesk simulate` takes all "
                "the time it needs."
            )
        notes.append(
            f"Looked at the last {self.articles:,} of {self.stored:,} articles, and at whom they "
            "met in the index; older articles were not compared with each other again."
        )
        notes.append(
            "Pairs that share no bucket of the index are never compared, whatever the thresholds."
        )
        if self.kinds[Kind.NEW]:
            notes.append("How many of the new flags would be right nobody has decided.")
        if self.decided.total:
            notes.append(
                "People decide what they are shown: a copy that was never flagged is missing from "
                "their decisions, and the recall says nothing of it."
            )
        if self.decided.unread:
            notes.append(f"{self.decided.unread:,} older decided flags were not looked at.")
        if self.present.flag_passages:
            notes.append(
                "Flags on passages are left out: no threshold concerns them, but a pair that is "
                "flagged no more may remain as one."
            )
        caution = self.decided.caution
        return [*notes, caution] if caution else notes


def simulate(
    services: Services,
    proposed: Policy,
    *,
    articles: int = ARTICLES,
    examples: int = EXAMPLES,
    tick: Callable[[Simulation], object] = lambda _: None,
    is_over: Callable[[], bool] = lambda: False,
) -> Simulation:
    """What `proposed` would do, against the service's policy: to the flags of the last `articles`,
    and on the last decisions of people. At most so many `examples` of each kind are told.

    `tick` is called after each article and decision; when `is_over`, what is known by then is
    returned. Raises StoreUnavailable and IndexDamaged.
    """
    found = Simulation(services.policy, proposed, stored=services.articles.count())
    comparing = _Comparing(services, proposed)
    for flag in _decided_flags(services, found.decided):
        if is_over():
            found.is_cut = True
            return found
        _add_decision(found.decided, flag, comparing, examples)
        tick(found)
    for record in _latest(services, articles):
        if is_over():
            found.is_cut = True
            break
        _add_article(found, record, comparing.with_earlier(record), examples)
        tick(found)
    for kind, told in found.examples.items():
        found.examples[kind] = [_with_flag(services, judged) for judged in told]
    return found


def _decided_flags(services: Services, decided: Decided) -> Iterator[Flag]:
    """The flags of which people decided whether one article is a copy, the last first."""
    after: str | None = None
    read = given = 0
    while True:
        page = services.flags.page(FlagState.DECIDED, after, _FLAGS_AT_ONCE)
        for flag in page.flags:
            read += 1
            if flag.decided_by == SERVICE:
                decided.by_service += 1
            elif flag.match.relation in FLAGGED:
                given += 1
                yield flag
            if given == DECISIONS or read == FLAGS_READ:
                decided.unread = max(0, page.total - read)
                return
        after = page.after
        if after is None:
            return


def _latest(services: Services, limit: int) -> Iterator[ArticleRecord]:
    """The articles that came in last, the newest first, but for those still to be compared."""
    ids = iter(services.articles.latest(limit))
    while some := list(islice(ids, _RECORDS_AT_ONCE)):
        for record in services.articles.get_many(some):
            if record is not None and record.outcome is not None:
                yield record


def _add_decision(decided: Decided, flag: Flag, comparing: "_Comparing", examples: int) -> None:
    judged = comparing.flagged(flag)
    if judged is None or flag.decision is None:
        decided.not_stored += 1
        return
    decided.counts[flag.decision, judged.was_flagged, judged.would_be_flagged] += 1
    if judged.kind is Kind.GONE:
        told = decided.lost if flag.decision is Decision.DUPLICATE else decided.dropped
        if len(told) < examples:
            told.append(judged)


def _add_article(
    found: Simulation, record: ArticleRecord, pairs: Iterable[Judged], examples: int
) -> None:
    found.articles += 1
    found.since = min(found.since or record.received_at, record.received_at)
    found.until = max(found.until or record.received_at, record.received_at)
    is_copy = would_be_copy = False
    for judged in pairs:
        found.pairs += 1
        found.moves[judged.present, judged.proposed] += 1
        is_copy |= judged.present in COPIES
        would_be_copy |= judged.proposed in COPIES
        if judged.kind is not None:
            found.kinds[judged.kind] += 1
            if len(found.examples[judged.kind]) < examples:
                found.examples[judged.kind].append(judged)
    now, then = found.duplicates
    found.duplicates = now + is_copy, then + would_be_copy


def _with_flag(services: Services, judged: Judged) -> Judged:
    flag = services.flags.get(flag_id(judged.article, judged.other))
    return replace(judged, flag=flag)


@dataclass(frozen=True, slots=True)
class _Text:
    """What is compared of an article."""

    record: ArticleRecord
    fingerprint: Fingerprint


class _Comparing:
    """Compares articles with both sets of thresholds."""

    def __init__(self, services: Services, proposed: Policy) -> None:
        self._services = services
        self._proposed = proposed
        self._texts: OrderedDict[str, _Text] = OrderedDict()

    def flagged(self, flag: Flag) -> Judged | None:
        """The pair of a flag; None if one of the articles is not stored any more."""
        here, there = self._read((flag.article, flag.other))
        if here is None or there is None:
            return None
        return replace(self._judged(flag.article, here, flag.other, there), flag=flag)

    def with_earlier(self, record: ArticleRecord) -> Iterator[Judged]:
        """The pairs of an article with those that came before it and share a bucket."""
        here = _text(record)
        slots = slots_of(record.cleaned, here.fingerprint)
        index = self._services.index
        # It is in the index already: to add it once more changes nothing, and tells whom it meets.
        placement = index.add(
            record.id, record.revision, slots, continues=record.continues, arrival=record.arrival
        )
        (stored,) = self._services.articles.stored([record.id])
        if stored is None or stored.deleted:  # meanwhile
            index.remove(record.id, slots, placement.arrival)
            return
        candidates = placement.candidates[: self._services.policy.candidates]
        others = self._read([candidate.id for candidate in candidates])
        for candidate, there in zip(candidates, others, strict=True):
            if there is not None:
                yield self._judged(record.id, here, candidate.id, there)

    def _judged(self, article: str, here: _Text, other: str, there: _Text) -> Judged:
        one, two = here.record, there.record
        hours = hours_between(one.cleaned.published_at, two.cleaned.published_at)
        pair = here.fingerprint, there.fingerprint
        present = verify(*pair, self._services.policy, hours)
        proposed = verify(*pair, self._proposed, hours)
        return Judged(
            article=article,
            other=other,
            present=relation_of_editions(present.relation, one, two) if present else None,
            proposed=relation_of_editions(proposed.relation, one, two) if proposed else None,
            likeness=proposed or present,
            hours=hours,
        )

    def _read(self, article_ids: Sequence[str]) -> list[_Text | None]:
        absent = [found for found in article_ids if found not in self._texts]
        records = self._services.articles.get_many(absent)
        read = {record.id: _text(record) for record in records if record is not None}
        texts = [read.get(found) or self._texts.get(found) for found in article_ids]
        self._texts.update(read)
        while len(self._texts) > _TEXTS_KEPT:
            self._texts.popitem(last=False)
        return texts


def _text(record: ArticleRecord) -> _Text:
    return _Text(record, Fingerprint(record.cleaned.compared_text))


def _width(share: Share) -> float:
    low, high = share.interval
    return high - low

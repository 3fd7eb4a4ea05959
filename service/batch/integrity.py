"""Whether the index holds what the stored articles say, and how it is made to.

The articles' records are the truth: what they say (text, revision, arrival number) decides what
the index must hold, and the index is built anew from them alone. Of the records it is asked
whether they agree with each other: every article was compared, each copy names an article that came
before it, and follows that one's story, so that each story has one original.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from cleaning.fingerprint import Fingerprint
from service.batch.patience import patiently
from service.batch.reprocess import stored_ids
from service.duplicates.errors import ArticleNotFound
from service.duplicates.model import ArticleRecord, IndexEntry
from service.duplicates.ports import Services
from service.duplicates.submit import SAME_STORY, delete, get_article

# What a request is doing at this moment is no fault: only what is still so afterwards counts.
SETTLE_SECONDS = 1.0
RECORDS_AT_ONCE = 100

Tick = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did: `articles` in the index, of which `compared` were compared again, as they
    were pending or did not agree with the others."""

    articles: int
    compared: int


def verify(
    services: Services, tick: Tick = lambda: None, *, settle_s: float = SETTLE_SECONDS
) -> list[str]:
    """Everything that is wrong, in words; nothing is changed.

    `tick` is called for each article. If something looks wrong, all is looked at once more after
    `settle_s` seconds. Raises StoreUnavailable.
    """
    found = list(_faults(services, tick))
    if not found:
        return []
    time.sleep(settle_s)
    still = set(_faults(services, lambda: None))
    return [fault for fault in found if fault in still]


def repair(services: Services, tick: Tick = lambda: None) -> Repaired:
    """Build the index anew from the stored articles, with the arrival numbers they were given;
    compare those again that were pending or do not agree with the others, and delete to the end
    what somebody has begun to delete.

    No article is compared meanwhile: StoreMisconfigured for whoever tries. It may be killed at any
    moment and run again. `tick` is called for each article. Raises StoreUnavailable.
    """
    archive = _Archive(services)
    services.index.rebuild(archive.in_order(tick))
    repaired = Repaired(articles=len(archive.placed), compared=archive.mend())
    archive.finish_deletions()
    return repaired


# --- what is wrong -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """What a record says of an article's place among the others. `follows`: the earlier article
    whose story it tells; `copies`: the one of which it is a copy."""

    arrival: int | None
    matched: tuple[str, ...] = ()
    story: str | None = None
    copies: str | None = None
    follows: str | None = None

    @classmethod
    def of(cls, record: ArticleRecord) -> "_Place":
        outcome = record.outcome
        if outcome is None:
            return cls(record.arrival)
        matched = tuple(match.id for match in outcome.matches)
        original = outcome.duplicate_of
        is_same_story = any(
            match.id == original and match.relation in SAME_STORY for match in outcome.matches
        )
        follows = original if is_same_story else None
        return cls(record.arrival, matched, outcome.story_id, original, follows)


def _faults(services: Services, tick: Tick) -> Iterator[str]:
    places: dict[str, _Place] = {}
    deleted: list[str] = []

    def entries() -> Iterator[IndexEntry]:
        for article_id, record in _records(services, stored_ids(services)):
            tick()
            if record is None:
                continue
            if record.deleted:
                deleted.append(article_id)
                continue
            places[article_id] = _Place.of(record)
            yield _entry(record, None if record.outcome is None else record.arrival)

    yield from services.index.faults(entries())
    for article_id in deleted:
        yield f"article {article_id!r} was not deleted to the end"
    for article_id, place in places.items():
        fault = _fault(place, places)
        if fault:
            yield f"article {article_id!r} {fault}"


def _fault(place: _Place, places: dict[str, _Place]) -> str | None:
    """What is wrong with an article's place among the others."""
    if place.story is None or place.arrival is None:
        return "was not compared to the end"
    story: str | None = f"s{place.arrival}"
    for other in place.matched:
        if other not in places:
            return f"has text in common with {other!r}, which is no article"
    if place.copies is not None:
        original = places.get(place.copies)
        if original is None:
            return f"is a copy of {place.copies!r}, which is no article"
        if original.arrival is not None and original.arrival >= place.arrival:
            return f"is a copy of {place.copies!r}, which came after it"
        if place.follows is not None:
            story = original.story  # None while the original is being compared itself
    if story is not None and place.story != story:
        return f"is in the story {place.story} and should be in {story}"
    return None


def _entry(record: ArticleRecord, arrival: int | None) -> IndexEntry:
    slots = Fingerprint(record.cleaned.compared_text).slots
    return IndexEntry(record.id, record.revision, arrival, slots)


def _records(
    services: Services, article_ids: Iterable[str]
) -> Iterator[tuple[str, ArticleRecord | None]]:
    rest = iter(article_ids)
    while ids := list(islice(rest, RECORDS_AT_ONCE)):
        records = patiently(partial(services.articles.stored, ids))
        yield from zip(ids, records, strict=True)


def _present(services: Services, article_ids: Iterable[str]) -> Iterator[tuple[str, ArticleRecord]]:
    """The same without those that are being deleted."""
    for article_id, record in _records(services, article_ids):
        if record is not None and not record.deleted:
            yield article_id, record


# --- mending -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Archive:
    """The stored articles while they are put back into the index."""

    services: Services
    placed: set[str] = field(default_factory=set)

    def in_order(self, tick: Tick) -> Iterator[IndexEntry]:
        """The entries of all articles that have arrived, by arrival. Of two with one number, the
        first that was submitted has it."""
        ids: dict[int, str] = {}
        for article_id, record in _present(self.services, stored_ids(self.services)):
            if record.arrival is not None:
                ids.setdefault(record.arrival, article_id)
        in_order = [ids[arrival] for arrival in sorted(ids)]
        arrivals = dict(zip(in_order, sorted(ids), strict=True))
        for article_id, record in _present(self.services, in_order):
            tick()
            # One that was revised since has left its place: its own request gives it another.
            if record.arrival == arrivals[article_id]:
                self.placed.add(article_id)
                yield _entry(record, record.arrival)

    def mend(self) -> int:
        """Compare those again that need it, the earliest first, and return how many that were."""
        places: dict[str, _Place] = {}
        for article_id, record in _present(self.services, stored_ids(self.services)):
            places[article_id] = _Place.of(record)
        taken = {places[name].arrival for name in self.placed if name in places}
        compared = 0
        never = max((place.arrival or 0 for place in places.values()), default=0) + 1
        for article_id in sorted(places, key=lambda name: places[name].arrival or never):
            if article_id in self.placed and _fault(places[article_id], places) is None:
                continue
            is_homeless = article_id not in self.placed and places[article_id].arrival in taken
            compared_now = self._compared(article_id, is_homeless=is_homeless)
            if compared_now is not None:
                places[article_id] = _Place.of(compared_now)
                self.placed.add(article_id)
                compared += 1
        return compared

    def _compared(self, article_id: str, *, is_homeless: bool) -> ArticleRecord | None:
        """Compare an article once more; one whose number is another's gets a new one."""
        articles = self.services.articles
        record = patiently(lambda: articles.get(article_id))
        if record is None:
            return None
        if record.outcome is not None or is_homeless:
            seen = replace(record, arrival=None) if is_homeless else record
            # None if it has changed meanwhile: then it has been, or is being, compared anyway.
            patiently(lambda: articles.amend(seen, seen.cleaned, seen.restored, seen.removed))
        try:
            return patiently(lambda: get_article(self.services, article_id)).record
        except ArticleNotFound:  # it was deleted meanwhile
            return None

    def finish_deletions(self) -> None:
        """Delete to the end what somebody has begun to delete."""
        for article_id, stored in _records(self.services, stored_ids(self.services)):
            if stored is not None and stored.deleted:
                with suppress(ArticleNotFound):
                    patiently(partial(delete, self.services, article_id))

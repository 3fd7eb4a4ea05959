"""Whether the index holds what the stored articles say, and how it is made to.

The articles' records are the truth: what they say (text, revision, arrival number) decides what
the index must hold, and the index is built anew from them alone. Of the records it is asked
whether they agree with each other: every article was compared, each copy names an article that came
before it, and each article is in the story that it joins by its matches and by what people decided.
Who is in a story is listed as the records say.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from cleaning.fingerprint import Fingerprint
from cleaning.title_slots import slots_of
from service.batch.patience import patiently
from service.batch.reprocess import stored_ids
from service.duplicates.errors import ArticleNotFound
from service.duplicates.model import ArticleRecord, IndexEntry, Match, Membership
from service.duplicates.ports import Services
from service.duplicates.stories import (
    SAME_STORY,
    Lineage,
    Met,
    joined,
    lineages,
    story_name,
)
from service.duplicates.submit import delete, get_article

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
    compared = archive.mend()
    archive.place_members()
    archive.finish_deletions()
    return Repaired(articles=len(archive.placed), compared=compared)


# --- what is wrong -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """What a record says of an article's place among the others. `copies`: the one of which it is a
    copy; `matched`: those it has text in common with; `met`: its matches that may tell the same
    story."""

    arrival: int | None
    matched: tuple[str, ...] = ()
    story: str | None = None
    copies: str | None = None
    met: tuple[Match, ...] = ()

    @classmethod
    def of(cls, record: ArticleRecord) -> "_Place":
        outcome = record.outcome
        if outcome is None:
            return cls(record.arrival)
        met = tuple(
            replace(match, passages=()) for match in outcome.matches if match.relation in SAME_STORY
        )
        matched = tuple(match.id for match in outcome.matches)
        return cls(record.arrival, matched, outcome.story_id, outcome.duplicate_of, met)


@dataclass(slots=True)
class _Places:
    """All articles' places by their ids, and the stories that theirs are part of."""

    services: Services
    of: dict[str, _Place] = field(default_factory=dict)
    _lineages: dict[str, Lineage] = field(default_factory=dict)

    def fault(self, article_id: str) -> str | None:
        """What is wrong with an article's place among the others."""
        place = self.of[article_id]
        if place.story is None or place.arrival is None:
            return "was not compared to the end"
        gone = [name for name in (*place.matched, place.copies) if name and name not in self.of]
        if gone:
            return f"has text in common with {gone[0]!r}, which is no article"
        if place.copies is not None:
            original = self.of[place.copies]
            if original.arrival is not None and original.arrival >= place.arrival:
                return f"is a copy of {place.copies!r}, which came after it"
        others = [self.of.get(match.id) for match in place.met]
        if any(other is not None and other.story is None for other in others):
            return None  # it is being compared itself
        joins = self._joined(article_id)
        story = joins.lineage[0].id if joins else story_name(place.arrival)
        if place.story != story:
            return f"is in the story {place.story} and should be in {story}"
        return None

    def membership(self, article_id: str) -> Membership | None:
        """The story that an article has joined; None if it founds one or is pending."""
        place = self.of[article_id]
        if None in (place.arrival, place.story) or place.story == story_name(place.arrival or 0):
            return None
        joins = self._joined(article_id)
        link = joins.match.jaccard if joins else 0.0
        return Membership(article_id, place.arrival or 0, place.story or "", link)

    def memberships(self) -> Iterator[Membership]:
        """Those of all articles."""
        for article_id in self.of:
            membership = self.membership(article_id)
            if membership is not None:
                yield membership

    def pending(self) -> list[str]:
        """The articles of which nobody knows yet what they join."""
        return [article_id for article_id, place in self.of.items() if place.story is None]

    def look_up(self) -> None:
        """Read the stories that matter, many in a round trip."""
        met = {match.id for place in self.of.values() for match in place.met}
        stories = {self.of[article_id].story for article_id in met if article_id in self.of}
        names = iter(sorted(story for story in stories if story is not None))
        while batch := list(islice(names, RECORDS_AT_ONCE)):
            self._lineages.update(lineages(self.services.stories, batch))

    def _joined(self, article_id: str) -> Met | None:
        found = []
        for match in self.of[article_id].met:
            other = self.of.get(match.id)
            if other is not None and other.story is not None:
                found.append(Met(match, self._lineage(other.story)))
        return joined(article_id, found)

    def _lineage(self, story_id: str) -> Lineage:
        if story_id not in self._lineages:
            self._lineages.update(lineages(self.services.stories, [story_id]))
        return self._lineages[story_id]


def _faults(services: Services, tick: Tick) -> Iterator[str]:
    places = _Places(services)
    deleted: list[str] = []

    def entries() -> Iterator[IndexEntry]:
        for record, fingerprint in _fingerprinted(services, stored_ids(services), deleted.append):
            tick()
            places.of[record.id] = _Place.of(record)
            arrival = None if record.outcome is None else record.arrival
            yield _entry(record, fingerprint, arrival)

    yield from services.index.faults(entries())
    for article_id in deleted:
        yield f"article {article_id!r} was not deleted to the end"
    places.look_up()
    for article_id in places.of:
        fault = places.fault(article_id)
        if fault:
            yield f"article {article_id!r} {fault}"
    yield from services.stories.faults(places.memberships(), places.pending())


def _entry(record: ArticleRecord, fingerprint: Fingerprint, arrival: int | None) -> IndexEntry:
    slots = slots_of(record.cleaned, fingerprint)
    return IndexEntry(record.id, record.revision, arrival, slots)


def _fingerprinted(
    services: Services,
    article_ids: Iterable[str],
    skipped: Callable[[str], object] = lambda _: None,
) -> Iterator[tuple[ArticleRecord, Fingerprint]]:
    """Those of the articles that are stored, with their fingerprints; `skipped` is called with the
    ids of those that are being deleted."""
    present = (record for _, record in _present(services, article_ids, skipped))
    while records := list(islice(present, RECORDS_AT_ONCE)):
        texts = [record.cleaned.compared_text for record in records]
        yield from zip(records, Fingerprint.of_many(texts), strict=True)


def _records(
    services: Services, article_ids: Iterable[str]
) -> Iterator[tuple[str, ArticleRecord | None]]:
    rest = iter(article_ids)
    while ids := list(islice(rest, RECORDS_AT_ONCE)):
        records = patiently(partial(services.articles.stored, ids))
        yield from zip(ids, records, strict=True)


def _present(
    services: Services,
    article_ids: Iterable[str],
    skipped: Callable[[str], object] = lambda _: None,
) -> Iterator[tuple[str, ArticleRecord]]:
    """The same without those that are being deleted, whose ids are `skipped`."""
    for article_id, record in _records(services, article_ids):
        if record is not None and record.deleted:
            skipped(article_id)
        elif record is not None:
            yield article_id, record


def _read_places(services: Services) -> _Places:
    places = _Places(services)
    for article_id, record in _present(services, stored_ids(services)):
        places.of[article_id] = _Place.of(record)
    places.look_up()
    return places


# --- mending -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Archive:
    """The stored articles while they are put back into the index."""

    services: Services
    placed: set[str] = field(default_factory=set)
    places: _Places = field(init=False)

    def in_order(self, tick: Tick) -> Iterator[IndexEntry]:
        """The entries of all articles that have arrived, by arrival. Of two with one number, the
        first that was submitted has it."""
        ids: dict[int, str] = {}
        for article_id, record in _present(self.services, stored_ids(self.services)):
            if record.arrival is not None:
                ids.setdefault(record.arrival, article_id)
        in_order = [ids[arrival] for arrival in sorted(ids)]
        arrivals = dict(zip(in_order, sorted(ids), strict=True))
        for record, fingerprint in _fingerprinted(self.services, in_order):
            tick()
            # One that was revised since has left its place: its own request gives it another.
            if record.arrival == arrivals[record.id]:
                self.placed.add(record.id)
                yield _entry(record, fingerprint, record.arrival)

    def mend(self) -> int:
        """Compare those again that need it, the earliest first, and return how many that were."""
        self.places = _read_places(self.services)
        places = self.places.of
        taken = {places[name].arrival for name in self.placed if name in places}
        compared = 0
        never = max((place.arrival or 0 for place in places.values()), default=0) + 1
        for article_id in sorted(places, key=lambda name: places[name].arrival or never):
            if article_id in self.placed and self.places.fault(article_id) is None:
                continue
            is_homeless = article_id not in self.placed and places[article_id].arrival in taken
            compared_now = self._compared(article_id, is_homeless=is_homeless)
            if compared_now is not None:
                places[article_id] = _Place.of(compared_now)
                self.placed.add(article_id)
                compared += 1
        return compared

    def place_members(self) -> None:
        """List the members of stories anew if they are not listed as the records say."""
        stories = self.services.stories
        if any(stories.faults(self.places.memberships(), self.places.pending())):
            patiently(stories.clear)
            for membership in self.places.memberships():
                patiently(partial(stories.place, membership))

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

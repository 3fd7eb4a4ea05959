"""All stores in memory: complete, for tests and dry runs. Nothing survives the process."""

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from cleaning.model import CleanedArticle
from service.duplicates.model import (
    DEFAULT_POLICY,
    ArticleRecord,
    Candidate,
    Flag,
    FlagPage,
    FlagState,
    IndexEntry,
    Membership,
    Outcome,
    Placement,
    Policy,
    SiteRule,
    SiteStory,
    Story,
    Submission,
    amended,
    marked,
    revised,
)
from service.duplicates.ports import BUCKET_CAP, Clock, Services, placement, system_clock
from service.duplicates.retention import KEEP, Retention
from service.duplicates.sites import ARTICLES_PER_SITE, article_name, oldest_first, with_story


def memory_services(
    policy: Policy = DEFAULT_POLICY, clock: Clock = system_clock, retention: Retention = KEEP
) -> Services:
    """A service of its own, empty."""
    articles = MemoryArticles(retention, clock)
    return Services(
        *(articles, MemoryIndex(), MemoryFlags(), MemorySites(), MemoryStories()),
        policy=policy,
        clock=clock,
    )


class MemoryArticles:
    """ArticleStore in a dict."""

    def __init__(self, retention: Retention = KEEP, clock: Clock = system_clock) -> None:
        self._retention = retention
        self._clock = clock
        self._records: dict[str, ArticleRecord] = {}
        self._sources: dict[str, tuple[str | None, str | None]] = {}
        self._lock = threading.Lock()

    def begin(
        self,
        article_id: str,
        digest: str,
        submission: Submission,
        cleaned: CleanedArticle,
        received_at: datetime,
        *,
        continues: bool,
    ) -> ArticleRecord:
        with self._lock:
            present = self._records.get(article_id)
            if present is not None and self._is_gone(present):
                return self._marked(present)
            if present is not None and present.digest == digest:
                return present
            record = revised(
                present,
                article_id=article_id,
                digest=digest,
                submission=submission,
                cleaned=cleaned,
                received_at=received_at,
                continues=continues,
            )
            self._sources[article_id] = submission.html, submission.text
            self._records[article_id] = record
            return record

    def amend(
        self,
        record: ArticleRecord,
        cleaned: CleanedArticle,
        restored: frozenset[str],
        removed: frozenset[str],
    ) -> ArticleRecord | None:
        changed = amended(record, cleaned, restored, removed)
        return changed if self._put(record, changed) else None

    def finish(self, record: ArticleRecord, outcome: Outcome) -> bool:
        return self._put(record, replace(record, arrival=outcome.arrival, outcome=outcome))

    def _put(self, seen: ArticleRecord, record: ArticleRecord) -> bool:
        with self._lock:
            present = self._records.get(record.id)
            if present is None or _seal(present) != _seal(seen):
                return False
            self._records[record.id] = record
            return True

    def received(self, record: ArticleRecord) -> Submission | None:
        with self._lock:
            present, source = self._records.get(record.id), self._sources.get(record.id)
        if present is None or source is None or present.revision != record.revision:
            return None
        days = self._retention.source_days
        if days is not None and record.received_at + timedelta(days=days) <= self._clock():
            return None
        html, text = source
        return replace(record.submission, html=html, text=text)

    def get(self, article_id: str) -> ArticleRecord | None:
        return self.get_many([article_id])[0]

    def get_many(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        return [
            None if record is None or self._is_gone(record) else record
            for record in self.stored(article_ids)
        ]

    def stored(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        return [self._records.get(article_id) for article_id in article_ids]

    def mark_deleted(self, article_id: str) -> ArticleRecord | None:
        with self._lock:
            present = self._records.get(article_id)
            return None if present is None else self._marked(present)

    def _marked(self, present: ArticleRecord) -> ArticleRecord:
        if not present.deleted:
            present = marked(present)
            self._records[present.id] = present
        return present

    def _is_gone(self, record: ArticleRecord) -> bool:
        return record.deleted or self._retention.is_over(record, self._clock())

    def remove(self, record: ArticleRecord) -> bool:
        with self._lock:
            present = self._records.get(record.id)
            if present is None or _seal(present) != _seal(record):
                return False
            del self._records[record.id], self._sources[record.id]
            return True

    def due(self, limit: int) -> list[str]:
        records = list(self._records.values())
        return [record.id for record in records if self._is_gone(record)][:limit]

    def noted_anew(self) -> Iterator[str]:
        return iter(())

    def ids(self) -> Iterator[str]:
        return iter(list(self._records))

    def latest(self, limit: int) -> list[str]:
        return list(self._records)[::-1][:limit]

    def count(self) -> int:
        return len(self._records)


def _seal(record: ArticleRecord) -> tuple[int, datetime]:
    """What no other state of an article's record has."""
    return record.version, record.received_at


class MemoryIndex:
    """FingerprintIndex in dicts; capped like the one in Redis."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, int, tuple[bytes, ...]]] = {}
        self._ids: dict[int, str] = {}
        self._buckets: dict[bytes, list[int]] = {}
        self._arrivals = 0
        self._lock = threading.Lock()

    def check(self) -> None:
        pass

    def add(
        self,
        article_id: str,
        revision: int,
        slots: Sequence[bytes],
        *,
        continues: bool,
        arrival: int | None = None,
    ) -> Placement:
        with self._lock:
            entry = self._entries.get(article_id)
            is_stale = entry is not None and entry[1] > revision
            if entry is not None and (is_stale or continues or entry[1] == revision):
                arrival = entry[0]
            elif arrival is None:
                self._arrivals += 1
                arrival = self._arrivals
            self._arrivals = max(self._arrivals, arrival)
            if not is_stale:
                if entry is not None:
                    self._leave(entry)
                self._entries[article_id] = (arrival, revision, tuple(slots))
                self._ids[arrival] = article_id
                self._join(arrival, slots)
            return self._met(arrival, slots)

    def id_of(self, arrival: int) -> str | None:
        return self._ids.get(arrival)

    def remove(
        self, article_id: str, slots: Sequence[bytes], arrival: int | None
    ) -> tuple[Candidate, ...]:
        with self._lock:
            entry = self._entries.get(article_id)
            if entry is not None and arrival in {None, entry[0]}:
                self._leave(entry)
                del self._entries[article_id]
            met = self._met(0, slots).later
        others = (candidate for candidate in met if candidate.id != article_id)
        return tuple(sorted(others, key=attrgetter("arrival")))

    def faults(self, entries: Iterable[IndexEntry]) -> Iterator[str]:
        for entry in entries:
            stored = self._entries.get(entry.id)
            wanted = (entry.arrival, entry.revision, entry.slots)
            if entry.arrival is not None and stored != wanted:
                yield f"article {entry.id!r} is not in the index as it should be"

    def rebuild(self, entries: Iterable[IndexEntry]) -> None:
        wanted = list(entries)
        with self._lock:
            self._entries.clear()
            self._ids.clear()
            self._buckets.clear()
        for entry in wanted:
            self.add(entry.id, entry.revision, entry.slots, continues=False, arrival=entry.arrival)

    def _leave(self, entry: tuple[int, int, tuple[bytes, ...]]) -> None:
        arrival, _, slots = entry
        del self._ids[arrival]
        for slot in slots:
            bucket = self._buckets.get(slot, [])
            if arrival in bucket:
                bucket.remove(arrival)
            if not bucket:
                self._buckets.pop(slot, None)

    def _join(self, arrival: int, slots: Sequence[bytes]) -> None:
        for slot in slots:
            bucket = self._buckets.setdefault(slot, [])
            if arrival not in bucket and len(bucket) < BUCKET_CAP:
                bucket.append(arrival)

    def _met(self, arrival: int, slots: Sequence[bytes]) -> Placement:
        shared: Counter[int] = Counter()
        crowded: Counter[int] = Counter()
        for slot in slots:
            others = [member for member in self._buckets.get(slot, []) if member != arrival]
            shared.update(others)
            crowded.update(others if len(others) >= BUCKET_CAP - 1 else ())
        return placement(
            arrival,
            (
                Candidate(self._ids[member], member, count, crowded[member])
                for member, count in shared.items()
            ),
        )


class MemoryFlags:
    """FlagStore in a dict."""

    def __init__(self) -> None:
        self._flags: dict[str, Flag] = {}
        self._lock = threading.Lock()

    def put(self, flag: Flag, *, seen: int) -> bool:
        with self._lock:
            present = self._flags.get(flag.id)
            if (present.version if present else 0) != seen:
                return False
            self._flags[flag.id] = flag
            return True

    def get(self, flag_id: str) -> Flag | None:
        return self._flags.get(flag_id)

    def raised_by(self, article_id: str) -> list[Flag]:
        return [flag for flag in self._flags.values() if flag.article == article_id]

    def raised_on(self, article_id: str, limit: int) -> list[Flag]:
        return [flag for flag in self._flags.values() if flag.other == article_id][:limit]

    def remove(self, flag: Flag) -> None:
        with self._lock:
            self._flags.pop(flag.id, None)

    def page(self, state: FlagState | None, after: str | None, limit: int) -> FlagPage:
        newest = list(reversed(self._flags.values()))
        behind = next((i for i, flag in enumerate(newest, 1) if flag.id == after), 0)
        rest = [flag for flag in newest[behind:] if state in (None, flag.state)]
        page = rest[:limit]
        return FlagPage(
            flags=tuple(page),
            after=page[-1].id if len(rest) > limit else None,
            total=sum(state in (None, flag.state) for flag in newest),
        )


class MemorySites:
    """SiteStore in dicts; nothing expires."""

    def __init__(self) -> None:
        self._rules: dict[str, dict[str, SiteRule]] = {}
        self._latest: dict[str, dict[str, int]] = {}
        self._stories: dict[str, list[SiteStory]] = {}
        self._lock = threading.Lock()

    def look_up(self, site: str, keys: Sequence[str]) -> tuple[list[SiteStory], dict[str, bool]]:
        of_site = self._rules.get(site, {})
        found = (of_site[key] for key in keys if key in of_site)
        in_force = {rule.key: rule.kept for rule in found if rule.kept is not None}
        return self._stories.get(site, []), in_force

    def remember(
        self,
        site: str,
        article_id: str,
        arrival: int,
        story: SiteStory | None,
        kin: Collection[bytes],
    ) -> None:
        with self._lock:
            latest = self._latest.setdefault(site, {})
            latest[article_id] = arrival
            if len(latest) > ARTICLES_PER_SITE:
                del latest[min(latest, key=latest.__getitem__)]
            if story is not None:
                self._stories[site] = with_story(self._stories.get(site, []), story, kin)

    def forget(self, site: str, article_id: str) -> None:
        with self._lock:
            self._latest.get(site, {}).pop(article_id, None)
            name, stories = article_name(article_id), self._stories.get(site, [])
            self._stories[site] = [story for story in stories if story.article != name]

    def latest(self, site: str, limit: int) -> list[str]:
        latest = self._latest.get(site, {})
        return sorted(latest, key=latest.__getitem__, reverse=True)[:limit]

    def put_rule(self, rule: SiteRule, *, seen: int) -> bool:
        with self._lock:
            of_site = self._rules.setdefault(rule.site, {})
            present = of_site.get(rule.key)
            if (present.version if present else 0) != seen:
                return False
            of_site[rule.key] = rule
            return True

    def rule(self, site: str, key: str) -> SiteRule | None:
        return self._rules.get(site, {}).get(key)

    def rules(self, site: str) -> list[SiteRule]:
        return oldest_first(self._rules.get(site, {}).values())

    def ruled(self, after: str | None, limit: int) -> list[str]:
        names = sorted(name.encode() for name, rules in self._rules.items() if rules)
        behind = [name.decode() for name in names if after is None or name > after.encode()]
        return behind[:limit]


class MemoryStories:
    """StoryStore in dicts."""

    def __init__(self) -> None:
        self._stories: dict[str, Story] = {}
        self._members: dict[str, Membership] = {}
        self._lock = threading.Lock()

    def get_many(self, story_ids: Sequence[str]) -> list[Story]:
        return [self._stories.get(story_id) or Story(story_id) for story_id in story_ids]

    def put(self, stories: Sequence[Story], seen: Sequence[int]) -> bool:
        with self._lock:
            present = self.get_many([story.id for story in stories])
            if [story.version for story in present] != list(seen):
                return False
            self._stories.update((story.id, story) for story in stories)
            return True

    def place(self, membership: Membership) -> None:
        with self._lock:
            self._members[membership.id] = membership

    def leave(self, article_id: str) -> None:
        with self._lock:
            self._members.pop(article_id, None)

    def members(self, story_id: str, after: int, limit: int) -> list[Membership]:
        found = [one for one in self._of(story_id) if one.arrival > after]
        return sorted(found, key=attrgetter("arrival"))[:limit]

    def count(self, story_id: str) -> int:
        return len(self._of(story_id))

    def weakest(self, story_id: str) -> str | None:
        weakest = min(self._of(story_id), key=attrgetter("link", "id"), default=None)
        return weakest.id if weakest else None

    def faults(
        self, memberships: Iterable[Membership], pending: Collection[str] = ()
    ) -> Iterator[str]:
        wanted = {membership.id: membership for membership in memberships}
        with self._lock:
            stored = {name: one for name, one in self._members.items() if name not in pending}
        for article_id in wanted.keys() | stored.keys():
            if wanted.get(article_id) != stored.get(article_id):
                yield f"article {article_id!r} is not among the members of stories as it should be"

    def clear(self) -> None:
        with self._lock:
            self._members.clear()

    def _of(self, story_id: str) -> list[Membership]:
        with self._lock:
            return [one for one in self._members.values() if one.story == story_id]

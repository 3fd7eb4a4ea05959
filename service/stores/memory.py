"""All stores in memory: complete, for tests and dry runs. Nothing survives the process."""

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from cleaning.model import CleanedArticle
from service.duplicates.model import (
    DEFAULT_POLICY,
    ArticleRecord,
    Candidate,
    Flag,
    FlagPage,
    FlagState,
    Outcome,
    Placement,
    Policy,
    SiteStory,
    Submission,
)
from service.duplicates.ports import BUCKET_CAP, Clock, Services, placement, system_clock
from service.duplicates.sites import with_story


def memory_services(policy: Policy = DEFAULT_POLICY, clock: Clock = system_clock) -> Services:
    """A service of its own, empty."""
    return Services(MemoryArticles(), MemoryIndex(), MemoryFlags(), policy, clock, MemorySites())


class MemoryArticles:
    """ArticleStore in a dict."""

    def __init__(self) -> None:
        self._records: dict[str, ArticleRecord] = {}
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
            if present is not None and present.digest == digest:
                return present
            record = ArticleRecord(
                id=article_id,
                revision=present.revision + 1 if present else 1,
                version=present.version + 1 if present else 1,
                digest=digest,
                continues=continues,
                received_at=received_at,
                submission=submission,
                cleaned=cleaned,
                restored=present.restored if present else frozenset(),
                superseded=present.superseded | {present.digest} if present else frozenset(),
            )
            self._records[article_id] = record
            return record

    def amend(
        self, record: ArticleRecord, cleaned: CleanedArticle, restored: frozenset[str]
    ) -> ArticleRecord | None:
        amended = replace(
            record,
            version=record.version + 1,
            cleaned=cleaned,
            restored=restored,
            outcome=None,
        )
        return amended if self._put(record, amended) else None

    def finish(self, record: ArticleRecord, outcome: Outcome) -> bool:
        return self._put(record, replace(record, outcome=outcome))

    def _put(self, seen: ArticleRecord, record: ArticleRecord) -> bool:
        with self._lock:
            present = self._records.get(record.id)
            if present is None or present.version != seen.version:
                return False
            self._records[record.id] = record
            return True

    def get(self, article_id: str) -> ArticleRecord | None:
        return self._records.get(article_id)

    def get_many(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        return [self._records.get(article_id) for article_id in article_ids]

    def ids(self) -> Iterator[str]:
        return iter(list(self._records))

    def count(self) -> int:
        return len(self._records)


class MemoryIndex:
    """FingerprintIndex in dicts; capped like the one in Redis."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, int, tuple[bytes, ...]]] = {}
        self._ids: dict[int, str] = {}
        self._buckets: dict[bytes, list[int]] = {}
        self._arrivals = 0
        self._lock = threading.Lock()

    def add(
        self, article_id: str, revision: int, slots: Sequence[bytes], *, continues: bool
    ) -> Placement:
        with self._lock:
            entry = self._entries.get(article_id)
            is_stale = entry is not None and entry[1] > revision
            if entry is not None and (is_stale or continues or entry[1] == revision):
                arrival = entry[0]
            else:
                self._arrivals += 1
                arrival = self._arrivals
            if not is_stale:
                if entry is not None:
                    self._leave(entry)
                self._entries[article_id] = (arrival, revision, tuple(slots))
                self._ids[arrival] = article_id
                self._join(arrival, slots)
            return self._met(arrival, slots)

    def _leave(self, entry: tuple[int, int, tuple[bytes, ...]]) -> None:
        arrival, _, slots = entry
        del self._ids[arrival]
        for slot in slots:
            bucket = self._buckets.get(slot, [])
            if arrival in bucket:
                bucket.remove(arrival)

    def _join(self, arrival: int, slots: Sequence[bytes]) -> None:
        for slot in slots:
            bucket = self._buckets.setdefault(slot, [])
            if arrival not in bucket and len(bucket) < BUCKET_CAP:
                bucket.append(arrival)

    def _met(self, arrival: int, slots: Sequence[bytes]) -> Placement:
        shared = Counter(member for slot in slots for member in self._buckets.get(slot, []))
        return placement(
            arrival,
            (
                Candidate(self._ids[member], member, count)
                for member, count in shared.items()
                if member != arrival
            ),
        )


class MemorySites:
    """SiteMemory in a dict; nothing expires."""

    def __init__(self) -> None:
        self._stories: dict[str, list[SiteStory]] = {}
        self._lock = threading.Lock()

    def stories(self, site: str) -> list[SiteStory]:
        return self._stories.get(site, [])

    def remember(self, site: str, story: SiteStory, kin: Collection[bytes]) -> None:
        with self._lock:
            self._stories[site] = with_story(self.stories(site), story, kin)


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

"""ArticleStore in Redis: one packed string per article, and its source in another."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import redis
import zstandard
from redis.exceptions import ResponseError

from cleaning.model import CleanedArticle
from service.duplicates.errors import StoreUnavailable
from service.duplicates.model import ArticleRecord, Outcome, Submission, amended, marked, revised
from service.duplicates.ports import Clock, system_clock
from service.duplicates.retention import KEEP, Retention, day_of
from service.stores.packed_record import pack, seal, unpack
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import INDEX_PARAMETERS, Keys
from service.stores.unpacked_record import unpacked

_IDS_AT_ONCE = 1000
_NOTED_AT_ONCE = 200
# Whoever writes at the same moment wins; the loser reads again.
_ATTEMPTS = 10
_SOURCE = struct.Struct(">I?")  # the revision, and whether it is HTML; the rest is zstd
DELETED = 0  # the day that is noted of an article that is being deleted
_WRONG_TYPE = "WRONGTYPE"


class RedisArticles:
    """The records of one namespace."""

    def __init__(
        self,
        client: redis.Redis,
        namespace: str,
        retention: Retention = KEEP,
        clock: Clock = system_clock,
    ) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._retention = retention
        self._clock = clock
        self._put_script = script(client, "put_article")
        self._remove_script = script(client, "remove_record")

    @reaching_redis()
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
        present: ArticleRecord | None = None
        for _ in range(_ATTEMPTS):
            if present is not None and self._is_gone(present):
                return self.mark_deleted(article_id) or present
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
            if self._put(record, present, _packed_source(record, submission)):
                return record
            present = self.stored([article_id])[0]
        raise _contended(article_id)

    @reaching_redis()
    def amend(
        self,
        record: ArticleRecord,
        cleaned: CleanedArticle,
        restored: frozenset[str],
        removed: frozenset[str],
    ) -> ArticleRecord | None:
        changed = amended(record, cleaned, restored, removed)
        return changed if self._put(changed, record) else None

    @reaching_redis()
    def finish(self, record: ArticleRecord, outcome: Outcome) -> bool:
        return self._put(replace(record, arrival=outcome.arrival, outcome=outcome), record)

    def _put(self, record: ArticleRecord, seen: ArticleRecord | None, source: bytes = b"") -> bool:
        keys = self._keys
        written = self._put_script(
            keys=[
                keys.article(record.id),
                keys.articles,
                keys.source(record.id),
                keys.index_parameters,
                keys.index_arrivals,
                keys.due,
            ],
            args=[
                *(record.id, seal(seen) if seen else b"", pack(record), source, INDEX_PARAMETERS),
                *(_written(self._due_day(record)), _written(self._source_end(record))),
            ],
        )
        return bool(written)

    def _due_day(self, record: ArticleRecord) -> int | None:
        return DELETED if record.deleted else self._retention.last_day(record)

    def _source_end(self, record: ArticleRecord) -> int | None:
        """When a source expires, in seconds since 1970."""
        days = self._retention.source_days
        if days is None:
            return None
        return int((record.received_at + timedelta(days=days)).timestamp())

    @reaching_redis()
    def received(self, record: ArticleRecord) -> Submission | None:
        stored: Any = self._client.get(self._keys.source(record.id))
        if stored is None:
            return None
        revision, is_html = _SOURCE.unpack_from(stored)
        if revision != record.revision:
            return None
        source = zstandard.decompress(stored[_SOURCE.size :]).decode()
        return replace(
            record.submission,
            html=source if is_html else None,
            text=None if is_html else source,
        )

    def get(self, article_id: str) -> ArticleRecord | None:
        return self.get_many([article_id])[0]

    def get_many(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        return [
            None if record is None or self._is_gone(record) else record
            for record in self.stored(article_ids)
        ]

    def _is_gone(self, record: ArticleRecord) -> bool:
        return record.deleted or self._retention.is_over(record, self._clock())

    @reaching_redis()
    def stored(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        if not article_ids:
            return []
        pipeline = self._client.pipeline(transaction=False)
        for article_id in article_ids:
            pipeline.get(self._keys.article(article_id))
        stored = pipeline.execute(raise_on_error=False)
        return [self._read(*pair) for pair in zip(article_ids, stored, strict=True)]

    def _read(self, article_id: str, stored: Any) -> ArticleRecord | None:  # noqa: ANN401
        if isinstance(stored, bytes):
            return unpack(article_id, stored)
        if isinstance(stored, ResponseError) and _WRONG_TYPE in str(stored):
            return self._read_unpacked(article_id)
        if isinstance(stored, Exception):
            raise stored
        return None

    def _read_unpacked(self, article_id: str) -> ArticleRecord | None:
        """The record that version 0.1.0 stored as a hash, which it is not from now on."""
        fields: Any = self._client.hgetall(self._keys.article(article_id))
        if not fields:
            return None
        record, submission = unpacked(article_id, fields)
        self._put(record, record, _packed_source(record, submission))
        return record

    @reaching_redis()
    def mark_deleted(self, article_id: str) -> ArticleRecord | None:
        for _ in range(_ATTEMPTS):
            present = self.stored([article_id])[0]
            if present is None or present.deleted:
                return present
            record = marked(present)
            if self._put(record, present):
                return record
        raise _contended(article_id)

    @reaching_redis()
    def remove(self, record: ArticleRecord) -> bool:
        keys = self._keys
        removed = self._remove_script(
            keys=[keys.article(record.id), keys.articles, keys.source(record.id), keys.due],
            args=[record.id, seal(record)],
        )
        return bool(removed)

    @reaching_redis()
    def due(self, limit: int) -> list[str]:
        today = day_of(self._clock())
        # What was noted by other windows is noted anew on the way.
        while True:
            found: Any = self._client.zrange(
                self._keys.due, "-inf", f"({today}", byscore=True, offset=0, num=limit
            )
            ids = [article_id.decode() for article_id in found]
            gone = self._noted(ids)
            if gone or not ids:
                return gone

    def noted_anew(self) -> Iterator[str]:
        if self._noted_by() == self._retention.written:
            return
        rest = self.ids()
        while ids := list(islice(rest, _NOTED_AT_ONCE)):
            self._noted(ids)
            yield from ids
        with reaching_redis():
            self._client.set(self._keys.windows, self._retention.written)

    @reaching_redis()
    def _noted_by(self) -> str:
        windows: Any = self._client.get(self._keys.windows)
        return (windows or b"").decode()

    @reaching_redis()
    def _noted(self, article_ids: Sequence[str]) -> list[str]:
        """Note when articles expire by the present windows; returns those that are gone."""
        records = self.stored(article_ids)
        self._note(article_ids, records)
        # One that was marked as deleted meanwhile has just lost its day.
        marks = [record for record in self.stored(article_ids) if record and record.deleted]
        self._note([record.id for record in marks], marks)
        return [record.id for record in records if record is not None and self._is_gone(record)]

    def _note(self, article_ids: Sequence[str], records: Sequence[ArticleRecord | None]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for article_id, record in zip(article_ids, records, strict=True):
            day = None if record is None else self._due_day(record)
            if day is None:
                pipeline.zrem(self._keys.due, article_id)
            else:
                pipeline.zadd(self._keys.due, {article_id: day})
        pipeline.execute()

    def ids(self) -> Iterator[str]:
        last = "-inf"
        while True:
            with reaching_redis():
                found: Any = self._client.zrange(
                    self._keys.articles,
                    f"({last}",
                    "+inf",
                    byscore=True,
                    offset=0,
                    num=_IDS_AT_ONCE,
                    withscores=True,
                )
            if not found:
                return
            yield from (article_id.decode() for article_id, _ in found)
            last = found[-1][1]

    @reaching_redis()
    def latest(self, limit: int) -> list[str]:
        if limit < 1:
            return []
        found: Any = self._client.zrange(self._keys.articles, 0, limit - 1, desc=True)
        return [article_id.decode() for article_id in found]

    @reaching_redis()
    def count(self) -> int:
        return int(self._client.zcard(self._keys.articles))


def _packed_source(record: ArticleRecord, submission: Submission) -> bytes:
    is_html = submission.html is not None
    source = submission.html if submission.html is not None else submission.text or ""
    return _SOURCE.pack(record.revision, is_html) + zstandard.compress(source.encode(), 3)


def _written(number: int | None) -> str:
    return "" if number is None else str(number)


def _contended(article_id: str) -> StoreUnavailable:
    return StoreUnavailable(f"article {article_id!r} is changed by others all the time")

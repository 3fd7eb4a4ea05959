"""ArticleStore in Redis: one packed string per article, and its source in another."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import redis
import zstandard
from redis.exceptions import ResponseError

from cleaning.model import CleanedArticle
from service.duplicates.errors import StoreUnavailable
from service.duplicates.model import ArticleRecord, Outcome, Submission, amended, revised
from service.stores.packed_record import pack, seal, unpack
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import INDEX_PARAMETERS, Keys
from service.stores.unpacked_record import unpacked

_IDS_AT_ONCE = 1000
# Whoever writes at the same moment wins; the loser reads again.
_ATTEMPTS = 10
_SOURCE = struct.Struct(">I?")  # the revision, and whether it is HTML; the rest is zstd
_WRONG_TYPE = "WRONGTYPE"


class RedisArticles:
    """The records of one namespace."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._put_script = script(client, "put_article")

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
            present = self.get(article_id)
        raise StoreUnavailable(f"article {article_id!r} is changed by others all the time")

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
            ],
            args=[
                *(record.id, seal(seen) if seen else b"", pack(record), source),
                INDEX_PARAMETERS,
            ],
        )
        return bool(written)

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

    @reaching_redis()
    def get_many(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
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
    def count(self) -> int:
        return int(self._client.zcard(self._keys.articles))


def _packed_source(record: ArticleRecord, submission: Submission) -> bytes:
    is_html = submission.html is not None
    source = submission.html if submission.html is not None else submission.text or ""
    return _SOURCE.pack(record.revision, is_html) + zstandard.compress(source.encode(), 3)

"""ArticleStore in Redis: one hash per article, its large fields compressed."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import redis
import zstandard
from pydantic import TypeAdapter

from cleaning.model import CleanedArticle
from service.duplicates.model import ArticleRecord, Outcome, Submission
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import INDEX_PARAMETERS, Keys

_SUBMISSION = TypeAdapter(Submission)
_CLEANED = TypeAdapter(CleanedArticle)
_OUTCOME = TypeAdapter(Outcome)
_IDS_AT_ONCE = 1000


class RedisArticles:
    """The records of one namespace."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._begin = script(client, "begin_article")
        self._change = script(client, "change_article")

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
        flat = self._begin(
            keys=[
                self._keys.article(article_id),
                self._keys.articles,
                self._keys.index_parameters,
                self._keys.index_arrivals,
            ],
            args=[
                article_id,
                digest,
                received_at.isoformat(),
                _pack(_SUBMISSION.dump_json(submission)),
                _pack(_CLEANED.dump_json(cleaned)),
                int(continues),
                INDEX_PARAMETERS,
            ],
        )
        return _record(article_id, dict(zip(flat[::2], flat[1::2], strict=True)))

    @reaching_redis()
    def amend(
        self,
        record: ArticleRecord,
        cleaned: CleanedArticle,
        restored: frozenset[str],
        removed: frozenset[str],
    ) -> ArticleRecord | None:
        fields: dict[str, bytes | str] = {
            "cleaned": _pack(_CLEANED.dump_json(cleaned)),
            "restored": json.dumps(sorted(restored)),
            "removed": json.dumps(sorted(removed)),
            "outcome": "",
            "arrival": "" if record.arrival is None else str(record.arrival),
        }
        if not self._set(record, fields, is_change=True):
            return None
        return replace(
            record,
            version=record.version + 1,
            cleaned=cleaned,
            restored=restored,
            removed=removed,
            outcome=None,
        )

    @reaching_redis()
    def finish(self, record: ArticleRecord, outcome: Outcome) -> bool:
        fields: dict[str, bytes | str] = {
            "outcome": _pack(_OUTCOME.dump_json(outcome)),
            "arrival": str(outcome.arrival),
        }
        return self._set(record, fields, is_change=False)

    def _set(self, seen: ArticleRecord, fields: dict[str, bytes | str], *, is_change: bool) -> bool:
        pairs = [part for pair in fields.items() for part in pair]
        written = self._change(
            keys=[self._keys.article(seen.id)], args=[seen.version, int(is_change), *pairs]
        )
        return bool(written)

    def get(self, article_id: str) -> ArticleRecord | None:
        return self.get_many([article_id])[0]

    @reaching_redis()
    def get_many(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        if not article_ids:
            return []
        pipeline = self._client.pipeline(transaction=False)
        for article_id in article_ids:
            pipeline.hgetall(self._keys.article(article_id))
        return [
            _record(article_id, fields) if fields else None
            for article_id, fields in zip(article_ids, pipeline.execute(), strict=True)
        ]

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


def _record(article_id: str, fields: dict[bytes, bytes]) -> ArticleRecord:
    stored = fields.get(b"outcome")
    outcome = _OUTCOME.validate_json(_outcome_json(stored)) if stored else None
    arrival = fields.get(b"arrival")
    former = fields.get(b"former")
    if not arrival and outcome is not None:  # it was concluded before the field was there
        arrival = str(outcome.arrival).encode()
    return ArticleRecord(
        id=article_id,
        revision=int(fields[b"revision"]),
        version=int(fields[b"version"]),
        digest=fields[b"digest"].decode(),
        continues=fields[b"continues"] == b"1",
        received_at=datetime.fromisoformat(fields[b"received_at"].decode()),
        submission=_SUBMISSION.validate_json(_unpack(fields[b"submission"])),
        cleaned=_CLEANED.validate_json(_unpack(fields[b"cleaned"])),
        restored=frozenset(json.loads(fields.get(b"restored", b"[]"))),
        removed=frozenset(json.loads(fields.get(b"removed", b"[]"))),
        superseded=frozenset(fields.get(b"superseded", b"").decode().split()),
        former=_CLEANED.validate_json(_unpack(former)) if former else None,
        arrival=int(arrival) if arrival else None,
        outcome=outcome,
    )


def _outcome_json(stored: bytes) -> bytes:
    """Outcomes were stored as plain JSON once."""
    return stored if stored.startswith(b"{") else _unpack(stored)


def _pack(data: bytes) -> bytes:
    return zstandard.compress(data, 3)


def _unpack(data: bytes) -> bytes:
    return zstandard.decompress(data)

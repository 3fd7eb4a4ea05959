"""Reads the records of version 0.1.0 and of development versions up to packed ones: a hash with the
submission, the cleaned article and the outcome as JSON, whole and compressed."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import zstandard
from pydantic import TypeAdapter

from cleaning.article import SCORE_DIGITS
from cleaning.model import CleanedArticle
from service.duplicates.model import ArticleRecord, Outcome, Submission

_SUBMISSION = TypeAdapter(Submission)
_CLEANED = TypeAdapter(CleanedArticle)
_OUTCOME = TypeAdapter(Outcome)


def unpacked(article_id: str, fields: Mapping[bytes, bytes]) -> tuple[ArticleRecord, Submission]:
    """The record in the fields of such a hash, and the submission with its source."""
    stored = fields.get(b"outcome")
    outcome = _OUTCOME.validate_json(_outcome_json(stored)) if stored else None
    arrival = fields.get(b"arrival")
    if not arrival and outcome is not None:  # it was concluded before the field was there
        arrival = str(outcome.arrival).encode()
    submission = _SUBMISSION.validate_json(zstandard.decompress(fields[b"submission"]))
    former = fields.get(b"former")
    record = ArticleRecord(
        id=article_id,
        revision=int(fields[b"revision"]),
        version=int(fields[b"version"]),
        digest=fields[b"digest"].decode(),
        continues=fields[b"continues"] == b"1",
        received_at=datetime.fromisoformat(fields[b"received_at"].decode()),
        submission=replace(submission, html=None, text=None),
        cleaned=_cleaned(fields[b"cleaned"]),
        restored=frozenset(json.loads(fields.get(b"restored", b"[]"))),
        removed=frozenset(json.loads(fields.get(b"removed", b"[]"))),
        superseded=frozenset(fields.get(b"superseded", b"").decode().split()),
        former=_cleaned(former) if former else None,
        arrival=int(arrival) if arrival else None,
        outcome=outcome,
    )
    return record, submission


def _cleaned(stored: bytes) -> CleanedArticle:
    cleaned = _CLEANED.validate_json(zstandard.decompress(stored))
    blocks = (replace(block, score=round(block.score, SCORE_DIGITS)) for block in cleaned.blocks)
    return replace(cleaned, source="", blocks=tuple(blocks))


def _outcome_json(stored: bytes) -> bytes:
    """Outcomes were plain JSON once."""
    return stored if stored.startswith(b"{") else zstandard.decompress(stored)

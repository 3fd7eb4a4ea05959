"""An article's record <-> bytes, each word of it once.

    seal      12 bytes   version (4) and the moment of receipt in microseconds (8): what a writer
                         compares with the record that they saw; no two records have the same one
    format     1 byte    which of the ways to read the rest
    keys       2 bytes   the number of blocks, then their keys, 8 bytes each; those of the former
                         article come last
    the rest             zstd, with a dictionary, of one JSON object

The object holds the texts of the blocks; the article's text is made of them again when it is read.
What most blocks have stands in columns, what few have under the block's number, and a value that is
the default nowhere. Wire copy of 400 words in 14 blocks takes some 1,700 bytes, of which its words
alone, compressed, take 1,220.

The dictionary begins with what every record says (names of fields, rules, reasons). It belongs to
the format: with another one old records could not be read. `scripts/record_dictionary.py` makes it.
"""

import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

import zstandard
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from cleaning.model import Block, CleanedArticle, Role
from service.duplicates.errors import StoreMisconfigured
from service.duplicates.model import ArticleRecord, Outcome, Submission

FORMAT = 1
SEAL_BYTES = 12
# Of wire copy, level 4 makes 3 % less than 3, in 64 us instead of 34; 9 saves 1 % more for 134 us.
_LEVEL = 4
_SEAL = struct.Struct(">Iq")
_HEAD = struct.Struct(">BH")
_KEY_BYTES = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# A letter says what a block is; of a removed one it is a capital.
_LETTERS = {
    Role.TITLE: "t",
    Role.HEADING: "h",
    Role.BODY: "b",
    Role.QUOTE: "q",
    Role.LIST: "l",
    Role.CAPTION: "c",
    Role.TABLE: "d",
}
_ROLES = {letter: role for role, letter in _LETTERS.items()}
SCORE_UNIT = 10_000  # cleaning rounds scores to four digits
_SUBMISSION = TypeAdapter(Submission)
_BLOCK = TypeAdapter(Block)
_CLEANED = TypeAdapter(CleanedArticle)
_OUTCOME = TypeAdapter(Outcome)

COLUMNS = frozenset(("kinds", "gaps", "longer", "scores", "reasons", "given", "more", "texts"))
# What a cleaned article has where nothing is told. The text of the source is not stored.
_NOTHING: dict[str, Any] = {
    **dict.fromkeys(
        ("title", "published_at", "updated_at", "site", "agency", "language", "canonical_url")
    ),
    "authors": (),
    "source": "",
    "blocks": (),
}

_Fields = dict[str, Any]


def seal(record: ArticleRecord) -> bytes:
    """What no other state of an article's record has."""
    return _SEAL.pack(record.version, (record.received_at - _EPOCH) // _MICROSECOND)


def pack(record: ArticleRecord) -> bytes:
    """The bytes of a record."""
    blocks = [*record.cleaned.blocks, *(record.former.blocks if record.former else ())]
    keys = b"".join(bytes.fromhex(block.key) for block in blocks)
    head = seal(record) + _HEAD.pack(FORMAT, len(blocks))
    compressor = zstandard.ZstdCompressor(dict_data=_dictionary(FORMAT))
    return head + keys + compressor.compress(plain(record))


def unpack(article_id: str, packed: bytes) -> ArticleRecord:
    """The record of these bytes. Raises StoreMisconfigured for a format of a later version."""
    version, received = _SEAL.unpack_from(packed)
    kind, count = _HEAD.unpack_from(packed, SEAL_BYTES)
    if kind != FORMAT:
        raise StoreMisconfigured(
            f"the record of article {article_id!r} has the format {kind}, of a later version of "
            "Copydesk: use that one"
        )
    start = SEAL_BYTES + _HEAD.size
    end = start + count * _KEY_BYTES
    keys = [packed[at : at + _KEY_BYTES].hex() for at in range(start, end, _KEY_BYTES)]
    decompressor = zstandard.ZstdDecompressor(dict_data=_dictionary(kind))
    fields = from_json(decompressor.decompress(packed[end:]))
    outcome, former = fields.get("outcome"), fields.get("former")
    own = len(fields["cleaned"]["kinds"])
    return ArticleRecord(
        id=article_id,
        revision=fields["revision"],
        version=version,
        digest=fields["digest"],
        continues="continues" in fields,
        received_at=_EPOCH + received * _MICROSECOND,
        submission=_SUBMISSION.validate_json(to_json(fields["submission"])),
        cleaned=_cleaned(fields["cleaned"], keys[:own]),
        restored=frozenset(fields.get("restored", ())),
        removed=frozenset(fields.get("removed", ())),
        superseded=frozenset(fields.get("superseded", ())),
        former=_cleaned(former, keys[own:]) if former else None,
        arrival=fields.get("arrival"),
        outcome=_OUTCOME.validate_python(outcome) if outcome else None,
        deleted="deleted" in fields,
    )


def plain(record: ArticleRecord) -> bytes:
    """A record as JSON, as it is before it is compressed: what is said of the article, then what
    it says."""
    outcome = record.outcome
    fields = {
        "revision": record.revision,
        "digest": record.digest,
        "continues": record.continues,
        "deleted": record.deleted,
        "superseded": sorted(record.superseded),
        "restored": sorted(record.restored),
        "removed": sorted(record.removed),
        "submission": _SUBMISSION.dump_python(
            record.submission, mode="json", exclude_defaults=True
        ),
        "arrival": record.arrival,
        "outcome": outcome and _OUTCOME.dump_python(outcome, mode="json", exclude_defaults=True),
        "cleaned": _told(_columns(record.cleaned)),
        "former": record.former and _told(_columns(record.former)),
    }
    return to_json(_told(fields))


def _columns(cleaned: CleanedArticle) -> _Fields:
    fields = _CLEANED.dump_python(cleaned, mode="json", exclude_defaults=True, exclude={"source"})
    blocks: list[_Fields] = fields.pop("blocks")
    texts = [block.pop("text") for block in blocks]
    reasons: dict[str, int] = {}
    kinds, gaps, longer, scores, given = "", [], [], [], []
    end = 0
    for block, text in zip(blocks, texts, strict=True):
        letter = _LETTERS[Role(block.pop("role"))]
        kinds += letter if block.pop("kept") else letter.upper()
        start, before, end = block.pop("start"), end, block.pop("end")
        gaps.append(start - before)
        longer.append(end - start - len(text))
        scores.append(round(block.pop("score", 0.0) * SCORE_UNIT))
        own = block.pop("reasons", ())
        given.append([reasons.setdefault(reason, len(reasons)) for reason in own])
        del block["key"]
    text = fields.pop("text")
    return {
        **fields,
        "text": None if text == _joined(texts, kinds) else text,
        "kinds": kinds,
        "gaps": gaps,
        "longer": longer,
        "scores": scores,
        "reasons": list(reasons),
        "given": given,
        "more": {str(index): block for index, block in enumerate(blocks) if block} or None,
        "texts": texts,
    }


def _cleaned(columns: _Fields, keys: list[str]) -> CleanedArticle:
    joined = _joined(columns["texts"], columns["kinds"])
    fields = {name: value for name, value in columns.items() if name not in COLUMNS}
    # As JSON, in which a midnight is told from a day.
    cleaned = _CLEANED.validate_json(to_json({**_NOTHING, "text": joined, **fields}))
    return replace(cleaned, blocks=tuple(_blocks(columns, keys)))


def _blocks(columns: _Fields, keys: list[str]) -> Iterator[Block]:
    more, reasons, end = columns.get("more", {}), columns.get("reasons", ()), 0
    names = ("texts", "kinds", "gaps", "longer", "scores", "given")
    rows = zip(keys, *(columns[name] for name in names), strict=True)
    for index, (key, text, letter, gap, longer, score, given) in enumerate(rows):
        start = end + gap
        end = start + len(text) + longer
        fields = {
            "text": text,
            "kept": letter.islower(),
            "role": _ROLES[letter.lower()],
            "start": start,
            "end": end,
            "key": key,
            "reasons": tuple(reasons[number] for number in given),
            "score": score / SCORE_UNIT,
        }
        told = more.get(str(index))
        yield _BLOCK.validate_python({**fields, **told}) if told else Block(**fields)


def _joined(texts: list[str], kinds: str) -> str:
    """The text of an article of these blocks (`cleaning.article.is_text`)."""
    title = _LETTERS[Role.TITLE]
    kept = (
        text for text, kind in zip(texts, kinds, strict=True) if kind.islower() and kind != title
    )
    return "\n\n".join(kept)


def _told(fields: _Fields) -> _Fields:
    """The fields that say something."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value is not False and value != []
    }


@cache
def _dictionary(kind: int) -> zstandard.ZstdCompressionDict:
    content = resources.files("service.stores").joinpath("data", f"record-{kind}.dict").read_bytes()
    made = zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    made.precompute_compress(_LEVEL)
    return made

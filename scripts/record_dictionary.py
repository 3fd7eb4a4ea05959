"""Make the dictionary with which records are compressed (service/stores/packed_record.py).

    python scripts/record_dictionary.py > service/stores/data/record-1.dict

It is made of the records of the texts in samples/ and tests/, which are this project's own writing:
what a record says besides the article's own words, the most frequent last, as zstd reaches the end
of a dictionary in the fewest bits. Run it for a new format only: a record can be read with the
dictionary alone with which it was written.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from cleaning.errors import CleaningError
from service.duplicates.model import ArticleRecord, Submission
from service.duplicates.submit import submit
from service.stores.memory import memory_services
from service.stores.packed_record import COLUMNS, plain

ROOT = Path(__file__).parents[1]
TEXTS = ("samples/*.txt", "samples/*.html", "tests/genres/*", "tests/golden/*/source.*")
_OWN_WORDS = re.compile(r'"(digest|title|id|duplicate_of|url|value|other)":"[^"]*"')
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
SEEN_IN = 3  # records that have to say the same


def main() -> None:
    """Write the dictionary to stdout."""
    sys.stdout.buffer.write(dictionary(records()))


def records() -> Iterator[ArticleRecord]:
    """The records of the texts; each is sent twice, so that there are matches."""
    services = memory_services()
    for path in sorted(path for pattern in TEXTS for path in ROOT.glob(pattern)):
        is_page = path.suffix == ".html"
        text = path.read_text("utf-8", errors="replace")
        submission = Submission(
            html=text if is_page else None,
            text=None if is_page else text,
            url="https://www.example.com/",
            source="-",
            published_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        )
        for name in ("first", "second"):
            try:
                yield submit(services, submission, f"{name} {path}").record
            except CleaningError:
                continue


def dictionary(found: Iterable[ArticleRecord]) -> bytes:
    """What these records have in common."""
    said: Counter[str] = Counter()
    frames: Counter[str] = Counter()
    for record in found:
        fields = json.loads(plain(record))
        cleaned = fields["cleaned"]
        said.update(f'"{reason}",' for reason in cleaned.get("reasons", ()))
        said.update(dict.fromkeys(map(_frame, cleaned.get("more", {}).values()), 1))
        for name in COLUMNS:
            cleaned.pop(name, None)
        frames[_frame(fields)] += 1
    parts = [*_common(said), *_common(frames)]
    return "\n".join(parts).encode()


def _common(said: Counter[str]) -> list[str]:
    return [text for text, count in reversed(said.most_common()) if count >= SEEN_IN]


def _frame(fields: object) -> str:
    """JSON without numbers and the article's own words."""
    written = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return _NUMBERS.sub("0", _OWN_WORDS.sub(r'"\1":"', written))


if __name__ == "__main__":
    main()

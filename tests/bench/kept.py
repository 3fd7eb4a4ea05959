"""What is kept of an article in Redis, by kind of key: its record, its source, its flags, and all
that the server holds more for it, the index included.

The texts lie outside of the repository: generated wire copy, and news pages.
"""

import argparse
import gzip
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import redis

from cleaning.errors import CleaningError
from service.duplicates.model import ArticleRecord, Submission
from service.duplicates.ports import Services
from service.duplicates.submit import submit
from service.stores.redis_articles import RedisArticles
from service.stores.redis_flags import RedisFlags
from service.stores.redis_index import RedisIndex
from service.stores.redis_keys import Keys
from service.stores.redis_sites import RedisSites
from service.stores.redis_stories import RedisStories
from tests.bench.index import empty, running_redis, server_name, used_memory
from tests.bench.table import print_table

DATA = Path(__file__).parents[3] / "shared" / "data"
BAND = range(480, 521)  # words: the articles of about 500


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="kept", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="where the files lie")
    parser.add_argument(
        "--articles", type=int, default=300, help="of each file at most (%(default)s)"
    )
    options = parser.parse_args(argv)
    with running_redis() as client:
        print(f"Redis: {server_name(client)}")
        print_kept(client, options.data, options.articles)
    return 0


def print_kept(client: redis.Redis, data: Path, count: int) -> None:
    """What each kind of key takes of an article, with `MEMORY USAGE`, keys included."""
    rows: list[Sequence[object]] = []
    for name, read in (("wire-a-documents", wire_copy), ("articles-news", pages)):
        path = data / f"{name}.jsonl.gz"
        if not path.exists():
            print(f"{path} is not there and left out")
            continue
        rows += kept(client, name, islice(read(path), count))
    print_table(
        "What is kept of an article, bytes (all: what the server holds more for it)",
        ("texts", "articles", "words", "blocks", "record", "source", "its flags", "all"),
        rows,
    )


def kept(
    client: redis.Redis, name: str, submissions: Iterable[Submission]
) -> Iterator[Sequence[object]]:
    """A row for all articles, and one for those of about 500 words."""
    empty(client)
    keys = Keys("bench")
    services = Services(
        RedisArticles(client, "bench"),
        RedisIndex(client, "bench"),
        RedisFlags(client, "bench"),
        RedisSites(client, "bench", expiry_s=60),
        RedisStories(client, "bench"),
    )
    services.ping()
    memory = used_memory(client)
    records = []
    for number, submission in enumerate(submissions):
        with suppress(CleaningError):
            records.append(submit(services, submission, f"article-{number}").record)
    count = len(records)
    flags = services.flags.page(None, None, 100_000).flags
    lists = {keys.flags_of(flag.article) for flag in flags}
    lists |= {keys.flags_on(flag.other) for flag in flags}
    kinds = (
        [keys.article(record.id) for record in records],
        [keys.source(record.id) for record in records],
        [*(keys.flag(flag.id) for flag in flags), *lists],
    )
    yield (
        name,
        count,
        sum(map(words, records)) / count,
        sum(len(record.cleaned.blocks) for record in records) / count,
        *(sum(usage(client, key) for key in kind) / count for kind in kinds),
        (used_memory(client) - memory) / count,
    )
    band = [record for record in records if words(record) in BAND]
    if band:
        yield (
            f"of these, {BAND[0]} to {BAND[-1]} words",
            len(band),
            sum(map(words, band)) / len(band),
            sum(len(record.cleaned.blocks) for record in band) / len(band),
            sum(usage(client, keys.article(record.id)) for record in band) / len(band),
            sum(usage(client, keys.source(record.id)) for record in band) / len(band),
            "",
            "",
        )


def words(record: ArticleRecord) -> int:
    """How many words the cleaned text has."""
    return len(record.cleaned.text.split())


def usage(client: redis.Redis, key: str) -> int:
    """Bytes of a key and its value."""
    found: Any = client.memory_usage(key, samples=0)
    return int(found)


def wire_copy(path: Path) -> Iterator[Submission]:
    """Texts, as an agency sends them."""
    for item in lines(path):
        day = datetime.fromisoformat(item["published"])
        yield Submission(
            text=item["text"], title=item["title"], source=item["source"], published_at=day
        )


def pages(path: Path) -> Iterator[Submission]:
    """Pages, as they were fetched."""
    for item in lines(path):
        yield Submission(html=item["html"], url=item["url"])


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)

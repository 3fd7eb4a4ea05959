"""What the index in Redis costs, beside datasketch's, and what a signature costs.

Articles are made up: words drawn from a vocabulary in which a few are frequent, as in a language.
Every tenth one is a copy of a recent one with some of its words replaced, so that there is
something to be found. Fingerprints are ready before an index is measured. The Redis keeps nothing
on disk, so that indexes are compared and not disks; one table tells what the disk costs on the
server that the service brings.
"""

import argparse
import importlib
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import redis
from datasketch import MinHash, MinHashLSH
from redis.connection import AbstractConnection

from cleaning import fingerprint
from cleaning.fingerprint import BANDS, PERMUTATIONS, ROWS, SHINGLE_WORDS, SLOT_BYTES, Fingerprint
from service.stores.own_redis import OwnRedis, servers
from service.stores.redis_connection import connect
from service.stores.redis_index import RedisIndex
from tests.bench.table import percentile, print_table
from tests.builders import prose

MINHASH_SLOTS = BANDS + 1  # the exact slot comes first, then the bands
SIZES = (1_000, 10_000, 30_000)
# Bucket space that is filled to stand for an archive of this size.
ARCHIVES = (10_000, 100_000, 500_000, 1_000_000, 2_000_000)
WORDS = 400
COPY_EVERY, COPY_WITHIN, REPLACED = 10, 50, 20  # every 10th article, of the last 50, 1 word in 20
PEER_THRESHOLD = 0.5  # for which datasketch takes 25 bands of 5
RUNS = 3  # of each way to a signature; the fastest counts
_WORD = re.compile(r"\w+")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="index", description=__doc__)
    parser.add_argument(
        "--articles", type=int, default=SIZES[-1], help="size of the archive (%(default)s)"
    )
    parser.add_argument(
        "--peer-articles", type=int, default=1_000, help="the same for datasketch (%(default)s)"
    )
    parser.add_argument(
        "--texts", type=int, default=1_000, help="texts that are signed (%(default)s)"
    )
    parser.add_argument(
        "--drawn", type=int, default=4_000, help="adds that stand for a big archive (%(default)s)"
    )
    options = parser.parse_args(argv)
    sizes = sorted({size for size in SIZES if size < options.articles} | {options.articles})
    print_signatures(list(articles(options.texts)))
    prints, archive = fingerprints(options.articles, options.peer_articles)
    print(f"\nFingerprints (all slots from text, with {WORDS} words): {prints:,.0f}/s")
    with running_redis() as client:
        print(f"Redis: {server_name(client)}, Unix socket")
        print_indexes(client, archive, sizes)
        each = sum(map(len, archive.slots)) / len(archive.slots) / SLOT_BYTES
        print_growth(client, options.drawn, round(each) - MINHASH_SLOTS)
    with running_own_redis() as client:
        print_own(client, archive)
    return 0


# --- articles ------------------------------------------------------------------------------


@dataclass
class Archive:
    """Fingerprints: each article's slots in one string, and the MinHashes of the first ones."""

    slots: list[bytes] = field(default_factory=list)
    minhashes: list[MinHash] = field(default_factory=list)


def articles(count: int, seed: int = 1) -> Iterator[str]:
    """Texts of some 400 words; number 10, 20, … are edited copies."""
    draw = Random(seed)
    vocabulary = sorted(set(_WORD.findall(prose(seed, 1_500).lower())))
    draw.shuffle(vocabulary)
    often = list(accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    recent: list[list[str]] = []
    for number in range(count):
        if is_copy(number):
            words = list(recent[-copied_back(number)])
            for place in range(number % REPLACED, len(words), REPLACED):
                words[place] = draw.choice(vocabulary)
        else:
            words = draw.choices(vocabulary, cum_weights=often, k=WORDS)
        recent = [*recent[-COPY_WITHIN:], words]
        yield " ".join(words)


def is_copy(number: int) -> bool:
    return number > 0 and number % COPY_EVERY == 0


def copied_back(number: int) -> int:
    """How many articles before this copy its original came: never a copy itself."""
    return min(1 + number // COPY_EVERY % 5 * COPY_EVERY, number)


def fingerprints(count: int, minhashes: int) -> tuple[float, Archive]:
    """How many are made in a second, and the fingerprints of an archive."""
    archive = Archive()
    spent = 0.0
    for number, text in enumerate(articles(count)):
        start = time.process_time()
        made = Fingerprint(text)
        archive.slots.append(b"".join(made.slots))
        spent += time.process_time() - start
        if number < minhashes:
            archive.minhashes.append(made.minhash)
    return count / spent, archive


# --- indexes -------------------------------------------------------------------------------


@dataclass
class Measured:
    """A run of adds and reads: the seconds of each, in order; copies whose original was found."""

    seconds: list[float] = field(default_factory=list)
    found: int = 0
    copies: int = 0


Add = Callable[[int], Sequence[str]]


def print_indexes(client: redis.Redis, archive: Archive, sizes: Sequence[int]) -> None:
    peers = min(len(archive.minhashes), sizes[-1])
    rows: list[Sequence[object]] = []
    for name, part in (
        ("Copydesk, all slots", slice(None)),
        ("Copydesk, MinHash slots", slice(MINHASH_SLOTS * SLOT_BYTES)),
        ("Copydesk, winnowed slots", slice(MINHASH_SLOTS * SLOT_BYTES, None)),
    ):
        chosen = [slots[part] for slots in archive.slots]
        rows += run(client, name, our_index(client, chosen), sizes)
    rows += run(client, "datasketch insert + query", datasketch_index(client, archive), [peers])
    print_table(
        f"Add and read, MinHash in {BANDS} bands of {ROWS}, datasketch's for threshold "
        f"{PEER_THRESHOLD} (p50, p99: of the last tenth)",
        ("index", "articles", "per s", "p50 ms", "p99 ms", "round trips", "commands", "bytes each",
         "copies found"),
        rows,
    )  # fmt: skip
    inserted, queried, trips, size = datasketch_session(client, archive)
    print_table(
        "datasketch's insertion session (articles cannot be found before it ends)",
        ("articles", "inserts per s", "queries per s", "round trips of an insert", "bytes each"),
        [(peers, inserted, queried, trips, size)],
    )


def run(client: redis.Redis, name: str, add: Add, sizes: Sequence[int]) -> Iterator[list[object]]:
    """Fill an index; a row for each size that it reaches."""
    empty(client)
    measured = Measured()
    add(-1)  # connections, scripts and the like are there
    memory, commands = used_memory(client), commands_done(client)
    with counted_round_trips() as trips:
        for number in range(sizes[-1]):
            start = time.perf_counter()
            found = add(number)
            measured.seconds.append(time.perf_counter() - start)
            if is_copy(number):
                measured.copies += 1
                measured.found += str(number - copied_back(number)) in found
            done = number + 1
            if done in sizes:
                # What is asked for the table is not counted in it.
                sent = trips.count
                made = commands_done(client) - commands
                since = max(size for size in (0, *sizes) if size < done)
                lately = [1000 * seconds for seconds in measured.seconds[-max(1, done // 10) :]]
                span = measured.seconds[since:]
                yield [
                    name,
                    done,
                    len(span) / sum(span),
                    percentile(lately, 0.5),
                    percentile(lately, 0.99),
                    sent / done,
                    made / done,
                    (used_memory(client) - memory) / done,
                    f"{measured.found} of {measured.copies}",
                ]
                commands, trips.count = commands_done(client) - made, sent


def our_index(client: redis.Redis, slots: Sequence[bytes]) -> Add:
    index = RedisIndex(client, "bench")

    def add(number: int) -> Sequence[str]:
        if number < 0:
            index.check()
            index.add("first", 1, (b"\xff" * SLOT_BYTES,), continues=False)
            return ()
        packed = slots[number]
        cut = [packed[i : i + SLOT_BYTES] for i in range(0, len(packed), SLOT_BYTES)]
        placement = index.add(str(number), 1, cut, continues=False)
        return [candidate.id for candidate in placement.candidates]

    return add


def datasketch_index(client: redis.Redis, archive: Archive) -> Add:
    lsh = datasketch_lsh(client)

    def add(number: int) -> Sequence[str]:
        if number < 0:
            first = MinHash(num_perm=PERMUTATIONS)
            lsh.insert("first", first)
            lsh.query(first)
            return ()
        minhash = archive.minhashes[number]
        lsh.insert(str(number), minhash)
        found: list[str] = lsh.query(minhash)
        return found

    return add


def datasketch_session(client: redis.Redis, archive: Archive) -> tuple[float, float, float, float]:
    empty(client)
    lsh = datasketch_lsh(client)
    memory = used_memory(client)
    count = len(archive.minhashes)
    with counted_round_trips() as trips:
        start = time.perf_counter()
        with lsh.insertion_session() as session:
            for number, minhash in enumerate(archive.minhashes):
                session.insert(str(number), minhash)
        inserted = time.perf_counter() - start
    size = (used_memory(client) - memory) / count
    start = time.perf_counter()
    for minhash in archive.minhashes:
        lsh.query(minhash)
    return count / inserted, count / (time.perf_counter() - start), trips.count / count, size


def datasketch_lsh(client: redis.Redis) -> MinHashLSH:
    path = client.connection_pool.connection_kwargs["path"]
    return MinHashLSH(
        threshold=PEER_THRESHOLD,
        num_perm=PERMUTATIONS,
        storage_config={
            "type": "redis",
            "basename": b"peer",
            "redis": {"unix_socket_path": path},
        },
    )


def print_own(client: redis.Redis, archive: Archive) -> None:
    few = len(archive.minhashes)
    flushed: Any = client.config_get("appendfsync")
    rows = [
        *run(client, "Copydesk, all slots", our_index(client, archive.slots), [few]),
        *run(client, "datasketch insert + query", datasketch_index(client, archive), [few]),
    ]
    print_table(
        f"On the own Redis: append-only file flushed {flushed['appendfsync']}",
        ("index", "articles", "per s", "p50 ms", "p99 ms"),
        [row[:5] for row in rows],
    )


# --- big archives --------------------------------------------------------------------------


def print_growth(client: redis.Redis, adds: int, winnowed: int) -> None:
    """Fill the n-th part of the buckets with the n-th part of a big archive: each small hash is
    then as full as in the whole. Slots are drawn at random, as those of unlike articles are."""
    entry, _ = growth(client, adds, adds, 0, 0)
    rows = []
    for size in (size for size in ARCHIVES if size >= adds):
        bands, _ = growth(client, adds, size, MINHASH_SLOTS, 0)
        passages, _ = growth(client, adds, size, 0, winnowed)
        both, spent = growth(client, adds, size, MINHASH_SLOTS, winnowed)
        rows.append(
            (
                size,
                bands - entry - MINHASH_SLOTS * SLOT_BYTES,
                passages - entry - winnowed * SLOT_BYTES,
                entry + (MINHASH_SLOTS + winnowed) * SLOT_BYTES,
                both,
                percentile(spent, 0.5),
                percentile(spent, 0.99),
            )
        )
    print_table(
        f"A bigger archive: {adds:,} adds into as small a part of the buckets, {MINHASH_SLOTS} "
        f"MinHash and {winnowed} winnowed slots each; bytes an article",
        ("articles", "in bands", "in winnowed", "in entries", "all", "p50 ms", "p99 ms"),
        rows,
    )


def growth(
    client: redis.Redis, adds: int, size: int, bands: int, winnowed: int
) -> tuple[float, list[float]]:
    """Bytes of each add, and the milliseconds of the last quarter of them."""
    empty(client)
    draw = Random(size)
    index = RedisIndex(client, "bench")
    index.check()
    index.add("first", 1, (), continues=False)
    share = adds / size

    def slot(band: int, bits: int) -> bytes:
        bucket = draw.randrange(max(1, round(share * 2**bits)))
        return ((band << 16) + bucket).to_bytes(3, "big") + draw.randbytes(3)

    memory = used_memory(client)
    spent = []
    for number in range(adds):
        slots = [slot(band, fingerprint._BAND_BITS) for band in range(bands)]
        slots += [slot(BANDS + 1, fingerprint._WINNOW_BITS) for _ in range(winnowed)]
        start = time.perf_counter()
        index.add(str(number), 1, slots, continues=False)
        spent.append(1000 * (time.perf_counter() - start))
    return (used_memory(client) - memory) / adds, spent[-max(1, adds // 4) :]


# --- signatures ----------------------------------------------------------------------------


def print_signatures(texts: Sequence[str]) -> None:
    """From text to a signature: each library's own way, tokenising included."""
    ready = [Fingerprint(text) for text in texts]
    hashes = [(made.distinct >> 32).astype("uint32") for made in ready]
    ready[0].slots, signed([texts[0]])  # tables are made
    ways: list[tuple[str, Callable[[], object]]] = [
        ("Copydesk, many texts at once", lambda: signed(texts)),
        ("Copydesk, one by one", lambda: [Fingerprint(text).signature for text in texts]),
        ("Copydesk, from shingle hashes", lambda: [fingerprint.signature(h) for h in hashes]),
        ("datasketch update", lambda: [updated(text) for text in texts]),
        ("datasketch update_batch", lambda: [batched(text) for text in texts]),
        ("datasketch bulk", lambda: MinHash.bulk(map(shingles, texts), num_perm=PERMUTATIONS)),
    ]
    rensa = installed("rensa")
    if rensa is not None:
        ways.append(("rensa RMinHash", lambda: [by_rensa(rensa, text) for text in texts]))
    else:
        print("rensa is not installed and left out (pip install rensa)")
    spent = {name: min(seconds(way) for _ in range(RUNS)) for name, way in ways}
    rows = [(name, len(texts) / least) for name, least in spent.items()]
    print_table(
        f"Signatures of texts with {WORDS} words: {SHINGLE_WORDS} words to a shingle, "
        f"{PERMUTATIONS} permutations, one core",
        ("from text to signature", "per s", "many at once are faster by", "one by one"),
        [(name, rate, rows[0][1] / rate, rows[1][1] / rate) for name, rate in rows],
    )


def seconds(way: Callable[[], object]) -> float:
    start = time.process_time()
    way()
    return (time.process_time() - start) or 1e-9


def signed(texts: Sequence[str]) -> list[object]:
    return [made.signature for made in Fingerprint.of_many(texts)]


def shingles(text: str) -> set[bytes]:
    words = _WORD.findall(text.casefold())
    return {
        " ".join(run).encode()
        for run in zip(*(words[i:] for i in range(SHINGLE_WORDS)), strict=False)
    }


def updated(text: str) -> MinHash:
    minhash = MinHash(num_perm=PERMUTATIONS)
    for shingle in shingles(text):
        minhash.update(shingle)
    return minhash


def batched(text: str) -> MinHash:
    minhash = MinHash(num_perm=PERMUTATIONS)
    minhash.update_batch(shingles(text))
    return minhash


def by_rensa(rensa: Any, text: str) -> object:
    minhash = rensa.RMinHash(num_perm=PERMUTATIONS, seed=1)
    minhash.update(shingles(text))
    return minhash.digest()


def installed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


# --- Redis ---------------------------------------------------------------------------------


@contextmanager
def running_redis() -> Iterator[redis.Redis]:
    """A client of a server that keeps nothing on disk, which ends with the block."""
    with tempfile.TemporaryDirectory() as directory:
        socket = Path(directory) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", directory]
        command = [servers()[0], *options]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                for _ in range(500):
                    if socket.exists():
                        break
                    time.sleep(0.02)
                with connect(f"unix://{socket}", timeout_s=10.0) as client:
                    yield client
            finally:
                process.terminate()


@contextmanager
def running_own_redis() -> Iterator[redis.Redis]:
    """A client of the server that the service brings, with its append-only file."""
    with (
        tempfile.TemporaryDirectory() as directory,
        OwnRedis(Path(directory)) as own,
        connect(own.url, timeout_s=10.0) as client,
    ):
        yield client


def server_name(client: redis.Redis) -> str:
    about: Any = client.info("server")
    name = about.get("server_name", "redis")
    return f"{name} {about.get(f'{name}_version', about['redis_version'])}"


def empty(client: redis.Redis) -> None:
    """Delete everything, and have the memory back when this returns."""
    untyped: Any = client
    untyped.execute_command("FLUSHALL", "SYNC")


def used_memory(client: redis.Redis) -> int:
    """What the server holds, without the buffers of its connections."""
    memory: Any = client.info("memory")
    return int(memory["used_memory"]) - int(memory["mem_clients_normal"])


def commands_done(client: redis.Redis) -> int:
    """How many commands the server has carried out, those inside scripts included."""
    done: Any = client.info("commandstats")
    return sum(int(command["calls"]) for command in done.values())


@dataclass
class RoundTrips:
    """How often something was sent to a server."""

    count: int = 0


@contextmanager
def counted_round_trips() -> Iterator[RoundTrips]:
    """Count what every client in this process sends; a pipeline is sent at once."""
    trips = RoundTrips()
    original: Any = AbstractConnection.send_packed_command

    def counting(connection: AbstractConnection, *args: Any, **kwargs: Any) -> Any:
        trips.count += 1
        return original(connection, *args, **kwargs)

    with patch.object(AbstractConnection, "send_packed_command", counting):
        yield trips

"""The index in Redis as a whole: what is wrong with it, and how it is built anew.

The parameters are the index's door. Whoever rebuilds writes a mark of their own in their place, so
that no article is compared with half an index, and whoever reads the mark of somebody else in it
stops. They are put back at the very end: a rebuilding that was killed leaves the index closed.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import redis
from redis.client import Pipeline
from redis.exceptions import ResponseError, WatchError

from service.duplicates.errors import StoreUnavailable
from service.duplicates.model import IndexEntry
from service.duplicates.ports import BUCKET_CAP
from service.stores.redis_connection import reaching_redis
from service.stores.redis_keys import INDEX_PARAMETERS

REBUILDING = "rebuilding "
AT_ONCE = 200  # entries, or keys, in one round trip
NAMES_IN_HASH = 128
SLOT_BYTES = 6
MEMBER_BYTES = 4
MOST_ARRIVALS = 2**32 - 1
_DISTURBED = (
    "the rebuilding of the index was disturbed, by another one or by a connection that broke: "
    "run `copydesk repair` again"
)
_Item = TypeVar("_Item")

Put: TypeAlias = Callable[[Pipeline, IndexEntry, str], None]


def head_faults(parameters: bytes | None, last: bytes | None) -> Iterator[str]:
    """What is wrong with the parameters and the counter of an index."""
    if parameters is None:
        yield "its parameters are missing"
    elif parameters.startswith(REBUILDING.encode()):
        yield "it is being rebuilt, or a rebuilding was stopped"
    elif parameters != INDEX_PARAMETERS.encode():
        yield (
            f"it was built with {_told(parameters)}, this version works with {INDEX_PARAMETERS} "
            "(the version that built it, or another COPYDESK_NAMESPACE, would do, too)"
        )
    if last is None:
        yield "its counter of arrivals is missing"
    elif _counted(last) is None:
        yield f"its counter of arrivals is {_told(last)}"


def packed_entry(entry: IndexEntry) -> bytes:
    """An entry as the index keeps it."""
    numbers = (entry.arrival or 0, entry.revision)
    return b"".join(number.to_bytes(4, "big") for number in numbers) + b"".join(entry.slots)


# --- what is wrong -------------------------------------------------------------------------


def faults(client: redis.Redis, prefix: str, entries: Iterable[IndexEntry]) -> Iterator[str]:
    """See `FingerprintIndex.faults`. Takes some 700 bytes of memory an article."""
    found = _Faults(client, prefix)
    with reaching_redis():
        yield from found.of_articles(entries)
        yield from found.of_head()
        yield from found.of_keys()


class _Faults:
    """One look at an index: first from the articles to their places, then the other way."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._ids: set[str] = set()
        self._names: dict[int, str] = {}
        self._slots: dict[int, bytes] = {}

    def of_articles(self, entries: Iterable[IndexEntry]) -> Iterator[str]:
        for batch in _batches(entries):
            stored = self._asked([("GET", self._key("entry", entry.id)) for entry in batch])
            placed = []
            for entry, packed in zip(batch, stored, strict=True):
                self._ids.add(entry.id)
                wanted = packed_entry(entry)
                if entry.arrival is None:
                    # Nobody knows whether it is in the index yet; if it is, it must be whole.
                    if packed is None:
                        continue
                    wanted = packed if _is_entry(packed) else b""
                if packed != wanted:
                    yield f"the entry of article {entry.id!r} is {_state_of(packed)}"
                if not wanted:
                    continue
                arrival = int.from_bytes(wanted[:4], "big")
                if arrival in self._names:
                    yield (
                        f"the articles {self._names[arrival]!r} and {entry.id!r} have the same "
                        f"arrival number {arrival}"
                    )
                    continue
                self._names[arrival] = entry.id
                self._slots[arrival] = wanted[8:]
                placed.append(arrival)
            yield from self._of_places(placed)

    def _of_places(self, arrivals: Sequence[int]) -> Iterator[str]:
        """Whether articles have their names and stand in their buckets."""
        names = self._asked([("HGET", *self._place_of_name(arrival)) for arrival in arrivals])
        for arrival, name in zip(arrivals, names, strict=True):
            if name != self._names[arrival].encode():
                yield (
                    f"the name of arrival {arrival}, article {self._names[arrival]!r}, is "
                    f"{_state_of(name)}"
                )
        slots = [(arrival, slot) for arrival in arrivals for slot in _cut(self._slots[arrival])]
        buckets = self._asked([("HGET", *self._place_of(slot)) for _, slot in slots])
        missing: dict[int, int] = {}
        for (arrival, _), members in zip(slots, buckets, strict=True):
            inside = _members(members) if isinstance(members, bytes) else []
            if arrival not in inside and len(inside) < BUCKET_CAP:
                missing[arrival] = missing.get(arrival, 0) + 1
        for arrival, count in missing.items():
            yield (
                f"article {self._names[arrival]!r} is missing in {count} of its "
                f"{len(self._slots[arrival]) // SLOT_BYTES} buckets"
            )

    def of_head(self) -> Iterator[str]:
        keys = [("GET", self._key("parameters")), ("GET", self._key("arrivals"))]
        parameters, last = (
            _told(value).encode() if isinstance(value, Exception) else value
            for value in self._asked(keys)
        )
        if not (parameters is None and last is None and not self._ids):
            yield from head_faults(parameters, last)
        highest = max(self._names, default=0)
        if last is not None and (_counted(last) or highest) < highest:
            yield f"its counter of arrivals is {_told(last)}, behind the highest, {highest}"

    def of_keys(self) -> Iterator[str]:
        """Whether everything in the index belongs to an article."""
        keys = self._client.scan_iter(match=f"{self._prefix}:*", count=AT_ONCE)
        for batch in _batches(keys):
            names = [key[len(self._prefix) + 1 :].decode("utf-8", "replace") for key in batch]
            hashes = [
                (name, key)
                for name, key in zip(names, batch, strict=True)
                if name.startswith(("ids:", "b:"))
            ]
            read = self._asked([("HGETALL", key) for _, key in hashes])
            for (name, _), fields in zip(hashes, read, strict=True):
                yield from self._of_hash(name, fields)
            for name in names:
                if name in {"parameters", "arrivals"} or name.startswith(("ids:", "b:")):
                    continue
                kind, _, article_id = name.partition(":")
                if kind != "entry":
                    yield f"the key {name!r} is none of an index"
                elif article_id not in self._ids:
                    yield f"there is an entry of {article_id!r}, which is no article"

    def _of_hash(self, name: str, fields: Any) -> Iterator[str]:  # noqa: ANN401 - as redis has it
        if not isinstance(fields, dict):
            yield f"the key {name!r} is {_state_of(fields)}"
            return
        kind, _, number = name.partition(":")
        for field, value in fields.items():
            is_right = (
                self._is_name(number, field, value)
                if kind == "ids"
                else self._is_bucket(number, field, value)
            )
            if not is_right:
                yield f"the key {name!r} holds in {_told(field)} what belongs to no article there"

    def _is_name(self, number: str, field: bytes, value: bytes) -> bool:
        if not (number.isdecimal() and field.isdigit()):
            return False
        arrival = int(number) * NAMES_IN_HASH + int(field)
        name = self._names.get(arrival)
        return (
            name is not None
            and value == name.encode()
            and self._place_of_name(arrival) == (self._key("ids", number), field.decode())
        )

    def _is_bucket(self, number: str, field: bytes, value: bytes) -> bool:
        try:
            slot = bytes.fromhex(number) + field
        except ValueError:
            return False
        members = _members(value)
        return (
            len(slot) == SLOT_BYTES
            and number == slot[:3].hex()
            and 0 < len(members) <= BUCKET_CAP
            and len(value) == len(members) * MEMBER_BYTES
            and len(set(members)) == len(members)
            and all(slot in _cut(self._slots.get(member, b"")) for member in members)
        )

    def _key(self, *parts: str) -> str:
        return ":".join((self._prefix, *parts))

    def _place_of(self, slot: bytes) -> tuple[str, bytes]:
        return self._key("b", slot[:3].hex()), slot[3:]

    def _place_of_name(self, arrival: int) -> tuple[str, str]:
        return self._key("ids", str(arrival // NAMES_IN_HASH)), str(arrival % NAMES_IN_HASH)

    def _asked(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The answers, those of keys that hold another kind of value as errors."""
        if not commands:
            return []
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
        return pipeline.execute(raise_on_error=False)


def _is_entry(packed: object) -> bool:
    return isinstance(packed, bytes) and len(packed) >= 8 and len(packed) % SLOT_BYTES == 2


def _members(packed: bytes) -> list[int]:
    return [
        int.from_bytes(packed[i : i + MEMBER_BYTES], "big")
        for i in range(0, len(packed) - MEMBER_BYTES + 1, MEMBER_BYTES)
    ]


def _cut(slots: bytes) -> list[bytes]:
    return [slots[i : i + SLOT_BYTES] for i in range(0, len(slots), SLOT_BYTES)]


def _counted(last: bytes) -> int | None:
    """A counter's value, None if it is none."""
    return int(last) if last.isdigit() and int(last) < MOST_ARRIVALS else None


def _state_of(value: object) -> str:
    if value is None:
        return "missing"
    return "of another kind" if isinstance(value, Exception) else "wrong"


def _told(value: object) -> str:
    if isinstance(value, bytes):
        return json.dumps(value.decode("utf-8", "backslashreplace"))
    return str(value)


# --- building it anew ----------------------------------------------------------------------


def rebuild(client: redis.Redis, prefix: str, entries: Iterable[IndexEntry], put: Put) -> None:
    """See `FingerprintIndex.rebuild`; `put` queues one entry for an index with the parameters
    that it is given."""
    door, counter = f"{prefix}:parameters", f"{prefix}:arrivals"
    mark = REBUILDING + secrets.token_hex(8)
    highest = _last_arrival(client, counter)
    client.set(door, mark)
    for keys in _batches(client.scan_iter(match=f"{prefix}:*", count=AT_ONCE)):
        with _behind(client, door, mark) as pipeline:
            for key in keys:
                if key != door.encode():
                    pipeline.delete(key)
    for batch in _batches(entries):
        highest = max(highest, *(entry.arrival or 0 for entry in batch))
        with _behind(client, door, mark) as pipeline:
            pipeline.set(counter, str(highest))
            for entry in batch:
                put(pipeline, entry, mark)
    with _behind(client, door, mark) as pipeline:
        pipeline.set(counter, str(highest))
        pipeline.set(door, INDEX_PARAMETERS)


def _last_arrival(client: redis.Redis, counter: str) -> int:
    """What a counter says, 0 if that is nothing. Numbers that were given are not given again."""
    try:
        last: Any = client.get(counter)
    except ResponseError:  # another kind of value
        return 0
    return _counted(last or b"") or 0


@contextmanager
def _behind(client: redis.Redis, door: str, mark: str) -> Iterator[Pipeline]:
    """Queue commands that are carried out together if the door still has our mark."""
    with client.pipeline() as pipeline:
        pipeline.watch(door)  # type: ignore[no-untyped-call]
        if pipeline.get(door) != mark.encode():
            raise StoreUnavailable(_DISTURBED)
        pipeline.multi()
        yield pipeline
        try:
            pipeline.execute()
        except WatchError as error:  # a broken connection is one, too
            raise StoreUnavailable(_DISTURBED) from error


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch

"""The index in Redis as a whole: what is wrong with it, and how it is built anew.

The parameters are the index's door. Whoever rebuilds writes a mark of their own in their place, so
that no article is compared with half an index, and whoever reads the mark of somebody else in it
stops. They are put back at the very end: a rebuilding that was killed leaves the index closed.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from redis.exceptions import ResponseError

from service.duplicates.errors import IndexDamaged, StoreUnavailable
from service.duplicates.model import IndexEntry
from service.duplicates.ports import BUCKET_CAP
from service.stores.redis_connection import Call, Command, Servers, ask_all, call
from service.stores.redis_keys import NAMES_IN_HASH, IndexKeys, door

REBUILDING = "rebuilding "
AT_ONCE = 200  # entries, or keys, in one round trip
SLOT_BYTES = 6
MEMBER_BYTES = 4
MOST_ARRIVALS = 2**32 - 1
_DISTURBED = (
    "the rebuilding of the index was disturbed, by another one or by a connection that broke: "
    "run `copydesk repair` again"
)
_Item = TypeVar("_Item")

Put: TypeAlias = Callable[[IndexEntry, str], Iterable[Call]]


def head(servers: Servers, keys: IndexKeys) -> tuple[list[bytes | None], bytes | None]:
    """The parameters of an index, those of each part, and the counter, as they are stored."""
    commands: list[Command] = [("GET", door(root)) for root in keys.roots]
    *doors, last = (
        _told(value).encode() if isinstance(value, Exception) else value
        for value in servers.ask([*commands, ("GET", keys.arrivals)])
    )
    return doors, last


def id_of(servers: Servers, keys: IndexKeys, arrival: int) -> str | None:
    """The id of the article that has this number; None if there is none. Raises IndexDamaged if the
    index, which may have held it, is not whole."""
    name: bytes | None = ask_all(servers, [("HGET", *keys.name(arrival))])[0]
    if name is not None:
        return name.decode()
    doors, last = head(servers, keys)
    if any(doors) or last:
        for fault in head_faults(keys, doors, last):
            raise IndexDamaged(fault)
    return None


def head_faults(
    keys: IndexKeys, doors: Sequence[bytes | None], last: bytes | None
) -> Iterator[str]:
    """What is wrong with the parameters and the counter of an index."""
    if None in doors:
        whose = "its parameters" if doors[0] is None else "the parameters of a part"
        yield f"{whose} are missing"
    if any(found.startswith(REBUILDING.encode()) for found in doors if found):
        yield "it is being rebuilt, or a rebuilding was stopped"
    else:
        for found in set(doors) - {None, keys.wanted.encode()}:
            yield (
                f"it was built with {_told(found)}, this version works with {keys.wanted} "
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


def faults(servers: Servers, keys: IndexKeys, entries: Iterable[IndexEntry]) -> Iterator[str]:
    """See `FingerprintIndex.faults`. Takes some 700 bytes of memory an article."""
    found = _Faults(servers, keys)
    yield from found.of_articles(entries)
    yield from found.of_waiting()
    yield from found.of_head()
    yield from found.of_keys()


class _Faults:
    """One look at an index: first from the articles to their places, then the other way."""

    def __init__(self, servers: Servers, keys: IndexKeys) -> None:
        self._servers = servers
        self._keys = keys
        self._ids: set[str] = set()
        self._names: dict[int, str] = {}
        self._slots: dict[int, bytes] = {}
        # Who is between two places: in some of the new ones, and still in some of the old ones.
        self._waiting: dict[int, bytes] = {}
        self._leaving: defaultdict[int, set[bytes]] = defaultdict(set)

    def of_articles(self, entries: Iterable[IndexEntry]) -> Iterator[str]:
        for batch in _batches(entries):
            stored = self._servers.ask([("GET", self._keys.entry(entry.id)) for entry in batch])
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
        names = self._servers.ask([("HGET", *self._keys.name(arrival)) for arrival in arrivals])
        for arrival, name in zip(arrivals, names, strict=True):
            if name != self._names[arrival].encode():
                yield (
                    f"the name of arrival {arrival}, article {self._names[arrival]!r}, is "
                    f"{_state_of(name)}"
                )
        slots = [(arrival, slot) for arrival in arrivals for slot in cut(self._slots[arrival])]
        buckets = self._servers.ask([("HGET", *self._keys.bucket(slot)) for _, slot in slots])
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

    def of_waiting(self) -> Iterator[str]:
        """Whether those that wait are articles on their way. What they have not written yet is no
        fault: whoever meets them meets them there."""
        (waiting,) = self._servers.ask([("HGETALL", self._keys.waiting)])
        if not isinstance(waiting, dict):
            yield f"the key 'waiting' is {_state_of(waiting)}"
            return
        for field, places in waiting.items():
            arrival = int(field) if field.isdigit() else -1
            size = 4 + int.from_bytes(places[:4], "big") * SLOT_BYTES
            if places[4:size] != self._slots.get(arrival) or (len(places) - size) % 10:
                yield f"in 'waiting' {_told(field)} is none of an article"
                continue
            self._waiting[arrival] = places
            for place in range(size, len(places), 10):
                member = int.from_bytes(places[place : place + MEMBER_BYTES], "big")
                self._leaving[member].add(places[place + MEMBER_BYTES : place + 10])
                self._names.setdefault(member, self._names[arrival])

    def of_head(self) -> Iterator[str]:
        doors, last = head(self._servers, self._keys)
        if not (set(doors) == {None} and last is None and not self._ids):
            yield from head_faults(self._keys, doors, last)
        highest = max(self._names, default=0)
        if last is not None and (_counted(last) or highest) < highest:
            yield f"its counter of arrivals is {_told(last)}, behind the highest, {highest}"

    def of_keys(self) -> Iterator[str]:
        """Whether everything in the index belongs to an article."""
        singles = {door(root) for root in self._keys.roots}
        singles |= {self._keys.arrivals, self._keys.waiting}
        for batch in _batches(self._servers.keys(f"{self._keys.prefix}:*")):
            names = [key.decode("utf-8", "replace") for key in batch]
            hashes = [
                (name, key)
                for name, key in zip(names, batch, strict=True)
                if self._kind(name) in {"ids", "b"}
            ]
            read = self._servers.ask([("HGETALL", key) for _, key in hashes])
            for (name, _), fields in zip(hashes, read, strict=True):
                yield from self._of_hash(name, fields)
            for name in names:
                kind = self._kind(name)
                if name in singles or kind in {"ids", "b"}:
                    continue
                article_id = name.removeprefix(f"{self._keys.head}:entry:")
                if kind != "entry" or article_id == name:
                    yield f"the key {self._short(name)!r} is none of an index"
                elif article_id not in self._ids:
                    yield f"there is an entry of {article_id!r}, which is no article"

    def _short(self, key: str) -> str:
        """A key without what all keys of its root begin with."""
        root = max((root for root in self._keys.roots if key.startswith(root)), key=len, default="")
        return key[len(root) + 1 :] if root else key[len(self._keys.prefix) + 1 :]

    def _kind(self, key: str) -> str:
        return self._short(key).partition(":")[0]

    def _of_hash(self, key: str, fields: Any) -> Iterator[str]:  # noqa: ANN401 - as redis has it
        short = self._short(key)
        if not isinstance(fields, dict):
            yield f"the key {short!r} is {_state_of(fields)}"
            return
        kind, _, number = short.partition(":")
        for field, value in fields.items():
            is_right = (
                self._is_name(key, number, field, value)
                if kind == "ids"
                else self._is_bucket(key, number, field, value)
            )
            if not is_right:
                yield f"the key {short!r} holds in {_told(field)} what belongs to no article there"

    def _is_name(self, key: str, number: str, field: bytes, value: bytes) -> bool:
        if not (number.isdecimal() and field.isdigit()):
            return False
        arrival = int(number) * NAMES_IN_HASH + int(field)
        name = self._names.get(arrival)
        return (
            name is not None
            and value == name.encode()
            and self._keys.name(arrival) == (key, field.decode())
        )

    def _is_bucket(self, key: str, number: str, field: bytes, value: bytes) -> bool:
        try:
            slot = bytes.fromhex(number) + field
        except ValueError:
            return False
        members = _members(value)
        return (
            len(slot) == SLOT_BYTES
            and self._keys.bucket(slot) == (key, field)
            and 0 < len(members) <= BUCKET_CAP
            and len(value) == len(members) * MEMBER_BYTES
            and len(set(members)) == len(members)
            and all(
                slot in cut(self._slots.get(member, b"")) or slot in self._leaving[member]
                for member in members
            )
        )


def _is_entry(packed: object) -> bool:
    return isinstance(packed, bytes) and len(packed) >= 8 and len(packed) % SLOT_BYTES == 2


def _members(packed: bytes) -> list[int]:
    return [
        int.from_bytes(packed[i : i + MEMBER_BYTES], "big")
        for i in range(0, len(packed) - MEMBER_BYTES + 1, MEMBER_BYTES)
    ]


def cut(slots: bytes) -> list[bytes]:
    """Packed slots one by one."""
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


def rebuild(servers: Servers, keys: IndexKeys, entries: Iterable[IndexEntry], put: Put) -> None:
    """See `FingerprintIndex.rebuild`; `put` says which scripts put an entry into an index with the
    parameters that it is given."""
    mark = REBUILDING + secrets.token_hex(8)
    steps = _Steps(servers, keys, mark)
    highest = _last_arrival(servers, keys)
    # The head first: who has no number yet gets none, who has one finds a closed part.
    for root in keys.roots:
        ask_all(servers, [("SET", door(root), mark)])
    for batch in _batches(servers.keys(f"{keys.prefix}:*")):
        steps.delete(batch)
    for entries_at_once in _batches(entries):
        highest = max(highest, *(entry.arrival or 0 for entry in entries_at_once))
        steps.count(highest)
        steps.take(each for entry in entries_at_once for each in put(entry, mark))
    steps.count(highest)
    steps.open()


class _Steps:
    """The steps of a rebuilding, each of which is refused if somebody else has put a mark of theirs
    on a door since."""

    def __init__(self, servers: Servers, keys: IndexKeys, mark: str) -> None:
        self._servers = servers
        self._keys = keys
        self._mark = mark

    def delete(self, keys: Iterable[bytes]) -> None:
        """Delete keys, the doors excepted."""
        by_root: defaultdict[str, list[bytes]] = defaultdict(list)
        for key in keys:
            name = key.decode("utf-8", "replace")
            roots = [root for root in self._keys.roots if name.startswith(f"{root}:")]
            if name not in map(door, roots):
                by_root[max(roots, key=len, default="")].append(key)
        strays = by_root.pop("", [])
        ask_all(self._servers, [("UNLINK", key) for key in strays])
        self.take(self._call(root, found) for root, found in by_root.items())

    def count(self, arrival: int) -> None:
        """Say which number was given last."""
        self.take([self._call(self._keys.head, (), counter=str(arrival))])

    def open(self) -> None:
        """Open the doors, that of the head at last."""
        for root in reversed(self._keys.roots):
            self.take([self._call(root, (), parameters=self._keys.wanted)])

    def take(self, calls: Iterable[Call]) -> None:
        try:
            call(self._servers, list(calls))
        except ResponseError as error:
            if "DISTURBED" in str(error) or "being rebuilt" in str(error):
                raise StoreUnavailable(_DISTURBED) from error
            raise

    def _call(
        self, root: str, keys: Sequence[bytes], *, counter: str = "", parameters: str = ""
    ) -> Call:
        counted = self._keys.arrivals if counter else door(root)
        return Call("rebuild", (door(root), counted, *keys), (self._mark, counter, parameters))


def _last_arrival(servers: Servers, keys: IndexKeys) -> int:
    """What a counter says, 0 if that is nothing. Numbers that were given are not given again."""
    (last,) = servers.ask([("GET", keys.arrivals)])
    return (_counted(last) if isinstance(last, bytes) else None) or 0


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch

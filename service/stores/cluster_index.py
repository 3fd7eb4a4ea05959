"""FingerprintIndex on a Redis Cluster: numbers, names and entries in one place, the head; buckets
in parts that lie on all masters. A script reaches one of these places, so that an article takes
three steps:

  1. `arrive`, in the head: it gets its number and its entry, stands in the waiting room, and meets
     those who stand there;
  2. `join`, in every part that it touches, all at once: it enters its buckets and reads them;
  3. `settle`, in the head: it leaves the waiting room, and the members that it met get their names.

Whoever gets a number meets every earlier twin: in the waiting room, or, if that one has left it, in
the buckets, which it had written before. An article whose writer was killed stays in the waiting
room, where all meet it; later ones complete it when it is far behind, or when the room is full.

An article that is removed leaves its buckets first, in every part at once, and then the head
(`depart`), so that a removal that was killed is begun again and finds the same.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import redis
from redis.exceptions import ResponseError

from service.duplicates.errors import IndexDamaged, StoreUnavailable
from service.duplicates.model import Candidate, IndexEntry, Placement
from service.duplicates.ports import BUCKET_CAP, placement
from service.stores import redis_upkeep
from service.stores.redis_cluster import Cluster
from service.stores.redis_connection import Call, ask_all, call, reaching_redis
from service.stores.redis_index import telling_damage
from service.stores.redis_keys import INDEX_PARAMETERS, IndexKeys, Keys, door

ATTEMPTS = 5
# More than the articles that a service adds at one moment. Each that waits costs an arrival some
# ten microseconds.
ROOM = 128
# An article this many numbers behind was left by a writer that was killed, as far as can be told.
BEHIND = 1_000
HELPED_AT_ONCE = 8
PAUSES = 0.01, 0.03, 0.1  # seconds before one looks again for whom others are about to take out
# What stands for the parameters where the articles are, so that no index begins there, too.
ELSEWHERE = "the index is on a cluster"
_HEADLESS = "its parameters are missing"
_NAMELESS = "a member without a name"
_CROWDED = "too many articles wait for their buckets in the index"


@dataclass(frozen=True, slots=True)
class _Way:
    """An article on its way into its buckets. `places`: what the waiting room says of it, empty if
    a later revision of it is in the index, so that nothing is to be written."""

    id: str
    arrival: int
    places: bytes

    @property
    def member(self) -> bytes:
        """The article as the buckets know it."""
        return self.arrival.to_bytes(4, "big")

    @property
    def new(self) -> list[bytes]:
        """The slots whose buckets it enters."""
        end = 4 + int.from_bytes(self.places[:4], "big") * redis_upkeep.SLOT_BYTES
        return redis_upkeep.cut(self.places[4:end])

    @property
    def old(self) -> list[bytes]:
        """The places that it leaves: a member and a slot each."""
        start = 4 + int.from_bytes(self.places[:4], "big") * redis_upkeep.SLOT_BYTES
        return [self.places[i : i + 10] for i in range(start, len(self.places), 10)]


class ClusterIndex:
    """The index of one namespace on a cluster; the articles are on a server of their own.

    Nothing is sent before the first call, so that a worker can start while Redis is away.
    """

    def __init__(self, cluster: Cluster, articles: redis.Redis, namespace: str) -> None:
        self._cluster = cluster
        self._articles = articles
        self._keys = Keys(namespace)
        self._index = IndexKeys.on_cluster(namespace)

    def check(self) -> None:
        with telling_damage():
            doors, last = redis_upkeep.head(self._cluster, self._index)
            if doors[0] is None and last is None:
                self._begin()
                doors, last = redis_upkeep.head(self._cluster, self._index)
        for fault in redis_upkeep.head_faults(self._index, doors, last):
            raise IndexDamaged(fault)
        with reaching_redis():
            beside = self._articles.get(self._keys.index_parameters)
        if beside != ELSEWHERE.encode():
            if not self._may_begin():
                raise IndexDamaged("a later one may be where the articles are")
            self._leave_articles()

    def add(
        self,
        article_id: str,
        revision: int,
        slots: Sequence[bytes],
        *,
        continues: bool,
        arrival: int | None = None,
    ) -> Placement:
        entry = IndexEntry(article_id, revision, arrival, tuple(slots))
        with telling_damage():
            way, met, helped = self._arrived(entry, continues=continues)
            found = _looking_again(lambda: self._found(way, slots, met, helped))
        return placement(way.arrival, found)

    def remove(
        self, article_id: str, slots: Sequence[bytes], arrival: int | None
    ) -> tuple[Candidate, ...]:
        with telling_damage():
            found = _looking_again(lambda: self._left_behind(article_id, slots, arrival))
        return tuple(sorted(found, key=attrgetter("arrival")))

    def id_of(self, arrival: int) -> str | None:
        with telling_damage():
            return redis_upkeep.id_of(self._cluster, self._index, arrival)

    def faults(self, entries: Iterable[IndexEntry]) -> Iterator[str]:
        return redis_upkeep.faults(self._cluster, self._index, entries)

    def rebuild(self, entries: Iterable[IndexEntry]) -> None:
        def put(entry: IndexEntry, parameters: str) -> list[Call]:
            way = _Way(entry.id, entry.arrival or 0, b"")
            arrive = self._arrive(entry, parameters, continues=False, room="")
            return [arrive, *self._joins(way.member, entry.slots, (), parameters)]

        with telling_damage():
            redis_upkeep.rebuild(self._cluster, self._index, entries, put)
            self._leave_articles()

    # --- the three steps -----------------------------------------------------------------

    def _arrived(
        self, entry: IndexEntry, *, continues: bool
    ) -> tuple[_Way, list[Candidate], list[_Way]]:
        """The first step: the article, whom it met in the waiting room, and whom it completes."""
        step = self._arrive(entry, self._index.wanted, continues=continues, room=ROOM)
        for _ in range(ATTEMPTS):
            try:
                ((arrival, places, met, left),) = call(self._cluster, [step])
            except ResponseError as error:
                if _HEADLESS not in str(error) or not self._begin():
                    raise
                continue
            helped = [
                _Way(left[i].decode(), left[i + 1], left[i + 2]) for i in range(0, len(left), 3)
            ]
            if arrival:
                waiting = [
                    Candidate(met[i].decode(), met[i + 1], met[i + 2])
                    for i in range(0, len(met), 3)
                ]
                return _Way(entry.id, arrival, places), waiting, helped
            self._complete(helped)
        raise StoreUnavailable(_CROWDED)

    def _found(
        self,
        way: _Way,
        slots: Sequence[bytes],
        waiting: Sequence[Candidate],
        helped: Sequence[_Way],
    ) -> list[Candidate]:
        """The second and the third step: all whom the article meets."""
        own = self._joins(way.member, slots, way.old, is_reading=not way.places)
        answers = call(self._cluster, [*own, *self._finishing(helped)])
        shared = _added_up(answers[: len(own)])
        shared.pop(way.arrival, None)
        met = {candidate.arrival: candidate for candidate in waiting}
        members = [member for member in shared if member not in met]
        answers = call(
            self._cluster,
            [self._settle(way, members), *(self._settle(other, ()) for other in helped)],
        )
        self._undo((way, *helped), [entry for entry, _ in answers])
        for member, name in zip(members, answers[0][1], strict=True):
            if name:
                met[member] = Candidate(name.decode(), member, *shared[member])
        return list(met.values())

    def _left_behind(
        self, article_id: str, slots: Sequence[bytes], arrival: int | None
    ) -> list[Candidate]:
        """Take an article out of its buckets, and then out of the head; the others in the buckets
        of these slots.

        If a writer of the article has come between, there is more to leave. One that enters buckets
        even later finds no entry of it in its own third step, and leaves them again.
        """
        way, entry, waits = _Way(article_id, arrival or 0, b""), b"", b""
        shared: dict[int, list[int]] = {}
        for number in range(ATTEMPTS):
            ((entry, waits),) = call(
                self._cluster, [self._depart(article_id, arrival, entry, waits)]
            )
            if number and not entry:
                break
            leaving: list[bytes] = []
            if entry:
                way = _Way(article_id, int.from_bytes(entry[:4], "big"), b"")
                leaving = [way.member + slot for slot in redis_upkeep.cut(entry[8:])]
            if waits:
                begun = _Way(article_id, way.arrival, waits)
                leaving += [*(begun.member + slot for slot in begun.new), *begun.old]
            answers = call(self._cluster, self._joins(way.member, slots, leaving, is_reading=True))
            shared |= _added_up(answers)
            if not entry:
                break
        else:
            raise StoreUnavailable(f"article {article_id!r} is changed by others all the time")
        members = [member for member in shared if member != way.arrival]
        ((_, names),) = call(self._cluster, [self._settle(way, members)])
        return [
            Candidate(name.decode(), member, shared[member][0])
            for member, name in zip(members, names, strict=True)
            if name
        ]

    def _complete(self, ways: Sequence[_Way]) -> None:
        """Let articles that others have left in the waiting room go the rest of their ways."""
        call(self._cluster, self._finishing(ways))
        answers = call(self._cluster, [self._settle(way, ()) for way in ways])
        self._undo(ways, [entry for entry, _ in answers])

    def _undo(self, ways: Sequence[_Way], entries: Sequence[bytes]) -> None:
        """Take articles out of the buckets again that they entered after a later revision of theirs
        had left them."""
        steps: list[Call] = []
        for way, entry in zip(ways, entries, strict=True):
            if entry:
                held = redis_upkeep.cut(entry[8:-1]) if entry[:4] == way.member else []
                left = [way.member + slot for slot in way.new if slot not in held]
                steps += self._joins(b"", (), left)
        if steps:
            call(self._cluster, steps)

    # --- the scripts ---------------------------------------------------------------------

    def _arrive(
        self, entry: IndexEntry, parameters: str, *, continues: bool, room: int | str
    ) -> Call:
        index = self._index
        keys = [index.entry(entry.id), index.arrivals, door(index.head), index.waiting]
        args: list[Any] = [
            *(index.head, entry.id, entry.revision, int(continues), b"".join(entry.slots)),
            *(parameters, "" if entry.arrival is None else entry.arrival),
            *(room, BEHIND, HELPED_AT_ONCE),
        ]
        return Call("arrive", keys, args)

    def _joins(
        self,
        member: bytes,
        new: Sequence[bytes],
        old: Sequence[bytes],
        parameters: str | None = None,
        *,
        is_reading: bool = False,
    ) -> list[Call]:
        parts: dict[str, tuple[list[bytes], list[bytes]]] = {}
        for slot in new:
            parts.setdefault(self._index.part(slot), ([], []))[0].append(slot)
        for place in old:
            parts.setdefault(self._index.part(place[4:]), ([], []))[1].append(place)
        wanted = parameters or self._index.wanted
        return [
            Call(
                "join",
                [door(part)],
                [
                    *(part, wanted, BUCKET_CAP, member, b"".join(entered), b"".join(left)),
                    int(is_reading),
                ],
            )
            for part, (entered, left) in parts.items()
        ]

    def _finishing(self, ways: Iterable[_Way]) -> list[Call]:
        return [each for way in ways for each in self._joins(way.member, way.new, way.old)]

    def _settle(self, way: _Way, members: Sequence[int]) -> Call:
        index = self._index
        keys = [index.entry(way.id), door(index.head), index.waiting]
        packed = b"".join(member.to_bytes(4, "big") for member in members)
        args = [index.head, index.wanted, way.id, way.arrival, way.places, packed]
        return Call("settle", keys, args)

    def _depart(self, article_id: str, arrival: int | None, entry: bytes, waits: bytes) -> Call:
        index = self._index
        keys = [index.entry(article_id), door(index.head), index.waiting]
        named = "" if arrival is None else arrival
        return Call("depart", keys, [index.head, index.wanted, named, entry, waits])

    # --- the beginning -------------------------------------------------------------------

    def _may_begin(self) -> bool:
        """Whether there never was an index: where the articles are is neither the sign that there
        was one here, nor one that has given numbers."""
        with reaching_redis():
            pipeline = self._articles.pipeline()
            pipeline.get(self._keys.index_parameters)
            pipeline.get(self._keys.index_arrivals)
            pipeline.zcard(self._keys.articles)
            parameters, last, articles = pipeline.execute()
        return not articles or (parameters == INDEX_PARAMETERS.encode() and last == b"0")

    def _begin(self) -> bool:
        """Begin an index that never was, and say whether it never was."""
        if not self._may_begin():
            return False
        # The counter before the head's door: a beginning that was killed begins again.
        steps = [("SET", door(part), self._index.wanted, "NX") for part in self._index.parts]
        for commands in (
            steps,
            [("SET", self._index.arrivals, "0", "NX")],
            [("SET", door(self._index.head), self._index.wanted, "NX")],
        ):
            ask_all(self._cluster, commands)
        self._leave_articles()
        return True

    def _leave_articles(self) -> None:
        """See to it that no index is begun where the articles are."""
        with reaching_redis():
            self._articles.set(self._keys.index_parameters, ELSEWHERE)


def _looking_again(look: Callable[[], list[Candidate]]) -> list[Candidate]:
    """What is found, if need be at another look: whom an article leaves behind is gone from its
    buckets first, then from the names, and what a writer puts into buckets while its article is
    deleted it takes out again; so only a member without a name that stays there is a fault."""
    for pause in PAUSES:
        try:
            return look()
        except ResponseError as error:
            if _NAMELESS not in str(error):
                raise
        time.sleep(pause)
    return look()


def _added_up(answers: Iterable[Sequence[int]]) -> dict[int, list[int]]:
    """The members that parts have returned, each with its shared slots and those in full
    buckets."""
    shared: dict[int, list[int]] = {}
    for found in answers:
        for i in range(0, len(found), 3):
            counts = shared.setdefault(found[i], [0, 0])
            counts[0] += found[i + 1]
            counts[1] += found[i + 2]
    return shared

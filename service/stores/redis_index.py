"""FingerprintIndex in Redis: small hashes of packed buckets, one script call per article.

The layout (see `redis_keys`) costs about 320 bytes an article for the MinHash bands, where
datasketch's own takes 11,382: keys and fields are shared by many buckets, members are numbers of
four bytes, and a hash of up to 512 short fields is one compact block of memory.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter

import redis
from redis.exceptions import ResponseError

from service.duplicates.errors import IndexDamaged
from service.duplicates.model import Candidate, IndexEntry, Placement
from service.duplicates.ports import BUCKET_CAP, placement
from service.stores import redis_upkeep
from service.stores.redis_connection import Call, OneServer, call, reaching_redis
from service.stores.redis_keys import INDEX_PARAMETERS, IndexKeys, Keys

# What Redis says when a key holds another kind of value than we ever wrote.
_WRONG_TYPE = "WRONGTYPE"
_DAMAGED = re.compile(r"DAMAGED (.*)")


class RedisIndex:
    """The index of one namespace for the present fingerprint version.

    Nothing is sent before the first call, so that a worker can start while Redis is away.
    """

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._client = client
        self._server = OneServer(client)
        self._keys = Keys(namespace)
        self._index = IndexKeys.on_one_server(namespace)

    def check(self) -> None:
        with telling_damage():
            pipeline = self._client.pipeline()
            pipeline.get(self._keys.index_parameters)
            pipeline.get(self._keys.index_arrivals)
            pipeline.zcard(self._keys.articles)
            parameters, last, articles = pipeline.execute()
            if parameters is None and last is None and not articles:
                self._client.set(self._keys.index_parameters, INDEX_PARAMETERS, nx=True)
                self._client.set(self._keys.index_arrivals, "0", nx=True)
                return
        for fault in redis_upkeep.head_faults(self._index, [parameters], last):
            raise IndexDamaged(fault)

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
            ((given, found),) = call(
                self._server, [self._call(entry, INDEX_PARAMETERS, continues=continues)]
            )
        return placement(
            given,
            (Candidate(found[i].decode(), *found[i + 1 : i + 4]) for i in range(0, len(found), 4)),
        )

    def id_of(self, arrival: int) -> str | None:
        with telling_damage():
            return redis_upkeep.id_of(self._server, self._index, arrival)

    def remove(
        self, article_id: str, slots: Sequence[bytes], arrival: int | None
    ) -> tuple[Candidate, ...]:
        keys = [self._index.entry(article_id), self._keys.index_parameters]
        args = [
            *(self._index.prefix, article_id, b"".join(slots), INDEX_PARAMETERS),
            "" if arrival is None else arrival,
        ]
        with telling_damage():
            (found,) = call(self._server, [Call("remove_article", keys, args)])
        others = (
            Candidate(found[i].decode(), found[i + 1], found[i + 2])
            for i in range(0, len(found), 3)
        )
        return tuple(sorted(others, key=attrgetter("arrival")))

    def faults(self, entries: Iterable[IndexEntry]) -> Iterator[str]:
        return redis_upkeep.faults(self._server, self._index, entries)

    def rebuild(self, entries: Iterable[IndexEntry]) -> None:
        def put(entry: IndexEntry, parameters: str) -> list[Call]:
            return [self._call(entry, parameters, continues=False)]

        with telling_damage():
            redis_upkeep.rebuild(self._server, self._index, entries, put)

    def _call(self, entry: IndexEntry, parameters: str, *, continues: bool) -> Call:
        """What puts an entry into the index that has these parameters."""
        keys = [
            self._index.entry(entry.id),
            self._keys.index_arrivals,
            self._keys.index_parameters,
            self._keys.articles,
        ]
        args = [
            *(self._index.prefix, entry.id, entry.revision, int(continues), b"".join(entry.slots)),
            *(BUCKET_CAP, parameters, "" if entry.arrival is None else entry.arrival),
        ]
        return Call("add_and_read", keys, args)


@contextmanager
def telling_damage() -> Iterator[None]:
    """Turn what Redis and the script say of a damaged index into IndexDamaged."""
    try:
        with reaching_redis():
            yield
    except ResponseError as error:
        told = _DAMAGED.search(str(error))
        if told:
            raise IndexDamaged(told[1]) from error
        if _WRONG_TYPE in str(error):
            raise IndexDamaged("a key holds another kind of value") from error
        raise

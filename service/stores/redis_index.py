"""FingerprintIndex in Redis: small hashes of packed buckets, one script call per article.

The layout (see `redis_keys`) costs about 320 bytes an article for the MinHash bands, where
datasketch's own takes 11,382: keys and fields are shared by many buckets, members are numbers of
four bytes, and a hash of up to 512 short fields is one compact block of memory.
"""

import json
from collections.abc import Sequence

import redis

from cleaning.fingerprint import PARAMETERS
from service.duplicates.errors import StoreMisconfigured
from service.duplicates.model import Candidate, Placement
from service.duplicates.ports import BUCKET_CAP, placement
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import Keys


class RedisIndex:
    """The index of one namespace for the present fingerprint version.

    Nothing is sent before the first call, so that a worker can start while Redis is away.
    """

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._client = client
        self._prefix = Keys(namespace).index
        self._arrivals = f"{self._prefix}:arrivals"
        self._add = script(client, "add_and_read")
        self._checked = False

    @reaching_redis()
    def check_parameters(self) -> None:
        """Raise StoreMisconfigured if an index of this name was built with other parameters:
        what it holds could not be found again."""
        ours = json.dumps(PARAMETERS, sort_keys=True)
        key = f"{self._prefix}:parameters"
        self._client.set(key, ours, nx=True)
        stored = self._client.get(key)
        if stored != ours.encode():
            raise StoreMisconfigured(
                f"the index {self._prefix} was built with {stored!r}, this version works with "
                f"{ours}: run the version that built it, or choose another COPYDESK_NAMESPACE"
            )
        self._checked = True

    @reaching_redis()
    def add(
        self, article_id: str, revision: int, slots: Sequence[bytes], *, continues: bool
    ) -> Placement:
        if not self._checked:
            self.check_parameters()
        arrival, found = self._add(
            keys=[f"{self._prefix}:entry:{article_id}", self._arrivals],
            args=[self._prefix, article_id, revision, int(continues), b"".join(slots), BUCKET_CAP],
        )
        return placement(
            arrival,
            (
                Candidate(found[i].decode(), found[i + 1], found[i + 2])
                for i in range(0, len(found), 3)
            ),
        )

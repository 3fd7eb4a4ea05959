"""FlagStore in Redis: one hash per flag, and sorted sets that list them."""

from typing import Any

import redis
from pydantic import TypeAdapter

from service.duplicates.model import Flag, FlagPage, FlagState
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import Keys

_FLAG = TypeAdapter(Flag)


class RedisFlags:
    """The flags of one namespace."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._put = script(client, "put_flag")

    @reaching_redis()
    def put(self, flag: Flag, *, seen: int) -> bool:
        keys = self._keys
        others = [keys.flags(state) for state in FlagState if state is not flag.state]
        written = self._put(
            keys=[
                keys.flag(flag.id),
                keys.flags(),
                keys.flags_of(flag.article),
                keys.flags_on(flag.other),
                keys.flags(flag.state),
                *others,
            ],
            args=[flag.id, seen, flag.version, _FLAG.dump_json(flag)],
        )
        return bool(written)

    @reaching_redis()
    def get(self, flag_id: str) -> Flag | None:
        stored: Any = self._client.hget(self._keys.flag(flag_id), "flag")
        return _FLAG.validate_json(stored) if stored else None

    @reaching_redis()
    def raised_by(self, article_id: str) -> list[Flag]:
        ids: Any = self._client.zrange(self._keys.flags_of(article_id), 0, -1)
        return self._get_all(ids)

    @reaching_redis()
    def raised_on(self, article_id: str, limit: int) -> list[Flag]:
        ids: Any = self._client.zrange(self._keys.flags_on(article_id), 0, limit - 1)
        return self._get_all(ids)

    @reaching_redis()
    def remove(self, flag: Flag) -> None:
        keys = self._keys
        pipeline = self._client.pipeline()
        pipeline.delete(keys.flag(flag.id))
        lists = [keys.flags_of(flag.article), keys.flags_on(flag.other)]
        for name in (*lists, *map(keys.flags, (None, *FlagState))):
            pipeline.zrem(name, flag.id)
        pipeline.execute()

    @reaching_redis()
    def page(self, state: FlagState | None, after: str | None, limit: int) -> FlagPage:
        pipeline = self._client.pipeline(transaction=False)
        pipeline.zscore(self._keys.flags(), after or "")
        pipeline.zcard(self._keys.flags(state))
        place, total = pipeline.execute()
        ids: Any = self._client.zrange(
            self._keys.flags(state),
            "+inf" if place is None else f"({place}",
            "-inf",
            desc=True,
            byscore=True,
            offset=0,
            num=limit + 1,
        )
        flags = self._get_all(ids[:limit])
        return FlagPage(
            flags=tuple(flags),
            after=flags[-1].id if flags and len(ids) > limit else None,
            total=total,
        )

    def _get_all(self, ids: list[bytes]) -> list[Flag]:
        if not ids:
            return []
        pipeline = self._client.pipeline(transaction=False)
        for flag_id in ids:
            pipeline.hget(self._keys.flag(flag_id.decode()), "flag")
        # One that is removed at this moment is still in a list that was read.
        return [_FLAG.validate_json(stored) for stored in pipeline.execute() if stored]

"""SiteRules in Redis: one hash of rules per site, and a short sorted set of its last articles."""

from collections.abc import Sequence
from typing import Any

import redis
from pydantic import TypeAdapter

from service.duplicates.model import SiteRule
from service.duplicates.ports import LATEST, oldest_first
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import Keys

_RULE = TypeAdapter(SiteRule)


class RedisSiteRules:
    """The site rules of one namespace."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._put = script(client, "put_rule")

    @reaching_redis()
    def put(self, rule: SiteRule, *, seen: int) -> bool:
        written = self._put(
            keys=[self._keys.rules(rule.site), self._keys.sites],
            args=[rule.key, seen, _RULE.dump_json(rule), rule.site],
        )
        return bool(written)

    @reaching_redis()
    def get(self, site: str, key: str) -> SiteRule | None:
        stored: Any = self._client.hget(self._keys.rules(site), key)
        return _RULE.validate_json(stored) if stored else None

    @reaching_redis()
    def of_site(self, site: str) -> list[SiteRule]:
        stored: Any = self._client.hvals(self._keys.rules(site))
        return oldest_first(map(_RULE.validate_json, stored))

    @reaching_redis()
    def in_force(self, site: str, keys: Sequence[str]) -> dict[str, bool]:
        if not keys:
            return {}
        stored: Any = self._client.hmget(self._keys.rules(site), keys)
        rules = map(_RULE.validate_json, filter(None, stored))
        return {rule.key: rule.kept for rule in rules if rule.kept is not None}

    @reaching_redis()
    def sites(self, after: str | None, limit: int) -> list[str]:
        names: Any = self._client.zrange(
            self._keys.sites,
            "-" if after is None else f"({after}",
            "+",
            bylex=True,
            offset=0,
            num=limit,
        )
        return [name.decode() for name in names]

    @reaching_redis()
    def note(self, site: str, article_id: str, arrival: int) -> None:
        key = self._keys.latest(site)
        pipeline = self._client.pipeline(transaction=True)
        pipeline.zadd(key, {article_id: arrival})
        pipeline.zremrangebyrank(key, 0, -LATEST - 1)
        pipeline.execute()

    @reaching_redis()
    def latest(self, site: str, limit: int) -> list[str]:
        ids: Any = self._client.zrevrange(self._keys.latest(site), 0, limit - 1)
        return [article_id.decode() for article_id in ids]

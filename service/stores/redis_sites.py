"""SiteStore in Redis: of each site a hash of rules, a short sorted set of its last articles, and a
list of its last stories as packed hashes."""

from collections.abc import Collection, Sequence
from typing import Any

import redis
from pydantic import TypeAdapter

from service.duplicates.model import SiteRule, SiteStory
from service.duplicates.sites import (
    ARTICLES_PER_SITE,
    HASH_BYTES,
    STORIES_PER_SITE,
    article_name,
    oldest_first,
)
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import Keys

_NAMES = 2 * HASH_BYTES
_RULE = TypeAdapter(SiteRule)


class RedisSites:
    """The sites of one namespace. The stories of one that is silent for `expiry_s` seconds are
    forgotten; 0: none is remembered."""

    def __init__(self, client: redis.Redis, namespace: str, expiry_s: int) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._expiry_s = expiry_s
        self._remember = script(client, "remember_article")
        self._put_rule = script(client, "put_rule")

    @reaching_redis()
    def look_up(self, site: str, keys: Sequence[str]) -> tuple[list[SiteStory], dict[str, bool]]:
        pipeline = self._client.pipeline(transaction=False)
        pipeline.lrange(self._keys.stories(site), 0, -1)
        if keys:
            pipeline.hmget(self._keys.rules(site), keys)
        packed, *stored = pipeline.execute()
        rules = [_RULE.validate_json(rule) for rule in (stored[0] if keys else ()) if rule]
        in_force = {rule.key: rule.kept for rule in rules if rule.kept is not None}
        return [_story(story) for story in packed if self._expiry_s], in_force

    @reaching_redis()
    def remember(
        self,
        site: str,
        article_id: str,
        arrival: int,
        story: SiteStory | None,
        kin: Collection[bytes],
    ) -> None:
        self._remember(
            keys=[self._keys.latest(site), self._keys.stories(site)],
            args=[
                *(article_id, arrival, ARTICLES_PER_SITE),
                b"".join((story.story, story.article, *story.blocks)) if story else b"",
                b"".join(sorted(kin)),
                *(STORIES_PER_SITE, self._expiry_s),
            ],
        )

    @reaching_redis()
    def forget(self, site: str, article_id: str) -> None:
        pipeline = self._client.pipeline()
        pipeline.zrem(self._keys.latest(site), article_id)
        pipeline.lrange(self._keys.stories(site), 0, -1)
        name = article_name(article_id)
        for packed in pipeline.execute()[1]:
            if _story(packed).article == name:
                self._client.lrem(self._keys.stories(site), 0, packed)

    @reaching_redis()
    def latest(self, site: str, limit: int) -> list[str]:
        ids: Any = self._client.zrevrange(self._keys.latest(site), 0, limit - 1)
        return [article_id.decode() for article_id in ids]

    @reaching_redis()
    def put_rule(self, rule: SiteRule, *, seen: int) -> bool:
        written = self._put_rule(
            keys=[self._keys.rules(rule.site), self._keys.ruled],
            args=[rule.key, seen, _RULE.dump_json(rule), rule.site],
        )
        return bool(written)

    @reaching_redis()
    def rule(self, site: str, key: str) -> SiteRule | None:
        stored: Any = self._client.hget(self._keys.rules(site), key)
        return _RULE.validate_json(stored) if stored else None

    @reaching_redis()
    def rules(self, site: str) -> list[SiteRule]:
        stored: Any = self._client.hvals(self._keys.rules(site))
        return oldest_first(map(_RULE.validate_json, stored))

    @reaching_redis()
    def ruled(self, after: str | None, limit: int) -> list[str]:
        names: Any = self._client.zrange(
            self._keys.ruled,
            "-" if after is None else f"({after}",
            "+",
            bylex=True,
            offset=0,
            num=limit,
        )
        return [name.decode() for name in names]


def _story(packed: bytes) -> SiteStory:
    story, article, *blocks = (
        packed[i : i + HASH_BYTES] for i in range(0, len(packed), HASH_BYTES)
    )
    return SiteStory(story, article, tuple(blocks))

"""SiteMemory in Redis: one list per site, an element of packed hashes per story."""

from collections.abc import Collection
from typing import Any

import redis

from service.duplicates.model import SiteStory
from service.duplicates.sites import HASH_BYTES, STORIES_PER_SITE
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import Keys

_NAMES = 2 * HASH_BYTES


class RedisSites:
    """The sites of one namespace; one that is silent for `expiry_s` seconds is forgotten."""

    def __init__(self, client: redis.Redis, namespace: str, expiry_s: int) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._expiry_s = expiry_s
        self._remember = script(client, "remember_story")

    @reaching_redis()
    def stories(self, site: str) -> list[SiteStory]:
        packed: Any = self._client.lrange(self._keys.site(site), 0, -1)
        return [
            SiteStory(
                story[:HASH_BYTES],
                story[HASH_BYTES:_NAMES],
                tuple(story[i : i + HASH_BYTES] for i in range(_NAMES, len(story), HASH_BYTES)),
            )
            for story in packed
        ]

    @reaching_redis()
    def remember(self, site: str, story: SiteStory, kin: Collection[bytes]) -> None:
        self._remember(
            keys=[self._keys.site(site)],
            args=[
                b"".join((story.story, story.article, *story.blocks)),
                b"".join(sorted(kin)),
                STORIES_PER_SITE,
                self._expiry_s,
            ],
        )

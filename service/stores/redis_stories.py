"""StoryStore in Redis: a hash for each story of which something was decided, and for each story
that was joined two sorted sets, by arrival and by link."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import redis
from pydantic import TypeAdapter

from service.duplicates.model import Membership, Story
from service.stores.redis_connection import reaching_redis, script
from service.stores.redis_keys import Keys

_STORY = TypeAdapter(Story)
_Item = TypeVar("_Item")
_AT_ONCE = 500  # keys in one round trip


class RedisStories:
    """The stories of one namespace."""

    def __init__(self, client: redis.Redis, namespace: str) -> None:
        self._client = client
        self._keys = Keys(namespace)
        self._put = script(client, "put_stories")
        self._place = script(client, "place_member")

    @reaching_redis()
    def get_many(self, story_ids: Sequence[str]) -> list[Story]:
        if not story_ids:
            return []
        pipeline = self._client.pipeline(transaction=False)
        for story_id in story_ids:
            pipeline.hget(self._keys.story(story_id), "story")
        return [
            _STORY.validate_json(stored) if stored else Story(story_id)
            for story_id, stored in zip(story_ids, pipeline.execute(), strict=True)
        ]

    @reaching_redis()
    def put(self, stories: Sequence[Story], seen: Sequence[int]) -> bool:
        args: list[bytes | int] = []
        for story, version in zip(stories, seen, strict=True):
            args += (version, story.version, _STORY.dump_json(story))
        return bool(self._put(keys=[self._keys.story(story.id) for story in stories], args=args))

    @reaching_redis()
    def place(self, membership: Membership) -> None:
        keys, story = self._keys, membership.story
        self._call(
            [keys.story_of(membership.id), keys.members(story), keys.links(story)],
            [membership.id, story, membership.arrival, repr(membership.link)],
        )

    @reaching_redis()
    def leave(self, article_id: str) -> None:
        self._call([self._keys.story_of(article_id)], [article_id, ""])

    def _call(self, keys: list[str], args: list[str | int]) -> None:
        self._place(keys=keys, args=[self._keys.members(""), self._keys.links(""), *args])

    @reaching_redis()
    def members(self, story_id: str, after: int, limit: int) -> list[Membership]:
        found: Any = self._client.zrange(
            self._keys.members(story_id),
            f"({after}",
            "+inf",
            byscore=True,
            offset=0,
            num=limit,
            withscores=True,
        )
        if not found:
            return []
        links: Any = self._client.zmscore(self._keys.links(story_id), [name for name, _ in found])
        return [
            Membership(name.decode(), int(arrival), story_id, link or 0.0)
            for (name, arrival), link in zip(found, links, strict=True)
        ]

    @reaching_redis()
    def count(self, story_id: str) -> int:
        return int(self._client.zcard(self._keys.members(story_id)))

    @reaching_redis()
    def weakest(self, story_id: str) -> str | None:
        found: Any = self._client.zrange(self._keys.links(story_id), 0, 0)
        return found[0].decode() if found else None

    def faults(
        self, memberships: Iterable[Membership], pending: Collection[str] = ()
    ) -> Iterator[str]:
        joined = set(pending)
        counts: Counter[str] = Counter()
        with reaching_redis():
            for placed in _batches(memberships):
                joined.update(one.id for one in placed)
                counts.update(one.story for one in placed)
                yield from self._misplaced(placed)
            for batch in _batches(pending):
                stories = self._asked([("GET", self._keys.story_of(name)) for name in batch])
                counts.update(story.decode() for story in stories if isinstance(story, bytes))
            for article_id in self._named(self._keys.story_of("")):
                if article_id not in joined:
                    yield f"article {article_id!r} is a member of a story and should be of none"
            for key_of in (self._keys.members, self._keys.links):
                for batch in _batches(self._named(key_of(""))):
                    sizes = self._asked([("ZCARD", key_of(story_id)) for story_id in batch])
                    for story_id, size in zip(batch, sizes, strict=True):
                        if size != counts[story_id]:
                            yield f"the story {story_id} has other members than its articles say"

    def _misplaced(self, memberships: Sequence[Membership]) -> Iterator[str]:
        keys = self._keys
        found = self._asked(
            [
                command
                for one in memberships
                for command in (
                    ("GET", keys.story_of(one.id)),
                    ("ZSCORE", keys.members(one.story), one.id),
                    ("ZSCORE", keys.links(one.story), one.id),
                )
            ]
        )
        for number, one in enumerate(memberships):
            wanted = [one.story.encode(), float(one.arrival), one.link]
            if found[3 * number : 3 * number + 3] != wanted:
                yield f"article {one.id!r} is no member of the story {one.story} as it should be"

    def _named(self, prefix: str) -> Iterator[str]:
        """What the keys of a kind are of."""
        for key in self._client.scan_iter(match=f"{prefix}*", count=_AT_ONCE):
            yield key.decode("utf-8", "replace")[len(prefix) :]

    def _asked(self, commands: Sequence[tuple[str, ...]]) -> list[Any]:
        """The answers, those of keys that hold another kind of value as errors."""
        pipeline = self._client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)  # type: ignore[no-untyped-call]
        return pipeline.execute(raise_on_error=False)

    @reaching_redis()
    def clear(self) -> None:
        for key_of in (self._keys.story_of, self._keys.members, self._keys.links):
            for batch in _batches(self._named(key_of(""))):
                self._client.delete(*map(key_of, batch))


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch

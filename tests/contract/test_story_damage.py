"""What becomes of the lists of stories' members in Redis that have lost something; and what people
decided of stories, which is nowhere else."""

from collections.abc import Callable

import pytest
import redis

from service.batch.integrity import repair, verify
from service.duplicates.ports import Services
from service.duplicates.story_review import choose_original, get_story, merge, split
from service.duplicates.submit import get_article, reprocess, submit
from service.stores.redis_keys import Keys
from service.stores.redis_stories import RedisStories
from tests.builders import an_article, prose


@pytest.fixture
def services(redis_services: Services) -> Services:
    for number in range(3):
        submit(redis_services, an_article(seed=number), f"a{number}")
        longer = prose(number) + "\n\n" + prose(100 + number, 3)
        submit(redis_services, an_article(longer), f"b{number}")
        submit(redis_services, an_article(longer), f"c{number}")
    split(redis_services, "s1", "b0", by="Ada")
    merge(redis_services, "s4", "s7", by="Ada")
    choose_original(redis_services, "s7", "b2", by="Ada")
    return redis_services


@pytest.fixture
def client(services: Services) -> redis.Redis:
    return real(services)._client


@pytest.fixture
def keys(services: Services) -> Keys:
    return real(services)._keys


def real(services: Services) -> RedisStories:
    assert isinstance(services.stories, RedisStories)
    return services.stories


def faults(services: Services) -> list[str]:
    return verify(services, settle_s=0)


def told(services: Services) -> list[object]:
    names = [f"s{number}" for number in range(1, 10)]
    stories = [get_article(services, name).story for name in services.articles.ids()]
    return [*stories, *(services.stories.members(name, 0, 99) for name in names)]


def put(client: redis.Redis, key: str, **scores: float) -> None:
    client.zadd(key, scores)


DAMAGES: dict[str, Callable[[redis.Redis, Keys], object]] = {
    "an article's story is lost": lambda client, keys: client.delete(keys.story_of("b1")),
    "it is another one": lambda client, keys: client.set(keys.story_of("b1"), "s7"),
    "that of a founder": lambda client, keys: client.set(keys.story_of("a1"), "s1"),
    "that of nobody": lambda client, keys: client.set(keys.story_of("nobody"), "s1"),
    "a list is lost": lambda client, keys: client.delete(keys.members("s4")),
    "a member is lost": lambda client, keys: client.zrem(keys.members("s4"), "b1"),
    "a member too many": lambda client, keys: put(client, keys.members("s4"), nobody=3),
    "a member elsewhere": lambda client, keys: put(client, keys.members("s1"), b1=5),
    "another arrival": lambda client, keys: put(client, keys.members("s4"), b1=9),
    "a link is lost": lambda client, keys: client.zrem(keys.links("s4"), "b1"),
    "another link": lambda client, keys: put(client, keys.links("s4"), b1=0.1),
    "links of nobody": lambda client, keys: put(client, keys.links("s99"), nobody=0.1),
    "another kind": lambda client, keys: (
        client.delete(keys.members("s4")),
        client.set(keys.members("s4"), "x"),
    ),
}


def test_what_is_wrong_with_the_members_is_found_and_mended(
    services: Services, client: redis.Redis, keys: Keys
) -> None:
    assert faults(services) == []
    before = told(services)
    for damage, do in DAMAGES.items():
        do(client, keys)
        assert faults(services), damage
        assert repair(services).compared == 0, damage
        assert faults(services) == [], damage
        assert told(services) == before, damage


def test_reprocessing_lists_the_members_again(services: Services) -> None:
    before = told(services)
    services.stories.clear()
    for name in services.articles.ids():
        reprocess(services, name)
    assert told(services) == before
    assert faults(services) == []


def test_an_article_in_a_story_that_it_was_split_off_is_told_and_compared_again(
    services: Services, client: redis.Redis, keys: Keys
) -> None:
    before = told(services)
    client.delete(keys.story("s1"))
    assert "article 'b0' is in the story s2 and should be in s1" in faults(services)
    assert repair(services).compared == 2
    assert told(services) != before
    split(services, "s1", "b0", by="Ada")
    assert told(services) == before
    assert faults(services) == []


def test_a_story_holds_no_more_than_its_records_say(
    services: Services, client: redis.Redis, keys: Keys
) -> None:
    put(client, keys.members("s4"), a0=2, nobody=3)
    members = [member.record.id for member in get_story(services, "s4").members]
    assert members == ["a1", "b1", "c1"]

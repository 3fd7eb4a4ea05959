import time
from collections.abc import Collection

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.duplicates.model import SiteStory
from service.duplicates.ports import Services, SiteStore
from service.duplicates.sites import (
    ARTICLES_PER_SITE,
    BLOCKS_PER_STORY,
    STORIES_PER_SITE,
    article_name,
)
from service.duplicates.submit import submit
from service.stores.memory import MemorySites
from service.stores.redis_index import RedisIndex
from service.stores.redis_sites import RedisSites
from tests.bench.index import counted_round_trips
from tests.builders import an_article
from tests.contract.conftest import Clients, Place, stores_in


@pytest.fixture
def sites(services: Services) -> SiteStore:
    return services.sites


def name(number: int) -> bytes:
    return number.to_bytes(4, "big")


def a_story(number: int, *blocks: int, article: int | None = None) -> SiteStory:
    return SiteStory(name(number), name(article or 1_000 + number), tuple(map(name, blocks)))


def remember(
    sites: SiteStore, site: str, story: SiteStory | None, kin: Collection[bytes] = ()
) -> None:
    sites.remember(site, "an article", 1, story, kin)


def stories(sites: SiteStore, site: str) -> list[SiteStory]:
    return sites.look_up(site, ["k1"])[0]


def test_nothing_is_remembered_of_a_new_site(sites: SiteStore) -> None:
    assert stories(sites, "example.org") == []


def test_stories_are_remembered_in_order_each_site_apart(sites: SiteStore) -> None:
    for number in (3, 1, 2):
        remember(sites, "example.org", a_story(number, 7, 8))
    remember(sites, "other", a_story(1))
    assert stories(sites, "example.org") == [a_story(number, 7, 8) for number in (3, 1, 2)]
    assert stories(sites, "other") == [a_story(1)]


def test_remembering_again_changes_nothing(sites: SiteStore) -> None:
    for number in (1, 2, 1, 1):
        remember(sites, "s", a_story(number, 7))
    assert stories(sites, "s") == [a_story(1, 7), a_story(2, 7)]


def test_a_story_takes_the_place_of_what_goes_by_its_names(sites: SiteStore) -> None:
    for number in (1, 2, 3):
        remember(sites, "s", a_story(number, 7))
    copy, revision = a_story(1, 8, article=5), a_story(9, 8, article=1_002)
    remember(sites, "s", copy)
    remember(sites, "s", revision)
    assert stories(sites, "s") == [copy, revision, a_story(3, 7)]
    both = a_story(1, 6, article=1_002)
    remember(sites, "s", both)
    assert stories(sites, "s") == [both, a_story(3, 7)]


def test_blocks_that_kin_shows_are_left_out(sites: SiteStore) -> None:
    remember(sites, "s", a_story(1, 6, 7))
    remember(sites, "s", a_story(2, 8))
    remember(sites, "s", a_story(3, 9))
    remember(sites, "s", a_story(4, 5, 6, 7, 8, 9), {name(1), name(1_002), name(55)})
    assert stories(sites, "s")[-1] == a_story(4, 5, 9)


def test_the_oldest_make_room(sites: SiteStore) -> None:
    for number in range(STORIES_PER_SITE + 2):
        remember(sites, "s", a_story(number))
    assert stories(sites, "s") == [a_story(2 + number) for number in range(STORIES_PER_SITE)]


def test_an_article_without_a_story_is_one_of_the_last_all_the_same(sites: SiteStore) -> None:
    remember(sites, "s", a_story(1, 7))
    sites.remember("s", "short", 2, None, ())
    assert stories(sites, "s") == [a_story(1, 7)]
    assert sites.latest("s", 5) == ["short", "an article"]


def test_the_last_articles_of_a_site_come_newest_first(sites: SiteStore) -> None:
    for _ in range(2):
        for arrival, article_id in ((3, "c"), (1, "urn:x:1"), (2, "日本")):
            sites.remember("s", article_id, arrival, a_story(arrival), ())
    sites.remember("other", "d", 4, a_story(4), ())
    assert sites.latest("s", 10) == ["c", "日本", "urn:x:1"]
    assert sites.latest("s", 2) == ["c", "日本"]
    sites.remember("s", "urn:x:1", 5, a_story(5), ())
    assert sites.latest("s", 1) == ["urn:x:1"]
    assert sites.latest("new", 5) == []


def test_only_the_last_articles_are_remembered_in_whatever_order_they_are_told(
    sites: SiteStore,
) -> None:
    arrivals = [*range(ARTICLES_PER_SITE + 20, 10, -1), *range(1, 11)]
    for arrival in arrivals:
        sites.remember("s", f"n{arrival}", arrival, None, ())
    expected = [f"n{n}" for n in range(ARTICLES_PER_SITE + 20, 20, -1)]
    assert sites.latest("s", 1_000) == expected


def test_where_nothing_shall_be_remembered_there_are_no_stories(clients: Clients) -> None:
    for client in clients.values():
        remember(RedisSites(client, "off", expiry_s=60), "s", a_story(1, 7))
        sites = RedisSites(client, "off", expiry_s=0)
        assert stories(sites, "s") == []
        remember(sites, "s", a_story(2, 7))
        assert stories(sites, "s") == []
        assert client.exists("off:stories:s") == 0
        assert sites.latest("s", 5) == ["an article"]


def test_a_site_costs_an_article_two_round_trips(redis_services: Services) -> None:
    def trips_of(seed: int, source: str | None) -> int:
        with counted_round_trips() as trips:
            submit(redis_services, an_article(seed=seed, source=source), f"a{seed}")
        return trips.count

    trips_of(1, "Courier")  # the first one may have to send the scripts
    with counted_round_trips() as trips:
        assert len(redis_services.sites.look_up("courier", ["k1", "k2"])[0]) == 1
    assert trips.count == 1
    without, with_site = trips_of(2, None), trips_of(3, "Courier")
    assert with_site == without + 2
    if isinstance(redis_services.index, RedisIndex):
        assert without == 5


def test_a_silent_site_is_forgotten(clients: Clients) -> None:
    for client in clients.values():
        sites = RedisSites(client, "expiring", expiry_s=1)
        remember(sites, "s", a_story(1, 7))
        assert stories(sites, "s") == [a_story(1, 7)]
        assert 0 < client.pttl("expiring:stories:s") <= 1_000
        time.sleep(1.1)
        assert stories(sites, "s") == []


def test_a_story_that_comes_in_keeps_the_site_from_being_forgotten(clients: Clients) -> None:
    for client in clients.values():
        remember(RedisSites(client, "kept", expiry_s=1), "s", a_story(1))
        remember(RedisSites(client, "kept", expiry_s=1_000), "s", a_story(2))
        assert client.ttl("kept:stories:s") > 900


@pytest.mark.parametrize(("blocks", "most"), [(20, 120), (BLOCKS_PER_STORY, 300)])
def test_a_story_costs_few_bytes(clients: Clients, blocks: int, most: int) -> None:
    for client in clients.values():
        sites = RedisSites(client, f"bytes{blocks}", expiry_s=60)
        for number in range(STORIES_PER_SITE):
            remember(sites, "s", a_story(number, *range(number, number + blocks)))
        assert used(client, f"bytes{blocks}:stories:s") / STORIES_PER_SITE < most


def used(client: redis.Redis, key: str) -> int:
    return int(client.memory_usage(key, samples=0))  # type: ignore[arg-type]


STEPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.integers(0, 5),
        st.lists(st.integers(0, 9), max_size=4, unique=True),
        st.sets(st.integers(0, 9).map(name), max_size=2),
    ),
    max_size=20,
)


@given(steps=STEPS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_redis_and_memory_agree_on_any_history(
    clients: Clients, steps: list[tuple[int, int, list[int], set[bytes]]]
) -> None:
    for client in clients.values():
        real, model = stores_in(Place(client)).sites, MemorySites()
        for story, article, blocks, kin in steps:
            for sites in (real, model):
                remember(sites, "s", a_story(story, *blocks, article=10 + article), kin)
        assert stories(real, "s") == stories(model, "s")


def test_a_forgotten_article_is_not_among_the_last_and_shows_nothing(sites: SiteStore) -> None:
    own = article_name("gone")
    for article_id, story in (
        ("gone", SiteStory(name(1), own, (name(7),))),
        ("stays", a_story(2, 8)),
    ):
        sites.remember("s", article_id, 1, story, ())
    for _ in range(2):
        sites.forget("s", "gone")
    assert sites.latest("s", 5) == ["stays"]
    assert stories(sites, "s") == [a_story(2, 8)]
    sites.forget("nowhere", "gone")

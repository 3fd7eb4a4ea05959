import time

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.duplicates.model import SiteStory
from service.duplicates.ports import Services, SiteMemory
from service.duplicates.sites import BLOCKS_PER_STORY, STORIES_PER_SITE
from service.stores.memory import MemorySites
from service.stores.redis_sites import RedisSites
from tests.contract.conftest import Clients, stores_in


@pytest.fixture
def sites(services: Services) -> SiteMemory:
    assert services.sites is not None
    return services.sites


def name(number: int) -> bytes:
    return number.to_bytes(4, "big")


def a_story(number: int, *blocks: int, article: int | None = None) -> SiteStory:
    return SiteStory(name(number), name(article or 1_000 + number), tuple(map(name, blocks)))


def test_nothing_is_remembered_of_a_new_site(sites: SiteMemory) -> None:
    assert sites.stories("example.org") == []


def test_stories_are_remembered_in_order_each_site_apart(sites: SiteMemory) -> None:
    for number in (3, 1, 2):
        sites.remember("example.org", a_story(number, 7, 8), set())
    sites.remember("other", a_story(1), set())
    assert sites.stories("example.org") == [a_story(number, 7, 8) for number in (3, 1, 2)]
    assert sites.stories("other") == [a_story(1)]


def test_remembering_again_changes_nothing(sites: SiteMemory) -> None:
    for number in (1, 2, 1, 1):
        sites.remember("s", a_story(number, 7), set())
    assert sites.stories("s") == [a_story(1, 7), a_story(2, 7)]


def test_a_story_takes_the_place_of_what_goes_by_its_names(sites: SiteMemory) -> None:
    for number in (1, 2, 3):
        sites.remember("s", a_story(number, 7), set())
    copy, revision = a_story(1, 8, article=5), a_story(9, 8, article=1_002)
    sites.remember("s", copy, set())
    sites.remember("s", revision, set())
    assert sites.stories("s") == [copy, revision, a_story(3, 7)]
    both = a_story(1, 6, article=1_002)
    sites.remember("s", both, set())
    assert sites.stories("s") == [both, a_story(3, 7)]


def test_blocks_that_kin_shows_are_left_out(sites: SiteMemory) -> None:
    sites.remember("s", a_story(1, 6, 7), set())
    sites.remember("s", a_story(2, 8), set())
    sites.remember("s", a_story(3, 9), set())
    sites.remember("s", a_story(4, 5, 6, 7, 8, 9), {name(1), name(1_002), name(55)})
    assert sites.stories("s")[-1] == a_story(4, 5, 9)


def test_the_oldest_make_room(sites: SiteMemory) -> None:
    for number in range(STORIES_PER_SITE + 2):
        sites.remember("s", a_story(number), set())
    assert sites.stories("s") == [a_story(2 + number) for number in range(STORIES_PER_SITE)]


def test_a_silent_site_is_forgotten(clients: Clients) -> None:
    for client in clients.values():
        sites = RedisSites(client, "expiring", expiry_s=1)
        sites.remember("s", a_story(1, 7), set())
        assert sites.stories("s") == [a_story(1, 7)]
        assert 0 < client.pttl("expiring:site:s") <= 1_000  # type: ignore[operator]
        time.sleep(1.1)
        assert sites.stories("s") == []


def test_a_story_that_comes_in_keeps_the_site_from_being_forgotten(clients: Clients) -> None:
    for client in clients.values():
        RedisSites(client, "kept", expiry_s=1).remember("s", a_story(1), set())
        RedisSites(client, "kept", expiry_s=1_000).remember("s", a_story(2), set())
        assert client.ttl("kept:site:s") > 900  # type: ignore[operator]


@pytest.mark.parametrize(("blocks", "most"), [(20, 120), (BLOCKS_PER_STORY, 300)])
def test_a_story_costs_few_bytes(clients: Clients, blocks: int, most: int) -> None:
    for client in clients.values():
        sites = RedisSites(client, f"bytes{blocks}", expiry_s=60)
        for number in range(STORIES_PER_SITE):
            sites.remember("s", a_story(number, *range(number, number + blocks)), set())
        assert used(client, f"bytes{blocks}:site:s") / STORIES_PER_SITE < most


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
        real, model = stores_in(client).sites, MemorySites()
        assert real is not None
        for story, article, blocks, kin in steps:
            for sites in (real, model):
                sites.remember("s", a_story(story, *blocks, article=10 + article), kin)
        assert real.stories("s") == model.stories("s")

from datetime import timedelta

import pytest

from service.duplicates.model import Membership, Story
from service.duplicates.ports import Services, StoryStore
from service.duplicates.stories import merge, split
from tests.builders import NOW


@pytest.fixture
def stories(services: Services) -> StoryStore:
    return services.stories


def a_member(name: str, arrival: int, story: str = "s1", link: float = 0.7) -> Membership:
    return Membership(name, arrival, story, link)


def test_nothing_was_decided_of_a_story_at_first(stories: StoryStore) -> None:
    assert stories.get_many(["s1", "s2"]) == [Story("s1"), Story("s2")]
    assert stories.get_many([]) == []


def test_what_was_decided_can_be_read_again(stories: StoryStore) -> None:
    story = split(Story("s1"), "a\nb", "Ada", NOW)
    assert stories.put([story], [0])
    assert stories.get_many(["s2", "s1"]) == [Story("s2"), story]


def test_only_the_versions_that_were_seen_are_replaced_all_or_none(stories: StoryStore) -> None:
    one = split(Story("s1"), "a", "Ada", NOW)
    assert stories.put([one], [0])
    assert not stories.put([one], [0])
    both = merge(one, Story("s2"), "a", "Bo", NOW + timedelta(hours=1))
    assert not stories.put(both, [0, 0])
    assert not stories.put(both, [1, 1])
    assert stories.get_many(["s1", "s2"]) == [one, Story("s2")]
    assert stories.put(both, [1, 0])
    assert stories.get_many(["s1", "s2"]) == list(both)


def test_members_are_listed_by_arrival(stories: StoryStore) -> None:
    members = [a_member(f"urn:{number}", number) for number in (2, 12, 101)]
    for member in (members[1], members[2], members[0], a_member("z", 3, "s2")):
        stories.place(member)
    assert stories.members("s1", 0, 10) == members
    assert stories.members("s1", 2, 1) == members[1:2]
    assert stories.members("s3", 0, 10) == []
    assert (stories.count("s1"), stories.count("s3")) == (3, 0)


def test_the_member_with_the_weakest_link_is_known(stories: StoryStore) -> None:
    for number, link in enumerate((0.9, 0.512345678901234567, 1.0), start=2):
        stories.place(a_member(f"a{number}", number, link=link))
    assert stories.weakest("s1") == "a3"
    assert stories.members("s1", 2, 1)[0].link == 0.512345678901234567
    assert stories.weakest("s2") is None


def test_an_article_is_a_member_of_one_story_only(stories: StoryStore) -> None:
    stories.place(a_member("a", 5))
    stories.place(a_member("a", 5))
    stories.place(a_member("a", 9, "s2"))
    assert stories.members("s1", 0, 10) == []
    assert stories.weakest("s1") is None
    assert stories.members("s2", 0, 10) == [a_member("a", 9, "s2")]
    stories.leave("a")
    stories.leave("a")
    assert stories.count("s2") == 0
    assert list(stories.faults([])) == []


def test_members_that_are_not_as_they_should_be_are_told(stories: StoryStore) -> None:
    members = [a_member("a", 2), a_member("b", 3), a_member("c", 4, "s9")]
    for member in members:
        stories.place(member)
    assert list(stories.faults(members)) == []
    for wrong in (
        members[:2],
        [*members, a_member("d", 5)],
        [a_member("a", 1), *members[1:]],
        [a_member("a", 2, link=0.6), *members[1:]],
        [a_member("a", 2, "s9"), *members[1:]],
    ):
        assert list(stories.faults(wrong))
    assert list(stories.faults(members[1:], pending=["a", "new"])) == []
    stories.clear()
    assert stories.count("s1") == stories.count("s9") == 0
    assert list(stories.faults([])) == []

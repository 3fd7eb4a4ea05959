from dataclasses import replace

import pytest

from service.duplicates.flags import decide, open_flag, update_flag
from service.duplicates.model import DEFAULT_POLICY, Decision, Flag, FlagState, Relation
from service.duplicates.ports import FlagStore, Services
from tests.builders import NOW, a_match


@pytest.fixture
def flags(services: Services) -> FlagStore:
    return services.flags


def a_flag(article: str = "a", other: str = "b") -> Flag:
    return open_flag(article, a_match(other), DEFAULT_POLICY, NOW)


def put_new(flags: FlagStore, *articles: str) -> list[Flag]:
    found = [a_flag(article) for article in articles]
    for flag in found:
        assert flags.put(flag, seen=0)
    return found


def test_a_flag_can_be_read_again(flags: FlagStore) -> None:
    (flag,) = put_new(flags, "a")
    assert flags.get(flag.id) == flag
    assert flags.get("none") is None


def test_only_the_version_that_was_seen_is_replaced(flags: FlagStore) -> None:
    (flag,) = put_new(flags, "a")
    decided = decide(flag, Decision.DUPLICATE, "ada", NOW, "same lead")
    assert not flags.put(decided, seen=0)
    assert flags.put(decided, seen=1)
    assert not flags.put(decided, seen=1)
    assert flags.get(flag.id) == decided


def test_flags_are_listed_newest_first_by_state(flags: FlagStore) -> None:
    first, second, third = put_new(flags, "a", "b", "c")
    decided = decide(second, Decision.NOT_DUPLICATE, "ada", NOW)
    flags.put(decided, seen=1)
    assert flags.page(FlagState.OPEN, None, 10).flags == (third, first)
    assert flags.page(FlagState.DECIDED, None, 10).flags == (decided,)
    assert flags.page(FlagState.WITHDRAWN, None, 10).flags == ()
    everything = flags.page(None, None, 10)
    assert everything.flags == (third, decided, first)
    assert everything.total == 3


def test_pages_follow_one_another(flags: FlagStore) -> None:
    put_new(flags, *"abcde")
    seen, after = [], None
    while True:
        page = flags.page(FlagState.OPEN, after, 2)
        seen += [flag.article for flag in page.flags]
        after = page.after
        if after is None:
            break
    assert seen == list("edcba")


def test_a_page_goes_on_behind_a_flag_decided_meanwhile(flags: FlagStore) -> None:
    put_new(flags, *"abcd")
    page = flags.page(FlagState.OPEN, None, 2)
    flags.put(decide(page.flags[-1], Decision.DUPLICATE, "ada", NOW), seen=1)
    rest = flags.page(FlagState.OPEN, page.after, 2)
    assert [flag.article for flag in rest.flags] == ["b", "a"]
    assert rest.after is None


def test_a_reopened_flag_keeps_its_place(flags: FlagStore) -> None:
    first, second = put_new(flags, "a", "b")
    decided = decide(first, Decision.DUPLICATE, "ada", NOW)
    flags.put(decided, seen=1)
    reopened = decide(decided, Decision.REOPEN, "ada", NOW)
    flags.put(reopened, seen=2)
    assert flags.page(FlagState.OPEN, None, 10).flags == (second, reopened)
    assert flags.page(FlagState.DECIDED, None, 10).total == 0


def test_an_article_knows_the_flags_it_raised(flags: FlagStore) -> None:
    one, two = a_flag("a", "b"), a_flag("a", "c")
    for flag in (one, two, a_flag("b", "c")):
        flags.put(flag, seen=0)
    changed = update_flag(one, replace(one.match, relation=Relation.CONTAINED), DEFAULT_POLICY, NOW)
    flags.put(changed, seen=1)
    assert flags.raised_by("a") == [changed, two]
    assert flags.raised_by("c") == []


def test_an_article_knows_the_flags_raised_on_it(flags: FlagStore) -> None:
    one, two, three = a_flag("a", "z"), a_flag("b", "z"), a_flag("c", "y")
    for flag in (one, two, three):
        flags.put(flag, seen=0)
    assert flags.raised_on("z", 10) == [one, two]
    assert flags.raised_on("z", 1) == [one]
    assert flags.raised_on("a", 10) == []


def test_a_removed_flag_is_in_no_list(flags: FlagStore) -> None:
    first, second = put_new(flags, "a", "b")
    for _ in range(2):
        flags.remove(decide(first, Decision.DUPLICATE, "ada", NOW))  # in whatever version
    assert flags.get(first.id) is None
    assert flags.page(None, None, 10).flags == (second,)
    assert flags.page(FlagState.OPEN, None, 10).total == 1
    assert flags.raised_by(first.article) == [second] * (second.article == first.article)
    assert flags.raised_on(first.other, 5) == [second] * (second.other == first.other)
    assert flags.put(first, seen=0)

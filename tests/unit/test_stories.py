"""Stories: who joins which, and what people decide of them."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.batch.integrity import repair, verify
from service.duplicates import stories as rules
from service.duplicates.errors import IllegalStory, StaleStory, StoryNotFound
from service.duplicates.model import Relation, Story, StoryMember, Submission, Verdict
from service.duplicates.ports import Services
from service.duplicates.stories import SAME_STORY, Met, joined, likely_source
from service.duplicates.story_review import (
    choose_original,
    get_story,
    merge,
    original_of,
    split,
    undo,
)
from service.duplicates.submit import get_article, reprocess, submit
from service.stores.memory import MemoryStories, memory_services
from tests.builders import NOW, a_match, prose

PARTS = {number: prose(number, 1) for number in range(40)}


def made_of(*parts: int, **fields: object) -> Submission:
    """An article of these paragraphs."""
    return Submission(text="\n\n".join(PARTS[part] for part in parts), **fields)  # type: ignore[arg-type]


def a_chain(length: int) -> list[Submission]:
    """Articles that each share five paragraphs of eight with the next, two with the one after."""
    return [made_of(*range(3 * number, 3 * number + 8)) for number in range(length)]


@pytest.fixture
def services() -> Services:
    return memory_services(clock=lambda: NOW)


def stories_of(services: Services) -> dict[str, str | None]:
    """The story of each article, as people see it."""
    return {name: get_article(services, name).story for name in services.articles.ids()}


def groups(services: Services) -> set[frozenset[str]]:
    found = defaultdict(set)
    for name, story in stories_of(services).items():
        found[story].add(name)
    return {frozenset(members) for members in found.values()}


def faults(services: Services) -> list[str]:
    return verify(services, settle_s=0)


def members(services: Services, story_id: str) -> list[str]:
    return [member.record.id for member in get_story(services, story_id).members]


# --- the rule ------------------------------------------------------------------------------


def met(
    name: str,
    arrival: int,
    story: Story | None = None,
    *,
    relation: Relation = Relation.NEAR,
    jaccard: float = 0.7,
    around: tuple[Story, ...] = (),
) -> Met:
    match = replace(a_match(name, relation=relation, arrival=arrival), jaccard=jaccard)
    return Met(match, (story or Story(f"s{arrival}"), *around))


def test_an_article_joins_the_representative_that_it_is_most_like() -> None:
    one, two = met("a", 1, jaccard=0.6), met("b", 2, jaccard=0.9)
    assert joined("c", [one, two]) is two
    assert joined("c", [one, met("b", 2, jaccard=0.6)]) is one
    assert joined("c", []) is None


def test_a_member_is_no_reason_to_join_its_story() -> None:
    assert joined("c", [met("b", 2, Story("s1"), jaccard=0.9)]) is None


@pytest.mark.parametrize("relation", sorted(set(Relation) - SAME_STORY))
def test_only_whole_copies_join(relation: Relation) -> None:
    assert joined("c", [met("a", 1, relation=relation)]) is None


def test_who_was_split_off_a_story_does_not_join_it_nor_its_parts() -> None:
    without = rules.split(Story("s1"), "c", "Ada", NOW)
    assert joined("c", [met("a", 1, without)]) is None
    assert joined("d", [met("a", 1, without)]) is not None
    part = met("b", 2, around=(without,))
    assert joined("c", [part]) is None


def test_a_chosen_original_represents_its_story_beside_the_founder() -> None:
    chosen = rules.choose_original(Story("s1"), "b", "Ada", NOW)
    one, two = met("a", 1, chosen), met("b", 2, chosen)
    assert joined("c", [two]) is two
    assert joined("c", [one]) is one


names = st.sampled_from(["s1", "s2", "s3"])
people = st.sampled_from(["Ada", "Bo"])


@given(
    st.lists(st.tuples(st.sampled_from(["split", "original"]), st.sampled_from("abc")), max_size=6)
)
def test_undoing_everything_leaves_nothing_but_history(done: list[tuple[str, str]]) -> None:
    story = Story("s1")
    for action, article in done:
        change = rules.split if action == "split" else rules.choose_original
        try:
            story = change(story, article, "Ada", NOW)
        except IllegalStory:
            assert story.original == article
    made = [line.number for line in story.history]
    for number in made:
        story, line = rules.undo(story, number, "Bo", NOW)
        assert rules.undo(story, number, "Bo", NOW)[0] is story
        assert line.number == number
    assert not story.apart
    assert (story.original, story.into, story.parts) == (None, None, ())
    assert [line.number for line in story.history] == made
    assert story.version == 2 * len(made)
    with pytest.raises(IllegalStory):
        rules.undo(story, None, "Bo", NOW)


@given(st.lists(st.tuples(names, names, st.booleans()), max_size=8))
def test_merges_make_no_circles_and_both_sides_agree(
    history: list[tuple[str, str, bool]],
) -> None:
    known = {name: Story(name) for name in ("s1", "s2", "s3")}
    for one, two, is_undone in history:
        try:
            if is_undone:
                known[one], line = rules.undo(known[one], None, "Bo", NOW)
                other = line.story or ""
                known[other] = rules.undo_merge(known[other], one, "Bo", NOW)
            else:
                known[one], known[two] = rules.merge(known[one], known[two], "a", "Ada", NOW)
        except IllegalStory:
            continue
        for name, story in known.items():
            assert [part for part in known if known[part].into == name] == sorted(story.parts)
            around, steps = story.into, 0
            while around is not None:
                around, steps = known[around].into, steps + 1
                assert steps < len(known)


@pytest.mark.parametrize(
    "name", ["", "s", "17", "s017", "s-1", "x17", "s1.0", "s" + "9" * 30, "s²"]
)
def test_what_is_no_name_of_a_story(services: Services, name: str) -> None:
    with pytest.raises(StoryNotFound):
        get_story(services, name)
    with pytest.raises(StoryNotFound):
        undo(services, name, by="Ada")


# --- as articles come in ---------------------------------------------------------------------


def test_eight_articles_that_each_overlap_the_next_are_not_one_story(services: Services) -> None:
    for number, article in enumerate(a_chain(8)):
        submit(services, article, f"a{number}")
    assert groups(services) == {
        frozenset({"a0", "a1"}),
        frozenset({"a2", "a3"}),
        frozenset({"a4", "a5"}),
        frozenset({"a6", "a7"}),
    }
    third = get_article(services, "a2").record.outcome
    assert third is not None
    assert [match.id for match in third.matches if match.relation is Relation.NEAR] == ["a1"]
    assert (third.verdict, third.duplicate_of) == (Verdict.DUPLICATE, "a1")
    assert faults(services) == []


@given(st.integers(2, 8), st.integers(1, 3), st.permutations(range(8)))
@settings(max_examples=20)
def test_every_member_of_a_story_is_a_copy_of_its_founder(
    length: int, step: int, order: list[int]
) -> None:
    services = memory_services()
    chain = [made_of(*range(step * number, step * number + 8)) for number in range(8)]
    for number in order[:length]:
        submit(services, chain[number], f"a{number}")
    for name in services.articles.ids():
        outcome = get_article(services, name).record.outcome
        assert outcome is not None
        if outcome.story_id != f"s{outcome.arrival}":
            copied = {f"s{match.arrival}": match.relation for match in outcome.matches}
            assert copied[outcome.story_id] in rules.SAME_STORY
    assert faults(services) == []


@given(st.permutations(range(8)), st.lists(st.integers(0, 3), max_size=4))
@settings(max_examples=20)
def test_no_order_of_reprocessing_changes_stories(order: list[int], decided: list[int]) -> None:
    services = memory_services()
    for number, article in enumerate(a_chain(8)):
        submit(services, article, f"a{number}")
    for number in decided:
        decide_something(services, number)
    before, index = stories_of(services), listed(services)
    for number in order:
        reprocess(services, f"a{number}")
    assert (stories_of(services), listed(services)) == (before, index)
    assert faults(services) == []
    repair(services)
    assert (stories_of(services), listed(services)) == (before, index)


def decide_something(services: Services, number: int) -> None:
    try:
        if number == 0:
            split(services, "s1", "a1", by="Ada")
        elif number == 1:
            merge(services, "s3", "s1", by="Ada")
        elif number == 2:
            choose_original(services, "s1", "a1", by="Ada")
        else:
            undo(services, "s1", by="Bo")
    except (IllegalStory, StoryNotFound):
        pass


def listed(services: Services) -> dict[str, list[object]]:
    return {
        f"s{number}": list(services.stories.members(f"s{number}", 0, 100))
        for number in range(1, services.articles.count() + 1)
    }


def test_a_representative_that_is_no_candidate_is_looked_at_too(services: Services) -> None:
    submit(services, made_of(*range(8)), "founder")
    submit(services, made_of(*range(2, 10)), "member")

    class Forgetful:
        """An index that does not show the founder."""

        def __getattr__(self, name: str) -> object:
            return getattr(services.index, name)

        def add(self, *args: object, **more: object) -> object:
            found = services.index.add(*args, **more)  # type: ignore[arg-type]
            kept = [one for one in found.candidates if one.id != "founder"]
            return replace(found, candidates=tuple(kept))

    forgetful = replace(services, index=Forgetful())  # type: ignore[arg-type]
    answer = submit(forgetful, made_of(*range(1, 9)), "new")
    outcome = answer.record.outcome
    assert outcome is not None
    assert [match.id for match in outcome.matches] == ["founder", "member"]
    assert (answer.story, outcome.duplicate_of) == ("s1", "founder")


def test_copies_posted_at_the_same_moment_make_one_story(services: Services) -> None:
    posters = 8
    for round_number in range(4):
        start = Barrier(posters)

        def post(number: int, start: Barrier = start, seed: int = round_number) -> str | None:
            start.wait(timeout=10)
            name = f"{seed}-{number}"
            return submit(services, made_of(*range(5 * seed, 5 * seed + 5)), name).story

        with ThreadPoolExecutor(posters) as pool:
            assert len(set(pool.map(post, range(posters)))) == 1
    assert len(groups(services)) == 4
    assert faults(services) == []


def test_the_story_of_one_that_is_pending_is_found_out(services: Services) -> None:
    """`b` copies `a`, `c` copies `b` and not `a`: that `b` founds nothing must be known to `c`
    though `b` has no outcome yet."""
    chain = a_chain(3)
    submit(services, chain[0], "a")
    submit(services, chain[1], "b")
    record = services.articles.get("b")
    assert record is not None
    services.articles.amend(record, record.cleaned, record.restored, record.removed)
    assert submit(services, chain[2], "c").story == "s3"
    assert get_article(services, "b").story == "s1"


# --- what is shown ---------------------------------------------------------------------------


def test_a_story_knows_its_members_its_original_and_its_weakest_link(services: Services) -> None:
    submit(services, made_of(*range(8)), "a")
    submit(services, made_of(*range(20, 28)), "other")
    submit(services, made_of(*range(8)), "exact")
    submit(services, made_of(*range(2, 10)), "far")
    shown = get_story(services, "s1")
    assert [member.record.id for member in shown.members] == ["a", "exact", "far"]
    assert [member.match and member.match.id for member in shown.members] == [None, "a", "a"]
    assert (shown.original, shown.chosen, shown.total, shown.after) == ("a", False, 3, None)
    assert shown.weakest is not None
    assert shown.weakest.record.id == "far"
    assert get_story(services, "s2").members[0].record.id == "other"
    assert get_story(services, "s2").weakest is None
    with pytest.raises(StoryNotFound):
        get_story(services, "s3")  # that one has joined another


def test_members_are_shown_page_by_page(services: Services) -> None:
    for number in range(5):
        submit(services, made_of(1, 2, 3, 4), f"a{number}")
    seen, after = [], 0
    for _ in range(3):
        page = get_story(services, "s1", after, 2)
        seen += [member.record.id for member in page.members]
        assert page.total == 5
        after = page.after or 0
    assert seen == ["a0", "a1", "a2", "a3", "a4"]
    assert after == 0


def test_the_likely_source_is_found_whatever_page_is_shown(services: Services) -> None:
    for number in range(4):
        source = "AP" if number == 1 else "Courier"
        submit(services, made_of(1, 2, 3, 4, source=source), f"a{number}")
    for after in (0, 2):
        found = get_story(services, "s1", after, 1).source
        assert found is not None
        assert found.article == "a1"


def test_an_article_that_is_revised_into_another_story_leaves(services: Services) -> None:
    submit(services, made_of(*range(8)), "a")
    submit(services, made_of(*range(8)), "b")
    submit(services, made_of(*range(20, 28)), "b")
    assert members(services, "s1") == ["a"]
    assert faults(services) == []


def credited(name: str, agency: str | None, **fields: object) -> StoryMember:
    services = memory_services()
    lead = f"LONDON ({agency}) - " if agency else ""
    sent = Submission(text=lead + "\n\n".join(PARTS[n] for n in range(4)), **fields)  # type: ignore[arg-type]
    return StoryMember(submit(services, sent, name).record, None)


@pytest.mark.parametrize(
    ("fields", "field", "value"),
    [
        ({"source": "AP"}, "source", "AP"),
        ({"source": "Associated Press"}, "source", "Associated Press"),
        ({"url": "https://www.ap.org/a/1"}, "url", "www.ap.org"),
    ],
)
def test_the_agencys_own_article_is_the_likely_source(
    fields: dict[str, str], field: str, value: str
) -> None:
    copies = [credited("one", "AP", source="Courier"), credited("two", None)]
    own = credited("own", "AP", **fields)
    found = likely_source([*copies, own])
    assert found is not None
    assert (found.article, found.agency, found.credited_by) == ("own", "AP", ("one",))
    assert (found.field, found.value) == (field, value)


def test_of_two_agencies_the_one_that_others_credit_is_the_likely_source() -> None:
    found = [
        credited("tass", None, source="TASS"),
        credited("afp", None, source="AFP"),
        credited("copy", "AFP", source="Courier"),
    ]
    source = likely_source(found)
    assert source is not None
    assert source.article == "afp"


def test_a_credit_alone_names_no_source() -> None:
    assert likely_source([credited("one", "AP", source="Courier"), credited("two", "AP")]) is None
    assert likely_source([]) is None


# --- what people decide ----------------------------------------------------------------------


@pytest.fixture
def world(services: Services) -> Services:
    """`b` and `c` are in the story of `a`, `y` in that of `x`."""
    submit(services, made_of(*range(8)), "a")
    submit(services, made_of(*range(1, 9)), "b")
    submit(services, made_of(*range(7), 9), "c")
    submit(services, made_of(*range(20, 28)), "x")
    submit(services, made_of(*range(21, 29)), "y")
    assert groups(services) == {frozenset("abc"), frozenset("xy")}
    return services


def test_what_follows_from_a_change_is_compared_again_in_order(services: Services) -> None:
    """Who founds and who joins alternates down a chain, and turns when its head goes."""
    for number, article in enumerate(a_chain(8)):
        submit(services, article, f"a{number}")
    submit(services, made_of(*range(32, 40)), "a0")  # it arrives anew
    assert groups(services) == {
        frozenset({"a0"}),
        *(frozenset({f"a{number}", f"a{number + 1}"}) for number in (1, 3, 5)),
        frozenset({"a7"}),
    }
    assert faults(services) == []


def test_an_article_that_is_split_off_takes_its_later_copies_along(world: Services) -> None:
    submit(world, made_of(*range(1, 9)), "like b")
    assert members(world, "s1") == ["a", "b", "c", "like b"]
    story = split(world, "s1", "b", by="Ada", seen=0)
    assert stories_of(world) == {
        "a": "s1",
        "b": "s2",
        "c": "s1",
        "x": "s4",
        "y": "s4",
        "like b": "s2",
    }
    (line,) = story.history
    assert (line.by, line.at, line.article, story.version) == ("Ada", NOW, "b", 1)
    assert submit(world, made_of(*range(1, 9)), "new").story == "s2"
    assert submit(world, made_of(*range(8)), "like a").story == "s1"
    assert members(world, "s2") == ["b", "like b", "new"]
    assert faults(world) == []


def test_a_split_that_is_undone_leaves_no_trace(world: Services) -> None:
    submit(world, made_of(*range(1, 9)), "like b")
    before, index = stories_of(world), listed(world)
    split(world, "s1", "b", by="Ada")
    story = undo(world, "s1", by="Bo", seen=1)
    assert (stories_of(world), listed(world)) == (before, index)
    assert (story.history[0].undone_by, story.version) == ("Bo", 2)
    assert faults(world) == []


def test_two_stories_that_are_merged_bear_one_name(world: Services) -> None:
    into = merge(world, "s4", "s1", by="Ada", seen=0)
    assert groups(world) == {frozenset("abcxy")}
    assert members(world, "s1") == ["a", "b", "c", "x", "y"]
    assert into.parts == ("s4",)
    assert submit(world, made_of(*range(20, 28)), "like x").story == "s1"
    assert submit(world, made_of(*range(8)), "like a").story == "s1"
    shown = get_story(world, "s4")
    assert shown.story.into == "s1"
    assert get_story(world, "s1").weakest is not None
    assert faults(world) == []


@given(st.permutations(["s1", "s2", "s3", "s4"]), st.integers(1, 3), st.booleans())
@settings(max_examples=20)
def test_merges_that_are_undone_leave_no_trace(
    order: list[str],
    merges: int,
    from_inside: bool,  # noqa: FBT001
) -> None:
    services = memory_services()
    for number in range(4):
        submit(services, made_of(*range(8 * number, 8 * number + 8)), f"a{number}")
    for number in range(4):
        submit(services, made_of(*range(8 * number + 1, 8 * number + 9)), f"b{number}")
    before, index = stories_of(services), listed(services)
    done = list(pairwise(order))[:merges]
    for one, two in done:
        merge(services, one, two, by="Ada")
    assert len(groups(services)) == 4 - merges
    for one, two in reversed(done):
        undo(services, one if from_inside else two, by="Bo")
    assert (stories_of(services), listed(services)) == (before, index)
    decided = services.stories.get_many(order)
    assert all((story.into, story.parts) == (None, ()) for story in decided)
    assert faults(services) == []


def test_a_chosen_original_stands_for_the_story_and_throws_nobody_out(world: Services) -> None:
    assert original_of(world, "s1") == "a"
    choose_original(world, "s1", "b", by="Ada")
    shown = get_story(world, "s1")
    assert (shown.original, shown.chosen) == ("b", True)
    assert members(world, "s1") == ["a", "b", "c"]
    assert original_of(world, "s1") == "b"
    beyond = made_of(*range(4, 12))  # a copy of `b`, not of `a`
    assert submit(world, beyond, "beyond").story == "s1"
    assert faults(world) == []
    undo(world, "s1", by="Bo")
    assert get_article(world, "beyond").story == "s6"
    assert get_story(world, "s1").original == "a"
    assert faults(world) == []


def test_articles_that_were_there_already_join_a_chosen_original(world: Services) -> None:
    beyond = made_of(*range(4, 12))
    assert submit(world, beyond, "beyond").story == "s6"
    choose_original(world, "s1", "b", by="Ada")
    assert get_article(world, "beyond").story == "s1"
    assert faults(world) == []


def test_decisions_stand_through_reprocessing_and_repair(world: Services) -> None:
    split(world, "s1", "b", by="Ada")
    merge(world, "s4", "s1", by="Ada")
    choose_original(world, "s1", "c", by="Ada")
    before, index = stories_of(world), listed(world)
    for name in "ycabx":
        reprocess(world, name)
    assert (stories_of(world), listed(world)) == (before, index)
    world.stories.clear()
    assert faults(world)
    repair(world)
    assert (stories_of(world), listed(world)) == (before, index)
    assert faults(world) == []


def test_a_decision_is_made_on_what_was_seen(world: Services) -> None:
    split(world, "s1", "b", by="Ada", seen=0)
    with pytest.raises(StaleStory):
        split(world, "s1", "c", by="Bo", seen=0)
    assert split(world, "s1", "b", by="Bo", seen=0).version == 1  # it stands already
    with pytest.raises(StaleStory):
        undo(world, "s1", by="Bo", seen=0)


@pytest.mark.parametrize(
    ("action", "field"),
    [
        (lambda s: split(s, "s1", "nobody", by="Ada"), "article"),
        (lambda s: split(s, "s1", "x", by="Ada"), "article"),
        (lambda s: split(s, "s1", "a", by="Ada"), "article"),
        (lambda s: choose_original(s, "s1", "x", by="Ada"), "article"),
        (lambda s: merge(s, "s1", "s1", by="Ada"), "into"),
        (lambda s: merge(s, "s1", "s2", by="Ada"), "into"),
        (lambda s: merge(s, "s1", "nothing", by="Ada"), "into"),
        (lambda s: undo(s, "s1", by="Ada"), "decision"),
        (lambda s: undo(s, "s1", by="Ada", number=4), "decision"),
    ],
)
def test_what_cannot_be_decided_changes_nothing(world: Services, action: Any, field: str) -> None:
    with pytest.raises(IllegalStory) as error:
        action(world)
    assert error.value.field == field
    assert world.stories.get_many(["s1"]) == [Story("s1")]


def test_who_represents_a_story_is_not_split_off(world: Services) -> None:
    choose_original(world, "s1", "b", by="Ada")
    with pytest.raises(IllegalStory, match="choose another one"):
        split(world, "s1", "b", by="Ada")
    merge(world, "s4", "s1", by="Ada")
    with pytest.raises(IllegalStory, match="undo the merge"):
        split(world, "s1", "x", by="Ada")
    with pytest.raises(IllegalStory, match="decide there"):
        split(world, "s4", "y", by="Ada")
    with pytest.raises(IllegalStory, match="merge into that one"):
        merge(world, "s1", "s4", by="Ada")


def test_an_article_of_a_part_is_split_off_the_whole(world: Services) -> None:
    merge(world, "s4", "s1", by="Ada")
    split(world, "s1", "y", by="Ada")
    assert groups(world) == {frozenset("abcx"), frozenset("y")}
    assert faults(world) == []
    undo(world, "s4", by="Bo")
    assert groups(world) == {frozenset("abc"), frozenset("xy")}
    assert faults(world) == []


def test_what_a_fault_interrupted_is_finished_by_the_same_decision(
    world: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(MemoryStories, "leave", broken)
        with pytest.raises(ConnectionError):
            split(world, "s1", "b", by="Ada")
    split(world, "s1", "b", by="Ada")
    assert get_article(world, "b").story == "s2"
    assert faults(world) == []

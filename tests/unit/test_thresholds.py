from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.duplicates import thresholds
from service.duplicates.model import (
    COPIES,
    DEFAULT_POLICY,
    FLAGGED,
    Decision,
    FlagState,
    Policy,
    Relation,
)
from service.duplicates.ports import Services
from service.duplicates.review import decide
from service.duplicates.submit import submit
from service.duplicates.thresholds import Judged, Kind, Share, simulate
from service.stores.memory import memory_services
from tests.builders import an_article, prose

SENTENCES = [sentence for seed in range(4) for sentence in prose(seed).split("\n\n")][:16]
STRICT = replace(DEFAULT_POLICY, near=0.9, contained=0.95)

# An article is a choice of the same sentences, some of which tell a number.
an_archive = st.lists(
    st.lists(
        st.tuples(st.integers(0, len(SENTENCES) - 1), st.integers(10, 14)),
        min_size=1,
        max_size=10,
        unique_by=lambda told: told[0],
    ),
    min_size=1,
    max_size=7,
)
shares = st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9, 1.0])


@st.composite
def a_policy(draw: st.DrawFn) -> Policy:
    near, contained = sorted((draw(shares), draw(shares)))
    return Policy(
        near=near,
        contained=contained,
        numbers=draw(shares),
        later_numbers=draw(shares),
        same_news=draw(st.sampled_from([0.0, 24.0, 48.0])),
        decide_exact=draw(st.booleans()),
    )


def stored(archive: Sequence[Sequence[tuple[int, int]]], policy: Policy) -> Services:
    services = memory_services(policy)
    for number, told in enumerate(archive):
        text = "\n\n".join(f"{SENTENCES[i]} There were {value * 7} of them." for i, value in told)
        submit(services, an_article(text), f"a{number}")
    return services


def story(sentences: int, *, first: int = 0) -> str:
    return "\n\n".join(SENTENCES[first : first + sentences])


def flagged(services: Services) -> set[tuple[str, str, Relation]]:
    page = services.flags.page(None, None, 1000)
    return {(flag.article, flag.other, flag.match.relation) for flag in page.flags}


def everything(services: Services) -> tuple[object, ...]:
    ids = list(services.articles.ids())
    return services.articles.get_many(ids), services.flags.page(None, None, 1000)


# --- on the archive ------------------------------------------------------------------------


@given(archive=an_archive, policy=a_policy())
@settings(max_examples=60, deadline=None)
def test_the_present_thresholds_change_nothing(
    archive: list[list[tuple[int, int]]], policy: Policy
) -> None:
    services = stored(archive, policy)
    before = everything(services)
    found = simulate(services, policy)
    assert found.kinds.total() == 0
    assert found.flags[0] == found.flags[1] == len(flagged(services))
    assert found.articles == len(archive)
    assert all(now is then for now, then in found.moves)
    assert everything(services) == before


@given(archive=an_archive, present=a_policy(), proposed=a_policy())
@settings(max_examples=60, deadline=None)
def test_what_is_foretold_comes_true(
    archive: list[list[tuple[int, int]]], present: Policy, proposed: Policy
) -> None:
    services = stored(archive, present)
    found = simulate(services, proposed)
    before, after = flagged(services), flagged(stored(archive, proposed))

    told = {
        kind: {(judged.article, judged.other, judged.proposed) for judged in examples}
        for kind, examples in found.examples.items()
    }
    were, are = {pair[:2] for pair in before}, {pair[:2] for pair in after}
    assert told[Kind.NEW] == {pair for pair in after if pair[:2] not in were}
    assert {pair[:2] for pair in told[Kind.GONE]} == were - are
    assert told[Kind.CHANGED] == {pair for pair in after - before if pair[:2] in were}
    assert found.flags == (len(before), len(after))


@given(
    archive=an_archive,
    policy=a_policy(),
    name=st.sampled_from(["near", "contained", "numbers", "later_numbers"]),
    value=shares,
)
@settings(max_examples=60, deadline=None)
def test_a_higher_threshold_never_makes_a_copy(
    archive: list[list[tuple[int, int]]], policy: Policy, name: str, value: float
) -> None:
    raised = replace(policy, **{name: max(value, getattr(policy, name))})
    raised = replace(raised, contained=max(raised.near, raised.contained))
    found = simulate(stored(archive, policy), raised)
    assert not [move for move in found.moves if move[0] not in COPIES and move[1] in COPIES]
    assert found.kinds[Kind.NEW] == 0
    assert found.duplicates[1] <= found.duplicates[0]


def test_a_lower_threshold_finds_what_no_match_was_stored_of() -> None:
    services = memory_services(STRICT)
    submit(services, an_article(story(8)), "first")
    answer = submit(services, an_article(story(8, first=2)), "second")
    assert not [match for match in answer.record.outcome.matches if match.relation in FLAGGED]  # type: ignore[union-attr]

    found = simulate(services, DEFAULT_POLICY)
    (judged,) = found.examples[Kind.NEW]
    assert (judged.article, judged.other, judged.flag) == ("second", "first", None)
    assert judged.proposed is Relation.NEAR
    assert judged.likeness
    assert judged.likeness.containment > 0.5
    assert found.duplicates == (0, 1)


def test_only_the_last_articles_are_looked_at_the_newest_first() -> None:
    services = memory_services()
    for number in range(4):
        submit(services, an_article(story(8)), f"a{number}")
    found = simulate(services, STRICT, articles=2)
    assert (found.articles, found.stored, found.pairs) == (2, 4, 5)  # a3 met three, a2 two
    assert "the last 2 of 4 articles" in found.notes[0]


def test_at_most_so_many_examples_are_told() -> None:
    services = memory_services()
    submit(services, an_article(story(8)), "first")
    for number in range(4):
        submit(services, an_article(story(8, first=number % 3 + 1)), f"a{number}")
    found = simulate(services, replace(DEFAULT_POLICY, near=1.0, contained=1.0), examples=2)
    assert found.kinds[Kind.GONE] > 2
    assert len(found.examples[Kind.GONE]) == 2


def test_an_empty_archive_gives_zeros() -> None:
    found = simulate(memory_services(), STRICT)
    assert (found.articles, found.stored, found.pairs, found.flags) == (0, 0, 0, (0, 0))
    assert found.since is None
    assert found.decided.precision == (Share(0, 0), Share(0, 0))
    assert found.notes == ["There is nothing to look at yet: no article has been compared."]


def test_when_the_time_is_over_it_says_so() -> None:
    services = memory_services()
    for number in range(4):
        submit(services, an_article(story(8)), f"a{number}")
    left = [False, False, True]
    found = simulate(services, STRICT, is_over=lambda: left.pop(0))
    assert (found.articles, found.is_cut) == (2, True)
    assert "time was over" in found.notes[0]


# --- on decisions --------------------------------------------------------------------------


@pytest.fixture
def decided() -> Services:
    """Four copies, ever less like the first article: two confirmed, two rejected."""
    services = memory_services()
    submit(services, an_article(story(10)), "first")
    for article, sentences, decision in (
        ("copy", 10, Decision.DUPLICATE),
        ("short", 8, Decision.DUPLICATE),
        ("shorter", 7, Decision.NOT_DUPLICATE),
        ("shortest", 6, Decision.NOT_DUPLICATE),
    ):
        other = story(11 - sentences, first=11) if sentences < 10 else "One more line of it."
        answer = submit(services, an_article(f"{story(sentences)}\n\n{other}"), article)
        flag = next(flag for flag in answer.flags if flag.other == "first")
        decide(services, flag.id, decision, by="Ada", seen=None)
    return services


def test_what_people_decided_is_kept_lost_and_dropped(decided: Services) -> None:
    found = simulate(decided, replace(DEFAULT_POLICY, near=0.85, contained=0.9)).decided
    assert found.total == 4
    assert found.count(Decision.DUPLICATE, proposed=True) == 1
    assert [(pair.article, pair.other) for pair in found.lost] == [("short", "first")]
    assert [pair.article for pair in found.dropped] == ["shortest", "shorter"]
    assert found.precision == (Share(2, 4), Share(1, 1))
    assert found.recall == (Share(2, 2), Share(1, 2))
    assert found.lost[0].flag
    assert found.lost[0].flag.decision is Decision.DUPLICATE


def test_few_decisions_are_told_as_few(decided: Services) -> None:
    found = simulate(decided, DEFAULT_POLICY)
    assert found.decided.caution == found.notes[-1]
    assert "only 4 decisions" in found.notes[-1]
    found.decided.counts[Decision.DUPLICATE, True, True] = 4000
    assert found.decided.caution is None


def test_nobody_having_decided_is_told() -> None:
    services = memory_services()
    submit(services, an_article(story(8)), "first")
    assert "Nobody has decided" in simulate(services, DEFAULT_POLICY).notes[-1]


def test_the_services_own_decisions_stand_apart(decided: Services) -> None:
    submit(decided, an_article(story(10)), "again")
    found = simulate(decided, STRICT).decided
    assert (found.total, found.by_service) == (4, 1)


def test_a_reopened_flag_is_no_decision(decided: Services) -> None:
    flag = decided.flags.page(FlagState.DECIDED, None, 1).flags[0]
    decide(decided, flag.id, Decision.REOPEN, by="Ada", seen=None)
    assert simulate(decided, STRICT).decided.total == 3


def test_flags_of_passages_are_no_decisions_on_copies(decided: Services) -> None:
    flag = decided.flags.page(FlagState.DECIDED, None, 1).flags[0]
    passage = replace(flag.match, relation=Relation.PASSAGE)
    changed = replace(flag, match=passage, version=flag.version + 1)
    assert decided.flags.put(changed, seen=flag.version)
    assert simulate(decided, STRICT).decided.total == 3


def test_a_flag_whose_article_is_gone_is_counted_apart(decided: Services) -> None:
    flag = decided.flags.page(FlagState.DECIDED, None, 1).flags[0]
    orphan = replace(flag, id="orphan", article="deleted", version=1)
    assert decided.flags.put(orphan, seen=0)
    found = simulate(decided, STRICT).decided
    assert (found.total, found.not_stored) == (4, 1)


def test_older_decisions_than_are_read_are_counted(
    decided: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thresholds, "DECISIONS", 3)
    monkeypatch.setattr(thresholds, "_FLAGS_AT_ONCE", 2)
    found = simulate(decided, STRICT)
    assert (found.decided.total, found.decided.unread) == (3, 1)
    assert any("1 older decided flags" in note for note in found.notes)


# --- values --------------------------------------------------------------------------------


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_share_lies_in_its_interval(counted: tuple[int, int]) -> None:
    share = Share(*counted)
    low, high = share.interval
    assert share.value is not None
    assert 0 <= low <= share.value + 1e-9
    assert share.value - 1e-9 <= high <= 1
    narrower = Share(share.hits * 4, share.of * 4).interval
    assert narrower[1] - narrower[0] < high - low


def test_of_nothing_everything_is_possible() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)


@pytest.mark.parametrize(
    ("present", "proposed", "kind"),
    [
        (Relation.NEAR, Relation.NEAR, None),
        (Relation.NEAR, Relation.CONTAINED, Kind.CHANGED),
        (Relation.NEAR, None, Kind.GONE),
        (Relation.NEAR, Relation.RECURRING, Kind.GONE),
        (Relation.RECURRING, Relation.NEAR, Kind.NEW),
        (None, Relation.CONTAINS, Kind.NEW),
        (None, Relation.RECURRING, None),
    ],
)
def test_what_becomes_of_a_flag(
    present: Relation | None, proposed: Relation | None, kind: Kind | None
) -> None:
    assert Judged("b", "a", present, proposed, None, None).kind is kind

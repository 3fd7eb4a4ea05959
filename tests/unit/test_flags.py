from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.duplicates.errors import IllegalDecision
from service.duplicates.flags import decide, flag_id, open_flag, update_flag, withdraw
from service.duplicates.model import (
    DEFAULT_POLICY,
    SERVICE,
    Decision,
    Flag,
    FlagState,
    Match,
    Policy,
    Relation,
)
from tests.builders import NOW, a_match

BY_HAND = Policy(decide_exact=False)
EXACT = a_match(relation=Relation.EXACT)
LATER = NOW + timedelta(hours=1)


def a_flag(match: Match | None = None, policy: Policy = DEFAULT_POLICY) -> Flag:
    return open_flag("a", match or a_match(), policy, NOW)


def test_a_match_opens_a_flag() -> None:
    flag = a_flag()
    assert (flag.state, flag.decision, flag.version) == (FlagState.OPEN, None, 1)
    assert (flag.article, flag.other, flag.opened_at) == ("a", "b", NOW)
    assert flag.decided_by is None


def test_an_exact_match_is_decided_by_the_service() -> None:
    flag = a_flag(EXACT)
    assert (flag.state, flag.decision) == (FlagState.DECIDED, Decision.DUPLICATE)
    assert flag.decided_by == SERVICE


def test_the_policy_may_leave_an_exact_match_to_people() -> None:
    assert a_flag(EXACT, BY_HAND).state is FlagState.OPEN


def test_what_the_service_decided_can_be_reopened() -> None:
    flag = decide(a_flag(EXACT), Decision.REOPEN, "ada", LATER)
    assert (flag.state, flag.decision, flag.decided_by) == (FlagState.OPEN, None, None)


@pytest.mark.parametrize("decision", [Decision.DUPLICATE, Decision.NOT_DUPLICATE])
def test_a_person_decides_an_open_flag(decision: Decision) -> None:
    flag = decide(a_flag(), decision, "ada", LATER, "same lead")
    assert (flag.state, flag.decision, flag.decided_by) == (FlagState.DECIDED, decision, "ada")
    change = flag.history[-1]
    assert (change.at, change.by, change.note) == (LATER, "ada", "same lead")
    assert (change.before, change.after) == (FlagState.OPEN, FlagState.DECIDED)


def test_a_person_may_think_again_without_reopening() -> None:
    flag = decide(a_flag(), Decision.DUPLICATE, "ada", NOW)
    flag = decide(flag, Decision.NOT_DUPLICATE, "bob", LATER)
    assert (flag.decision, flag.decided_by) == (Decision.NOT_DUPLICATE, "bob")


@pytest.mark.parametrize("decision", [Decision.DUPLICATE, Decision.NOT_DUPLICATE])
def test_the_same_decision_again_changes_nothing(decision: Decision) -> None:
    flag = decide(a_flag(), decision, "ada", NOW)
    assert decide(flag, decision, "bob", LATER) is flag


def test_reopening_an_open_flag_changes_nothing() -> None:
    flag = a_flag()
    assert decide(flag, Decision.REOPEN, "ada", LATER) is flag


@pytest.mark.parametrize("decision", Decision)
def test_a_withdrawn_flag_cannot_be_decided(decision: Decision) -> None:
    with pytest.raises(IllegalDecision, match="withdrawn"):
        decide(withdraw(a_flag(), NOW), decision, "ada", LATER)


def test_an_open_flag_is_withdrawn_and_comes_back_open() -> None:
    gone = withdraw(a_flag(), NOW)
    assert (gone.state, gone.decision) == (FlagState.WITHDRAWN, None)
    assert withdraw(gone, LATER) is gone
    back = update_flag(gone, a_match(), DEFAULT_POLICY, LATER)
    assert (back.state, back.decision) == (FlagState.OPEN, None)


def test_what_the_service_decided_is_withdrawn_with_its_match() -> None:
    assert withdraw(a_flag(EXACT), LATER).state is FlagState.WITHDRAWN


def test_what_the_service_decided_opens_when_the_texts_are_no_longer_equal() -> None:
    flag = update_flag(a_flag(EXACT), a_match(relation=Relation.NEAR), DEFAULT_POLICY, LATER)
    assert (flag.state, flag.decision) == (FlagState.OPEN, None)
    assert flag.history[-1].note == "now near, was exact"


def test_the_same_evidence_again_changes_nothing() -> None:
    for flag in (a_flag(), a_flag(EXACT), decide(a_flag(), Decision.DUPLICATE, "ada", NOW)):
        assert update_flag(flag, flag.match, DEFAULT_POLICY, LATER) is flag


def test_new_evidence_is_kept_and_leaves_an_open_flag_open() -> None:
    flag = update_flag(a_flag(), replace(a_match(), jaccard=0.9), DEFAULT_POLICY, LATER)
    assert (flag.state, flag.match.jaccard, flag.version) == (FlagState.OPEN, 0.9, 2)


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_each_pair_has_an_id_of_its_own(one: tuple[str, str], two: tuple[str, str]) -> None:
    assert (flag_id(*one) == flag_id(*two)) == (one == two)


@pytest.mark.parametrize(
    ("one", "two"),
    [(("a", "bc"), ("ab", "c")), (("a", "b"), ("b", "a")), (("1:a", ""), ("a", "1:"))],
)
def test_pairs_that_read_alike_are_apart(one: tuple[str, str], two: tuple[str, str]) -> None:
    assert flag_id(*one) != flag_id(*two)


class AFlagsLife(RuleBasedStateMachine):
    """Whatever happens to a flag, its history tells it and a person's word stands."""

    def __init__(self) -> None:
        super().__init__()
        self.flag = a_flag()
        self.hours = 0
        self.said: Decision | None = None  # what a person said last, until they take it back

    @initialize(
        relation=st.sampled_from(Relation), policy=st.sampled_from((DEFAULT_POLICY, BY_HAND))
    )
    def opened(self, relation: Relation, policy: Policy) -> None:
        self.flag = a_flag(a_match(relation=relation), policy)

    @rule(relation=st.sampled_from(Relation), jaccard=st.sampled_from((0.6, 0.7)))
    def compared_again(self, relation: Relation, jaccard: float) -> None:
        self.becomes(
            update_flag(
                self.flag,
                replace(a_match(relation=relation), jaccard=jaccard),
                DEFAULT_POLICY,
                self.now(),
            )
        )
        assert self.flag.state is not FlagState.WITHDRAWN

    @rule()
    def no_longer_matched(self) -> None:
        self.becomes(withdraw(self.flag, self.now()))

    @rule(decision=st.sampled_from(Decision), by=st.sampled_from(("ada", "bob")))
    def decided(self, decision: Decision, by: str) -> None:
        if self.flag.state is FlagState.WITHDRAWN:
            with pytest.raises(IllegalDecision):
                decide(self.flag, decision, by, self.now())
            return
        before = self.flag
        self.becomes(decide(before, decision, by, self.now()))
        if self.flag is not before:
            self.said = None if decision is Decision.REOPEN else decision

    def now(self) -> datetime:
        self.hours += 1
        return NOW + timedelta(hours=self.hours)

    def becomes(self, flag: Flag) -> None:
        before, self.flag = self.flag, flag
        if flag is before:
            return
        assert flag.version > before.version
        assert flag.history[: len(before.history)] == before.history
        added = flag.history[len(before.history) :]
        assert [change.before for change in added] == [
            before.state,
            *(change.after for change in added[:-1]),
        ]
        assert (flag.id, flag.article, flag.opened_at) == (before.id, before.article, NOW)

    @invariant()
    def the_history_is_whole(self) -> None:
        assert len(self.flag.history) == self.flag.version
        assert self.flag.history[-1].after is self.flag.state
        assert [change.at for change in self.flag.history] == sorted(
            change.at for change in self.flag.history
        )

    @invariant()
    def only_a_decided_flag_has_a_decision(self) -> None:
        assert (self.flag.decision is not None) == (self.flag.state is FlagState.DECIDED)
        assert (self.flag.decided_by is not None) == (self.flag.state is FlagState.DECIDED)

    @invariant()
    def a_persons_word_stands(self) -> None:
        if self.said is not None:
            assert self.flag.decision is self.said
            assert self.flag.decided_by in {"ada", "bob"}


def test_a_persons_decision_outlives_new_evidence_and_then_its_end() -> None:
    decided = decide(a_flag(), Decision.NOT_DUPLICATE, "ada", NOW)
    seen_again = update_flag(decided, replace(a_match(), jaccard=0.9), DEFAULT_POLICY, LATER)
    gone = withdraw(seen_again, LATER)
    assert (gone.state, gone.decision) == (FlagState.DECIDED, Decision.NOT_DUPLICATE)


def test_a_persons_decision_outlives_two_changes_of_relation() -> None:
    flag = decide(a_flag(), Decision.DUPLICATE, "ada", NOW)
    for relation in (Relation.CONTAINED, Relation.EXACT):
        flag = update_flag(flag, a_match(relation=relation), DEFAULT_POLICY, LATER)
    assert (flag.decision, flag.decided_by) == (Decision.DUPLICATE, "ada")


TestAFlagsLife = AFlagsLife.TestCase

"""A flag's states, and what may happen to it. Pure: each function returns the flag as it becomes.

    (no flag) --match--> open --duplicate | not_duplicate--> decided --reopen--> open
    (no flag) --exact match, if the policy says so--> decided by the service
    open --the match is gone--> withdrawn --the match is back--> open

A person's decision outlives every new comparison: only a person changes it. What the service
decided by itself it takes back when the texts are no longer equal.
"""

from dataclasses import replace
from datetime import datetime

import xxhash

from service.duplicates.errors import IllegalDecision
from service.duplicates.model import (
    SERVICE,
    Change,
    Decision,
    Flag,
    FlagState,
    Match,
    Policy,
    Relation,
)


def flag_id(article_id: str, other_id: str) -> str:
    """The id of the flag on this pair: the same for the same pair, however often it is found."""
    return xxhash.xxh3_128_hexdigest(f"{len(article_id)}:{article_id}{other_id}".encode())


def open_flag(article_id: str, match: Match, policy: Policy, at: datetime) -> Flag:
    """A new flag for a match; an exact one is decided at once if the policy says so."""
    opened = Change(at=at, by=SERVICE, before=None, after=FlagState.OPEN)
    flag = Flag(
        id=flag_id(article_id, match.id),
        article=article_id,
        other=match.id,
        match=match,
        state=FlagState.OPEN,
        decision=None,
        version=1,
        opened_at=at,
        history=(opened,),
    )
    return _decided_if_exact(flag, policy, at)


def update_flag(flag: Flag, match: Match, policy: Policy, at: datetime) -> Flag:
    """The flag with the evidence of a new comparison.

    A withdrawn one, and one that the service decided on other evidence, are open again. Exact
    ones that no person has touched the service decides.
    """
    relation_changed = match.relation is not flag.match.relation
    is_anew = flag.state is FlagState.WITHDRAWN or (relation_changed and flag.decided_by == SERVICE)
    if match == flag.match and not is_anew:
        return flag
    note = f"now {match.relation}, was {flag.match.relation}" if relation_changed else None
    if is_anew:
        flag = replace(flag, decision=None)
    state = FlagState.OPEN if is_anew else flag.state
    updated = _moved(replace(flag, match=match), state, SERVICE, at, note=note)
    has_been_touched = any(change.by != SERVICE for change in flag.history)
    return updated if has_been_touched else _decided_if_exact(updated, policy, at)


def withdraw(flag: Flag, at: datetime) -> Flag:
    """The flag when its match no longer holds; what a person has decided stays."""
    if flag.state is not FlagState.OPEN and flag.decided_by != SERVICE:
        return flag
    return _moved(
        replace(flag, decision=None),
        FlagState.WITHDRAWN,
        SERVICE,
        at,
        note="the texts no longer match",
    )


def decide(flag: Flag, decision: Decision, by: str, at: datetime, note: str | None = None) -> Flag:
    """The flag after a decision; the same decision again changes nothing.

    Raises IllegalDecision for a withdrawn flag, whose texts no longer match.
    """
    if flag.state is FlagState.WITHDRAWN:
        raise IllegalDecision(
            f"flag {flag.id} was withdrawn because its texts no longer match; "
            "there is nothing left to decide"
        )
    if decision is Decision.REOPEN:
        if flag.state is FlagState.OPEN:
            return flag
        return _moved(
            replace(flag, decision=None), FlagState.OPEN, by, at, decision=decision, note=note
        )
    if flag.state is FlagState.DECIDED and flag.decision is decision:
        return flag
    return _moved(
        replace(flag, decision=decision), FlagState.DECIDED, by, at, decision=decision, note=note
    )


def _decided_if_exact(flag: Flag, policy: Policy, at: datetime) -> Flag:
    is_clear = flag.match.relation is Relation.EXACT and policy.decide_exact
    if flag.state is not FlagState.OPEN or not is_clear:
        return flag
    return decide(flag, Decision.DUPLICATE, by=SERVICE, at=at)


def _moved(
    flag: Flag,
    after: FlagState,
    by: str,
    at: datetime,
    *,
    decision: Decision | None = None,
    note: str | None = None,
) -> Flag:
    change = Change(at=at, by=by, before=flag.state, after=after, decision=decision, note=note)
    return replace(flag, state=after, version=flag.version + 1, history=(*flag.history, change))

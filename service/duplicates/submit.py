"""Use cases of whoever sends articles: one article through every stage.

The record is written first, pending; then the article enters the index, which answers whom it
met; those are verified; flags are opened; at last the outcome is written. A crash between two
steps leaves a pending record, and every step may be repeated with the same result: sending the
article again, or reprocessing it, finishes what was begun.

An article is compared with those that arrived before it, and only with them, now and whenever it
is reprocessed. So the order in which articles are reprocessed cannot change a verdict, and of two
copies posted at the same moment exactly one is the original. When a text changes, the later
articles that it concerns are compared again.
"""

import hashlib
import heapq
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter

from pydantic import TypeAdapter

from cleaning.article import is_text, redecided
from cleaning.errors import NothingLeft
from cleaning.fingerprint import Fingerprint
from cleaning.model import CleanedArticle, SiteLookup
from cleaning.pipeline import clean
from service.duplicates import flags as transitions
from service.duplicates.errors import (
    ArticleNotFound,
    BlockNotFound,
    SourceGone,
    StoreUnavailable,
    UnremovableBlock,
)
from service.duplicates.model import (
    COPIES,
    FLAGGED,
    ArticleRecord,
    Flag,
    Match,
    Outcome,
    Placement,
    Policy,
    Relation,
    Submission,
    Verdict,
)
from service.duplicates.passages import (
    PlacedWords,
    Shared,
    may_share,
    particular,
    shared_passages,
)
from service.duplicates.ports import Services
from service.duplicates.sites import kin_of, site_lookup, site_of, story_of
from service.duplicates.verify import hours_between, likeness_of, verify

# Whoever changes a record or a flag at the same moment wins; the loser reads again. Losing this
# often means that something writes in a loop.
ATTEMPTS = 10
AT_ONCE = 64  # flags that are read in one go where all of an article are needed
# A copy that is part of a longer text does not join that text's story: round-ups would chain
# the stories they hold.
SAME_STORY = frozenset({Relation.EXACT, Relation.NEAR})
_SUBMISSION = TypeAdapter(Submission)
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """An article as it stands, with its flags. `created`: this request made the revision."""

    record: ArticleRecord
    flags: tuple[Flag, ...]
    created: bool = False


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """An article before and after it was cleaned and compared once more; only compared if its
    source is gone."""

    before: ArticleRecord
    after: Answer
    was_cleaned: bool


def submit(
    services: Services,
    submission: Submission,
    article_id: str | None = None,
    *,
    replayed: bool = False,
) -> Answer:
    """Clean, store, compare and flag one article; without an id it is a new one.

    The same id and content again gives the answer of the first time. `replayed`: it comes from an
    archive that may have been sent before, so that the content of an earlier revision is no news.
    Raises CleaningError for a source that cannot be cleaned, StoreUnavailable.
    """
    digest = submission_digest(submission)
    present = services.articles.get(article_id) if article_id is not None else None
    if present is not None and present.outcome is not None:
        is_known = present.digest == digest or (replayed and digest in present.superseded)
        if is_known:
            return _answer(services, present)
    restored, removed = (present.restored, present.removed) if present else (NONE, NONE)
    site = site_lookup(services, submission, article_id, present)
    cleaned = clean_submission(submission, restored, removed, site)
    left = site_of(present.submission) if present else None
    if present is not None and left is not None and left != site_of(submission):
        services.sites.forget(left, present.id)
    record = services.articles.begin(
        article_id if article_id is not None else uuid.uuid4().hex,
        digest,
        submission,
        cleaned,
        services.clock(),
        continues=present is not None and _keeps_text(cleaned, present.cleaned, services.policy),
    )
    if record.deleted:
        _finish_deletion(services, record)
        return submit(services, submission, article_id, replayed=replayed)
    if record.outcome is not None:  # another request with the same content was faster
        return _answer(services, record)
    return _conclude(services, record, created=True, has_changed=record.version > 1)


def get_article(services: Services, article_id: str) -> Answer:
    """An article as it stands. Raises ArticleNotFound, StoreUnavailable.

    One that a crash left pending is finished first.
    """
    record = _get(services, article_id)
    if record.outcome is not None:
        return _answer(services, record)
    return _conclude(services, record, has_changed=record.version > 1)


def restore_block(services: Services, article_id: str, index: int) -> Answer:
    """Put a removed block back into the article, which is then compared anew.

    What a person removed is put back by taking their decision back: the article stands as if it
    had never been made. Restoring a kept block changes nothing. Raises ArticleNotFound,
    BlockNotFound, StoreUnavailable.
    """
    return _decide_block(services, article_id, index, kept=True)


def remove_block(services: Services, article_id: str, index: int) -> Answer:
    """Take a kept block out of the article, which is then compared anew.

    What a person restored is removed by taking their decision back. Removing a removed block
    changes nothing. Raises UnremovableBlock for the title and for the last block of text,
    ArticleNotFound, BlockNotFound, StoreUnavailable.
    """
    return _decide_block(services, article_id, index, kept=False)


def reprocess(services: Services, article_id: str, *, alone: bool = True) -> Reprocessed:
    """Clean and compare a stored article once more, with what people decided. Where its source is
    gone, the article stands as it is and is compared.

    `alone`: the later articles that it concerns are not compared again, as when all are
    reprocessed. Raises ArticleNotFound, StoreUnavailable, and CleaningError if the present rules
    refuse the source; the article then stays as it was.
    """
    for record in _attempts(services, article_id):
        was_cleaned = True
        try:
            cleaned = recleaned(services, record)
        except SourceGone:
            was_cleaned, cleaned = False, record.cleaned
        amended = services.articles.amend(record, cleaned, record.restored, record.removed)
        if amended is not None:
            after = _conclude(services, amended, has_changed=not alone)
            return Reprocessed(before=record, after=after, was_cleaned=was_cleaned)
    raise StoreUnavailable(f"article {article_id!r} is changed by others all the time")


def delete(services: Services, article_id: str) -> None:
    """Delete an article with everything that is known of it, the flags on it and what people
    decided of them included; those that pointed to it are compared again.

    What somebody else has begun to delete, or has expired, is deleted to the end. Raises
    ArticleNotFound if there is nothing of it, StoreUnavailable.
    """
    record = services.articles.mark_deleted(article_id)
    if record is None:
        raise ArticleNotFound(article_id)
    _finish_deletion(services, record)


def recleaned(
    services: Services, record: ArticleRecord, site: SiteLookup | None = None
) -> CleanedArticle:
    """A stored article as it is cleaned now, with what people decided of its blocks. `site`: what
    is known of its site, if that shall not be what the stores know. Raises SourceGone,
    CleaningError and StoreUnavailable."""
    submission = services.articles.received(record)
    if submission is None:
        raise SourceGone(record.id)
    lookup = site or site_lookup(services, submission, record.id, record)
    cleaned = clean_submission(submission, record.restored, record.removed, lookup)
    return replace(cleaned, source="")  # as it is stored


def clean_submission(
    submission: Submission,
    restored: frozenset[str] = NONE,
    removed: frozenset[str] = NONE,
    site: SiteLookup | None = None,
) -> CleanedArticle:
    """The article that the submission holds. `restored` and `removed` are the keys of blocks of
    which a person has decided. Raises CleaningError, and what `site` raises."""
    return clean(
        submission.html if submission.html is not None else submission.text or "",
        content_type="text/html" if submission.html is not None else "text/plain",
        url=submission.url,
        title=submission.title,
        published_at=submission.published_at,
        language=submission.language,
        restored=restored,
        removed=removed,
        site=site,
    )


def submission_digest(submission: Submission) -> str:
    """Identifies a submission's content: equal for equal submissions."""
    return hashlib.sha256(_SUBMISSION.dump_json(submission)).hexdigest()


def _decide_block(services: Services, article_id: str, index: int, *, kept: bool) -> Answer:
    for record in _attempts(services, article_id):
        blocks = record.cleaned.blocks
        if not 0 <= index < len(blocks):
            raise BlockNotFound(article_id, index, len(blocks))
        if blocks[index].kept is kept:
            return get_article(services, article_id)
        if blocks[index].kept and not is_text(blocks[index]):
            raise UnremovableBlock(article_id, index, "it shows the title, which is not the text")
        decided = _decided(services, record, blocks[index].key, kept=kept)
        if decided is None:
            raise UnremovableBlock(article_id, index, "no text would be left")
        amended = services.articles.amend(
            record, decided.cleaned, decided.restored, decided.removed
        )
        if amended is not None:
            return _conclude(services, amended, has_changed=True)
    raise StoreUnavailable(f"article {article_id!r} is changed by others all the time")


def _decided(
    services: Services, record: ArticleRecord, key: str, *, kept: bool
) -> ArticleRecord | None:
    """The record with a person's decision on a block, or without the opposite one if that is
    enough; None if no text would be left."""
    plain = replace(record, restored=record.restored - {key}, removed=record.removed - {key})
    if kept:
        by_hand = replace(plain, restored=plain.restored | {key})
    else:
        by_hand = replace(plain, removed=plain.removed | {key})
    is_undone = key in (record.removed if kept else record.restored)
    for wanted in (plain, by_hand) if is_undone else (by_hand,):
        try:
            try:
                cleaned = recleaned(services, wanted)
            except SourceGone:
                cleaned = redecided(record.cleaned, wanted.restored, wanted.removed)
        except NothingLeft:
            continue
        if all(block.kept is kept for block in cleaned.blocks if block.key == key):
            return replace(wanted, cleaned=cleaned)
    return None


def _conclude(
    services: Services,
    record: ArticleRecord,
    *,
    created: bool = False,
    has_changed: bool = False,
) -> Answer:
    """Index, verify, flag and finish a pending record.

    `has_changed`: its text is another than that with which later articles were compared.
    """
    fingerprint = Fingerprint(record.cleaned.compared_text)
    placement = services.index.add(
        record.id,
        record.revision,
        fingerprint.slots,
        continues=record.continues,
        arrival=record.arrival,
    )
    matches, originals = _verified(services, record, fingerprint, placement)
    original = originals[0] if originals else None
    outcome = Outcome(
        arrival=placement.arrival,
        verdict=_verdict(fingerprint, original),
        duplicate_of=original.record.id if original else None,
        story_id=_story(placement.arrival, original),
        matches=matches,
    )
    flags = _flag(services, record.id, matches)
    if has_changed:
        _compare_later(services, record.id, placement)
    _remember(services, record, outcome)
    concluded = replace(record, arrival=outcome.arrival, outcome=outcome)
    if not services.articles.finish(record, outcome):
        present = services.articles.get(record.id)
        if present is None:
            _forget(services, concluded)
        else:  # overtaken by another revision: its flags must be the last ones written
            _conclude(services, present)
    return Answer(record=concluded, flags=flags, created=created)


def _remember(services: Services, record: ArticleRecord, outcome: Outcome) -> None:
    """Let the site remember the article, and its blocks as those of the story that it turned out to
    be.

    Before the outcome is written: what a fault interrupts is done again.
    """
    site = site_of(record.submission)
    if site is not None:
        story, kin = story_of(record, outcome), kin_of(outcome)
        services.sites.remember(site, record.id, outcome.arrival, story, kin)


def _compare_later(services: Services, article_id: str, placement: Placement) -> None:
    """Compare the later articles again that have raised a flag on this one, or share its buckets.

    As many as are verified for one article; `copydesk reprocess` sees to the rest.
    """
    limit = services.policy.candidates
    raised = services.flags.raised_on(article_id, limit)
    # Withdrawn flags too: what a fault interrupted is done again.
    concerned = [flag.article for flag in raised]
    concerned += [candidate.id for candidate in placement.later]
    later = list(dict.fromkeys(concerned))[:limit]
    for record in services.articles.get_many(later):
        if record is not None and record.outcome is not None:
            _conclude(services, record)


def _finish_deletion(services: Services, record: ArticleRecord) -> None:
    """Remove a marked article."""
    _forget(services, record)
    services.articles.remove(record)


def _forget(services: Services, record: ArticleRecord) -> None:
    """Remove what was derived of an article that is deleted, and compare those again that pointed
    to it."""
    slots = Fingerprint(record.cleaned.compared_text).slots
    later = services.index.remove(record.id, slots, record.arrival)
    _compare_without(services, record.id, [candidate.id for candidate in later])
    while flags := services.flags.raised_on(record.id, AT_ONCE):
        _compare_without(services, record.id, [flag.article for flag in flags])
        for flag in flags:
            services.flags.remove(flag)
    for flag in services.flags.raised_by(record.id):
        services.flags.remove(flag)
    site = site_of(record.submission)
    if site is not None:
        services.sites.forget(site, record.id)
    # One that has come in under the same id meanwhile may have lost something of its own by this.
    successor = services.articles.get(record.id)
    if successor is not None:
        _conclude(services, successor)


def _compare_without(services: Services, gone: str, article_ids: Iterable[str]) -> None:
    """Compare those of these articles again that name one that is gone, and all that follow them
    into another story. What a crash left half done is found again: nothing is judged by what has
    been done, but by what the records say."""
    waiting: list[tuple[int, str]] = []
    seen = {gone}

    def look_at(names: Iterable[str]) -> None:
        new = [name for name in dict.fromkeys(names) if name not in seen]
        seen.update(new)
        for record in services.articles.get_many(new):
            if record is not None:
                heapq.heappush(waiting, (record.arrival or 0, record.id))

    look_at(article_ids)
    while waiting:
        _, article_id = heapq.heappop(waiting)
        record = _settled(services, article_id, gone)
        if record is not None:
            followers = services.flags.raised_on(article_id, AT_ONCE)
            look_at(flag.article for flag in followers if flag.match.relation in SAME_STORY)


def _settled(services: Services, article_id: str, gone: str) -> ArticleRecord | None:
    """An article as it stands without one that is gone; None if it is gone itself."""
    for _ in range(ATTEMPTS):
        record = services.articles.get(article_id)
        if record is None or not _is_unsettled(services, record, gone):
            return record
        # Changed, so that whoever is comparing it now does so again.
        changed = services.articles.amend(record, record.cleaned, record.restored, record.removed)
        if changed is not None:
            return _conclude(services, changed).record
    raise StoreUnavailable(f"article {article_id!r} is changed by others all the time")


def _is_unsettled(services: Services, record: ArticleRecord, gone: str) -> bool:
    """Whether an article is pending, names one that is gone, or is not in the story of its
    original."""
    outcome = record.outcome
    if outcome is None or any(match.id == gone for match in outcome.matches):
        return True
    followed = [
        match.id
        for match in outcome.matches
        if match.id == outcome.duplicate_of and match.relation in SAME_STORY
    ]
    originals = [original for original in services.articles.get_many(followed) if original]
    return any(
        original.outcome is not None and original.outcome.story_id != outcome.story_id
        for original in originals
    )


@dataclass(frozen=True, slots=True)
class _Copied:
    """An earlier article of which the one at hand is a copy."""

    record: ArticleRecord
    match: Match


def _verified(
    services: Services, record: ArticleRecord, fingerprint: Fingerprint, placement: Placement
) -> tuple[tuple[Match, ...], list[_Copied]]:
    """The verified matches in order of arrival, and those that may be the original."""
    candidates = placement.candidates[: services.policy.candidates]
    records = services.articles.get_many([candidate.id for candidate in candidates])
    site = site_of(record.submission)
    words = PlacedWords(record.cleaned)
    found: list[_Copied] = []
    shared: list[Shared] = []
    for candidate, other in zip(candidates, records, strict=True):
        if other is None:
            continue
        theirs = Fingerprint(other.cleaned.compared_text)
        hours = hours_between(record.cleaned.published_at, other.cleaned.published_at)
        likeness = verify(fingerprint, theirs, services.policy, hours)
        if likeness is None and not may_share(fingerprint, theirs):
            continue
        story = other.outcome.story_id if other.outcome else f"s{candidate.arrival}"
        shared.append(
            shared_passages(words, PlacedWords(other.cleaned), story, site_of(other.submission))
        )
        likeness = likeness or likeness_of(fingerprint, theirs, Relation.PASSAGE)
        match = Match(
            id=candidate.id,
            arrival=candidate.arrival,
            relation=likeness.relation,
            jaccard=likeness.jaccard,
            containment=likeness.containment,
            contained_in=likeness.contained_in,
            shared_words=likeness.shared_words,
            numbers=likeness.numbers,
            hours=hours,
        )
        found.append(_Copied(other, match))
    told: list[_Copied] = []
    for copied, every, own in zip(found, shared, particular(words, shared, site), strict=True):
        is_more = copied.match.relation is not Relation.PASSAGE
        if is_more or own:
            match = replace(copied.match, passages=every.passages if is_more else own)
            told.append(_Copied(copied.record, match))
    told.sort(key=attrgetter("match.arrival"))
    originals = [copied for copied in told if copied.match.relation in COPIES]
    return tuple(copied.match for copied in told), originals


def _verdict(fingerprint: Fingerprint, original: _Copied | None) -> Verdict:
    if fingerprint.is_too_short:
        return Verdict.TOO_SHORT
    return Verdict.DUPLICATE if original else Verdict.UNIQUE


def _story(arrival: int, original: _Copied | None) -> str:
    if original is None or original.match.relation not in SAME_STORY:
        return f"s{arrival}"
    outcome = original.record.outcome
    # The original is still between index and outcome: it leads its story until it says otherwise.
    return outcome.story_id if outcome else f"s{original.match.arrival}"


def _flag(services: Services, article_id: str, matches: tuple[Match, ...]) -> tuple[Flag, ...]:
    """Open or update a flag for each match that is laid before a person, and withdraw those whose
    match is gone; remove those whose other article is."""
    matches = _flagged(matches, services.policy)
    raised = {flag.other: flag for flag in services.flags.raised_by(article_id)}
    current = tuple(
        _write_flag(services, article_id, match.id, raised.get(match.id), match)
        for match in matches
    )
    matched = {match.id for match in matches}
    left = [flag for flag in raised.values() if flag.other not in matched]
    others = services.articles.get_many([flag.other for flag in left])
    for flag, other in zip(left, others, strict=True):
        if other is None:  # it was deleted, and the flag with it
            services.flags.remove(flag)
        else:
            _write_flag(services, article_id, flag.other, flag, None)
    return current


def _flagged(matches: tuple[Match, ...], policy: Policy) -> tuple[Match, ...]:
    return tuple(match for match in matches if policy.lays_before_people(match.relation))


def _write_flag(
    services: Services, article_id: str, other_id: str, flag: Flag | None, match: Match | None
) -> Flag:
    now = services.clock()
    for _ in range(ATTEMPTS):
        if flag is None and match is not None:
            changed = transitions.open_flag(article_id, match, services.policy, now)
        elif flag is not None and match is not None:
            changed = transitions.update_flag(flag, match, services.policy, now)
        elif flag is not None:
            changed = transitions.withdraw(flag, now)
        else:
            raise ArticleNotFound(article_id)
        if changed is flag or services.flags.put(changed, seen=flag.version if flag else 0):
            return changed
        flag = services.flags.get(transitions.flag_id(article_id, other_id))
    raise StoreUnavailable(f"the flag on {article_id!r} is changed by others all the time")


def _attempts(services: Services, article_id: str) -> Iterator[ArticleRecord]:
    for _ in range(ATTEMPTS):
        yield _get(services, article_id)


def _get(services: Services, article_id: str) -> ArticleRecord:
    record = services.articles.get(article_id)
    if record is None:
        raise ArticleNotFound(article_id)
    return record


def _answer(services: Services, record: ArticleRecord) -> Answer:
    outcome = record.outcome
    matched = (
        {match.id for match in _flagged(outcome.matches, services.policy)} if outcome else set()
    )
    raised = services.flags.raised_by(record.id) if matched else []
    return Answer(record=record, flags=tuple(flag for flag in raised if flag.other in matched))


def _keeps_text(cleaned: CleanedArticle, present: CleanedArticle, policy: Policy) -> bool:
    likeness = verify(
        Fingerprint(cleaned.compared_text), Fingerprint(present.compared_text), policy
    )
    return likeness is not None and likeness.relation in FLAGGED

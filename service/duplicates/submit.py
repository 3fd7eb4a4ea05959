"""Use cases of whoever sends articles: one article through every stage.

The record is written first, pending; then the article enters the index, which answers whom it
met; those are verified; flags are opened; at last the outcome is written. A crash between two
steps leaves a pending record, and every step may be repeated with the same result: sending the
article again, or reprocessing it, finishes what was begun.

An article is compared with those that arrived before it, and only with them, now and whenever it
is reprocessed. So the order in which articles are reprocessed cannot change a verdict or a story
(see `stories`), and of two copies posted at the same moment exactly one is the original. When a
text changes, the later articles that it concerns are compared again.
"""

import hashlib
import heapq
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from pydantic import TypeAdapter

from cleaning.article import is_text, redecided
from cleaning.errors import NothingLeft
from cleaning.fingerprint import Fingerprint
from cleaning.model import CleanedArticle, SiteLookup
from cleaning.pipeline import clean
from cleaning.title_slots import compared_title, slots_of
from service.duplicates import flags as transitions
from service.duplicates.editions import common_agency, relation_of_editions, with_same_title
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
    Membership,
    Outcome,
    Placement,
    Policy,
    Relation,
    Story,
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
from service.duplicates.stories import (
    SAME_STORY,
    Lineage,
    Met,
    joined,
    lineages,
    represented_by,
    story_name,
)
from service.duplicates.verify import hours_between, likeness_of, verify

# Whoever changes a record or a flag at the same moment wins; the loser reads again. Losing this
# often means that something writes in a loop.
ATTEMPTS = 10
AT_ONCE = 64  # flags, or members of a story, that are read in one go where all are needed
_SUBMISSION = TypeAdapter(Submission)
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """An article as it stands, with its flags.

    `created`: this request made the revision. `story`: the one that it belongs to, which is another
    than the one of its outcome where people merged the two; `original`: the id of the article that
    stands for the story. Both are None while the article is pending.
    """

    record: ArticleRecord
    flags: tuple[Flag, ...]
    created: bool = False
    story: str | None = None
    original: str | None = None


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


def compare_again(services: Services, article_id: str) -> Answer:
    """Compare an article once more, and the later articles that it concerns; its text stays.

    Raises ArticleNotFound, StoreUnavailable.
    """
    for record in _attempts(services, article_id):
        amended = services.articles.amend(record, record.cleaned, record.restored, record.removed)
        if amended is not None:
            return _conclude(services, amended, has_changed=True)
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
    compared = _compared(services, record, {})
    outcome = compared.outcome
    flags = _flag(services, record.id, outcome.matches)
    if has_changed:
        _compare_later(services, record.id, compared.placement)
    _remember(services, record, outcome)
    # Nobody can have joined or left a story before the first comparison.
    is_first = created and record.version == 1 and record.outcome is None
    _place(services, record.id, compared, is_first=is_first)
    concluded = replace(record, arrival=outcome.arrival, outcome=outcome)
    if not services.articles.finish(record, outcome):
        present = services.articles.get(record.id)
        if present is None:
            _forget(services, concluded)
        else:  # overtaken by another revision: its flags must be the last ones written
            _conclude(services, present)
    if compared.joined is not None:
        lineage: Lineage | None = compared.joined.lineage
    else:
        lineage = (Story(outcome.story_id),) if is_first else None
    story, original = _place_of(services, concluded, lineage)
    return Answer(concluded, flags, created, story, original)


def story_of_article(services: Services, record: ArticleRecord) -> str | None:
    """The story that an article belongs to, as people decided; None while it is pending."""
    return _place_of(services, record)[0]


def _place_of(
    services: Services, record: ArticleRecord, lineage: Lineage | None = None
) -> tuple[str | None, str | None]:
    """The story that an article belongs to, as people decided, and the one that stands for it."""
    outcome = record.outcome
    if outcome is None:
        return None, None
    if lineage is None:
        lineage = lineages(services.stories, [outcome.story_id])[outcome.story_id]
    whole = lineage[-1]
    known = {story_name(match.arrival): match.id for match in outcome.matches}
    known[story_name(outcome.arrival)] = record.id
    if whole.id in known and whole.original is None:
        return whole.id, known[whole.id]
    # Whom people named may have been deleted since.
    founders = {line.story: line.article for part in lineage for line in part.joined}
    named = [name for name in (whole.original, founders.get(whole.id)) if name is not None]
    stored = services.articles.get_many(named)
    there = (name for name, found in zip(named, stored, strict=True) if found is not None)
    return whole.id, next(there, known.get(whole.id))


def _place(services: Services, article_id: str, compared: "_Compared", *, is_first: bool) -> None:
    """Let the article be a member of the story that it joins, and of no other. Before the outcome
    is written, as all that is derived."""
    outcome, joins = compared.outcome, compared.joined
    if joins is not None:
        services.stories.place(
            Membership(article_id, outcome.arrival, outcome.story_id, joins.match.jaccard)
        )
    elif not is_first:
        services.stories.leave(article_id)


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
    """Compare the later articles again that have raised a flag on this one, or share its buckets;
    and those that have raised one on an article that founds a story since, or no longer does.

    In order of arrival, as each may depend on those before. As many as are verified for one
    article; `copydesk reprocess` sees to the rest.
    """
    limit = services.policy.candidates
    raised = services.flags.raised_on(article_id, limit)
    # Withdrawn flags too: what a fault interrupted is done again.
    concerned = [flag.article for flag in raised]
    concerned += [candidate.id for candidate in placement.later]
    waiting = _concluded(services, list(dict.fromkeys(concerned))[:limit])
    done: set[str] = set()
    while waiting and len(done) < limit:
        before = min(waiting.values(), key=attrgetter("outcome.arrival"))
        del waiting[before.id]
        done.add(before.id)
        after = _conclude(services, before).record
        if _founds_story(after) is not _founds_story(before):
            raised = services.flags.raised_on(before.id, limit)
            more = [flag.article for flag in raised if flag.article not in done]
            waiting.update(_concluded(services, more))


def _concluded(services: Services, article_ids: Sequence[str]) -> dict[str, ArticleRecord]:
    """Those of these articles that were compared."""
    records = services.articles.get_many(article_ids)
    return {record.id: record for record in records if record and record.outcome}


def _founds_story(record: ArticleRecord) -> bool:
    outcome = record.outcome
    return outcome is not None and outcome.story_id == story_name(outcome.arrival)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What comparing an article came to: where the index put it, and whose story it joins."""

    outcome: Outcome
    placement: Placement
    joined: Met | None


def _compared(services: Services, record: ArticleRecord, pending: dict[str, Outcome]) -> _Compared:
    """Put an article into the index and compare it with those that it meets there.

    `pending` holds the outcomes of others that have none yet, as far as they are found out.
    """
    looking = _Looking(services, record)
    placement = services.index.add(
        record.id,
        record.revision,
        slots_of(record.cleaned, looking.fingerprint),
        continues=record.continues,
        arrival=record.arrival,
    )
    candidates = placement.candidates[: services.policy.candidates]
    records = services.articles.get_many([candidate.id for candidate in candidates])
    seen = [
        copied
        for candidate, other in zip(candidates, records, strict=True)
        if other is not None and (copied := looking.at(other, candidate.arrival)) is not None
    ]
    of: dict[str, Lineage] = {}
    stories = _stories(services, seen, pending, of)
    known = {record.id, *(candidate.id for candidate in candidates)}
    more = [
        copied
        for other in services.articles.get_many(_representatives(services, stories, known))
        if other is not None
        and other.arrival is not None
        and other.arrival < placement.arrival
        and (copied := looking.at(other, other.arrival)) is not None
    ]
    stories += _stories(services, more, pending, of)
    matches = looking.told(seen + more)
    copies = [match for match in matches if match.relation in COPIES]
    told = {match.id: match for match in matches}
    met = [
        Met(told[copied.record.id], lineage)
        for copied, _, lineage in stories
        if copied.record.id in told
    ]
    joins = joined(record.id, met)
    threads = {copied.record.id: outcome.counted_as for copied, outcome, _ in stories}
    outcome = Outcome(
        arrival=placement.arrival,
        verdict=_verdict(looking.fingerprint, copies),
        duplicate_of=copies[0].id if copies else None,
        story_id=joins.lineage[0].id if joins else story_name(placement.arrival),
        matches=matches,
        thread=_thread(placement.arrival, copies, threads),
    )
    return _Compared(outcome, placement, joins)


def _finish_deletion(services: Services, record: ArticleRecord) -> None:
    """Remove a marked article."""
    _forget(services, record)
    services.articles.remove(record)


def _forget(services: Services, record: ArticleRecord) -> None:
    """Remove what was derived of an article that is deleted, and compare those again that pointed
    to it."""
    slots = slots_of(record.cleaned, Fingerprint(record.cleaned.compared_text))
    later = services.index.remove(record.id, slots, record.arrival)
    _compare_without(services, record.id, [candidate.id for candidate in later])
    if record.arrival is not None:
        _dissolve(services, record.id, story_name(record.arrival))
    services.stories.leave(record.id)
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


def _dissolve(services: Services, gone: str, story_id: str) -> None:
    """Compare all members of a story again whose founder is gone."""
    after = 0
    while members := services.stories.members(story_id, after, AT_ONCE):
        after = members[-1].arrival
        _compare_without(services, gone, [member.id for member in members])


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
    """Whether an article is pending, names one that is gone, or is in another story or thread than
    those that it copies say now."""
    outcome = record.outcome
    if outcome is None or any(match.id == gone for match in outcome.matches):
        return True
    same = [match for match in outcome.matches if match.relation in SAME_STORY]
    others = services.articles.get_many([match.id for match in same])
    found = [(match, other) for match, other in zip(same, others, strict=True) if other is not None]
    told = [(match, other.outcome) for match, other in found if other.outcome is not None]
    if len(told) < len(found):
        return False  # one of them is being compared itself
    of = lineages(services.stories, {other.story_id for _, other in told})
    joins = joined(record.id, [Met(match, of[other.story_id]) for match, other in told])
    threads = {match.id: other.counted_as for match, other in told}
    return (outcome.story_id, outcome.counted_as) != (
        joins.lineage[0].id if joins else story_name(outcome.arrival),
        _thread(outcome.arrival, outcome.matches, threads),
    )


def _thread(arrival: int, matches: Iterable[Match], threads: Mapping[str, str]) -> str:
    """The thread of an article with these matches, in order of arrival; `threads` are those of the
    ones that may tell the same story."""
    own = story_name(arrival)
    return next((threads.get(match.id, own) for match in matches if match.relation in COPIES), own)


@dataclass(frozen=True, slots=True)
class _Copied:
    """An earlier article with which the one at hand has something in common."""

    record: ArticleRecord
    match: Match
    shared: Shared


_Told = tuple[_Copied, Outcome, Lineage]


class _Looking:
    """An article that is compared with earlier ones."""

    def __init__(self, services: Services, record: ArticleRecord) -> None:
        self.fingerprint = Fingerprint(record.cleaned.compared_text)
        self._policy = services.policy
        self._record = record
        self._title = None if self.fingerprint.is_too_short else compared_title(record.cleaned)
        self._words = PlacedWords(record.cleaned)
        self._site = site_of(record.submission)

    def at(self, other: ArticleRecord, arrival: int) -> _Copied | None:
        """What the article has in common with another; None: nothing."""
        theirs = Fingerprint(other.cleaned.compared_text)
        hours = hours_between(self._record.cleaned.published_at, other.cleaned.published_at)
        likeness = verify(self.fingerprint, theirs, self._policy, hours)
        has_title = not theirs.is_too_short and compared_title(other.cleaned) == self._title
        is_titled = has_title and self._title is not None
        if likeness is None and not is_titled and not may_share(self.fingerprint, theirs):
            return None
        story = other.outcome.counted_as if other.outcome else story_name(arrival)
        words = PlacedWords(other.cleaned)
        shared = shared_passages(self._words, words, story, site_of(other.submission))
        likeness = likeness or likeness_of(self.fingerprint, theirs, Relation.PASSAGE)
        match = Match(
            id=other.id,
            arrival=arrival,
            relation=relation_of_editions(likeness.relation, self._record, other),
            jaccard=likeness.jaccard,
            containment=likeness.containment,
            contained_in=likeness.contained_in,
            shared_words=likeness.shared_words,
            numbers=likeness.numbers,
            hours=hours,
            agency=common_agency(self._record.cleaned, other.cleaned),
        )
        return _Copied(other, match, shared)

    def told(self, found: Sequence[_Copied]) -> tuple[Match, ...]:
        """The matches with their passages, in order of arrival; without those that share only what
        many stories share."""
        own = particular(self._words, [copied.shared for copied in found], self._site)
        titled = NONE
        if self._title is not None:
            titled = with_same_title(self._record, [copied.record for copied in found])
        matches = []
        for copied, passages in zip(found, own, strict=True):
            is_more = copied.match.relation is not Relation.PASSAGE
            if is_more or passages:
                told = copied.shared.passages if is_more else passages
                matches.append(replace(copied.match, passages=told))
            elif copied.record.id in titled:
                matches.append(replace(copied.match, relation=Relation.TITLE))
        return tuple(sorted(matches, key=attrgetter("arrival")))


def _stories(
    services: Services,
    found: Sequence[_Copied],
    pending: dict[str, Outcome],
    of: dict[str, Lineage],
) -> list[_Told]:
    """The copies that may tell the same story, each with its outcome and its story, and those that
    this is part of; `of` holds the stories that were looked up.

    One that is still between index and outcome is compared here as its own request does it. The
    earliest comes first, so that each is compared once.
    """
    same = [copied for copied in found if copied.match.relation in SAME_STORY]
    told: list[tuple[_Copied, Outcome]] = []
    for copied in sorted(same, key=attrgetter("match.arrival")):
        outcome = copied.record.outcome or pending.get(copied.record.id)
        if outcome is None:
            outcome = _compared(services, copied.record, pending).outcome
            pending[copied.record.id] = outcome
        told.append((copied, outcome))
    of |= lineages(services.stories, {outcome.story_id for _, outcome in told} - of.keys())
    return [(copied, outcome, of[outcome.story_id]) for copied, outcome in told]


def _representatives(services: Services, told: Sequence[_Told], known: set[str]) -> list[str]:
    """The representatives of these articles' stories that are not `known` yet: at most so many as
    candidates."""
    found = {
        article_id: None
        for _, outcome, lineage in told
        for article_id in sorted(represented_by(outcome, lineage) - known)
    }
    return list(found)[: services.policy.candidates]


def _verdict(fingerprint: Fingerprint, copies: Sequence[Match]) -> Verdict:
    if fingerprint.is_too_short:
        return Verdict.TOO_SHORT
    return Verdict.DUPLICATE if copies else Verdict.UNIQUE


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
    story, original = _place_of(services, record)
    flags = tuple(flag for flag in raised if flag.other in matched)
    return Answer(record, flags, story=story, original=original)


def _keeps_text(cleaned: CleanedArticle, present: CleanedArticle, policy: Policy) -> bool:
    likeness = verify(
        Fingerprint(cleaned.compared_text), Fingerprint(present.compared_text), policy
    )
    return likeness is not None and likeness.relation in FLAGGED

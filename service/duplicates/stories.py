"""What a story is: articles that tell the same, grouped by what they are to a representative.

The article that starts a story founds it: the story bears the founder's arrival number, and the
founder represents it. An article joins the story of a representative that it copies (`exact` or
`near`), and no other: all members of a story are copies of one article, whereas a chain of copies
of copies would end with texts that share nothing. An article that copies no representative founds a
story of its own. Where it copies several, it joins the one that it is most like. Round-ups contain
many stories and join none.

Only articles that arrived before one count for it, so that no order of reprocessing can change a
story, and of copies posted at the same moment exactly one founds it.

People decide otherwise. An article that they split off a story does not join it again; later copies
of both go to the one they are more like. The original that they choose for a story represents it
beside the founder: a choice throws nobody out of the story. A story that they merge into another is
part of it, under its own name: its founder goes on representing it, and the whole bears the other's
name. These decisions stand beside the articles, and each can be taken back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from cleaning.wire import agency_of
from service.duplicates.errors import IllegalStory
from service.duplicates.model import (
    ArticleRecord,
    LikelySource,
    Match,
    Outcome,
    Relation,
    Story,
    StoryAction,
    StoryDecision,
    StoryMember,
)
from service.duplicates.ports import StoryStore

# A copy that is part of a longer text does not join that text's story.
SAME_STORY = frozenset({Relation.EXACT, Relation.REVISION, Relation.NEAR})
# The parts of a host's name that may be an agency's.
_NO_NAME = frozenset({"www", "m", "com", "org", "net", "co", "news"})

# A story and those that it is part of, from the inside out.
Lineage = tuple[Story, ...]


# --- which story an article tells ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Met:
    """An earlier article that one has been compared with, and its place among the stories: the one
    that it joined or founded, with those that this is part of."""

    match: Match
    lineage: Lineage

    @property
    def represents(self) -> bool:
        """Whether joining its story takes being a copy of it."""
        own = self.lineage[0].id == story_name(self.match.arrival)
        return own or any(story.original == self.match.id for story in self.lineage)


def story_name(arrival: int) -> str:
    """The name of the story that the article with this arrival number founds."""
    return f"s{arrival}"


def founding_arrival(story_id: str) -> int | None:
    """The arrival number of the article that founds a story of this name; None if it is no name.

    >>> founding_arrival("s17"), founding_arrival("s017"), founding_arrival("17")
    (17, None, None)
    """
    number = story_id[1:]
    if not (number.isascii() and number.isdecimal() and len(number) <= 15):
        return None
    return int(number) if story_id == story_name(int(number)) else None


def joined(article_id: str, met: Iterable[Met]) -> Met | None:
    """The representative whose story an article joins, if it has met these earlier ones; None if it
    founds one."""
    open_to_it = [
        other
        for other in met
        if other.match.relation in SAME_STORY
        and other.represents
        and not any(article_id in story.apart for story in other.lineage)
    ]
    return max(open_to_it, key=_strength, default=None)


def represented_by(outcome: Outcome, lineage: Lineage) -> set[str]:
    """The ids of the representatives that are known of an article's story: its founder, if the
    article has met it, and those that people chose."""
    chosen = {story.original for story in lineage if story.original is not None}
    founders = {
        match.id for match in outcome.matches if story_name(match.arrival) == outcome.story_id
    }
    return chosen | founders


def held_by(outcome: Outcome, lineage: Lineage) -> Match | None:
    """An article's match with the representative of its story that it is most like; None if it has
    none, as a founder."""
    representatives = represented_by(outcome, lineage)
    held = (
        match
        for match in outcome.matches
        if match.id in representatives and match.relation in SAME_STORY
    )
    return max(held, key=_strength_of, default=None)


def lineages(store: StoryStore, story_ids: Iterable[str]) -> dict[str, Lineage]:
    """Each of these stories with those that it is part of: in one round trip, and one more for each
    story that lies around another."""
    known: dict[str, Story] = {}
    wanted = list(dict.fromkeys(story_ids))
    asked = list(wanted)
    while asked:
        known.update(zip(asked, store.get_many(asked), strict=True))
        around = {known[story_id].into for story_id in asked}
        asked = sorted(story_id for story_id in around if story_id and story_id not in known)
    return {story_id: _lineage(known, story_id) for story_id in wanted}


def _lineage(known: Mapping[str, Story], story_id: str) -> Lineage:
    found: list[Story] = []
    name: str | None = story_id
    while name is not None and all(story.id != name for story in found):
        found.append(known[name])
        name = known[name].into
    return tuple(found)


def _strength(met: Met) -> tuple[float, int]:
    return _strength_of(met.match)


def _strength_of(match: Match) -> tuple[float, int]:
    """How much two articles are alike; of equal ones the oldest comes first."""
    return match.jaccard, -match.arrival


# --- what people decide --------------------------------------------------------------------


def split(story: Story, article_id: str, by: str, at: datetime) -> Story:
    """The story without an article; the same again changes nothing.

    Raises IllegalStory for its original, and for a story that is part of another.
    """
    refuse_part(story)
    if article_id in story.apart:
        return story
    if article_id == story.original:
        raise IllegalStory("article", "is the original of the story: choose another one first")
    return _decided(story, StoryAction.SPLIT, by, at, article=article_id)


def choose_original(story: Story, article_id: str, by: str, at: datetime) -> Story:
    """The story with another original; the same again changes nothing.

    Raises IllegalStory for a story that is part of another.
    """
    refuse_part(story)
    if article_id == story.original:
        return story
    return _decided(story, StoryAction.ORIGINAL, by, at, article=article_id)


def merge(story: Story, into: Story, founder: str, by: str, at: datetime) -> tuple[Story, Story]:
    """Both stories when the first is part of the second, which this article founded; the same again
    changes nothing.

    Raises IllegalStory for a story that is part of another, and for one and the same.
    """
    if story.into is not None and story.into == into.id:
        return story, into
    refuse_part(story)
    if into.into is not None:
        raise IllegalStory("into", f"is part of the story {into.into}: merge into that one")
    if story.id == into.id:
        raise IllegalStory("into", "is the same story")
    return (
        _decided(story, StoryAction.JOINED, by, at, article=founder, story=into.id),
        _decided(into, StoryAction.GAINED, by, at, story=story.id),
    )


def undo(story: Story, number: int | None, by: str, at: datetime) -> tuple[Story, StoryDecision]:
    """The story without its decision of this number, or its last one; and that decision.

    One that was taken back already changes nothing. Raises IllegalStory if there is none.
    """
    found = [
        line for line in story.history if (line.stands if number is None else line.number == number)
    ]
    if not found:
        missing = "no decision stands" if number is None else f"there is no decision {number}"
        raise IllegalStory("decision", missing)
    line = found[-1]
    if not line.stands:
        return story, line
    undone = replace(line, undone_at=at, undone_by=by)
    return _with(story, tuple(undone if each is line else each for each in story.history)), line


def undo_merge(story: Story, other_id: str, by: str, at: datetime) -> Story:
    """The story when its merge with another one is taken back in that one."""
    merged = (*story.standing(StoryAction.JOINED), *story.standing(StoryAction.GAINED))
    for line in merged:
        if line.story == other_id:
            return undo(story, line.number, by, at)[0]
    return story


def refuse_part(story: Story) -> None:
    """Raise IllegalStory for a story that is part of another: people decide of that one."""
    if story.into is not None:
        raise IllegalStory("story", f"is part of the story {story.into}: decide there")


def _decided(before: Story, action: StoryAction, by: str, at: datetime, **of: str) -> Story:
    line = StoryDecision(before.version + 1, at, by, action, of.get("article"), of.get("story"))
    return _with(before, (*before.history, line))


def _with(story: Story, history: tuple[StoryDecision, ...]) -> Story:
    return replace(story, version=story.version + 1, history=history)


# --- where it comes from -------------------------------------------------------------------


def likely_source(members: Sequence[StoryMember]) -> LikelySource | None:
    """The article of a story that is the agency's own, so that the others are likely copies of it.

    An article is an agency's own if the agency is who sent it: its source, the site that it names,
    or the host of its address bears the agency's name. That others credit the agency, by a
    dateline, a credit line or a sign-off, is further evidence: of several agencies' own articles
    the one whose agency most others credit is shown, and of these the first to arrive. None if no
    article is an agency's own: a credit alone does not say which of the copies came first.
    """
    found = [
        LikelySource(
            member.record.id,
            agency,
            name,
            value,
            tuple(
                other.record.id
                for other in members
                if other is not member and other.record.cleaned.agency == agency
            ),
        )
        for member in members
        for agency, name, value in _own_agency(member.record)
    ]
    return max(found, key=lambda source: len(source.credited_by), default=None)


def _own_agency(record: ArticleRecord) -> list[tuple[str, str, str]]:
    """The agency whose own an article is, and where that is said; empty if it is none's."""
    host = (urlsplit(record.submission.url).hostname or "") if record.submission.url else ""
    said = [("source", record.submission.source), ("site", record.cleaned.site)]
    for field, value in said:
        agency = agency_of(value) if value else None
        if value and agency:
            return [(agency, field, value)]
    for label in host.split("."):
        agency = None if label in _NO_NAME else agency_of(label) or agency_of(label.upper())
        if agency:
            return [(agency, "url", host)]
    return []

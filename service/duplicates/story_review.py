"""Use cases of people who look at stories: one story with its members, and what they decide of it.

A decision is written first, and then those articles are compared again that it concerns. The same
decision again changes nothing, but finishes what a fault has interrupted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from service.duplicates import stories as rules
from service.duplicates.errors import (
    ArticleNotFound,
    IllegalStory,
    StaleStory,
    StoreUnavailable,
    StoryNotFound,
)
from service.duplicates.model import (
    ArticleRecord,
    Story,
    StoryAction,
    StoryMember,
    StoryShown,
)
from service.duplicates.ports import Services
from service.duplicates.stories import Lineage, founding_arrival, held_by, likely_source, lineages
from service.duplicates.submit import ATTEMPTS, compare_again, story_of_article

# The likely source is looked for among so many members, the first to arrive: an agency's own text
# comes early, and each takes a millisecond to read.
SEARCHED = 200


def get_story(services: Services, story_id: str, after: int = 0, limit: int = 50) -> StoryShown:
    """A story with its members that arrived after number `after`, at most `limit`, those of its
    parts among them. Raises StoryNotFound, StoreUnavailable."""
    (story,) = services.stories.get_many([story_id])
    names = _with_parts(services, story)
    founders = {name: found for name in names if (found := _founder(services, name)) is not None}
    total = sum(map(services.stories.count, names)) + len(founders)
    if not total and not story.history:
        raise StoryNotFound(story_id)
    of = lineages(services.stories, names)
    placed = {
        record.id: record.outcome.arrival
        for record in founders.values()
        if record.outcome is not None and record.outcome.arrival > after
    }
    for name in names:
        joined = services.stories.members(name, after, limit + 1)
        placed.update((membership.id, membership.arrival) for membership in joined)
    listed = sorted(placed, key=placed.__getitem__)
    page = listed[:limit]
    members = _members(services, page, of)
    is_whole = len(listed) <= limit and after == 0
    early = members if is_whole else _members(services, _first(services, names, founders), of)
    weak = list(filter(None, map(services.stories.weakest, names)))
    weakest = [member for member in _members(services, weak, of) if member.match is not None]
    founder = founders.get(story_id)
    chosen = _chosen(services, story, names)
    return StoryShown(
        story=story,
        original=chosen or (founder.id if founder else None),
        chosen=chosen is not None,
        members=tuple(members),
        total=total,
        after=placed[page[-1]] if len(listed) > limit else None,
        weakest=min(weakest, key=_likeness, default=None),
        source=likely_source(early),
    )


def _first(
    services: Services, names: Sequence[str], founders: Mapping[str, ArticleRecord]
) -> list[str]:
    """The members that arrived first, as many as are searched for the likely source."""
    joined = (one for name in names for one in services.stories.members(name, 0, SEARCHED))
    placed = {one.id: one.arrival for one in joined}
    placed.update((one.id, one.arrival or 0) for one in founders.values())
    return sorted(placed, key=placed.__getitem__)[:SEARCHED]


def original_of(services: Services, story_id: str) -> str | None:
    """The id of the article that stands for a story: chosen by a person, or its founder."""
    (story,) = services.stories.get_many([story_id])
    if story.original is not None:
        return story.original
    founder = _founder(services, story_id)
    return founder.id if founder else None


def split(
    services: Services, story_id: str, article_id: str, *, by: str, seen: int | None = None
) -> Story:
    """Take an article out of a story, as `by` saw it at version `seen` (None: whatever it is now).

    It founds a story of its own, or joins another one; so do later copies that are more like it
    than like the story's representative, at most as many as are verified for one article:
    `copydesk reprocess` sees to the rest. Raises StoryNotFound, StaleStory, StoreUnavailable, and
    IllegalStory for an article that is not in the story, or represents it.
    """

    def change(story: Story) -> tuple[Story, ...]:
        if article_id not in story.apart:
            record = _in_story(services, story, article_id)
            outcome = record.outcome
            if outcome is not None and outcome.story_id == rules.story_name(outcome.arrival):
                raise IllegalStory(
                    "article",
                    "founds the story"
                    if outcome.story_id == story_id
                    else f"founds its part {outcome.story_id}: undo the merge",
                )
        return (rules.split(story, article_id, by, services.clock()),)

    (story,) = _changed(services, [story_id], seen, change)
    _compare(services, [article_id])
    return story


def choose_original(
    services: Services, story_id: str, article_id: str, *, by: str, seen: int | None = None
) -> Story:
    """Let an article stand for its story; later copies of it join the story as those of the founder
    do. Raises as `split` does."""

    def change(story: Story) -> tuple[Story, ...]:
        record = _in_story(services, story, article_id)
        if story.original is None and _founds(record, story_id):
            return (story,)
        return (rules.choose_original(story, article_id, by, services.clock()),)

    (story,) = _changed(services, [story_id], seen, change)
    lines = story.standing(StoryAction.ORIGINAL)
    _compare(services, [article_id, *(line.article for line in lines if line.article)])
    return story


def merge(
    services: Services, story_id: str, into_id: str, *, by: str, seen: int | None = None
) -> Story:
    """Let a story be part of another one, and return the other.

    Nothing moves: both go on under one name. Raises StoryNotFound, StaleStory, StoreUnavailable,
    and IllegalStory for another story that there is not or that is part of one itself.
    """
    founder = _founder(services, into_id)
    if founder is None:
        raise IllegalStory("into", f"there is no story {into_id!r}")

    def change(story: Story, into: Story) -> tuple[Story, ...]:
        return rules.merge(story, into, founder.id, by, services.clock())

    if story_id == into_id:
        raise IllegalStory("into", "is the same story")
    both = _changed(services, [story_id, into_id], seen, change)
    _compare(services, _decided_of(both))
    return both[1]


def undo(
    services: Services,
    story_id: str,
    *,
    by: str,
    number: int | None = None,
    seen: int | None = None,
) -> Story:
    """Take back the decision of a story with this number; None: the last one that stands.

    Raises StoryNotFound, StaleStory, StoreUnavailable, and IllegalStory if there is none.
    """
    (story,) = services.stories.get_many([story_id])
    if not story.history:
        _exists(services, story_id)
    line = rules.undo(story, number, by, services.clock())[1]

    def change(story: Story, *other: Story) -> tuple[Story, ...]:
        at = services.clock()
        after, _ = rules.undo(story, line.number, by, at)
        return (after, *(rules.undo_merge(each, story.id, by, at) for each in other))

    names = [story_id] if line.story is None else [story_id, line.story]
    changed = _changed(services, names, seen, change)
    concerned = [line.article] if line.article is not None else []
    _compare(services, concerned + _decided_of(changed))
    return changed[0]


def _changed(
    services: Services,
    story_ids: Sequence[str],
    seen: int | None,
    change: Callable[..., tuple[Story, ...]],
) -> tuple[Story, ...]:
    """The stories when they are changed, of which the first was seen at a version."""
    if all(story.version == 0 for story in services.stories.get_many(story_ids[:1])):
        _exists(services, story_ids[0])
    for _ in range(ATTEMPTS):
        before = services.stories.get_many(story_ids)
        stale = None
        if seen is not None and seen != before[0].version:
            stale = StaleStory(story_ids[0], seen, before[0].version)
        try:
            after = change(*before)
        except IllegalStory as error:
            raise stale or error from error
        if list(after) == before:
            return after
        if stale is not None:
            raise stale
        if services.stories.put(after, [story.version for story in before]):
            return after
    raise StoreUnavailable(f"the story {story_ids[0]!r} is changed by others all the time")


def _compare(services: Services, article_ids: Iterable[str]) -> None:
    for article_id in dict.fromkeys(article_ids):
        try:
            compare_again(services, article_id)
        except ArticleNotFound:
            continue


def _decided_of(stories: Iterable[Story]) -> list[str]:
    """The articles of which people decided in these stories: a merge changes what that means."""
    return [
        article_id
        for story in stories
        for article_id in (*sorted(story.apart), story.original)
        if article_id is not None
    ]


def _members(
    services: Services, article_ids: Sequence[str], of: dict[str, Lineage]
) -> list[StoryMember]:
    """Those that are in one of these stories by their records, too."""
    return [
        StoryMember(record, held_by(record.outcome, of[record.outcome.story_id]))
        for record in services.articles.get_many(article_ids)
        if record is not None and record.outcome is not None and record.outcome.story_id in of
    ]


def _likeness(member: StoryMember) -> float:
    return member.match.jaccard if member.match is not None else 1.0


def _with_parts(services: Services, story: Story) -> list[str]:
    """The names of a story and of those that are part of it."""
    names = [story.id]
    asked = list(story.parts)
    while asked:
        names += asked
        found = services.stories.get_many(asked)
        asked = [part for each in found for part in each.parts if part not in names]
    return names


def _chosen(services: Services, story: Story, names: Sequence[str]) -> str | None:
    """The original that people chose, if it still is in the story."""
    if story.original is None:
        return None
    record = services.articles.get(story.original)
    is_in = record is not None and (record.outcome is None or record.outcome.story_id in names)
    return story.original if is_in else None


def _founder(services: Services, story_id: str) -> ArticleRecord | None:
    arrival = founding_arrival(story_id)
    article_id = services.index.id_of(arrival) if arrival is not None else None
    record = services.articles.get(article_id) if article_id is not None else None
    return record if record is not None and _founds(record, story_id) else None


def _founds(record: ArticleRecord, story_id: str) -> bool:
    outcome = record.outcome
    return (
        outcome is not None
        and outcome.story_id == story_id
        and founding_arrival(story_id) == outcome.arrival
    )


def _exists(services: Services, story_id: str) -> None:
    if _founder(services, story_id) is None:
        raise StoryNotFound(story_id)


def _in_story(services: Services, story: Story, article_id: str) -> ArticleRecord:
    rules.refuse_part(story)
    record = services.articles.get(article_id)
    if record is None:
        raise IllegalStory("article", f"no article has the id {article_id!r}")
    found = story_of_article(services, record)
    if found != story.id:
        raise IllegalStory("article", f"{article_id!r} is in the story {found}, not in {story.id}")
    return record

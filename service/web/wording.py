"""How values are put into words on the review pages: relations, states, shares, times."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from flask import Flask

from service.duplicates.model import (
    SERVICE,
    ArticleRecord,
    Change,
    Changes,
    Decision,
    Flag,
    FlagState,
    Relation,
    StoryAction,
)

# A flag's `article` is the later one, its `other` the earlier one.
RELATIONS: Mapping[Relation, str] = {
    Relation.EXACT: "Same words",
    Relation.REVISION: "Later edition",
    Relation.NEAR: "Nearly the same",
    Relation.CONTAINED: "Inside the earlier one",
    Relation.CONTAINS: "Holds the earlier one",
    Relation.RECURRING: "Same template",
    Relation.PASSAGE: "Share a passage",
    Relation.TITLE: "Same headline",
}
SENTENCES: Mapping[Relation, str] = {
    Relation.EXACT: "Both articles consist of the same words.",
    Relation.REVISION: "The later article is a new edition of the earlier one.",
    Relation.NEAR: "Both articles share most of the longer text.",
    Relation.CONTAINED: "The later article stands inside the earlier, longer one.",
    Relation.CONTAINS: "The earlier article stands inside the later, longer one.",
    Relation.RECURRING: "Both articles fill one template with other numbers.",
    Relation.PASSAGE: "Two stories share a passage, and no more.",
    Relation.TITLE: "Two texts stand under the same headline.",
}
DECISIONS: Mapping[Decision, str] = {
    Decision.DUPLICATE: "Duplicate",
    Decision.NOT_DUPLICATE: "Not a duplicate",
    Decision.REOPEN: "Reopened",
}
STATES: Mapping[FlagState, str] = {
    FlagState.OPEN: "Open",
    FlagState.DECIDED: "Decided",
    FlagState.WITHDRAWN: "Withdrawn",
}
STORY_ACTIONS: Mapping[StoryAction, str] = {
    StoryAction.SPLIT: "Split off",
    StoryAction.ORIGINAL: "Chosen as the original",
    StoryAction.JOINED: "Merged into story",
    StoryAction.GAINED: "Merged in: story",
}
WARNINGS: Mapping[str, str] = {
    "no_title": "No title was found.",
    "mixed": "These seem to be two unrelated stories; nothing was removed as off topic.",
}
SERVICE_NAME = "Copydesk"  # how people read of what the service did
TITLE_WORDS = 12  # of the text, where an article has no title


def register(app: Flask) -> None:
    """Let the templates use these words."""
    app.jinja_env.filters.update(
        relation=RELATIONS.__getitem__,
        sentence=SENTENCES.__getitem__,
        decision=DECISIONS.__getitem__,
        state=STATES.__getitem__,
        story_action=STORY_ACTIONS.__getitem__,
        warning=WARNINGS.__getitem__,
        standing=standing,
        change=change,
        person=person,
        headline=headline,
        percent=percent,
        when=when,
        web_address=web_address,
        words=words,
        articles=articles,
        capitalised=capitalised,
        summary=summary,
    )


def standing(flag: Flag) -> str:
    """A flag's state, or the decision it is in."""
    return STATES[flag.state] if flag.decision is None else DECISIONS[flag.decision]


def change(line: Change) -> str:
    """What happened, in one line of a flag's history."""
    if line.decision is not None:
        return DECISIONS[line.decision]
    if line.before is None:
        return "Flag opened"
    if line.before is line.after:
        return "Compared anew"
    return "Withdrawn" if line.after is FlagState.WITHDRAWN else "Opened again"


def person(name: str) -> str:
    """Who did something."""
    return SERVICE_NAME if name == SERVICE else name


def headline(record: ArticleRecord | None) -> str:
    """An article's title, or else its first words."""
    if record is None:
        return "(not stored any more)"
    if record.cleaned.title:
        return record.cleaned.title
    beginning = record.cleaned.text.split(maxsplit=TITLE_WORDS)[:TITLE_WORDS]
    return " ".join(beginning)[:200] + " …"


def percent(share: float) -> str:
    """A share, 0 to 1, such as `83 %`; only what is whole is called 100 %."""
    rounded = round(share * 100)
    if rounded == 100 and share < 1:
        rounded = 99
    return f"{rounded}\N{NO-BREAK SPACE}%"


def when(value: date | datetime | None) -> str:
    """A day, or a minute in UTC."""
    if value is None:
        return ""
    if not isinstance(value, datetime):
        return f"{value.day} {value:%b} {value.year}"
    try:
        moment = value.astimezone(UTC)
    except OverflowError:  # at the very edge of the calendar
        moment = value
    return f"{moment.day} {moment:%b} {moment.year}, {moment:%H:%M} UTC"


def web_address(value: str | None) -> str | None:
    """The address if a browser may be sent there, else None."""
    if not value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.netloc else None


def words(count: int) -> str:
    """A number of words."""
    return "1 word" if count == 1 else f"{count:,} words"


def articles(count: int) -> str:
    """A number of articles."""
    return "1 article" if count == 1 else f"{count:,} articles"


def summary(changes: Changes) -> str:
    """What a later edition has made of an earlier one, in one line.

    >>> summary(Changes(None, ("One", "Two"), ("Three",), (), 0, ()))
    '2 paragraphs added, 1 removed'
    """
    fates = {
        "added": len(changes.added),
        "removed": len(changes.removed),
        "changed": len(changes.changed),
        "moved": changes.moved,
    }
    said = [f"{count:,} {fate}" for fate, count in fates.items() if count]
    if said:
        first, fate = said[0].split(" ")
        said[0] = f"{first} paragraph{'s' * (first != '1')} {fate}"
    if changes.numbers:
        figures = len(changes.numbers)
        said.append(f"{figures:,} figure{'s' * (figures > 1)} changed")
    if changes.title:
        said.append("new headline")
    return ", ".join(said) or "no words changed"


def capitalised(sentence: str) -> str:
    """A sentence with its first letter in upper case, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]

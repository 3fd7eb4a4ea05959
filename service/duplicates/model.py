"""The values of recognising: what was sent in, what was found, and what people decided."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from cleaning.model import CleanedArticle, Span


class Verdict(StrEnum):
    """What the service says of an article when it has been compared."""

    UNIQUE = "unique"
    DUPLICATE = "duplicate"
    TOO_SHORT = "too_short"


class Relation(StrEnum):
    """What an article is to another, strongest first.

    exact: the same words. revision: a later edition of the other, with most of its text kept.
    near: most of the longer text is shared. contained: this article
    stands in the other, longer one. contains: the other stands in this one. recurring: both fill
    one template with other numbers, usually days apart; neither is a copy. passage: they share a
    statement, a quotation or a paragraph, and no more; neither is a copy. title: the same headline
    stands above other text; neither is a copy.
    """

    EXACT = "exact"
    REVISION = "revision"
    NEAR = "near"
    CONTAINED = "contained"
    CONTAINS = "contains"
    RECURRING = "recurring"
    PASSAGE = "passage"
    TITLE = "title"


# The relations that make an article a duplicate of the other one.
COPIES = frozenset({Relation.EXACT, Relation.REVISION, Relation.NEAR, Relation.CONTAINED})
# Those that say that one article stands in the other, whichever came first.
FLAGGED = COPIES | {Relation.CONTAINS}


class FlagState(StrEnum):
    """open: waits for a person. decided: a person or the service has spoken. withdrawn: the
    match no longer holds, because one of the texts changed before anybody decided."""

    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """What may be said of a flag."""

    DUPLICATE = "duplicate"
    NOT_DUPLICATE = "not_duplicate"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Submission:
    """An article as its sender gave it. Exactly one of `html` and `text` is set."""

    html: str | None = None
    text: str | None = None
    url: str | None = None
    title: str | None = None
    source: str | None = None
    published_at: date | datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that shares `shared` index buckets with another, `crowded` of them full ones."""

    id: str
    arrival: int
    shared: int
    crowded: int = 0


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What the index holds of an article. `arrival` None: it may be in the index or not yet."""

    id: str
    revision: int
    arrival: int | None
    slots: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the index put an article: its arrival number, and whom it met there, those that
    arrived before it (`candidates`) and those that came after (`later`)."""

    arrival: int
    candidates: tuple[Candidate, ...]
    later: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A range of code points in an article's `text`; in that of its block number `block` if that
    block was removed and is compared nevertheless."""

    start: int
    end: int
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """The same `words` words in two articles, `here` in this one and `there` in the other."""

    here: Place
    there: Place
    words: int


@dataclass(frozen=True, slots=True)
class Match:
    """A verified likeness to another article.

    `jaccard`, `containment` and `contained_in` are shares, 0 to 1, of distinct three-word
    shingles: of both together, of the other article's (what this one contains of it), and of
    this article's (what is contained in the other). `shared_words` counts this article's words
    that stand in shared shingles. `passages` are the longest runs of words that both share, in the
    order of this article (see `passages`). `numbers` is the share of the numbers, but for years, of
    the article that has fewer, on which both agree; None if it has none. `hours` lie between their
    publications at least; None if one is not known. `agency` is the one that both credit.
    """

    id: str
    arrival: int
    relation: Relation
    jaccard: float
    containment: float
    contained_in: float
    shared_words: int
    passages: tuple[Passage, ...] = ()
    numbers: float | None = None
    hours: float | None = None
    agency: str | None = None

    @property
    def longest_passage(self) -> int:
        """The words of the longest passage; 0 if there is none."""
        return max((passage.words for passage in self.passages), default=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one revision of an article, with its evidence.

    `thread` names the chain of copies of copies that it goes on, by the arrival number of the
    first. The versions of a running story are one thread, though the last has nothing in common
    with the first, and several stories: what stands on many stories is counted on threads. None, as
    in outcomes of before: it is named as the story is.
    """

    arrival: int
    verdict: Verdict
    duplicate_of: str | None
    story_id: str
    matches: tuple[Match, ...]
    thread: str | None = None

    @property
    def counted_as(self) -> str:
        """The name of its thread."""
        return self.thread or self.story_id


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What is stored of an article: the truth from which the index can be rebuilt.

    `revision` counts the submissions of different content under one id, `version` every change
    of the record. `digest` identifies the submission's content, `superseded` those of earlier
    revisions. `submission` is without its source (`html` or `text`), which is kept apart. `former`
    is what was made of the revision before, as it stood when this one came in; of earlier ones
    nothing is kept. `continues`: this revision keeps text of the one before, and with it its place
    in the order of arrival. `restored` and `removed`
    hold the keys of blocks that a person put back and took out; no key is in both. `arrival` is the
    number that the index gave this text or one that it continues, None as long as that is not
    known; a rebuilt index gives it again. `outcome` is None while the article is pending.
    `deleted`: it is on its way out and no article any more.
    """

    id: str
    revision: int
    version: int
    digest: str
    continues: bool
    received_at: datetime
    submission: Submission
    cleaned: CleanedArticle
    restored: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    superseded: frozenset[str] = frozenset()
    former: CleanedArticle | None = None
    arrival: int | None = None
    outcome: Outcome | None = None
    deleted: bool = False


def revised(
    present: ArticleRecord | None,
    *,
    article_id: str,
    digest: str,
    submission: Submission,
    cleaned: CleanedArticle,
    received_at: datetime,
    continues: bool,
) -> ArticleRecord:
    """The record of a revision that follows the present one, pending; what people decided of blocks
    is carried over, and the present article becomes the `former` one."""
    return ArticleRecord(
        id=article_id,
        revision=present.revision + 1 if present else 1,
        version=present.version + 1 if present else 1,
        digest=digest,
        continues=continues,
        received_at=received_at,
        submission=replace(submission, html=None, text=None),
        cleaned=replace(cleaned, source=""),
        restored=present.restored if present else frozenset(),
        removed=present.removed if present else frozenset(),
        superseded=present.superseded | {present.digest} if present else frozenset(),
        former=present.cleaned if present else None,
        arrival=present.arrival if present and continues else None,
    )


def amended(
    record: ArticleRecord,
    cleaned: CleanedArticle,
    restored: frozenset[str],
    removed: frozenset[str],
) -> ArticleRecord:
    """The record with another cleaned text of the same revision, pending."""
    return replace(
        record,
        version=record.version + 1,
        cleaned=replace(cleaned, source=""),
        restored=restored,
        removed=removed,
        outcome=None,
    )


def marked(record: ArticleRecord) -> ArticleRecord:
    """The record of an article that is being deleted."""
    return replace(record, version=record.version + 1, deleted=True)


@dataclass(frozen=True, slots=True)
class SiteStory:
    """A story that a site has shown: hashes of the story's name, of its article's, and of the
    blocks it has (see `sites`)."""

    story: bytes
    article: bytes
    blocks: tuple[bytes, ...]

    @property
    def names(self) -> frozenset[bytes]:
        """The names by which the story goes."""
        return frozenset((self.story, self.article))

    def goes_by(self, names: Collection[bytes]) -> bool:
        """Whether one of these names is the story's."""
        return self.story in names or self.article in names


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a flag's history: who moved it when from which state to which."""

    at: datetime
    by: str
    before: FlagState | None
    after: FlagState
    decision: Decision | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A match laid before a person. `article` came in after `other`.

    `version` counts changes; a decision names the version it was made on.
    """

    id: str
    article: str
    other: str
    match: Match
    state: FlagState
    decision: Decision | None
    version: int
    opened_at: datetime
    history: tuple[Change, ...] = ()

    @property
    def decided_by(self) -> str | None:
        """Who made the decision that stands; None if there is none."""
        if self.state is not FlagState.DECIDED:
            return None
        return next(change.by for change in reversed(self.history) if change.decision is not None)


@dataclass(frozen=True, slots=True)
class FlagPage:
    """One page of flags, newest first. `after` asks for the next page; None: no more."""

    flags: tuple[Flag, ...]
    after: str | None
    total: int


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One line of a site rule's history: who decided when that the block is always kept, always
    removed, or again left to the cleaner (None). `article`: where they saw the block."""

    at: datetime
    by: str
    kept: bool | None
    article: str | None = None


@dataclass(frozen=True, slots=True)
class SiteRule:
    """What a person decided of a block on every article of a site.

    The block is known by `key`, its words wherever they stand (`cleaning.article.site_key`); `text`
    is what it reads like, cut. `kept` None: the rule was withdrawn. `version` counts changes.
    """

    site: str
    key: str
    text: str
    kept: bool | None
    version: int
    history: tuple[RuleChange, ...]


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What a rule makes of one stored article that holds its block: `after`, None if it would leave
    no text, so that the article stays as it is. `changed` are the indexes of the blocks of `after`
    that were kept and would go, or the reverse."""

    record: ArticleRecord
    after: CleanedArticle | None
    changed: tuple[int, ...]

    @property
    def changes_text(self) -> bool:
        """Whether the article's text becomes another one."""
        return self.after is not None and self.after.text != self.record.cleaned.text


@dataclass(frozen=True, slots=True)
class RulePreview:
    """A rule, not in force yet or just made, and what it does to the last articles of its site, the
    newest first: `looked_at` of them, of which those in `effects` hold its block."""

    rule: SiteRule
    looked_at: int
    effects: tuple[RuleEffect, ...]


@dataclass(frozen=True, slots=True)
class CountedRules:
    """A site's rules, and how many of its last articles each decides a block of: `looked_at` of
    them, counted by the rule's key."""

    site: str
    rules: tuple[SiteRule, ...]
    articles: tuple[ArticleRecord, ...]
    decided: Mapping[str, int]


class StoryAction(StrEnum):
    """What people decide of a story. split: an article does not belong to it. original: an article
    is its original. joined: it is part of another story, which the article founded. gained: another
    story is part of it."""

    SPLIT = "split"
    ORIGINAL = "original"
    JOINED = "joined"
    GAINED = "gained"


@dataclass(frozen=True, slots=True)
class StoryDecision:
    """One line of a story's history: who decided what when, on which `article` or other `story`,
    and who took it back, if somebody did. `number` is the version of the story that it made."""

    number: int
    at: datetime
    by: str
    action: StoryAction
    article: str | None = None
    story: str | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None

    @property
    def stands(self) -> bool:
        """Whether nobody took it back."""
        return self.undone_at is None


@dataclass(frozen=True, slots=True)
class Story:
    """What people decided of a story (see `stories`), oldest first; `version` counts changes."""

    id: str
    version: int = 0
    history: tuple[StoryDecision, ...] = ()

    @property
    def apart(self) -> frozenset[str]:
        """The articles that do not belong to it."""
        split = (line.article for line in self.standing(StoryAction.SPLIT))
        return frozenset(article for article in split if article is not None)

    @property
    def original(self) -> str | None:
        """The article that was chosen as its original last; None: none was."""
        chosen = [line.article for line in self.standing(StoryAction.ORIGINAL)]
        return chosen[-1] if chosen else None

    @property
    def joined(self) -> tuple[StoryDecision, ...]:
        """The decision that it is part of another story, if it is."""
        return self.standing(StoryAction.JOINED)

    @property
    def into(self) -> str | None:
        """The story that it is part of; None: it stands alone."""
        return self.joined[0].story if self.joined else None

    @property
    def parts(self) -> tuple[str, ...]:
        """The stories that are part of it."""
        gained = (line.story for line in self.standing(StoryAction.GAINED))
        return tuple(story for story in gained if story is not None)

    def standing(self, action: StoryAction) -> tuple[StoryDecision, ...]:
        """The decisions of a kind that nobody took back."""
        return tuple(line for line in self.history if line.stands and line.action is action)


@dataclass(frozen=True, slots=True)
class Membership:
    """Where an article stands among the stories: it joined `story`, as it is so much like (`link`,
    a Jaccard index) one of its representatives."""

    id: str
    arrival: int
    story: str
    link: float


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds of verification and what the service may decide by itself.

    `near`: least share of the longer text. `contained`: least share of the shorter text; not below
    `near`, or two texts of equal length could each be contained in the other.
    `numbers`: least share of the numbers on which two alike texts must agree if they are not of
    one template; `later_numbers` the same of texts more than `same_news` hours apart, of which one
    is hardly an update of the other.
    `candidates`: at most so many candidates are verified, those that share most buckets first.
    `decide_exact`: the service decides exact copies by itself. `flag_passages`: a shared passage,
    which is no copy, opens a flag, too.
    """

    near: float = 0.5
    contained: float = 0.5
    numbers: float = 0.4
    later_numbers: float = 0.6
    same_news: float = 48.0
    candidates: int = 64
    decide_exact: bool = True
    flag_passages: bool = False

    def lays_before_people(self, relation: Relation) -> bool:
        """Whether a match of this relation opens a flag."""
        return relation in FLAGGED or (self.flag_passages and relation is Relation.PASSAGE)


DEFAULT_POLICY = Policy()
SERVICE = "service"  # who decides when no person did


class Fate(StrEnum):
    """What became of a stretch of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some text, and what became of it."""

    fate: Fate
    text: str


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number in the place of another, and the words of the later edition around it."""

    before: str
    after: str
    context: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a later edition has made of an earlier one.

    `title` is the earlier and the later title, None if they differ in their slugs at most. `added`
    and `removed` are whole paragraphs, `changed` those of which some words stayed, each cut into
    stretches (of a paragraph that was split or joined, all parts). `moved` counts the paragraphs
    that stand in another order. `numbers` are those that others have replaced inside changed
    paragraphs.
    """

    title: tuple[str | None, str | None] | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[Stretch, ...], ...]
    moved: int
    numbers: tuple[NumberChange, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """What an article has made of an earlier text: of its own `revision`, or of that of the article
    `id`, of which it is a later edition."""

    id: str
    revision: int
    changes: Changes


@dataclass(frozen=True, slots=True)
class StoryMember:
    """An article of a story, and its match with the representative that it is most like; None for
    the article that founded the story, or a part of it."""

    record: ArticleRecord
    match: Match | None


@dataclass(frozen=True, slots=True)
class LikelySource:
    """The article of a story that is an agency's own, by its `field` ("source", "site" or "url");
    `credited_by` are the ids of others in the story that credit the agency."""

    article: str
    agency: str
    field: str
    value: str
    credited_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoryShown:
    """A story as people see it.

    `original`: the id of the article that stands for it, the founder or one `chosen` by a person.
    `members` are a page of the `total`, in order of arrival; `after` asks for the next page (None:
    no more). `weakest`: the member that is least like its representative. `source`: the likely
    source among the first members.
    """

    story: Story
    original: str | None
    chosen: bool
    members: tuple[StoryMember, ...]
    total: int
    after: int | None
    weakest: StoryMember | None
    source: LikelySource | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A flag with everything a person needs to decide it: both articles, and the spans of each
    one's text that the other shares. `changes`: what a later edition has made of the earlier one;
    None if the flag is about something else."""

    flag: Flag
    article: ArticleRecord
    other: ArticleRecord
    article_spans: tuple[Span, ...]
    other_spans: tuple[Span, ...]
    changes: Changes | None = None

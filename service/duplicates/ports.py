"""What the use cases need from the outer world. Every store, in memory or in Redis, passes one
contract suite (tests/contract). Each method may raise StoreUnavailable, and may be repeated with
the same result."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from cleaning.model import CleanedArticle
from service.duplicates.model import (
    DEFAULT_POLICY,
    ArticleRecord,
    Candidate,
    Flag,
    FlagPage,
    FlagState,
    IndexEntry,
    Membership,
    Outcome,
    Placement,
    Policy,
    SiteRule,
    SiteStory,
    Story,
    Submission,
)

# A bucket holds the sixteen that arrived first. A fuller one is a phrase that everybody uses, or
# a story so often copied that its first sixteen stand for it; without a cap, 100,000 members in
# one bucket cost 5.6 s a query. Sixteen ids of four bytes are also the longest value that Redis
# keeps in a compact hash (hash-max-listpack-value 64).
BUCKET_CAP = 16


def placement(arrival: int, met: Iterable[Candidate]) -> Placement:
    """The placement of an article that met these others, in the order that the index promises."""

    def rank(candidate: Candidate) -> tuple[int, int]:
        # What a full bucket says is said of many: it counts a sixteenth of one that has room.
        rare = candidate.shared - candidate.crowded
        return -(rare * BUCKET_CAP + candidate.crowded), candidate.arrival

    ordered = sorted(met, key=rank)
    return Placement(
        arrival,
        tuple(candidate for candidate in ordered if candidate.arrival < arrival),
        tuple(candidate for candidate in ordered if candidate.arrival > arrival),
    )


class ArticleStore(Protocol):
    """The articles' records: the truth, written before anything is derived from it. The source of
    an article as it was received is kept apart and may be gone sooner. A store knows how long
    articles are kept (`retention`): one that has expired is as little there as one that is marked
    as deleted."""

    def begin(
        self,
        article_id: str,
        digest: str,
        submission: Submission,
        cleaned: CleanedArticle,
        received_at: datetime,
        *,
        continues: bool,
    ) -> ArticleRecord:
        """Write a pending revision and return it. One atomic step.

        An article whose present revision has this digest is returned as it stands, with its
        outcome if it has one, and so is one that is deleted or has expired: marked as deleted.
        Otherwise the revision is the last one's number plus one; the keys of restored and removed
        blocks are carried over, and the last one's cleaned text becomes the `former` one.
        """

    def amend(
        self,
        record: ArticleRecord,
        cleaned: CleanedArticle,
        restored: frozenset[str],
        removed: frozenset[str],
    ) -> ArticleRecord | None:
        """Replace the cleaned text of this revision and make it pending again. None, and no
        change, if the record has changed since it was read."""

    def finish(self, record: ArticleRecord, outcome: Outcome) -> bool:
        """Write the outcome of a pending record. False, and no change, if the record has
        changed since it was read."""

    def received(self, record: ArticleRecord) -> Submission | None:
        """The submission of a record with its source, as it was received; None if that is not
        kept any more, or the article has been revised since."""

    def get(self, article_id: str) -> ArticleRecord | None:
        """The present revision of an article."""

    def get_many(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        """The same for several, in their order, in one round trip."""

    def stored(self, article_ids: Sequence[str]) -> list[ArticleRecord | None]:
        """The same with those that are marked as deleted or have expired."""

    def mark_deleted(self, article_id: str) -> ArticleRecord | None:
        """Mark an article as deleted and return it; None if there is none, not even an expired one.
        From now on it is found by `stored` and `due` alone."""

    def remove(self, record: ArticleRecord) -> bool:
        """Remove the last of a marked article: its record, its source, its place in the lists.
        False, and no change, if this record is not there any more."""

    def due(self, limit: int) -> list[str]:
        """The ids of at most so many articles that are marked as deleted or have expired."""

    def noted_anew(self) -> Iterator[str]:
        """Note of every article when it expires, if that has not been noted by the present windows;
        yields each id. Until then `due` may miss some."""

    def ids(self) -> Iterator[str]:
        """Every article's id, in order of first submission, also of those that are only `stored`;
        those added meanwhile may be missing."""

    def latest(self, limit: int) -> list[str]:
        """The ids of the articles that were first submitted last, the newest first."""

    def count(self) -> int:
        """How many articles are stored."""


class FingerprintIndex(Protocol):
    """Buckets of articles with a fingerprint slot in common. What uses or checks them raises
    IndexDamaged rather than taking what was lost for what never was."""

    def check(self) -> None:
        """Raise IndexDamaged if there are articles and no index of the present version that could
        be asked about them."""

    def add(
        self,
        article_id: str,
        revision: int,
        slots: Sequence[bytes],
        *,
        continues: bool,
        arrival: int | None = None,
    ) -> Placement:
        """Put an article into its buckets and read whom they hold, in one atomic step.

        A slot names a bucket (see `cleaning.fingerprint`). Of two articles that share one, the
        one added later always finds the other. The article leaves the buckets it was in before.
        The first call for a revision gives the article the next arrival number, unless it
        `continues` the revision before and keeps its number; a repeated call changes nothing.
        `arrival` is the number that the article's record names, which it gets again if the index
        has lost it. It meets those that share most slots first, of which those of full buckets
        count little, then the oldest, and never itself.
        """

    def id_of(self, arrival: int) -> str | None:
        """The id of the article with this arrival number; None if there is none."""

    def remove(
        self, article_id: str, slots: Sequence[bytes], arrival: int | None
    ) -> tuple[Candidate, ...]:
        """Take an article out of the index, in one atomic step, and return the others that have
        one of these slots, by their arrival numbers.

        Repeated, it returns the same others. `arrival` is the number that the article's record
        names, None if it names none: an entry with another one is not touched, as it is of an
        article that has come in under the same id since.
        """

    def faults(self, entries: Iterable[IndexEntry]) -> Iterator[str]:
        """What is wrong with the index, in words, if `entries` are those of all articles. Those
        that come in meanwhile may be among the faults."""

    def rebuild(self, entries: Iterable[IndexEntry]) -> None:
        """Empty the index and fill it with `entries`, in order of their arrival numbers, which
        all of them have. `entries` is read once the index is closed to `add`; it stays closed
        until it is whole, and until another rebuilding if this one does not come to its end."""


class FlagStore(Protocol):
    """The flags and their history."""

    def put(self, flag: Flag, *, seen: int) -> bool:
        """Write a flag if its stored version is `seen` (0: it does not exist yet). False, and
        no change, otherwise."""

    def get(self, flag_id: str) -> Flag | None:
        """One flag."""

    def raised_by(self, article_id: str) -> list[Flag]:
        """The flags whose later article is this one, oldest first, in any state."""

    def raised_on(self, article_id: str, limit: int) -> list[Flag]:
        """The flags whose earlier article is this one, oldest first, in any state."""

    def remove(self, flag: Flag) -> None:
        """Remove a flag with its history, in whatever version it is."""

    def page(self, state: FlagState | None, after: str | None, limit: int) -> FlagPage:
        """Flags in a state (None: any), newest first, from behind the flag `after`."""


class SiteStore(Protocol):
    """What people decided for whole sites, which is part of the truth; and what each site has shown
    last, which is derived from the articles and filled again by reprocessing. The stories of a site
    that is silent are forgotten, and where nothing shall be remembered there are none."""

    def look_up(self, site: str, keys: Sequence[str]) -> tuple[list[SiteStory], dict[str, bool]]:
        """All that is known of these blocks, in one round trip: the last stories of the site, in
        the order in which they came, and which of the keys a rule in force keeps (True) or removes
        (False)."""

    def remember(
        self,
        site: str,
        article_id: str,
        arrival: int,
        story: SiteStory | None,
        kin: Collection[bytes],
    ) -> None:
        """Remember an article among the `sites.ARTICLES_PER_SITE` last of its site, by its arrival
        number, and a story as `sites.with_story` does, in one atomic step."""

    def forget(self, site: str, article_id: str) -> None:
        """Forget an article among the last ones of a site, and the story that is remembered as
        its own."""

    def latest(self, site: str, limit: int) -> list[str]:
        """The ids of the last articles of a site, the newest first."""

    def put_rule(self, rule: SiteRule, *, seen: int) -> bool:
        """Write a rule if its stored version is `seen` (0: there is none of this site and key).
        False, and no change, otherwise."""

    def rule(self, site: str, key: str) -> SiteRule | None:
        """One rule, in force or withdrawn."""

    def rules(self, site: str) -> list[SiteRule]:
        """All rules of a site, withdrawn ones too, oldest first."""

    def ruled(self, after: str | None, limit: int) -> list[str]:
        """The sites for which a rule was ever made, in the order of their names (as UTF-8), from
        behind the site `after`."""


class StoryStore(Protocol):
    """What people decided of stories, which is part of the truth; and who joined which story, which
    is derived from the articles' outcomes. Of a story, its founder is no member here: it gave the
    story its name, so that a story of one article costs nothing."""

    def get_many(self, story_ids: Sequence[str]) -> list[Story]:
        """What was decided of each, in one round trip; version 0 where nothing was."""

    def put(self, stories: Sequence[Story], seen: Sequence[int]) -> bool:
        """Write stories if the stored version of each is the one `seen`. False, and no change to
        any, otherwise. One atomic step."""

    def place(self, membership: Membership) -> None:
        """Let an article be a member of this story and of no other. One atomic step."""

    def leave(self, article_id: str) -> None:
        """Let an article be a member of no story."""

    def members(self, story_id: str, after: int, limit: int) -> list[Membership]:
        """Members that arrived after number `after`, in order of arrival."""

    def count(self, story_id: str) -> int:
        """How many members a story has."""

    def weakest(self, story_id: str) -> str | None:
        """The id of the member with the weakest link; None if there are no members."""

    def faults(
        self, memberships: Iterable[Membership], pending: Collection[str] = ()
    ) -> Iterator[str]:
        """What is wrong with the members, in words, if these are all, but for the articles in
        `pending`, which may be members or not. Those that come in meanwhile may be among the
        faults."""

    def clear(self) -> None:
        """Forget who is a member, so that all can be placed anew."""


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Now, with a zone."""


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a use case works with."""

    articles: ArticleStore
    index: FingerprintIndex
    flags: FlagStore
    sites: SiteStore
    stories: StoryStore
    policy: Policy = DEFAULT_POLICY
    clock: Clock = field(default=system_clock)

    def ping(self) -> None:
        """Raise StoreUnavailable if a store does not answer, IndexDamaged if no article could be
        compared."""
        self.articles.count()
        self.index.check()

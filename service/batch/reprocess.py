"""Everything that is stored, cleaned and compared once more, with what has changed by it.

Articles are taken in the order in which they first came in. An article is compared with those
that arrived before it, so that one run settles everything, but for two things that a second run
finds: what follows from a revision that has moved an article behind others, and what a site shows
everywhere, where its stories had been forgotten (the first run remembers them, the second uses
them). Articles that a crash left pending are finished on the way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cleaning.errors import CleaningError
from cleaning.model import SITE_FURNITURE, CleanedArticle
from service.batch.patience import patiently
from service.duplicates.errors import ArticleNotFound
from service.duplicates.model import ArticleRecord, Match
from service.duplicates.ports import Services
from service.duplicates.submit import reprocess


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about an article that is another than before. Long texts are left out: None."""

    what: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What reprocessing did to one article.

    `error`: the present rules refuse its source, and it was left as it is. `was_cleaned`: its
    source was there; else it was only compared.
    """

    id: str
    differences: tuple[Difference, ...] = ()
    error: str | None = None
    was_cleaned: bool = True


def stored_ids(services: Services) -> list[str]:
    """The articles there are, in order of first arrival. Raises StoreUnavailable."""
    return patiently(lambda: list(services.articles.ids()))


def reprocess_all(services: Services, article_ids: Iterable[str]) -> Iterator[Result]:
    """Reprocess articles and yield each result. Raises StoreUnavailable."""
    for article_id in article_ids:
        result = _reprocessed(services, article_id)
        if result is not None:
            yield result


def _reprocessed(services: Services, article_id: str) -> Result | None:
    try:
        done = patiently(lambda: reprocess(services, article_id))
    except ArticleNotFound:  # it was deleted meanwhile
        return None
    except CleaningError as error:
        return Result(article_id, error=str(error))
    changed = tuple(differences(done.before, done.after.record))
    return Result(article_id, changed, was_cleaned=done.was_cleaned)


def differences(before: ArticleRecord, after: ArticleRecord) -> Iterator[Difference]:
    """What a reader of the article would see changed."""
    old, new = _told(before), _told(after)
    for what in new:
        if what not in old:
            continue  # it was pending, which is a difference of its own
        if old[what] != new[what]:
            yield Difference(what, old[what], new[what])
    was, now = _without_counts(before.cleaned), _without_counts(after.cleaned)
    for what in ("text", "blocks", "published_at", "updated_at", "authors", "site", "agency"):
        if getattr(was, what) != getattr(now, what):
            yield Difference(what)


def _without_counts(cleaned: CleanedArticle) -> CleanedArticle:
    """An article without the numbers of stories on which its site's furniture stands: they grow
    with every story."""
    blocks = (
        replace(block, reasons=()) if block.rule == SITE_FURNITURE else block
        for block in cleaned.blocks
    )
    return replace(cleaned, blocks=tuple(blocks))


def _told(record: ArticleRecord) -> dict[str, str | None]:
    """What is told of an article with its values."""
    outcome = record.outcome
    if outcome is None:
        return {"state": "pending", "title": record.cleaned.title}
    return {
        "state": "compared",
        "title": record.cleaned.title,
        "verdict": outcome.verdict,
        "duplicate_of": outcome.duplicate_of,
        "story_id": outcome.story_id,
        "matches": ", ".join(map(_match, outcome.matches)),
    }


def _match(match: Match) -> str:
    return f"{match.id} {match.relation} {max(match.containment, match.contained_in):.2f}"

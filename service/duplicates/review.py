"""Use cases of people who look at flags: the queue, one flag with its evidence, a decision."""

from service.duplicates import flags as transitions
from service.duplicates.changes import changes_between
from service.duplicates.errors import ArticleNotFound, FlagNotFound, StaleDecision
from service.duplicates.model import (
    ArticleRecord,
    Changes,
    Comparison,
    Decision,
    Edition,
    Flag,
    FlagPage,
    FlagState,
    Relation,
)
from service.duplicates.ports import Services
from service.duplicates.verify import shared_spans


def list_flags(
    services: Services, state: FlagState | None, after: str | None, limit: int
) -> FlagPage:
    """One page of flags in a state (None: any), newest first, from behind the flag `after`.

    Raises FlagNotFound if there is no flag `after`.
    """
    if after is not None:
        get_flag(services, after)
    return services.flags.page(state, after, limit)


def get_flag(services: Services, flag_id: str) -> Flag:
    """One flag. Raises FlagNotFound."""
    flag = services.flags.get(flag_id)
    if flag is None:
        raise FlagNotFound(flag_id)
    return flag


def compare(services: Services, flag_id: str) -> Comparison:
    """A flag with both articles as they stand now, and the passages they share now.

    Raises FlagNotFound, ArticleNotFound.
    """
    flag = get_flag(services, flag_id)
    article, other = services.articles.get_many((flag.article, flag.other))
    if article is None:
        raise ArticleNotFound(flag.article)
    if other is None:
        raise ArticleNotFound(flag.other)
    here, there = shared_spans(article.cleaned.text, other.cleaned.text)
    return Comparison(
        flag=flag,
        article=article,
        other=other,
        article_spans=here,
        other_spans=there,
        changes=_changes(flag, article, other),
    )


def changes_on(services: Services, flag: Flag) -> Changes | None:
    """What the later edition has made of the earlier one, as both stand now; None if the flag is
    about something else, or one of them is not stored any more. Raises StoreUnavailable."""
    if flag.match.relation is not Relation.REVISION:
        return None
    return _changes(flag, *services.articles.get_many((flag.article, flag.other)))


def editions_before(services: Services, record: ArticleRecord) -> list[Edition]:
    """What an article has made of the earlier texts it is an edition of: its own revision before,
    and the last of the articles that it revises. Raises StoreUnavailable."""
    editions = []
    if record.former is not None:
        changes = changes_between(record.former, record.cleaned)
        editions.append(Edition(record.id, record.revision - 1, changes))
    matches = record.outcome.matches if record.outcome else ()
    revised = [match.id for match in matches if match.relation is Relation.REVISION]
    other = services.articles.get(revised[-1]) if revised else None
    if other is not None:
        changes = changes_between(other.cleaned, record.cleaned)
        editions.append(Edition(other.id, other.revision, changes))
    return editions


def decide(
    services: Services,
    flag_id: str,
    decision: Decision,
    *,
    by: str,
    seen: int | None,
    note: str | None = None,
) -> Flag:
    """Decide a flag, as `by` saw it at version `seen` (None: whatever it is now).

    The decision that already stands changes nothing, whoever repeats it on whatever version.
    Raises FlagNotFound, IllegalDecision, and StaleDecision if somebody else was faster.
    """
    flag = get_flag(services, flag_id)
    decided = transitions.decide(flag, decision, by, services.clock(), note)
    if decided is flag:
        return flag
    if seen is not None and seen != flag.version:
        raise StaleDecision(flag_id, seen, flag.version)
    if not services.flags.put(decided, seen=flag.version):
        raise StaleDecision(flag_id, flag.version, get_flag(services, flag_id).version)
    return decided


def _changes(
    flag: Flag, article: ArticleRecord | None, other: ArticleRecord | None
) -> Changes | None:
    if flag.match.relation is not Relation.REVISION or article is None or other is None:
        return None
    return changes_between(other.cleaned, article.cleaned)

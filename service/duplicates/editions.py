"""Two articles -> what they have in common besides their text: a title, an agency, an edition.

The text decides what a copy is (`verify`). What stands around it decides between a copy that
another outlet has edited and the story's next edition: where it was published, when, and what wire
copy says about itself ("UPDATE 2-", "CORRECTED", "(Adds quotes)").
"""

from collections.abc import Sequence

from cleaning.model import CleanedArticle
from cleaning.phrases import key
from cleaning.slugs import is_edition, is_note
from cleaning.title_slots import compared_title
from cleaning.words import numbers
from service.duplicates.model import ArticleRecord, Relation
from service.duplicates.sites import site_of
from service.duplicates.verify import is_earlier

# A title of so many other stories, or of so many of the article's own site, is a column's name. In
# generated wire copy those of four words ("What to watch today") stand above 20 stories, and no
# other title above two.
COMMON, COMMON_AT_HOME = 3, 2


def with_same_title(record: ArticleRecord, others: Sequence[ArticleRecord]) -> frozenset[str]:
    """The ids of those that have the article's title; none if it is one that many stories have."""
    title = compared_title(record.cleaned)
    if title is None:
        return frozenset()
    site = site_of(record.submission)
    same = [other for other in others if compared_title(other.cleaned) == title]
    at_home = [other for other in same if site is not None and site_of(other.submission) == site]
    if _stories(same) >= COMMON or _stories(at_home) >= COMMON_AT_HOME:
        return frozenset()
    return frozenset(other.id for other in same)


def relation_of_editions(
    relation: Relation, record: ArticleRecord, other: ArticleRecord
) -> Relation:
    """REVISION if the article is a later edition of the other one, else the relation as it is.

    An edition keeps most of the earlier text, comes from its site or says by its slugs that it is
    a later one, and was not published before. One that has grown to more than twice the text has
    the same title: what also holds a whole story of its site is a round-up.
    """
    if relation not in {Relation.NEAR, Relation.CONTAINS}:
        return relation
    stage, before = _stage(record.cleaned), _stage(other.cleaned)
    if stage < before or is_earlier(record.cleaned.published_at, other.cleaned.published_at):
        return relation
    site = site_of(record.submission)
    is_of_site = site is not None and site == site_of(other.submission)
    title = compared_title(record.cleaned)
    has_grown = title is not None and title == compared_title(other.cleaned)
    if (is_of_site or stage > before) and (relation is Relation.NEAR or has_grown):
        return Relation.REVISION
    return relation


def common_agency(article: CleanedArticle, other: CleanedArticle) -> str | None:
    """The agency that both articles credit, as the other one names it; None if there is none."""
    if article.agency is None or other.agency is None:
        return None
    return other.agency if key(article.agency) == key(other.agency) else None


def _stage(article: CleanedArticle) -> tuple[int, int]:
    """How far an article has come by its own words: the number of the update, and how many slugs
    say that it is another edition. What an edition's notes tell, one copy has and the next lacks.
    """
    said = [slug for slug in article.wire.slugs if is_edition(slug)]
    slugs = [key(slug) for slug in said if not is_note(slug)]
    told = [int(number) for number in numbers(" ".join(slugs)) if number.isdecimal()]
    return max(told, default=0), len(slugs) or bool(said)


def _stories(records: Sequence[ArticleRecord]) -> int:
    return len({record.outcome.story_id if record.outcome else record.id for record in records})

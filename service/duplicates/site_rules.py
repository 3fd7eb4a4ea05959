"""Use cases of people who decide for a whole site: a block of one article becomes a rule, is
looked at on the last articles of the site before it holds, is listed, counted and withdrawn.

A rule that is made or withdrawn is applied at once to the last articles of its site that hold the
block; older ones take it on when they are reprocessed, new ones when they are cleaned. An article
whose source is gone stays as it is.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cleaning.article import is_text, site_key_of
from cleaning.errors import CleaningError
from cleaning.model import SITE_RULE, SiteBlock, SiteLookup
from service.duplicates.errors import (
    ArticleNotFound,
    BlockNotFound,
    IllegalRule,
    RuleNotFound,
    SourceGone,
    StoreUnavailable,
)
from service.duplicates.model import (
    ArticleRecord,
    CountedRules,
    RuleChange,
    RuleEffect,
    RulePreview,
    SiteRule,
)
from service.duplicates.ports import Services
from service.duplicates.sites import ARTICLES_PER_SITE, site_lookup, site_of
from service.duplicates.submit import ATTEMPTS, recleaned, reprocess

TEXT_SHOWN = 500  # characters of a block that a rule keeps to show what it is about


def list_sites(services: Services, after: str | None, limit: int) -> list[str]:
    """The sites that have or had rules, by name, from behind the site `after`."""
    return services.sites.ruled(after, limit)


def list_rules(services: Services, site: str) -> CountedRules:
    """A site's rules, withdrawn ones too, and in how many of its last articles each decides a
    block now; a person's decision on that very block is not counted."""
    articles = _latest(services, site, ARTICLES_PER_SITE)
    decided: Counter[str] = Counter()
    for record in articles:
        blocks = record.cleaned.blocks
        ruled = [block for block in blocks if block.rule == SITE_RULE]
        decided.update({site_key_of(block, blocks) or block.key for block in ruled})
    return CountedRules(
        site=site,
        rules=tuple(services.sites.rules(site)),
        articles=tuple(articles),
        decided=decided,
    )


def preview_rule(
    services: Services,
    article_id: str,
    index: int,
    *,
    kept: bool,
    by: str,
    site: str | None = None,
    limit: int = ARTICLES_PER_SITE,
) -> RulePreview:
    """What a rule for the site of an article would do to the last `limit` articles of that site,
    if it always kept, or always removed, a block of this one. Nothing is changed.

    Raises ArticleNotFound, BlockNotFound, StoreUnavailable, and IllegalRule for an article of no
    site or of another one than `site`, and for a block that shows a title or has no words.
    """
    rule, _ = _rule(services, article_id, index, kept=kept, by=by, site=site)
    return _preview(services, rule, limit)


def make_rule(
    services: Services,
    article_id: str,
    index: int,
    *,
    kept: bool,
    by: str,
    site: str | None = None,
) -> RulePreview:
    """Make the rule and apply it to the site's last articles that hold the block.

    The same rule again changes nothing, one that says the opposite takes its place. Raises what
    `preview_rule` raises.
    """
    for _ in range(ATTEMPTS):
        rule, seen = _rule(services, article_id, index, kept=kept, by=by, site=site)
        preview = _preview(services, rule, ARTICLES_PER_SITE)
        if rule.version == seen or services.sites.put_rule(rule, seen=seen):
            _apply(services, preview.effects)
            return preview
    raise StoreUnavailable("the rule is changed by others all the time")


def withdraw_rule(services: Services, site: str, key: str, *, by: str) -> SiteRule:
    """Leave a block to the cleaner again, also in the site's last articles; the rule stays in the
    list. A withdrawn rule stays as it is. Raises RuleNotFound, StoreUnavailable."""
    for _ in range(ATTEMPTS):
        rule = services.sites.rule(site, key)
        if rule is None:
            raise RuleNotFound(site, key)
        after = _changed(rule, RuleChange(at=services.clock(), by=by, kept=None))
        if after is rule or services.sites.put_rule(after, seen=rule.version):
            _apply(services, _preview(services, after, ARTICLES_PER_SITE).effects)
            return after
    raise StoreUnavailable("the rule is changed by others all the time")


def _rule(
    services: Services, article_id: str, index: int, *, kept: bool, by: str, site: str | None
) -> tuple[SiteRule, int]:
    """The rule as it would become, and the version it has now (0: there is none)."""
    record = services.articles.get(article_id)
    if record is None:
        raise ArticleNotFound(article_id)
    own = site_of(record.submission)
    if own is None:
        raise IllegalRule("article", "has no site: it was sent with neither url nor source")
    if site is not None and site != own:
        raise IllegalRule("article", f"is of the site {own!r}, not {site!r}")
    blocks = record.cleaned.blocks
    if not 0 <= index < len(blocks):
        raise BlockNotFound(article_id, index, len(blocks))
    block = blocks[index]
    if block.kept and not is_text(block):
        raise IllegalRule("block", "shows the title, which is no part of the text")
    key = site_key_of(block, blocks)
    if key is None:
        raise IllegalRule("block", "has no words by which a rule could know it")
    present = services.sites.rule(own, key) or SiteRule(
        site=own, key=key, text=block.text[:TEXT_SHOWN], kept=None, version=0, history=()
    )
    change = RuleChange(at=services.clock(), by=by, kept=kept, article=article_id)
    return _changed(present, change), present.version


def _changed(rule: SiteRule, change: RuleChange) -> SiteRule:
    if rule.kept is change.kept:
        return rule
    history = (*rule.history, change)
    return replace(rule, kept=change.kept, version=rule.version + 1, history=history)


def _preview(services: Services, rule: SiteRule, limit: int) -> RulePreview:
    articles = _latest(services, rule.site, limit)
    holders = [
        record
        for record in articles
        if any(block.key == rule.key for block in record.cleaned.blocks)
    ]
    return RulePreview(
        rule=rule,
        looked_at=len(articles),
        effects=tuple(_effect(services, record, rule) for record in holders),
    )


def _effect(services: Services, record: ArticleRecord, rule: SiteRule) -> RuleEffect:
    try:
        after = recleaned(services, record, _as_if(services, record, rule))
    except SourceGone:  # it stays as it is
        return RuleEffect(record, after=record.cleaned, changed=())
    except CleaningError:
        return RuleEffect(record, after=None, changed=())
    kept = {block.key: block.kept for block in record.cleaned.blocks}
    changed = tuple(
        index
        for index, block in enumerate(after.blocks)
        if kept.get(block.key, block.kept) is not block.kept
    )
    return RuleEffect(record, after, changed)


def _as_if(services: Services, record: ArticleRecord, rule: SiteRule) -> SiteLookup:
    """What is known of the site of an article, as if the rule were in force."""
    known = site_lookup(services, record.submission, record.id, record)

    def look_up(keys: Sequence[str]) -> Mapping[str, SiteBlock]:
        found = dict(known(keys)) if known else {}
        found[rule.key] = replace(found.get(rule.key, SiteBlock()), kept=rule.kept)
        return found

    return look_up


def _apply(services: Services, effects: Sequence[RuleEffect]) -> None:
    for effect in effects:
        try:
            reprocess(services, effect.record.id, alone=False)
        except (CleaningError, ArticleNotFound):  # it stays as it is, as the preview said
            continue


def _latest(services: Services, site: str, limit: int) -> list[ArticleRecord]:
    """The last articles of a site; one that was revised into an article of another site is none of
    them."""
    found = services.articles.get_many(services.sites.latest(site, limit))
    return [record for record in found if record and site_of(record.submission) == site]

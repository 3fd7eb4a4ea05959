from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cleaning.article import RESTORED
from cleaning.model import SITE_RULE
from service.duplicates.errors import (
    ArticleNotFound,
    BlockNotFound,
    IllegalRule,
    RuleNotFound,
)
from service.duplicates.model import Relation, Submission
from service.duplicates.ports import Services
from service.duplicates.site_rules import (
    list_rules,
    list_sites,
    make_rule,
    preview_rule,
    withdraw_rule,
)
from service.duplicates.submit import (
    clean_submission,
    get_article,
    remove_block,
    reprocess,
    restore_block,
    submit,
)
from service.stores.memory import memory_services
from tests.builders import NOW, prose

SITE = "quay.example"
GOLDEN = Path(__file__).parents[1] / "golden"
BOX = "Readers of the Quay Gazette have sent 4,000 letters to the harbour office since the spring."
FURNITURE = "Latest news"


@pytest.fixture
def services() -> Services:
    return memory_services(clock=lambda: NOW)


def of_site(seed: int, *, box: bool = True, site: str = SITE) -> Submission:
    """An article that begins with furniture and ends with a box that no rule knows."""
    parts = (FURNITURE, prose(seed, 6), *([BOX] if box else []))
    return Submission(text="\n\n".join(parts), url=f"https://www.{site}/{seed}")


@pytest.fixture
def world(services: Services) -> Services:
    """Three articles of one site, two of them with the box, and one of another site."""
    submit(services, of_site(1), "a")
    submit(services, of_site(2), "b")
    submit(services, of_site(3, box=False), "c")
    submit(services, of_site(4, site="other.example"), "other")
    return services


def everything(services: Services) -> list[Any]:
    records = [services.articles.get(article_id) for article_id in services.articles.ids()]
    rules = [services.sites.rules(site) for site in (SITE, "other.example")]
    return [*records, *services.flags.page(None, None, 1_000).flags, rules]


def text_of(services: Services, article_id: str) -> str:
    return get_article(services, article_id).record.cleaned.text


# --- before it holds -------------------------------------------------------------------------


def test_a_preview_says_what_would_change_and_changes_nothing(world: Services) -> None:
    before = everything(world)
    preview = preview_rule(world, "a", 7, kept=False, by="Ada")
    assert everything(world) == before
    assert preview.looked_at == 3
    assert [effect.record.id for effect in preview.effects] == ["b", "a"]
    for effect in preview.effects:
        assert effect.after is not None
        assert effect.changes_text
        (index,) = effect.changed
        assert (effect.after.blocks[index].text, effect.after.blocks[index].kept) == (BOX, False)
        assert effect.record.cleaned.text == f"{effect.after.text}\n\n{BOX}"


def test_a_preview_looks_at_the_last_articles_only(world: Services) -> None:
    preview = preview_rule(world, "a", 7, kept=False, by="Ada", limit=2)
    assert (preview.looked_at, [effect.record.id for effect in preview.effects]) == (2, ["b"])


def test_what_the_rules_remove_can_be_kept(world: Services) -> None:
    preview = preview_rule(world, "a", 0, kept=True, by="Ada")
    assert [effect.changed for effect in preview.effects] == [(0,)] * 3
    make_rule(world, "a", 0, kept=True, by="Ada")
    assert all(text_of(world, name).startswith(FURNITURE) for name in "abc")
    assert not text_of(world, "other").startswith(FURNITURE)


def test_a_rule_that_says_what_is_the_case_changes_no_text(world: Services) -> None:
    preview = preview_rule(world, "a", 7, kept=True, by="Ada")
    assert [effect.changes_text for effect in preview.effects] == [False, False]


# --- in force --------------------------------------------------------------------------------


def test_a_rule_changes_what_its_preview_named_and_what_comes_later(world: Services) -> None:
    preview = preview_rule(world, "a", 7, kept=False, by="Ada")
    made = make_rule(world, "a", 7, kept=False, by="Ada")
    assert made == preview
    for effect in preview.effects:
        assert get_article(world, effect.record.id).record.cleaned == effect.after
    later = submit(world, of_site(5), "later").record
    (block,) = (block for block in later.cleaned.blocks if block.rule == SITE_RULE)
    assert (block.text, block.kept) == (BOX, False)
    assert BOX in text_of(world, "other")


def test_the_fingerprint_follows_what_a_rule_leaves(services: Services) -> None:
    first, copy = of_site(1), of_site(1, box=False, site="other.example")
    submit(services, first, "a")
    assert relations(services, submit(services, copy, "copy").record.id) == {"a": Relation.NEAR}
    make_rule(services, "a", 7, kept=False, by="Ada")
    assert BOX not in get_article(services, "a").record.cleaned.compared_text
    assert relations(services, "copy") == {"a": Relation.EXACT}  # it was compared again
    withdraw_rule(services, SITE, key_of(services), by="Ada")
    assert relations(services, "copy") == {"a": Relation.NEAR}


def relations(services: Services, article_id: str) -> dict[str, Relation]:
    outcome = get_article(services, article_id).record.outcome
    assert outcome is not None
    return {match.id: match.relation for match in outcome.matches}


def key_of(services: Services, site: str = SITE) -> str:
    (rule,) = services.sites.rules(site)
    return rule.key


def test_a_persons_decision_on_the_very_article_stands_before_the_rule(world: Services) -> None:
    make_rule(world, "a", 7, kept=False, by="Ada")
    restored = restore_block(world, "a", 7).record.cleaned.blocks[7]
    assert (restored.rule, restored.kept) == (RESTORED, True)
    assert reprocess(world, "a").after.record.cleaned.blocks[7] == restored
    make_rule(world, "b", 7, kept=True, by="Ada")
    remove_block(world, "b", 7)
    assert BOX not in text_of(world, "b")
    assert BOX in text_of(world, "a")


def test_an_older_article_follows_when_it_is_reprocessed(
    world: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.sites, "latest", lambda *_: [])
    made = make_rule(world, "a", 7, kept=False, by="Ada")
    assert (made.looked_at, made.effects) == (0, ())
    assert BOX in text_of(world, "b")
    assert BOX not in reprocess(world, "b").after.record.cleaned.text


def test_words_decide_not_their_typesetting_or_place(world: Services) -> None:
    make_rule(world, "a", 7, kept=False, by="Ada")
    again = Submission(
        text=f"{BOX.upper()}\n\n{prose(9, 3)}\n\n{BOX}\n\n{prose(8, 3)}", url=f"https://{SITE}/9"
    )
    cleaned = submit(world, again, "again").record.cleaned
    assert [block.rule == SITE_RULE for block in cleaned.blocks] == [
        *(True, False, False, False, True, False, False, False)
    ]


def test_a_rule_can_be_made_of_a_block_that_stands_twice(services: Services) -> None:
    text = f"{BOX}\n\n{prose(1, 3)}\n\n{BOX.upper()}\n\n{prose(2, 3)}"
    submit(services, Submission(text=text, source="Courier"), "a")
    make_rule(services, "a", 4, kept=False, by="Ada")
    assert BOX.casefold() not in text_of(services, "a").casefold()


def test_a_rule_keeps_what_the_structure_of_a_page_removes(services: Services) -> None:
    page = (GOLDEN / "page-author-tags" / "source.html").read_text("utf-8")
    sent = Submission(html=page, url=f"https://{SITE}/1")
    blocks = submit(services, sent, "a").record.cleaned.blocks
    long = [(i, block) for i, block in enumerate(blocks) if len(block.text) > 300]
    ((index, block),) = ((i, block) for i, block in long if block.rule == "sidebar")
    make_rule(services, "a", index, kept=True, by="Ada")
    assert block.text in text_of(services, "a")
    again = submit(services, replace(sent, url=f"https://{SITE}/2"), "b").record.cleaned
    assert block.text in again.text


def test_a_rule_that_would_leave_no_text_leaves_the_article_as_it_is(world: Services) -> None:
    alone = Submission(text=f"{FURNITURE}\n\n{BOX}", url=f"https://{SITE}/alone")
    before = submit(world, alone, "alone").record.cleaned
    preview = preview_rule(world, "a", 7, kept=False, by="Ada")
    effect = next(effect for effect in preview.effects if effect.record.id == "alone")
    assert (effect.after, effect.changes_text) == (None, False)
    make_rule(world, "a", 7, kept=False, by="Ada")
    assert get_article(world, "alone").record.cleaned == before
    assert BOX not in text_of(world, "b")


# --- its history -----------------------------------------------------------------------------


def test_the_same_rule_again_changes_nothing(world: Services) -> None:
    make_rule(world, "a", 7, kept=False, by="Ada")
    rules = world.sites.rules(SITE)
    make_rule(world, "b", 7, kept=False, by="Bo")
    assert world.sites.rules(SITE) == rules


def test_a_withdrawn_rule_gives_the_texts_back_and_stays_in_the_list(world: Services) -> None:
    before = {name: text_of(world, name) for name in "abc"}
    make_rule(world, "a", 7, kept=False, by="Ada")
    key = key_of(world)
    withdrawn = withdraw_rule(world, SITE, key, by="Bo")
    assert withdraw_rule(world, SITE, key, by="Cy") == withdrawn
    assert {name: text_of(world, name) for name in "abc"} == before
    assert [(line.by, line.kept) for line in withdrawn.history] == [("Ada", False), ("Bo", None)]
    assert list_rules(world, SITE).rules == (withdrawn,)
    assert BOX in submit(world, of_site(6), "later").record.cleaned.text


def test_the_opposite_rule_takes_its_place(world: Services) -> None:
    make_rule(world, "a", 7, kept=False, by="Ada")
    make_rule(world, "a", 7, kept=True, by="Bo")
    (rule,) = list_rules(world, SITE).rules
    assert (rule.kept, rule.version, len(rule.history)) == (True, 2, 2)
    assert BOX in text_of(world, "b")


def test_rules_are_counted_by_the_articles_in_which_they_decide(world: Services) -> None:
    make_rule(world, "a", 7, kept=False, by="Ada")
    key = key_of(world)
    found = list_rules(world, SITE)
    assert (len(found.articles), found.decided) == (3, {key: 2})
    for _ in range(2):
        reprocess(world, "b")
    restore_block(world, "a", 7)
    assert list_rules(world, SITE).decided == {key: 1}
    withdraw_rule(world, SITE, key, by="Ada")
    assert list_rules(world, SITE).decided == {}
    assert list_sites(world, None, 10) == [SITE]


def test_an_article_that_moved_to_another_site_is_none_of_this_one(world: Services) -> None:
    submit(world, of_site(2, site="other.example"), "b")
    preview = preview_rule(world, "a", 7, kept=False, by="Ada")
    assert [effect.record.id for effect in preview.effects] == ["a"]


# --- what cannot be done ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "error", "field"),
    [
        (lambda s: make_rule(s, "none", 0, kept=False, by="Ada"), ArticleNotFound, None),
        (lambda s: make_rule(s, "a", 99, kept=False, by="Ada"), BlockNotFound, None),
        (lambda s: make_rule(s, "a", -1, kept=False, by="Ada"), BlockNotFound, None),
        (lambda s: make_rule(s, "a", 0, kept=False, by="A", site="b"), IllegalRule, "article"),
        (lambda s: make_rule(s, "siteless", 0, kept=False, by="Ada"), IllegalRule, "article"),
        (lambda s: make_rule(s, "titled", 0, kept=False, by="Ada"), IllegalRule, "block"),
        (lambda s: make_rule(s, "titled", 4, kept=False, by="Ada"), IllegalRule, "block"),
        (lambda s: withdraw_rule(s, SITE, "none", by="Ada"), RuleNotFound, None),
    ],
)
def test_what_no_rule_can_be_made_of(
    world: Services,
    asked: Callable[[Services], object],
    error: type[Exception],
    field: str | None,
) -> None:
    submit(world, Submission(text=prose(7)), "siteless")
    titled = f"Quay closed\n\n{prose(8, 3)}\n\n* * *"
    submit(world, Submission(text=titled, title="Quay closed", source="x"), "titled")
    before = everything(world)
    with pytest.raises(error) as refusal:
        asked(world)
    assert getattr(refusal.value, "field", None) == field
    assert everything(world) == before


def test_no_rule_reaches_the_title(services: Services) -> None:
    title = "Council closes the quay"
    submit(services, Submission(text=f"{prose(1, 3)}\n\n{title}", source="x"), "a")
    index = next(i for i, block in enumerate(record_blocks(services, "a")) if block.text == title)
    make_rule(services, "a", index, kept=False, by="Ada")
    titled = Submission(text=f"{title}\n\n{prose(2, 3)}", source="x", title=title)
    cleaned = submit(services, titled, "b").record.cleaned
    assert (cleaned.title, cleaned.blocks[0].rule) == (title, "title")


def record_blocks(services: Services, article_id: str) -> Any:
    return get_article(services, article_id).record.cleaned.blocks


def test_an_article_of_no_site_asks_for_no_rule() -> None:
    assert clean_submission(Submission(text=prose(1))).text

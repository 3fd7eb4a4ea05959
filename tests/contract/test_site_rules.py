from dataclasses import replace
from datetime import timedelta

import pytest

from service.duplicates.model import RuleChange, SiteRule
from service.duplicates.ports import LATEST, Services, SiteRules
from tests.builders import NOW

SITE = "quay.example"


@pytest.fixture
def rules(services: Services) -> SiteRules:
    return services.site_rules


def a_rule(
    key: str = "k1", site: str = SITE, *, kept: bool | None = False, minutes: int = 0
) -> SiteRule:
    made = RuleChange(at=NOW + timedelta(minutes=minutes), by="Ada", kept=kept, article="urn:x:1")
    return SiteRule(site, key, "Latest “news”\u0000\n日本", kept, version=1, history=(made,))


def changed(rule: SiteRule, *, kept: bool | None) -> SiteRule:
    line = RuleChange(at=NOW + timedelta(hours=1), by="Bo", kept=kept)
    return replace(rule, kept=kept, version=rule.version + 1, history=(*rule.history, line))


def test_what_was_put_can_be_read_again(rules: SiteRules) -> None:
    rule = a_rule()
    assert rules.put(rule, seen=0)
    assert rules.get(SITE, "k1") == rule
    assert rules.of_site(SITE) == [rule]


def test_what_is_unknown_is_empty(rules: SiteRules) -> None:
    rules.put(a_rule(), seen=0)
    assert rules.get(SITE, "k2") is None
    assert rules.get("other.example", "k1") is None
    assert rules.of_site("other.example") == []
    assert rules.latest("other.example", 5) == []
    assert rules.in_force("other.example", ["k1"]) == {}


def test_only_who_saw_the_present_version_writes(rules: SiteRules) -> None:
    first = a_rule()
    assert not rules.put(changed(first, kept=True), seen=1)
    assert rules.put(first, seen=0)
    assert not rules.put(first, seen=0)
    second = changed(first, kept=True)
    assert rules.put(second, seen=1)
    assert not rules.put(changed(first, kept=None), seen=1)
    assert rules.get(SITE, "k1") == second


def test_only_rules_in_force_are_looked_up(rules: SiteRules) -> None:
    for rule in (a_rule("k1"), a_rule("k2", kept=True), a_rule("k3"), a_rule("k1", "b.example")):
        rules.put(rule, seen=0)
    rules.put(changed(a_rule("k3"), kept=None), seen=1)
    assert rules.in_force(SITE, ["k0", "k1", "k2", "k3", "k1"]) == {"k1": False, "k2": True}
    assert rules.in_force(SITE, []) == {}
    assert rules.in_force("b.example", ["k1", "k2"]) == {"k1": False}


def test_a_sites_rules_come_in_the_order_in_which_they_were_made(rules: SiteRules) -> None:
    made = [a_rule(f"k{n}", minutes=n) for n in (3, 1, 2)]
    for rule in made:
        rules.put(rule, seen=0)
    rules.put(changed(made[1], kept=None), seen=1)
    assert [rule.key for rule in rules.of_site(SITE)] == ["k1", "k2", "k3"]


def test_sites_are_listed_page_by_page(rules: SiteRules) -> None:
    names = ["b.example", "a:b", "日本", "courier / evening", "z"]
    for name in names:
        rules.put(a_rule(site=name), seen=0)
        rules.put(a_rule("k2", name), seen=0)
    rules.put(a_rule("k9", "never"), seen=3)
    rules.note("silent.example", "a", 1)
    ordered = sorted(names, key=str.encode)
    assert rules.sites(None, 10) == ordered
    assert rules.sites(None, 2) == ordered[:2]
    assert rules.sites(ordered[1], 2) == ordered[2:4]
    assert rules.sites("zz", 1) == ["日本"]


def test_the_last_articles_of_a_site_come_newest_first(rules: SiteRules) -> None:
    for _ in range(2):
        for arrival, article_id in ((3, "c"), (1, "urn:x:1"), (2, "日本")):
            rules.note(SITE, article_id, arrival)
    rules.note("b.example", "d", 4)
    assert rules.latest(SITE, 10) == ["c", "日本", "urn:x:1"]
    assert rules.latest(SITE, 2) == ["c", "日本"]
    rules.note(SITE, "urn:x:1", 5)
    assert rules.latest(SITE, 1) == ["urn:x:1"]


def test_only_the_last_articles_are_remembered_in_whatever_order_they_are_told(
    rules: SiteRules,
) -> None:
    arrivals = [*range(LATEST + 20, 10, -1), *range(1, 11)]
    for arrival in arrivals:
        rules.note(SITE, f"n{arrival}", arrival)
    assert rules.latest(SITE, 1_000) == [f"n{n}" for n in range(LATEST + 20, 20, -1)]

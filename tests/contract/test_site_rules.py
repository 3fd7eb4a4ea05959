from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from service.duplicates.model import RuleChange, SiteRule
from service.duplicates.ports import Services, SiteStore
from tests.builders import NOW

SITE = "quay.example"


@pytest.fixture
def sites(services: Services) -> SiteStore:
    return services.sites


def in_force(sites: SiteStore, site: str, keys: Sequence[str]) -> dict[str, bool]:
    return sites.look_up(site, keys)[1]


def a_rule(
    key: str = "k1", site: str = SITE, *, kept: bool | None = False, minutes: int = 0
) -> SiteRule:
    made = RuleChange(at=NOW + timedelta(minutes=minutes), by="Ada", kept=kept, article="urn:x:1")
    return SiteRule(site, key, "Latest “news”\u0000\n日本", kept, version=1, history=(made,))


def changed(rule: SiteRule, *, kept: bool | None) -> SiteRule:
    line = RuleChange(at=NOW + timedelta(hours=1), by="Bo", kept=kept)
    return replace(rule, kept=kept, version=rule.version + 1, history=(*rule.history, line))


def test_what_was_put_can_be_read_again(sites: SiteStore) -> None:
    rule = a_rule()
    assert sites.put_rule(rule, seen=0)
    assert sites.rule(SITE, "k1") == rule
    assert sites.rules(SITE) == [rule]


def test_what_is_unknown_is_empty(sites: SiteStore) -> None:
    sites.put_rule(a_rule(), seen=0)
    assert sites.rule(SITE, "k2") is None
    assert sites.rule("other.example", "k1") is None
    assert sites.rules("other.example") == []
    assert in_force(sites, "other.example", ["k1"]) == {}


def test_only_who_saw_the_present_version_writes(sites: SiteStore) -> None:
    first = a_rule()
    assert not sites.put_rule(changed(first, kept=True), seen=1)
    assert sites.put_rule(first, seen=0)
    assert not sites.put_rule(first, seen=0)
    second = changed(first, kept=True)
    assert sites.put_rule(second, seen=1)
    assert not sites.put_rule(changed(first, kept=None), seen=1)
    assert sites.rule(SITE, "k1") == second


def test_only_rules_in_force_are_looked_up(sites: SiteStore) -> None:
    for rule in (a_rule("k1"), a_rule("k2", kept=True), a_rule("k3"), a_rule("k1", "b.example")):
        sites.put_rule(rule, seen=0)
    sites.put_rule(changed(a_rule("k3"), kept=None), seen=1)
    assert in_force(sites, SITE, ["k0", "k1", "k2", "k3", "k1"]) == {"k1": False, "k2": True}
    assert in_force(sites, SITE, []) == {}
    assert in_force(sites, "b.example", ["k1", "k2"]) == {"k1": False}


def test_a_sites_rules_come_in_the_order_in_which_they_were_made(sites: SiteStore) -> None:
    made = [a_rule(f"k{n}", minutes=n) for n in (3, 1, 2)]
    for rule in made:
        sites.put_rule(rule, seen=0)
    sites.put_rule(changed(made[1], kept=None), seen=1)
    assert [rule.key for rule in sites.rules(SITE)] == ["k1", "k2", "k3"]


def test_sites_are_listed_page_by_page(sites: SiteStore) -> None:
    names = ["b.example", "a:b", "日本", "courier / evening", "z"]
    for name in names:
        sites.put_rule(a_rule(site=name), seen=0)
        sites.put_rule(a_rule("k2", name), seen=0)
    sites.put_rule(a_rule("k9", "never"), seen=3)
    sites.remember("silent.example", "a", 1, None, ())
    ordered = sorted(names, key=str.encode)
    assert sites.ruled(None, 10) == ordered
    assert sites.ruled(None, 2) == ordered[:2]
    assert sites.ruled(ordered[1], 2) == ordered[2:4]
    assert sites.ruled("zz", 1) == ["日本"]

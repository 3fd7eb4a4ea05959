"""The documentation names what there is: settings, endpoints, keys, scripts, verbs."""

import json
import re
from pathlib import Path

import pytest

from cleaning.article import REMOVED, RESTORED
from cleaning.off_topic import RULES
from cleaning.phrases import FURNITURE
from service.app import create_app
from service.cli import main
from service.duplicates.model import Relation, Verdict
from service.settings import Settings
from service.stores.memory import memory_services

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
REDIS = (ROOT / "docs" / "redis.md").read_text("utf-8")


def endpoints() -> list[str]:
    app = create_app(memory_services(), Settings())
    rules = (rule for rule in app.url_map.iter_rules() if "static" not in rule.endpoint)
    paths = (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)) for rule in rules)
    named = (re.sub(r"\{(?:article|flag|story)_id\}", "{id}", path) for path in paths)
    return sorted(path for path in set(named) if path.startswith(("/v1", "/healthz", "/readyz")))


@pytest.mark.parametrize("path", endpoints())
def test_every_endpoint_is_in_the_readme(path: str) -> None:
    assert re.search(rf"`(?:GET|POST|DELETE) {re.escape(path)}[?`]", README)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_in_the_operations_page(name: str) -> None:
    assert f"COPYDESK_{name.upper()}`" in OPERATIONS


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_is_in_the_operations_page(name: str) -> None:
    assert f"`copydesk {name}" in OPERATIONS


@pytest.mark.parametrize("script", sorted((ROOT / "service/stores/lua").glob("*.lua")))
def test_every_script_is_in_the_redis_page(script: Path) -> None:
    assert f"`{script.stem}`" in REDIS


@pytest.mark.parametrize("word", [*Relation, *Verdict])
def test_every_relation_and_verdict_is_in_the_readme(word: str) -> None:
    assert f"`{word}`" in README


@pytest.mark.parametrize("page", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def rule_names() -> set[str]:
    hints = json.loads((ROOT / "cleaning/data/page_hints.json").read_text("utf-8"))
    by_text = {rule.__name__ for rule in RULES} - {"page_structure", "stock_phrase"}
    by_text = by_text - {"copyright_notice"} | set(FURNITURE)
    return (
        {rule["rule"] for rule in hints["rules"]} | by_text | {"outside_article", RESTORED, REMOVED}
    )


@pytest.mark.parametrize("name", sorted(rule_names()))
def test_every_rule_is_in_the_page_of_rules(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "rules.md").read_text("utf-8")

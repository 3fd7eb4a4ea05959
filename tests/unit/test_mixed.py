from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning import mixed
from cleaning.cohesion import stems
from cleaning.mixed import are_unrelated, features, is_mixed
from cleaning.pipeline import clean
from tests.unit.strategies import texts

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = sorted((ROOT / "samples").glob("*.[th]*"))
PAGES = sorted((ROOT / "tests" / "golden").glob("*/source.*"))


def story(name: str) -> list[str]:
    """The title and the paragraphs of a sample or a golden case."""
    article = clean((ROOT / name).read_bytes())
    return [article.title or "", *article.text.split("\n\n")]


MILL = story("samples/mill-northline.txt")
OTHER = story("tests/golden/page-related/source.html")


def plain(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs)


@pytest.mark.parametrize(("one", "other"), [(MILL, OTHER), (OTHER, MILL), (MILL, OTHER[1:])])
def test_nothing_is_taken_from_two_stories_in_one_text(one: list[str], other: list[str]) -> None:
    article = clean(plain(*one, *other), content_type="text/plain")
    assert article.warnings == ("mixed",)
    assert not article.removed
    assert article.text == plain(*one[1:], *other)


def test_nothing_is_off_topic_where_a_text_is_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (ROOT / "tests" / "golden" / "teaser-after-blank-line" / "source.txt").read_bytes()
    assert "off_topic" in {block.rule for _, block in clean(source).removed}
    monkeypatch.setattr("cleaning.off_topic.is_mixed", lambda _: True)
    assert "off_topic" not in {block.rule for _, block in clean(source).removed}


@pytest.mark.parametrize("path", [*SAMPLES, *PAGES], ids=lambda path: "/".join(path.parts[-2:]))
def test_an_article_a_round_up_or_a_live_blog_is_not_mixed(path: Path) -> None:
    assert "mixed" not in clean(path.read_bytes()).warnings


def test_a_story_with_a_teaser_of_another_is_not_mixed() -> None:
    assert not is_mixed([*MILL[:5], *OTHER[:2], *MILL[5:]])


def test_the_warning_goes_when_a_person_removes_one_of_the_stories() -> None:
    text = plain(*MILL, *OTHER)
    both = clean(text, content_type="text/plain")
    removed = [block.key for block in both.blocks if block.text in OTHER]
    one = clean(text, content_type="text/plain", removed=removed)
    assert one.warnings == ()
    assert one.text == plain(*MILL[1:])


def test_parts_of_one_story_are_not_unrelated() -> None:
    assert are_unrelated(MILL, OTHER)
    half = len(MILL) // 2
    assert not are_unrelated(MILL[:half], MILL[half:])
    assert not are_unrelated(MILL, [])


@pytest.mark.parametrize(
    "paragraphs",
    [
        [],
        ["One paragraph. " * 40],
        ["again " * 50] * 20,
        ["again"] * 10_000,
        ["!"] * 10,
        [*["again and again " * 9] * 9, *["never at all " * 9] * 9],
    ],
)
def test_what_says_too_little_is_not_mixed(paragraphs: list[str]) -> None:
    assert not is_mixed(paragraphs)


@given(st.lists(texts, max_size=12), st.lists(texts, max_size=4))
def test_any_texts_are_measured_or_not(one: list[str], other: list[str]) -> None:
    values = features(one)
    assert values is None or len(values) == len(mixed.FEATURES)
    are_unrelated(one, other)


def test_a_text_of_ten_thousand_lines_is_seen_in_a_few_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    inner = mixed._recurring

    def watched(groups: Sequence[frozenset[str]]) -> object:
        seen.append(groups)
        return inner(groups)

    monkeypatch.setattr(mixed, "_recurring", watched)
    lines = [f"{MILL[n % 5]} {n}" for n in range(5000)] + [
        f"{OTHER[n % 5]} {n}" for n in range(5000)
    ]
    features(lines)
    assert len(seen[0]) == mixed.MOST_GROUPS
    assert frozenset().union(*seen[0]) == frozenset().union(*map(stems, lines))

"""The article that the project was started with. It lies beside the repository, not in it."""

from datetime import date, datetime
from pathlib import Path

import pytest

from cleaning.article import RESTORED
from cleaning.model import Block, CleanedArticle, Role
from cleaning.normalise import for_comparing, for_reading
from cleaning.pipeline import clean

SEED = Path(__file__).resolve().parents[3] / "shared" / "seed" / "article.txt"
pytestmark = pytest.mark.skipif(
    not SEED.exists(), reason=f"the seed article is not at {SEED}; CI lays it there"
)
REMOVED = [
    ("page_date", "Tuesday, 19"),
    ("navigation_label", "Latest news"),
    ("breadcrumb", "Main »"),
    ("publication_line", "06 February"),
    ("off_topic", "Wild Ride:"),
    ("off_topic", "The U.S. 10-year"),
    ("repeated_title", "US Pulling"),
]


@pytest.fixture(scope="module")
def source() -> str:
    return SEED.read_text("utf-8")


@pytest.fixture(scope="module")
def article(source: str) -> CleanedArticle:
    return clean(source)


def the_block(article: CleanedArticle, opening: str) -> Block:
    (found,) = [block for block in article.blocks if block.text.startswith(opening)]
    return found


def test_its_title_is_found(article: CleanedArticle) -> None:
    assert article.title is not None
    assert article.title.startswith("US Pulling")
    assert article.title.endswith("ISIS")
    assert len(article.title.split()) == 8


def test_its_day_is_the_articles_and_not_the_pages(article: CleanedArticle) -> None:
    assert article.published_at == date(2018, 2, 6)
    assert not isinstance(article.published_at, datetime)
    assert article.updated_at is None


def test_just_these_blocks_are_removed_each_by_its_own_rule(article: CleanedArticle) -> None:
    removed = [block for _, block in article.removed]
    assert [block.rule for block in removed] == [rule for rule, _ in REMOVED]
    for block, (_, opening) in zip(removed, REMOVED, strict=True):
        assert block.text.startswith(opening)
        assert block.reasons
        assert block.score > 0.5


def test_one_block_shows_the_title_outside_the_text(article: CleanedArticle) -> None:
    (shown,) = [block for block in article.blocks if block.role is Role.TITLE]
    assert shown.kept
    assert shown.text == article.title
    assert article.title not in article.text


def test_the_text_is_the_seventeen_paragraphs(article: CleanedArticle) -> None:
    paragraphs = article.text.split("\n\n")
    assert len(paragraphs) == 17
    assert paragraphs[0].startswith("US troops")
    assert paragraphs[-1].startswith("In a statement")
    assert "Dow" not in article.text
    assert "Treasury" not in article.text


def test_the_statement_told_twice_is_kept_and_marked(article: CleanedArticle) -> None:
    told = [block for block in article.blocks if block.repeats]
    assert [block.text[:14] for block in told] == ["In a statement"]
    again, repeats = told[0], told[0].repeats
    assert repeats is not None
    first = article.blocks[repeats.of]
    assert first.text.startswith("“Enabled by") or first.text.startswith('"Enabled by')
    assert first.kept
    assert again.kept
    (span,) = repeats.shared
    assert span.words == 14
    here = again.text[span.here.start : span.here.end]
    there = first.text[span.there.start : span.there.end]
    assert for_comparing(here) == for_comparing(there)
    assert here.startswith("shift its")
    assert here.endswith("gains against")
    assert len(here.split()) == 14


def test_agencies_are_cited_and_not_credited(article: CleanedArticle) -> None:
    assert "Associated Press" in article.text
    assert "Reuters" in article.text
    assert article.agency is None
    assert article.authors == ()


def test_what_typesetting_broke_is_mended(source: str, article: CleanedArticle) -> None:
    assert "US -led" in source
    assert article.text.count("US-led") == source.count("US -led") == 2
    assert "US -led" not in article.text


def test_every_block_can_be_shown_where_it_stood(source: str, article: CleanedArticle) -> None:
    assert article.source == source
    for block in article.blocks:
        assert for_reading(source[block.start : block.end]) == block.text


@pytest.mark.parametrize("number", range(len(REMOVED)))
def test_each_removed_block_can_be_put_back_in_its_place(
    source: str, article: CleanedArticle, number: int
) -> None:
    index, block = article.removed[number]
    again = clean(source, restored=(block.key,))
    assert (again.blocks[index].kept, again.blocks[index].rule) == (True, RESTORED)
    assert len(again.removed) == len(REMOVED) - 1
    expected = [
        other.text
        for position, other in enumerate(article.blocks)
        if (other.kept and other.role is not Role.TITLE) or position == index
    ]
    assert again.text.split("\n\n") == expected


def test_bytes_of_it_give_the_same_article(source: str, article: CleanedArticle) -> None:
    assert clean(SEED.read_bytes(), content_type="text/plain") == article
    assert clean(source.replace("\n", "\r\n")).text == article.text

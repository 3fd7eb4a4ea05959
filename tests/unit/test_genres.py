"""Stories whose parts share few words with each other, and texts that are hardly stories. The
genres are original texts in `tests/genres`: in a .txt every line is the story or its title;
in a .html the story stands between two comments."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from cleaning.errors import NothingLeft
from cleaning.model import CleanedArticle
from cleaning.pipeline import clean

GENRES = Path(__file__).parents[1] / "genres"
TEXTS = sorted(GENRES.glob("*.txt"))
PAGES = sorted(GENRES.glob("*.html"))
STORY, STORY_END = "<!-- story -->", "<!-- /story -->"


def removed(cleaned: CleanedArticle) -> list[tuple[str | None, str]]:
    return [(block.rule, block.text) for block in cleaned.blocks if not block.kept]


def parts_of_story(page: str) -> Iterator[str]:
    """The texts of the elements of a page's story that hold no other element."""
    story = page.partition(STORY)[2].partition(STORY_END)[0]
    for element in html.fragment_fromstring(story, create_parent="div").iter():
        if len(element) == 0 and element.text:
            yield " ".join(element.text.split())


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_paragraph_of_a_genre_is_kept(path: Path) -> None:
    source = path.read_text("utf-8")
    cleaned = clean(source, content_type="text/plain")
    assert removed(cleaned) == []
    assert [block.text for block in cleaned.blocks] == list(filter(None, source.splitlines()))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_part_of_a_page_of_a_genre_is_kept(path: Path) -> None:
    page = path.read_text("utf-8")
    cleaned = clean(page, content_type="text/html")
    text, at = " ".join(cleaned.text.split()), 0
    for part in parts_of_story(page):
        found = text.find(part, at)
        assert found >= 0, (part, removed(cleaned))
        at = found + len(part)


def test_a_single_paragraph_is_kept() -> None:
    text = (
        "The lock keeper of Tilling, who has opened the gates by hand for forty years, was given "
        "a motor on Wednesday. He thanked the canal company, and went on opening them by hand."
    )
    cleaned = clean(text, content_type="text/plain")
    assert removed(cleaned) == []
    assert cleaned.text == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("harbour " * 3000, id="one word again and again"),
        pytest.param("harbour\n" * 3000, id="one word a line"),
        pytest.param(
            "A Week in the Valley\n\nChoir Finds Its Tenor\n\nBridge Painted in the Wrong Green\n\n"
            "Goats Sent to Clear the Bank\n\nLibrary Lends Out a Telescope\n\nWho Owns the Swans?",
            id="only headings",
        ),
        pytest.param(
            "- 150g pearl barley\n- 2 leeks\n- 1 large carrot\n- 30g butter\n- 2 bay leaves\n"
            "- a blade of mace\n- a handful of parsley",
            id="only a list",
        ),
        pytest.param("\n\n \u200b\n\t–\n\n…\n\n.\n", id="hardly a character"),
        pytest.param(
            "\n".join(f"Gauge {n}: {n * 7919 % 997} cm" for n in range(10_000)), id="10,000 lines"
        ),
    ],
)
def test_a_text_that_is_no_story_is_cleaned_or_refused(text: str) -> None:
    try:
        cleaned = clean(text, content_type="text/plain")
    except NothingLeft:
        return
    assert cleaned.source == text
    assert cleaned.text

from unittest.mock import patch

import pytest
from bs4 import BeautifulSoup

from cleaning import page_prose
from cleaning.page import cut_visible, parse_page, read_page
from cleaning.page_prose import Prose, read_prose
from tests.hostile import STORY


def prose(body: str) -> list[Prose]:
    root = parse_page(f"<html><body>{body}</body></html>")
    assert root is not None
    cut = cut_visible(root)
    found = read_prose(cut, range(len(cut.texts)))
    return [found[block] for block in range(len(cut.texts))]


@pytest.mark.parametrize(
    ("markup", "text", "hidden"),
    [
        ("one <i>two</i> &amp; &lt;three>", "one two & <three>", ""),
        ("he said <q>no</q> twice", "he said “no” twice", ""),
        ("<ruby>東京<rt>とうきょう</rt></ruby>です", "東京です", "とうきょう"),
        ("a <span class=sr-only>(opens elsewhere)</span> b", "a b", "(opens elsewhere)"),
        ("a <span style='display:none'>x</span>b", "a b", "x"),
        ("a <span class=name>b</span> c", "a b c", ""),
        ("one<br>two", "one\ntwo", ""),
    ],
)
def test_what_is_inside_a_paragraph_is_read_as_a_reader_sees_it(
    markup: str, text: str, hidden: str
) -> None:
    assert prose(f"<p>{markup}</p>") == [Prose(text, hidden)]


def test_hidden_words_are_a_removed_block_beside_their_paragraph() -> None:
    document = read_page(f"<p>{STORY} <span class=sr-only>(opens elsewhere)</span></p>")
    kept, hidden = document.blocks
    assert (kept.text, kept.verdict) == (STORY, None)
    assert hidden.text == "(opens elsewhere)"
    assert hidden.verdict is not None
    assert hidden.verdict.rule == "hidden"


def test_a_block_whose_letters_do_not_all_come_back_stays_as_it_was_cut() -> None:
    with patch.object(page_prose, "_prose", lambda _: Prose("gone")):
        assert prose("<p>all here</p>") == [Prose("all here")]


def test_beautifulsoup_sees_the_chosen_paragraphs_alone() -> None:
    seen: list[str] = []

    def see(markup: str, *arguments: object, **options: object) -> BeautifulSoup:
        seen.append(markup)
        return BeautifulSoup(markup, *arguments, **options)  # type: ignore[arg-type]

    chrome = "<nav>" + "<a href=x>elsewhere</a>" * 500 + "</nav>"
    with patch.object(page_prose, "BeautifulSoup", see):
        read_page(f"{chrome}<article><p>{STORY}</p><p>{STORY} <q>Twice</q>.</p></article>{chrome}")
    [markup] = seen
    assert "elsewhere" not in markup
    assert len(markup) < 500

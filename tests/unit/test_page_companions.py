"""What goes with a story stays, although the page model would remove it by itself."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
from lxml import etree

from cleaning import page_verdicts
from cleaning.page import cut_visible, parse_page, read_page
from cleaning.page_companions import companions, split_cards
from cleaning.page_cut import Cut
from cleaning.page_features import Hearsay, measure
from cleaning.page_model import page_model
from tests.unit.test_page import STORY, a_page, a_story, filler, kept, rules, the_block

ALIKE, COLLECTED, SUBHEADS = "sets like this", "list or table", "heading right above"
LAST = STORY.replace("Thursday", "Friday") + " So the inquiry goes on."


def the_cut(body: str) -> Cut:
    root = parse_page(a_page(body))
    assert isinstance(root, etree._Element)
    return cut_visible(root)


def spared(
    body: str, *removed: str, doubt: float = 5.0, marked: Collection[str] = ()
) -> dict[str, str]:
    """The blocks that stay, with their reasons, where the model removes those named."""
    cut = the_cut(body)
    is_kept = np.array([text not in removed for text in cut.texts])
    is_free = np.array([text not in marked for text in cut.texts])
    doubts = np.where(is_kept, -1.0, doubt)
    features = measure(cut, Hearsay())
    found = companions(cut, features, kept=is_kept, is_free=is_free, doubt=doubts)
    return {cut.texts[block]: reason for block, reason in found.items()}


def assert_spared(found: dict[str, str], reason: str, *texts: str) -> None:
    assert found.keys() == set(texts)
    assert all(reason in said for said in found.values())


ROWS = "<table><tr><td>Bay of Lorn<td>904<tr><td>Port<td>7<tr><td>Skerry Head<td>122</table>"
LIST = "<ul><li>Forty houses by the quay<li>A mill<li>Both of the bridges</ul>"

ITEMS = LIST.replace("quay", "quay were cleared before noon").replace("es</ul>", "es are shut</ul>")


@pytest.mark.parametrize(("part", "text"), [(ROWS, "Port\n7"), (LIST, "A mill")])
def test_a_row_and_an_entry_go_with_the_rest(part: str, text: str) -> None:
    found = spared(a_story() + part + a_story(LAST), text)
    assert found.keys() == {text}


def test_an_entry_of_another_class_goes_with_its_list() -> None:
    part = LIST.replace("<li>A", "<li class=odd><span>A</span> good")
    found = spared(a_story() + part + a_story(LAST), "A good mill")
    assert_spared(found, COLLECTED, "A good mill")


def test_a_list_most_of_which_is_removed_goes() -> None:
    removed = ("Forty houses by the quay", "Both of the bridges")
    assert spared(a_story() + LIST + a_story(LAST), *removed) == {}


@pytest.mark.parametrize("tag", ["h2", "h4"])
def test_a_subheading_goes_with_the_text_below_it(tag: str) -> None:
    body = f"{a_story()}<{tag}>Why it sank</{tag}>{a_story(LAST)}"
    assert_spared(spared(body, "Why it sank"), SUBHEADS, "Why it sank")


def test_a_heading_above_a_subheading_goes_with_it() -> None:
    body = f"{a_story()}<h2>The cause</h2><h3>Why it sank</h3>{a_story(LAST)}"
    assert_spared(spared(body, "The cause", "Why it sank"), SUBHEADS, "The cause", "Why it sank")


def test_a_heading_above_what_is_removed_goes_too() -> None:
    body = f"{a_story()}<h2>More</h2><p>Elsewhere</p>{a_story(LAST)}"
    assert spared(body, "More", "Elsewhere") == {}


def test_a_heading_of_many_words_is_a_teaser() -> None:
    long = "Dow falls by four hundred points as oil rises to its peak"
    assert spared(f"{a_story()}<h2>{long}</h2>{a_story(LAST)}", long) == {}


def test_preformatted_lines_go_with_the_other_ones() -> None:
    body = "".join(f"{a_story(f'{n}. {STORY}')}<pre>$ sail --to port {n}</pre>" for n in range(4))
    found = spared(body + a_story(LAST), "$ sail --to port 2")
    assert_spared(found, ALIKE, "$ sail --to port 2")


@pytest.mark.parametrize(("doubt", "stays"), [(0.9, True), (1.1, False)])
def test_a_paragraph_goes_with_the_others_only_in_doubt(doubt: float, *, stays: bool) -> None:
    aside = "Dow falls by four hundred points."
    found = spared(a_story() + a_story(aside) + a_story(LAST), aside, doubt=doubt)
    assert (aside in found) is stays


@pytest.mark.parametrize(("doubt", "stays"), [(0.9, True), (1.1, False)])
def test_a_long_last_paragraph_behind_an_advertisement_stays_in_doubt(
    doubt: float, *, stays: bool
) -> None:
    last = f"{LAST} {LAST}"
    body = f"{a_story()}<div class=ad-slot>Buy this</div>{a_story(last)}"
    found = spared(body, "Buy this", last, doubt=doubt, marked={"Buy this"})
    assert (last in found) is stays
    assert "Buy this" not in found


def test_a_short_line_below_the_story_goes() -> None:
    assert spared(a_story() + a_story("So it is."), "So it is.", doubt=0.1) == {}


def test_what_the_page_marks_goes_whatever_is_beside_it() -> None:
    found = spared(a_story() + LIST + a_story(LAST), "A mill", marked={"A mill"})
    assert found == {}


def test_a_page_keeps_what_goes_with_its_story_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = a_page(
        f"{filler('a')}<main><article><h1>The title of it</h1>{a_story()}{ITEMS}<h2>Tuesday</h2>"
        f"{a_story(LAST, LAST + ' Twice.')}</article></main>{filler('b')}"
    )
    strict = replace(page_model(), threshold=-3.5)
    monkeypatch.setattr(page_verdicts, "page_model", lambda: strict)
    document = read_page(page)
    assert {"A mill", "Tuesday"} < set(kept(document))
    assert SUBHEADS in the_block(document, "Tuesday").reasons[0]
    monkeypatch.setattr(page_verdicts, "companions", lambda *_, **__: {})
    without = rules(read_page(page))
    assert (without["A mill"], without["Tuesday"]) == ("not_story", "not_story")


def test_where_nothing_is_kept_nothing_goes_with_it() -> None:
    cut = the_cut(a_story())
    none = np.zeros(len(cut.texts), bool)
    features = measure(cut, Hearsay())
    doubt = np.ones(len(none))
    assert companions(cut, features, kept=none, is_free=~none, doubt=doubt) == {}


def test_a_link_that_loses_its_cue_loses_its_headline() -> None:
    cut = the_cut(
        f"{a_story()}<a href=/b><h5>Read also</h5><h4>Another story</h4></a>"
        f"<a href=/c><h5>Part two</h5><h4>Goes on</h4></a>"
    )
    is_kept = np.array([text != "Read also" for text in cut.texts])
    assert [cut.texts[block] for block in split_cards(cut, is_kept)] == ["Another story"]


def test_a_link_that_was_never_closed_loses_nothing() -> None:
    cut = the_cut(f"<a href=/b><div>{a_story(*[f'{n} {STORY}' for n in range(6)])}</div></a>")
    is_kept = np.array([not text.startswith("0") for text in cut.texts])
    assert split_cards(cut, is_kept) == []

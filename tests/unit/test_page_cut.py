import numpy as np
import pytest
from lxml import etree

from cleaning.page import cut_visible, parse_page
from cleaning.page_cut import HINTS, Cut, paths


def cut(body: str) -> Cut:
    root = parse_page(f"<html><body>{body}</body></html>")
    assert root is not None
    return cut_visible(root)


def test_a_block_is_text_that_only_inline_elements_interrupt() -> None:
    found = cut("before<p>one <b>two</b> <a href=x>three</a></p>after <i>it</i>")
    assert found.texts == ["before", "one two three", "after it"]
    assert [found.tags[owner] for owner in found.owner] == ["body", "p", "body"]
    assert found.linked.tolist() == [0, 5, 0]
    assert found.bold.tolist() == [0, 3, 0]
    assert found.links.tolist() == [0, 1, 0]


def test_two_breaks_part_blocks_and_one_breaks_a_line() -> None:
    found = cut("<p>a<br>b\nc<br> <br>d</p>")
    assert found.texts == ["a\nb c", "d"]
    assert found.after_break.tolist() == [0, 1]


def test_short_rows_items_and_captions_are_one_block() -> None:
    found = cut(
        "<table><tr><td>Port</td><td>7</td></tr></table>"
        "<ul><li><p>one</p><p>two</p></li><li><h3>head</h3><p>text</p></li></ul>"
        f"<table><tr><td>{'long ' * 100}</td><td>{'longer ' * 100}</td></tr></table>"
    )
    assert found.texts[:4] == ["Port\n7", "one\ntwo", "head", "text"]
    assert len(found.texts) == 6


def test_each_element_knows_which_blocks_stand_in_it() -> None:
    found = cut("<div id=a><p>1</p><p>2</p></div><div id=b><i></i></div><div id=c>3</div>")
    spans = {
        name: (int(found.first[number]), int(found.last[number]))
        for number, name in enumerate(found.names)
        if name
    }
    assert spans == {"a": (0, 2), "b": (2, 2), "c": (2, 3)}


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<nav>x</nav>", "page_navigation"),
        ("<div class='SiteFooter-links'>x</div>", "page_footer"),
        ("<div id=comments>x</div>", "comments"),
        ("<div style='display : none'>x</div>", "hidden"),
        ("<div role=dialog>x</div>", "hidden"),
        ("<div hidden>x</div>", "hidden"),
        ("<div itemprop='articleBody'>x</div>", "article_body"),
        ("<div class=entry-content>x</div>", "article_body"),
        ("<span class=author-name><b>x</b></span>", "byline"),
    ],
)
def test_tags_attributes_and_class_words_are_hints(markup: str, kind: str) -> None:
    found = cut(f"<main>{markup}</main>")
    number = found.tags.index("main") + 1
    assert found.own_bits[number] & HINTS.bit(kind)


def test_a_path_leads_to_its_element() -> None:
    found = cut("<div><p>1</p><b>x</b><p>2</p></div><div><section><p>3</p></section></div>")
    told = paths(found, found.owner.tolist())
    tree = etree.ElementTree(found.elements[0])
    for number in found.owner.tolist():
        assert tree.xpath(told[number]) == [found.elements[number]]


def test_the_parents_come_before_their_children() -> None:
    found = cut("<div><p>1<p>2</div>" * 3)
    assert (found.parent < np.arange(len(found.tags))).all()

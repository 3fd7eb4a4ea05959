import re
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from cleaning.errors import SourceTooLarge
from cleaning.model import Document, Role, SourceBlock
from cleaning.normalise import for_reading
from cleaning.page import read_page
from cleaning.source import MAX_DEPTH, MAX_TAGS, read_source
from tests.unit.test_mixed import MILL, OTHER

ODD_JSON_LD = (
    '<script type=application/ld+json>{"@type": ["NewsArticle", 7], "headline": 5, "author": '
    '[[], {"name": {"a": 1}}], "datePublished": {}, "publisher": "x"}</script>'
)
FERRY = Path(__file__).resolve().parents[2] / "samples" / "ferry.html"
STORY = (
    "A ferry with 142 passengers ran aground off the point early on Thursday, and it took the "
    "rescuers nearly five hours to bring everyone ashore, the harbour authority said later on."
)


def a_page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def a_story(*paragraphs: str) -> str:
    return "".join(
        f"<p>{p}</p>" for p in paragraphs or (STORY, STORY + " Twice.", STORY + " Thrice.")
    )


def kept(document: Document) -> list[str]:
    return [block.text for block in document.blocks if block.verdict is None]


def rules(document: Document) -> dict[str, str]:
    return {b.text: b.verdict.rule or "" for b in document.blocks if b.verdict is not None}


def the_block(document: Document, words: str) -> SourceBlock:
    [block] = [block for block in document.blocks if words in block.text]
    return block


def assert_sound(document: Document) -> None:
    """What every document promises about its blocks."""
    position = 0
    for block in document.blocks:
        assert not document.text[position : block.start].strip()
        assert position <= block.start < block.end
        assert for_reading(document.text[block.start : block.end]) == block.text != ""
        position = block.end
    assert not document.text[position:].strip()


# --- blocks --------------------------------------------------------------------------------


def test_each_kind_of_block_has_its_role() -> None:
    document = read_page(
        a_page(
            "<article><h1>The title of it</h1>"
            + a_story()
            + "<h2>Part two</h2><blockquote><p>Said so.</p></blockquote>"
            "<ul><li>First<li><p>Second</p><p>goes on</p></ul>"
            "<figure><img><figcaption>The boat. <i>Photo: B</i></figcaption></figure>"
            "<table><tr><td>Port<td>7</tr><tr><td>Bay<td>9</tr></table></article>"
        )
    )
    assert_sound(document)
    roles = [(b.role, b.text) for b in document.blocks if b.role is not Role.BODY]
    assert roles == [
        (Role.HEADING, "The title of it"),
        (Role.HEADING, "Part two"),
        (Role.QUOTE, "Said so."),
        (Role.LIST, "First"),
        (Role.LIST, "Second goes on"),
        (Role.CAPTION, "The boat. Photo: B"),
        (Role.TABLE, "Port 7"),
        (Role.TABLE, "Bay 9"),
    ]


def test_text_between_blocks_and_at_double_breaks_stands_alone() -> None:
    document = read_page(
        a_page(f"<div>Before {STORY}<p>{STORY} In.</p>After<br>it<br> <br>Apart {STORY}</div>")
    )
    assert kept(document) == [f"Before {STORY}", f"{STORY} In.", "After it", f"Apart {STORY}"]
    assert "After\nit" in document.text


def test_inline_markup_adds_no_space_and_source_lines_do() -> None:
    document = read_page(a_page(a_story(f"{STORY} <b>US</b>-led <i>co</i>ali\ntion <a>x</a>, y.")))
    assert kept(document) == [f"{STORY} US-led coali tion x, y."]


def test_markup_tells_path_tag_and_links() -> None:
    html = a_page(
        f"<div class='StoryBody'><p>{STORY}</p><p>{STORY} <a href=x>{STORY}</a></p></div>"
    )
    first, second = read_page(html).blocks
    assert first.markup is not None
    assert second.markup is not None
    assert (first.markup.path, first.markup.tag) == ("/html[1]/body[1]/div[1]/p[1]", "p")
    assert first.markup.link_share == 0
    assert 0.45 < second.markup.link_share < 0.55
    [element] = etree.HTML(html).xpath(second.markup.path)
    assert "".join(element.itertext()) == f"{STORY} {STORY}"


# --- what is removed -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chrome", "rule"),
    [
        ("<nav>Home News</nav>", "page_navigation"),
        ("<div role=navigation>Home News</div>", "page_navigation"),
        ("<ol class=breadcrumbs><li>Home<li>The title of it</ol>", "page_navigation"),
        ("<footer>Imprint</footer>", "page_footer"),
        ("<aside>Beside it</aside>", "sidebar"),
        ("<form><p>Your address</p></form>", "form"),
        ("<div hidden>Unseen</div>", "hidden"),
        ("<div style='color:red; display : none'>Unseen</div>", "hidden"),
        ("<div class='ShareBar'>Mail Print</div>", "share_bar"),
        ("<div class=newsletter__box>Every morning at six</div>", "newsletter_box"),
        ("<div id=comments><p>I said so.</p></div>", "comments"),
        ("<div class=cookie-banner>We use cookies</div>", "cookie_notice"),
        ("<div class=related-articles>Another story</div>", "related_links"),
        ("<div class=author-bio>She writes.</div>", "author_box"),
        ("<div class=ad-slot>Buy this</div>", "advertisement"),
        ("<ul><li><a>One story here</a><li><a>Another one there</a></ul>", "related_links"),
    ],
)
def test_chrome_inside_and_outside_the_article_is_one_removed_block(chrome: str, rule: str) -> None:
    for html in (
        f"<article><h1>The title of it</h1>{a_story()}{chrome}{a_story()}</article>",
        f"{chrome}<article><h1>The title of it</h1>{a_story()}</article>",
    ):
        document = read_page(a_page(html))
        assert_sound(document)
        [block] = [b for b in document.blocks if b.verdict is not None]
        assert block.verdict is not None
        expected = {rule, "outside_article"} if rule == "related_links" else {rule}
        assert block.verdict.rule in expected
        assert block.verdict.reasons
        assert 0 < block.verdict.score <= 1
        assert kept(document)[0] == "The title of it"


def test_neighbours_of_one_rule_share_a_block_with_a_line_for_each() -> None:
    document = read_page(a_page(f"<nav>A b</nav> <nav>C<br>d</nav><main>{a_story()}</main>"))
    block = document.blocks[0]
    assert document.text[block.start : block.end] == "A b\nC\nd"
    assert len(document.blocks) == 4


@pytest.mark.parametrize(
    "name", ["has-sidebar", "no-comments", "post-read-more-about-our-share-of-the-market", "x7ad3"]
)
def test_a_class_that_only_mentions_a_word_removes_nothing(name: str) -> None:
    document = read_page(a_page(f"<article>{a_story()}<p class={name}>So it is.</p></article>"))
    assert "So it is." in kept(document)


def test_an_article_is_kept_whatever_its_class_says() -> None:
    document = read_page(a_page(f"<div class=newsletter>{a_story()}</div><p>Short.</p>"))
    assert len(kept(document)) >= 3


def test_an_article_split_over_siblings_is_kept_whole() -> None:
    body = f"<div>{a_story()}</div>" * 3
    document = read_page(a_page(f"<div><header>Top</header><section>{body}</section></div>"))
    assert len(kept(document)) == 9


def test_a_chinese_article_is_found_without_commas_or_spaces() -> None:
    sentence = "渡轮周四清晨在岬角附近搁浅救援人员花了近五个小时才把所有乘客送上岸港务局表示"
    teasers = "<div class=x><a href=1>另一条新闻</a> <a href=2>又一条新闻</a></div>"
    document = read_page(a_page(f"<div>{teasers}</div><div><p>{sentence}<p>{sentence}</div>"))
    assert kept(document) == [sentence, sentence]


def test_title_standfirst_and_byline_above_the_main_part_are_blocks_of_their_own() -> None:
    document = read_page(
        a_page(
            "<header><nav>Home</nav><h1>The title of it</h1><p>What it is about.</p></header>"
            f"<div>By <a>Ann Lee</a></div><section><div>{a_story()}</div></section>"
            "<section><p>Elsewhere</p></section>",
            "<meta property=og:title content='The title of it'>",
        )
    )
    assert_sound(document)
    assert kept(document)[:3] == ["The title of it", "What it is about.", "By Ann Lee"]
    assert the_block(document, "The title").role is Role.HEADING
    assert rules(document) == {"Home": "page_navigation"}


def test_the_sample_page_comes_out_clean() -> None:
    document = read_page(FERRY.read_text("utf-8"), url="https://herald.example/local/ferry")
    assert_sound(document)
    text = "\n".join(kept(document))
    assert "QUILLHAVEN — A passenger ferry" in text
    for words in ("tidewatcher", "Seal pup", "inbox at 6:30", "Obituaries", "cookies", "Founded"):
        assert words not in text
        assert words in document.text


TEASER = "Forty houses were cleared before noon on Monday, the harbour office said in short."


def test_a_standfirst_called_teaser_is_kept_and_a_linked_teaser_is_not() -> None:
    document = read_page(
        a_page(
            f"<article><h1>The title of it</h1><p class=article-teaser>{TEASER}</p>{a_story()}"
            f"<div class=teaser><p>Another story. {TEASER}</p><a href=/b>More</a></div>"
            f"<a href=/c><span class=teaser>A third story. {TEASER}</span></a>{a_story()}</article>"
        )
    )
    assert TEASER in kept(document)
    assert rules(document) == {
        f"Another story. {TEASER} More": "related_links",
        f"A third story. {TEASER}": "related_links",
    }


def test_paragraphs_hidden_from_screen_readers_alone_go_on_with_the_story() -> None:
    dark = "<p class=blurred aria-hidden=true>"
    document = read_page(
        a_page(
            f"<article><h1>The title of it</h1>"
            f"{a_story()}{dark}{TEASER}</p>"
            f"<div aria-hidden=true>{a_story(TEASER + ' Inside')}</div>"
            f"{dark}Label</p><p hidden>Unseen: {TEASER}</p></article>"
        )
    )
    assert {TEASER, f"{TEASER} Inside"} < set(kept(document))
    assert rules(document) == {f"Unseen: {TEASER}": "hidden"}


def test_a_name_that_only_begins_like_a_consent_box_removes_nothing() -> None:
    document = read_page(
        a_page(
            f"<article>{a_story()}<section class='cmp-section'><p>So it is.</p></section>"
            f"<div id=cmp>We value your privacy.</div></article>"
        )
    )
    assert "So it is." in kept(document)
    assert rules(document) == {"We value your privacy.": "cookie_notice"}


def test_a_page_of_which_pruning_leaves_nothing_is_not_pruned() -> None:
    parts = "".join(f"<div class=promo><p>{n}. {STORY}</p></div>" for n in range(3))
    for page in (parts, f"<h1>The title of it</h1>{parts}"):
        assert kept(read_page(a_page(page)))[-3:] == [f"{n}. {STORY}" for n in range(3)]
    assert kept(read_page(a_page("<nav>Home News</nav><footer>Imprint</footer>"))) == []


def test_a_label_repeated_throughout_the_story_is_removed_each_time() -> None:
    label = "<div>Article content</div>"
    document = read_page(
        a_page(f"<article><h2>Article content</h2>{(label + a_story(STORY)) * 3}</article>")
    )
    assert_sound(document)
    removed = [b.text for b in document.blocks if b.verdict is not None]
    assert removed == ["Article content"] * 4
    assert set(rules(document).values()) == {"repeated_label"}
    assert kept(document) == [STORY] * 3


@pytest.mark.parametrize(
    "line", ["<p>The wheel goes round</p>", "<div>Interviewer:</div>", "<h3>Pros</h3>", "<hr>* * *"]
)
def test_lines_that_authors_repeat_are_kept(line: str) -> None:
    document = read_page(a_page(f"<article>{(line + a_story(STORY)) * 3}</article>"))
    assert rules(document) == {}


def test_short_lines_that_are_all_there_is_are_kept() -> None:
    assert len(kept(read_page(a_page("<div>Yes</div>" * 3)))) == 3


BROKEN_LINES = ["6 February 2018", *(f"{n}. {STORY}" for n in range(4)), "Read more", "Print"]


def test_single_breaks_part_the_paragraphs_of_a_page_that_marks_nothing() -> None:
    page = f"<div>{'<br>'.join(BROKEN_LINES)}</div>"
    assert [block.text for block in read_page(page).blocks] == BROKEN_LINES
    inline = page.replace("1. ", "<b>1.</b> ")
    assert [block.text for block in read_page(inline).blocks] == BROKEN_LINES


@pytest.mark.parametrize(
    "lines",
    [
        ["And one who is asleep", "And two who are awake", "And all the boats come in"],
        ["The Harbour Office", "3 Quay Street", "Ousel", "Open on weekdays until five."],
    ],
)
def test_single_breaks_in_verses_and_addresses_do_not(lines: list[str]) -> None:
    assert len(read_page(f"<p>{'<br>'.join(lines)}</p><p>{STORY}</p>").blocks) == 2


def test_single_breaks_of_a_page_with_class_names_are_left_to_its_model() -> None:
    page = f"<div class=text>{'<br>'.join(BROKEN_LINES)}</div>"
    assert len(read_page(page).blocks) == 1


def filler(word: str) -> str:
    """Enough chrome that the page is no fragment."""
    return "".join(f"<div><h3><a href=/{n}>{word} headline {n}</a></h3></div>" for n in range(30))


def test_an_appended_article_is_cut_and_a_live_blogs_entries_are_not() -> None:
    story = "".join(f"<p>{n}. {STORY}</p>" for n in range(6))
    other = "".join(f"<p>{n}. {STORY.replace('ferry', 'train')}</p>" for n in range(4))
    page = a_page(
        f"{filler('a')}<main><article><h1>The title of it</h1>{story}</article>"
        f"<article><h2>Another one</h2>{other}</article></main>{filler('b')}",
        "<meta property=og:title content='The title of it'>",
    )
    document = read_page(page)
    assert "train" not in "".join(kept(document))
    assert len([text for text in kept(document) if "ferry" in text]) == 6
    assert "next_article" in rules(document).values() or "Another one" in rules(document)
    assert all(b.verdict.score >= 0.5 for b in document.blocks if b.verdict and not b.verdict.kept)
    entries = "".join(
        f"<article><h2>Entry {n}</h2><p>{n}. {STORY}</p><p>{n}. So it was. {STORY}</p></article>"
        for n in range(6)
    )
    page = a_page(
        f"{filler('a')}<main><article><h1>The title of it</h1><p>{STORY}</p></article>"
        f"{entries}</main>{filler('b')}"
    )
    assert "next_article" not in rules(read_page(page)).values()


@pytest.mark.parametrize("tag", ["article", "section", "div"])
@pytest.mark.parametrize("headline", ["h1", "h2"])
@pytest.mark.parametrize("comes_first", [True, False])
def test_another_story_of_equal_length_is_cut(
    tag: str, headline: str, *, comes_first: bool
) -> None:
    def part(level: str, title: str, paragraphs: list[str]) -> str:
        return f"<{tag}><{level}>{title}</{level}>{a_story(*paragraphs)}</{tag}>"

    own, other = part("h1", MILL[0], MILL[1:]), part(headline, OTHER[0], OTHER[1:])
    page = a_page(
        f"{filler('a')}<main>{other + own if comes_first else own + other}</main>{filler('b')}",
        f"<meta property=og:title content='{MILL[0]}'>",
    )
    assert set(MILL[1:]) <= set(kept(read_page(page)))
    assert set(OTHER).isdisjoint(kept(read_page(page)))


def test_sections_of_one_story_are_not_cut() -> None:
    half = len(MILL) // 2 + 1
    page = a_page(
        f"{filler('a')}<main><section><h1>{MILL[0]}</h1>{a_story(*MILL[1:half])}"
        f"</section><section><h2>How it went on</h2>{a_story(*MILL[half:])}</section></main>"
        f"{filler('b')}",
        f"<meta property=og:title content='{MILL[0]}'>",
    )
    assert set(MILL[1:]) <= set(kept(read_page(page)))


# --- nothing is lost -----------------------------------------------------------------------

_TAGS = [
    "p", "div", "span", "b", "a", "em", "article", "section", "header", "footer", "nav", "aside",
    "main", "h1", "h2", "ul", "li", "table", "tr", "td", "blockquote", "figure", "figcaption",
    "form", "button", "textarea", "select", "option", "pre", "br", "hr", "dl", "dd", "label",
    "center", "font", "custom-tag", "plaintext", "xmp", "math", "summary", "details", "body",
    "html", "head",
]  # fmt: skip
_CLASSES = ["", "comments", "related", "story", "sidebar", "hidden", "share ad", "x9"]


@st.composite
def tangled_html(draw: st.DrawFn) -> str:
    pieces = []
    for number in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from(["open", "open", "close", "word", "word", "story", "comment"]))
        tag = draw(st.sampled_from(_TAGS))
        if kind == "open":
            pieces.append(f"<{tag} class='{draw(st.sampled_from(_CLASSES))}' n=-1>")
        elif kind == "close":
            pieces.append(f"</{tag}>")
        elif kind == "comment":
            pieces.append("<!-- c --><script>var hidden = '<p>';</script>")
        else:
            pieces.append(f"w{number}q " + (STORY if kind == "story" else ""))
    return "".join(pieces)


def visible_words(html: str) -> list[str]:
    # lxml would stop reading at these; browsers do not.
    root = etree.HTML("<p>" + re.sub("</(html|body)>", "", html))
    etree.strip_elements(root, "script", etree.Comment, "title", with_tail=False)
    return re.findall(r"w\d+q", " ".join(root.itertext()))


@pytest.mark.parametrize("end", ["</html>", "</BODY></html >", "</body\n>"])
def test_what_stands_behind_the_end_of_the_page_is_read(end: str) -> None:
    document = read_page(f"<html><body><p>{STORY}</p>{end}\n<p>left behind</p><b>at all</b>")
    assert "left behind\n" in document.text
    assert "at all" in document.text


def test_a_second_page_in_the_same_file_is_read() -> None:
    second = a_page(
        f"<article><h2>Another</h2><p>{STORY} Again.</p></article>", "<title>No</title>"
    )
    document = read_page(a_page(f"<nav>Home</nav><article><p>{STORY}</p></article>") + second)
    assert_sound(document)
    assert kept(document) == [STORY, "Another", f"{STORY} Again."]


@given(tangled_html())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_visible_word_stands_in_a_block_in_its_order(html: str) -> None:
    document = read_page(html)
    assert_sound(document)
    assert re.findall(r"w\d+q", document.text) == visible_words(html)


@pytest.mark.parametrize("tag", ["div", "span", "b", "section", "blockquote"])
@pytest.mark.parametrize("depth", [100, 253, 254, 260, MAX_DEPTH - 5])
def test_a_word_survives_at_any_depth(tag: str, depth: int) -> None:
    page = f"<{tag}>" * depth + f"{STORY} deepest" + f"</{tag}>" * depth
    assert kept(read_page(page)) == [f"{STORY} deepest"]
    removed = read_page(f"<p>{STORY}</p><nav>{page}</nav>").blocks[-1]
    assert removed.text == f"{STORY} deepest"


@pytest.mark.parametrize(
    "tag", ["wbr", "source", "track", "embed", "img", "input", "param", "area"]
)
def test_what_stands_behind_an_empty_element_is_text(tag: str) -> None:
    for page in (f"<p>{STORY} a<{tag}>b c</p>", f"<p>{STORY}</p><picture><{tag}>b c</picture>"):
        assert "b c" in read_page(page).text


@pytest.mark.parametrize("tag", ["xmp", "plaintext", "pre"])
def test_markup_shown_as_text_stays_text(tag: str) -> None:
    inside = "&lt;b>x&lt;/b>" if tag == "pre" else "<b>x</b>"
    assert read_page(f"<p>{STORY}<{tag}>{inside}").text == f"{STORY}\n\n<b>x</b>"


def test_what_stands_in_scripts_and_the_like_is_no_text() -> None:
    hidden = "".join(
        f"<{tag}>unread</{tag}>"
        for tag in ("script", "style", "template", "noscript", "iframe", "svg", "object")
    )
    assert read_page(a_page(f"<title>unread</title>{hidden}<p>{STORY}</p>")).text == STORY


# --- hostile pages -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        "",
        " \n",
        "<!-- nothing -->",
        "<!--" * 1000,
        "<",
        "<html>",
        "\x00<p>\x00a\x00",
        "<p>\ud800 lone",
        "<p>" + "&amp;" * 200_000,
        "<p>" + "&#0;&#xD800;&#x110000;&nosuch;" * 2_000,
        "</p>" * MAX_TAGS,
        "<p>x" * (MAX_TAGS - 1),
        "<!--x-->" * MAX_TAGS,
        "<i hidden></i>x" * (MAX_TAGS // 2),
        "<br>" * MAX_TAGS,
        "<a>" * 400 + "x" + "</b>" * (MAX_TAGS - 400),
        "<ul><li>" * 100 + "x",
        f"<p class='{'share ' * 200_000}'>{STORY}",
        f"<p style='{'display ' * 200_000}'>{STORY}",
        "<p>" + "x" * 3_000_000,
        "<h1>" + "a | " * 200_000 + "</h1>",
        "<title>" + "- " * 300_000 + "</title><p>x",
        "<h1>x" * 2_000 + "<h2><a>" * 2_000,
        "<script type=application/ld+json>" + "[" * 400_000 + "</script><p>x",
        "<script type=application/ld+json>{'broken': </script><p>x",
        ODD_JSON_LD + "<p>x",
        "<link rel=canonical href='http://[x'><p>x",
        "<p>e" + "\u0301\u0323" * 100_000,
    ],
    ids=lambda html: html[:24].encode("ascii", "backslashreplace").decode(),
)
def test_hostile_pages_are_read_or_refused_in_bounded_time(html: str) -> None:
    start = time.process_time()
    try:
        assert_sound(read_page(read_source(html, "text/html").text, url="http://a.example/b"))
        assert_sound(read_page(html))
    except SourceTooLarge:
        pass
    assert time.process_time() - start < 30


def test_elements_too_deep_to_be_read_whole_are_refused() -> None:
    with pytest.raises(SourceTooLarge) as refused:
        read_page("<div>" * 3000 + "lost")
    assert refused.value.limit == MAX_DEPTH


# --- what the page states ------------------------------------------------------------------


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_metadata_of_an_article_in_a_graph_of_json_ld() -> None:
    document = read_page(
        a_page(
            a_story(),
            json_ld(
                '{"@graph": [{"@type": "WebSite", "name": "The Herald"}, {"@type": ["NewsArticle"],'
                '"headline": "Ferry &amp; fog", "datePublished": "2025-03-06T21:40:00+01:00",'
                '"dateModified": "2025-03-07", "author": [{"@type": "Person", "name": "By Ann Lee '
                'and Bo Ek"}, {"@type": "Organization", "name": "Desk"}, "Ann Lee"]}]}'
            )
            + "<link rel=canonical href=/a/ferry>",
        ),
        url="https://herald.example/a/ferry?x=1",
    )
    facts = document.metadata
    assert facts.title == "Ferry & fog"
    assert isinstance(facts.published_at, datetime)
    assert facts.published_at == datetime(2025, 3, 6, 20, 40, tzinfo=UTC)
    assert facts.updated_at == date(2025, 3, 7)
    assert facts.authors == ("Ann Lee", "Bo Ek")
    assert facts.site == "The Herald"
    assert facts.canonical_url == "https://herald.example/a/ferry"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2025-03-06", date(2025, 3, 6)),
        ("2025-03-06T21:40", date(2025, 3, 6)),
        ("2025-03-06T21:40:00Z", datetime(2025, 3, 6, 21, 40, tzinfo=UTC)),
        ("Thu, 06 Mar 2025 21:40:00 GMT", datetime(2025, 3, 6, 21, 40, tzinfo=UTC)),
        ("2025年3月6日", date(2025, 3, 6)),
        ("2025-02-30", None),
        ("0001-01-01T00:00:00+00:00", None),
        ("2999-01-01", None),
        ("1741297200", None),
        ("yesterday", None),
    ],
)
def test_times_are_read_as_far_as_they_are_stated(stated: str, expected: object) -> None:
    head = f"<meta property=article:published_time content='{stated}'>"
    published = read_page(a_page(a_story(), head)).metadata.published_at
    assert published == expected
    assert type(published) is type(expected)


def test_dates_that_contradict_each_other_are_left_out_unless_a_third_agrees() -> None:
    head = json_ld('{"@type": "Article", "datePublished": "2025-03-06"}')
    head += "<meta property=article:published_time content='2020-01-01'>"
    assert read_page(a_page(a_story(), head)).metadata.published_at is None
    third = "<time itemprop=datePublished datetime=2025-03-06>"
    assert read_page(a_page(third + a_story(), head)).metadata.published_at == date(2025, 3, 6)


def test_an_update_before_publication_is_left_out() -> None:
    head = json_ld(
        '{"@type": "Article", "datePublished": "2025-03-06", "dateModified": "2024-01-01"}'
    )
    assert read_page(a_page(a_story(), head)).metadata.updated_at is None


@pytest.mark.parametrize(
    ("title", "site"),
    [
        ("Ferry aground off point | Quillhaven Herald", ""),
        ("Ferry aground off point - The Herald", "The Herald"),
        ("Quillhaven Herald » Ferry aground off point", ""),
        ("Ferry aground off point_Quillhaven", ""),
    ],
)
def test_the_name_of_the_site_is_cut_from_titles(title: str, site: str) -> None:
    head = f"<title>{title}</title><meta property=og:site_name content='{site}'>"
    document = read_page(a_page(a_story(), head), url="https://www.quillhavenherald.example/x")
    assert document.titles == ("Ferry aground off point",)


def test_a_title_with_a_dash_of_its_own_stays_whole() -> None:
    head = "<title>Aground - and afloat again</title>"
    assert read_page(a_page(a_story(), head)).titles == ("Aground - and afloat again",)


def test_json_ld_of_other_stories_is_not_believed() -> None:
    others = ",".join(f'{{"@type": "NewsArticle", "headline": "Other {n}"}}' for n in range(3))
    document = read_page(a_page("<h1>The story</h1>" + a_story(), json_ld(f"[{others}]")))
    assert document.titles == ("The story",)


@pytest.mark.parametrize(
    ("head", "lang", "expected"),
    [
        ("", "en-US", "en"),
        ("<meta property=og:locale content=de_DE>", "", "de"),
        ("<meta property=og:locale content=de_DE>", "en", None),
        ("", "not a language", None),
    ],
)
def test_the_language_is_stated_without_contradiction(
    head: str, lang: str, expected: object
) -> None:
    page = a_page(a_story(), head).replace("<html>", f"<html lang='{lang}'>")
    assert read_page(page).metadata.language == expected


@pytest.mark.parametrize("name", ["https://fb.example/ann", "The Herald", "admin", "a@b.example"])
def test_only_people_are_authors(name: str) -> None:
    head = f"<meta name=author content='{name}'><meta property=og:site_name content='The Herald'>"
    assert read_page(a_page(a_story(), head)).metadata.authors == ()

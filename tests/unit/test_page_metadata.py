from datetime import UTC, date, datetime

import pytest

from cleaning.model import CleanedArticle, Evidence, Metadata
from cleaning.page import read_page
from cleaning.pipeline import clean
from tests.hostile import STORY


def facts(head: str = "", body: str = "", url: str | None = None) -> Metadata:
    page = f"<html><head>{head}</head><body><h1>The ferry</h1>{body}<p>{STORY}</p></body></html>"
    return read_page(page, url=url).metadata


def article(body: str, head: str = "", **known: object) -> CleanedArticle:
    page = f"<html><head>{head}</head><body><h1>The ferry</h1>{body}<p>{STORY}</p></body></html>"
    return clean(page, content_type="text/html", **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    ["article:published_time", "article:published:time", "article.published", "datePublished",
     "publish-date", "parsely-pub-date", "DC.date.issued"],
)  # fmt: skip
def test_a_time_is_read_however_a_system_spells_its_name(name: str) -> None:
    found = facts(f"<meta name='{name}' content='2025-03-06T21:40:00+01:00'>")
    assert found.published_at == datetime(2025, 3, 6, 20, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "authors"),
    [
        ("By Ann Lee and Bo Ek", ("Ann Lee", "Bo Ek")),
        ("Von Ann Lee, Bo Ek", ("Ann Lee", "Bo Ek")),
        ("Ann Lee", ("Ann Lee",)),
        ("Staff | Updated", ()),
        ("Newsroom", ()),
        ("herald.example, Quillhaven, Coast", ()),
        ("desk@herald.example", ()),
        ("Reuters", ("Reuters",)),
        ("JANE DOE, Political Correspondent", ("JANE DOE",)),
        ("Jane Doe - The Editorial Board", ("Jane Doe",)),
        ("Author: Jane Doe", ("Jane Doe",)),
        ("Doe, Jane", ("Jane Doe",)),
        ("Jane Doe, Nairobi", ("Jane Doe",)),
        ("wpadmin", ()),
        ("Our Foreign Staff", ()),
        ("Ann Lee, Reuters", ("Ann Lee",)),
    ],
)
def test_authors_are_people(stated: str, authors: tuple[str, ...]) -> None:
    assert facts(f"<meta name=author content='{stated}'>").authors == authors


def test_an_agency_in_the_credits_is_the_agency() -> None:
    found = facts("<meta name=author content='Ann Lee, Reuters'>")
    assert found.agency == "Reuters"
    assert Evidence("agency", "Ann Lee, Reuters", "meta author", used=True) in found.evidence


def test_the_card_for_messengers_names_the_author() -> None:
    head = (
        "<meta name=twitter:label1 content='Written by'><meta name=twitter:data1 content='Ann Lee'>"
        "<meta name=twitter:label2 content='Reading time'><meta name=twitter:data2 content='3 min'>"
    )
    assert facts(head).authors == ("Ann Lee",)


@pytest.mark.parametrize(
    "byline",
    [
        "<div class=article-byline>Ann Lee</div>",
        "<p class=meta>Thu | <span class=authorname>Ann Lee</span></p>",
        "<a rel=author href=/ann>Ann Lee</a>",
        "<p>By Ann Lee</p>",
    ],
)
def test_a_byline_on_the_page_names_the_author_where_nothing_else_does(byline: str) -> None:
    assert article(byline).authors == ("Ann Lee",)


def test_a_sentence_with_a_name_is_no_byline() -> None:
    line = "<p class=author-note>Ann Lee told us how she once sailed the strait in a storm</p>"
    assert article(line).authors == ()


@pytest.mark.parametrize(
    ("lead", "place", "agency"),
    [
        (f"LONDON, Feb 6 (Reuters) - {STORY}", "LONDON", "Reuters"),
        (f"Berlin (dpa) – {STORY}", "Berlin", "dpa"),
        (f"LOS ANGELES (AP) — {STORY}", "LOS ANGELES", "AP"),
        (f"Rio de Janeiro (AFP) - {STORY}", "Rio de Janeiro", "AFP"),
        (f"MOSCOW, March 6. /TASS/. {STORY}", "MOSCOW", "TASS"),
        (f"AUBURN, Wash. — {STORY}", "AUBURN, Wash.", None),
        (f"NASA — {STORY}", None, None),
        (f"EXCLUSIVE — {STORY}", None, None),
        (STORY, None, None),
    ],
)
def test_the_dateline_says_where_from_and_by_whom(
    lead: str, place: str | None, agency: str | None
) -> None:
    found = article(f"<p>{lead}</p>")
    assert (found.dateline, found.agency) == (place, agency)


def test_the_image_is_a_web_address() -> None:
    head = "<meta property=og:image content='/a/ferry.jpg'>"
    assert facts(head, url="https://herald.example/x").image == "https://herald.example/a/ferry.jpg"
    assert facts("<meta property=og:image content='javascript:alert(1)'>").image is None


def test_every_value_keeps_where_it_was_said_and_whether_it_stands() -> None:
    head = (
        "<title>The ferry | Herald</title><meta property=og:title content='Ferry runs aground'>"
        "<meta property=og:site_name content=Herald>"
    )
    found = facts(head)
    said = {(e.where, e.value, e.used) for e in found.evidence if e.field == "title"}
    assert said == {
        ("meta og:title", "Ferry runs aground", True),
        ("<h1>", "The ferry", False),
        ("<title>", "The ferry", False),
    }


def test_where_caller_and_page_disagree_the_caller_stands_and_the_page_is_evidence() -> None:
    head = "<meta property=article:published_time content='2025-03-06'>"
    found = article("", head, published_at=date(2025, 3, 7), title="Aground", language="de")
    assert (found.title, found.published_at, found.language) == ("Aground", date(2025, 3, 7), "de")
    said = {(e.field, e.value, e.where, e.used) for e in found.evidence}
    assert ("published_at", "2025-03-07", "caller", True) in said
    assert ("published_at", "2025-03-06", "meta article:published_time", False) in said
    assert ("title", "Aground", "caller", True) in said
    assert ("title", "The ferry", "<h1>", False) in said


def test_another_wording_of_the_title_on_the_page_is_not_text() -> None:
    head = "<meta property=og:title content='Ferry with 142 aboard runs aground off the point'>"
    found = article("<h2>Ferry with 142 aboard runs aground off the point</h2>", head)
    assert found.title == "Ferry with 142 aboard runs aground off the point"
    assert found.text == STORY


def test_json_ld_of_something_else_is_not_believed_and_of_this_address_is() -> None:
    other = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Trains at last", '
        '"author": {"@type": "Person", "name": "Ann Lee"}, "datePublished": "2001-01-01"%s}'
        "</script>"
    )
    head = "<title>The ferry</title>"
    found = facts(head + other % "")
    assert (found.title, found.authors, found.published_at) == ("The ferry", (), None)
    address = "<link rel=canonical href='https://h.example/a'>"
    found = facts(head + address + other % ', "url": "https://h.example/a"')
    assert (found.title, found.authors) == ("The ferry", ("Ann Lee",))


def test_a_title_that_nothing_else_says_is_not_trusted_first() -> None:
    head = "<title>The ferry</title><meta property=og:title content='Herald: news and sport'>"
    assert facts(head).title == "The ferry"


def test_credits_of_other_stories_are_not_this_articles() -> None:
    teaser = "<aside><span itemprop=author>Bo Ek</span></aside>"
    related = "<div class=related-stories><a rel=author>Bo Ek, Reuters</a></div>"
    found = article(f"<p>By Ann Lee</p>{teaser}{related}<figure>AP</figure>")
    assert (found.authors, found.agency) == (("Ann Lee",), None)


@pytest.mark.parametrize(
    "stated", ["Thu Mar 06 21:40:00 CST 2025", "5 Mar 6 1:00", "06 Mar 2025 21:40 EST"]
)
def test_a_zone_by_name_and_a_year_of_one_digit_are_not_guessed(stated: str) -> None:
    assert facts(f"<meta name=date content='{stated}'>").published_at is None


def test_an_update_is_not_before_publication_by_the_hour_either() -> None:
    found = facts(
        "<meta name=article:published_time content='2025-03-06T10:00:00Z'>"
        "<meta name=article:modified_time content='2025-03-06T08:00:00Z'>"
    )
    assert found.updated_at is None


def test_half_a_surrogate_in_json_ld_reaches_no_field() -> None:
    found = facts(
        '<script type="application/ld+json">{"@type": "NewsArticle", '
        '"image": "http://a.example/\\ud800.jpg"}</script>'
    )
    assert found.image == "http://a.example/.jpg"

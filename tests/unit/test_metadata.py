from datetime import UTC, date, datetime

import pytest

from cleaning.model import CleanedArticle
from cleaning.pipeline import clean
from tests.unit.test_off_topic import STORY, TITLE


def a_page(*lines: str, **known: object) -> CleanedArticle:
    return clean("\n\n".join((*lines, *STORY)), **known)  # type: ignore[arg-type]


def test_the_day_below_the_title_is_the_day_of_publication() -> None:
    article = a_page("19 May 2026", "Latest news", TITLE, "6 May 2026")
    assert article.published_at == date(2026, 5, 6)
    assert not isinstance(article.published_at, datetime)
    assert article.updated_at is None


def test_the_pages_own_date_dates_nothing() -> None:
    assert a_page("19 May 2026", "Latest news", TITLE).published_at is None


def test_what_the_caller_knows_stands_before_what_the_text_says() -> None:
    known = datetime(2026, 5, 7, 9, 0, tzinfo=UTC)
    article = a_page(TITLE, "6 May 2026", published_at=known, language="en", title="Other title")
    assert (article.published_at, article.language, article.title) == (known, "en", "Other title")


def test_a_line_may_say_both_when_published_and_when_updated() -> None:
    article = a_page(TITLE, "Published: 6 May 2026 | Updated: 7 May 2026, 09:00 GMT")
    assert article.published_at == date(2026, 5, 6)
    assert article.updated_at == datetime(2026, 5, 7, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("By Jane Doe and John Roe", ("Jane Doe", "John Roe")),
        ("Von Erika Muster, 6. Mai 2026", ("Erika Muster",)),
        ("Por Ana Pérez | 6 de mayo de 2026", ("Ana Pérez",)),
        ("6 May 2026", ()),
    ],
)
def test_a_byline_names_the_authors(line: str, authors: tuple[str, ...]) -> None:
    assert a_page(TITLE, line).authors == authors


def test_an_agency_in_the_byline_is_credited_and_no_author() -> None:
    article = a_page(TITLE, "By Associated Press")
    assert (article.agency, article.authors) == ("AP", ())


def test_the_dateline_of_the_first_paragraph_credits_its_agency() -> None:
    article = a_page(TITLE, "MARSH TARRANT, May 6 (Reuters) - The town has no bridge any more.")
    assert article.agency == "Reuters"


def test_an_agency_that_the_text_cites_is_not_credited() -> None:
    article = a_page(TITLE, "The bridge is closed, The Associated Press reported on Monday night.")
    assert article.agency is None


@pytest.mark.parametrize("markup", [False, True])
def test_nothing_is_invented(markup: bool) -> None:  # noqa: FBT001
    text = "\n\n".join(STORY)
    page = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
    article = clean(f"<html><body>{page}</body></html>" if markup else text)
    assert (article.published_at, article.updated_at, article.agency) == (None, None, None)
    assert article.authors == ()
    assert article.canonical_url is None

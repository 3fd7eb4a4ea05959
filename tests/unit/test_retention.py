from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.duplicates.model import ArticleRecord, Submission, revised
from service.duplicates.retention import KEEP, Retention
from service.settings import Settings
from tests.builders import NOW, cleaned

TEXT = cleaned()
DAY = timedelta(days=1)


def received(at: datetime = NOW, **fields: Any) -> ArticleRecord:
    return revised(
        None,
        article_id="a",
        digest="d",
        submission=Submission(text="x", **fields),
        cleaned=TEXT,
        received_at=at,
        continues=False,
    )


def test_nothing_expires_unless_somebody_says_so() -> None:
    assert KEEP.last_day(received(source="Wire")) is None
    assert not KEEP.is_over(received(), NOW + 100_000 * DAY)
    assert Settings().kept == KEEP


@pytest.mark.parametrize(
    ("fields", "days"),
    [
        ({"url": "https://www.wire.example/a"}, 30),
        ({"source": " Ousel  Gazette"}, 7),
        ({"url": "https://wire.example/a", "source": "Ousel Gazette"}, 30),
        ({"source": "Courier"}, 365),
        ({}, 365),
    ],
)
def test_a_window_is_that_of_the_site(fields: dict[str, Any], days: int) -> None:
    kept = Retention.parsed("www.Wire.example = 30, ousel gazette=7,*=365")
    article = received(**fields)
    assert not kept.is_over(article, NOW + days * DAY)
    assert kept.is_over(article, NOW + (days + 1) * DAY)


def test_a_site_without_a_window_keeps_its_articles() -> None:
    kept = Retention.parsed("wire.example=1")
    assert kept.last_day(received(source="Courier")) is None
    assert kept.last_day(received()) is None


@given(
    st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)),
    st.integers(1, 1_000),
    st.integers(-14, 14),
    st.timedeltas(timedelta(0), timedelta(days=2_000)),
)
def test_an_article_is_kept_for_all_of_its_days_and_less_than_one_more(
    since: timedelta, days: int, zone: int, later: timedelta
) -> None:
    moment = (NOW + since).astimezone(timezone(timedelta(hours=zone)))
    kept = Retention({"*": days})
    is_over = kept.is_over(received(moment), moment.astimezone(UTC) + later)
    if later <= days * DAY:
        assert not is_over
    if later >= (days + 1) * DAY:
        assert is_over


@pytest.mark.parametrize(
    "written", ["30", "=30", "wire=0", "wire=-1", "wire=1.5", "wire=", "a=1,A=2", "*=x"]
)
def test_a_retention_that_cannot_be_read_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match=r"SITE=DAYS|twice"):
        Settings(retention=written)


def test_what_is_written_does_not_depend_on_the_order() -> None:
    assert Retention.parsed("b=1, a=2").written == Retention.parsed("A=2,b=1,").written == "a=2,b=1"

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.dates import EARLIEST, LATEST, DateLine, read_date_line, split_off_dates
from tests.unit.strategies import texts

DAY = date(2018, 2, 6)


@pytest.mark.parametrize(
    "line",
    [
        "06 February 2018",
        "Feb. 6, 2018",
        "February 6th, 2018",
        "Tuesday, 6 February 2018",
        "Published on: 6 Feb 2018",
        "2018-02-06",
        "6.2.2018",
        "6. Februar 2018",
        "Dienstag, 06. Februar 2018",
        "Veröffentlicht am 6. Februar 2018",
        "Publié le 6 février 2018",
        "mardi 6 février 2018",
        "6 de febrero de 2018",
        "Martes, 6 de febrero de 2018",
        "6 febbraio 2018",
        "6 de fevereiro de 2018",
        "6 февраля 2018",
        "2018年2月6日",
        "2018년 2월 6일",
    ],
)
def test_a_day_is_read_in_many_languages(line: str) -> None:
    assert read_date_line(line) == DateLine(published=DAY)


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("6 Feb 2018, 10:32 GMT", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("2018-02-06T10:32:00Z", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        (
            "2018-02-06T10:32:00+02:00",
            datetime(2018, 2, 6, 10, 32, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_a_time_with_a_zone_is_a_time(line: str, moment: datetime) -> None:
    assert read_date_line(line) == DateLine(published=moment)


@pytest.mark.parametrize("line", ["6 Feb 2018, 10:32", "6. Februar 2018, 10.32 Uhr"])
def test_a_time_without_a_zone_is_only_a_day(line: str) -> None:
    read = read_date_line(line)
    assert read is not None
    assert read.published == DAY
    assert type(read.published) is date


def test_no_midnight_is_invented() -> None:
    read = read_date_line("6 February 2018")
    assert read is not None
    assert not isinstance(read.published, datetime)


@pytest.mark.parametrize("line", ["06/02/2018", "2/6/2018"])
def test_a_date_of_two_readings_is_a_date_line_that_states_nothing(line: str) -> None:
    assert read_date_line(line) == DateLine()


@pytest.mark.parametrize(
    ("line", "day"),
    [("13/02/2018", date(2018, 2, 13)), ("02/13/2018", date(2018, 2, 13)), ("2/2/2018", None)],
)
def test_slashes_are_read_where_a_number_decides(line: str, day: date | None) -> None:
    assert read_date_line(line) == DateLine(published=day or date(2018, 2, 2))


def test_published_and_updated_are_told_apart() -> None:
    line = "Published 6 February 2018 | Updated: 7 February 2018, 09:00 GMT"
    assert read_date_line(line) == DateLine(DAY, datetime(2018, 2, 7, 9, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "line",
    [
        "In February 2018 the troops left.",
        "On 6 February 2018 the troops left the town and the people came back to their houses.",
        "6 February",
        "February 2018",
        "31 February 2018",
        "Room 12.13.2018a",
        "4 troops 2018",
        "",
    ],
)
def test_what_only_resembles_a_date_is_none(line: str) -> None:
    assert read_date_line(line) is None


@pytest.mark.parametrize("line", ["6 February 1907", "32.13.2018", "1850-01-01"])
def test_an_impossible_day_states_nothing(line: str) -> None:
    read = read_date_line(line)
    assert read is None or read == DateLine()


def test_the_rest_of_a_line_is_returned_without_the_time() -> None:
    dates, rest = split_off_dates("By Jane Doe on 6 February 2018 at 10:32 am")
    assert dates == DateLine(published=DAY)
    assert rest == "By Jane Doe on"


def test_a_weekday_goes_with_its_date() -> None:
    assert split_off_dates("Von Erika Muster, Dienstag, 6. Februar 2018")[1] == "Von Erika Muster,"


def test_one_line_says_nothing_about_the_next_ones_language() -> None:
    before = read_date_line("6 mars 2018")
    read_date_line("6 March 2018")
    read_date_line("6. März 2018")
    assert read_date_line("6 mars 2018") == before == DateLine(published=date(2018, 3, 6))


DATE_LIKE = st.lists(
    st.one_of(
        st.sampled_from(
            ("2018", "0000", "9999", "1990", "Feb", "février", "二月", "年", "月", "日")
        ),
        st.sampled_from(
            ("T", "Z", "+14:00", "+99:99", "24:00", "10:61", "25 pm", "GMT+13", "(EST)")
        ),
        st.integers(0, 99).map(str),
        st.sampled_from("-./:, \xa0٣४"),
    ),
    max_size=14,
).map("".join)


@given(st.one_of(DATE_LIKE, texts))
def test_no_line_breaks_the_reader_of_dates(line: str) -> None:
    dates, rest = split_off_dates(line)
    if dates is None:
        assert rest == line
        return
    for value in (dates.published, dates.updated):
        if value is not None:
            assert EARLIEST <= value.year < LATEST
        if isinstance(value, datetime):
            assert value.utcoffset() is not None

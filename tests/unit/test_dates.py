import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import regex
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
        "2018/02/06",
        "2018.02.06.",
        "2018. 2. 6.",
        "2018年2月6日(火) 10時32分",
        "2018年2月6日 下午3时32分",
        "2018년 2월 6일 오후 3:32",
        "6 февраля 2018 г.",
        "6 ФЕВРАЛЯ 2018 ГОДА, 10:32",
        "6 февраля 2018 в 10:32",
        "6 de fevereiro de 2018 às 10h32",
        "Tiistai 6.2.2018 klo 10:32",
        "6. februar 2018, kl. 10:32",
        "6 Şubat 2018 Salı 10:32",
        "ŞUBAT 6, 2018",
        "6 फरवरी 2018",
        "6 फ़रवरी 2018",
        "٦ فبراير ٢٠١٨",
        "6 Φεβρουαρίου 2018",
        "2018. február 6.",
        "6 tháng 2, 2018",
        "6th of February, 2018",
        "06-Feb-2018",
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
        ("2018-02-06 10:32:15.5 UTC", datetime(2018, 2, 6, 10, 32, 15, tzinfo=UTC)),
        ("10:32 GMT, 6 February 2018", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("1032 GMT (1832 HKT) February 6, 2018", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("6 Feb 2018 12:05 a.m. GMT", datetime(2018, 2, 6, 0, 5, tzinfo=UTC)),
        ("6 Feb 2018 12:05 pm GMT", datetime(2018, 2, 6, 12, 5, tzinfo=UTC)),
        ("Feb 6, 2018 5:32am EST", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("6 Feb 2018 05:32 GMT-5", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("6 Feb 2018 16:02 (UTC+5:30)", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("2018-02-06 05:32:00-05:00", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("6 février 2018 à 11h32 CET", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("6. Februar 2018, 11.32 Uhr MEZ", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
        ("2018년 2월 6일 오후 7:32 KST", datetime(2018, 2, 6, 10, 32, tzinfo=UTC)),
    ],
)
def test_a_time_with_a_zone_is_a_time(line: str, moment: datetime) -> None:
    assert read_date_line(line) == DateLine(published=moment)


@pytest.mark.parametrize(
    "line",
    [
        "6 Feb 2018, 10:32",
        "6. Februar 2018, 10.32 Uhr",
        "6 Feb 2018 | 10:32 am IST",
        "February 6, 2018 10:32 a.m. ET",
        "Selasa, 06 Feb 2018 10:32 WIB",
        "6 Feb 2018 10:00-12:00",
        "6 Feb 2018 13:05 pm GMT",
        "6 Feb 2018 24:30 GMT",
        "6 Feb 2018 10:32 GMT+19",
    ],
)
def test_a_time_without_a_zone_of_one_meaning_is_only_a_day(line: str) -> None:
    read = read_date_line(line)
    assert read is not None
    assert read.published == DAY
    assert type(read.published) is date


def test_no_midnight_is_invented() -> None:
    read = read_date_line("6 February 2018")
    assert read is not None
    assert not isinstance(read.published, datetime)


@pytest.mark.parametrize("line", ["06/02/2018", "2/6/2018", "6 listopada 2018"])
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
        "6 ha 2018",
        "10, October 2012",
        "06.02.18",
        "16/02/18 10:32",
        "6 February, 10:32 GMT",
        "",
    ],
)
def test_what_only_resembles_a_date_is_none(line: str) -> None:
    assert read_date_line(line) is None


@pytest.mark.parametrize("line", ["6 February 1907", "32.13.2018", "1850-01-01"])
def test_an_impossible_day_states_nothing(line: str) -> None:
    read = read_date_line(line)
    assert read is None or read == DateLine()


def test_the_label_nearest_to_a_date_tells_which_it_is() -> None:
    dates, _ = split_off_dates("By Jane Doe | Updated 6:45 PM ET, Tue February 6, 2018")
    assert dates == DateLine(updated=DAY)


def test_a_number_of_comments_is_not_part_of_the_date() -> None:
    line = "06.02.2018, 17.35 Uhr | 12 comments"
    assert split_off_dates(line) == (DateLine(published=DAY), "| 12 comments")


def test_the_year_of_a_copyright_is_not_the_dates() -> None:
    assert split_off_dates("© 2017 Feb 6, 2018") == (DateLine(published=DAY), "© 2017")


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


MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
    "dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
    "hi": "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
}
FORMATS = (
    *("{d} {en} {y}", "{d:02} {en:.3} {y}", "{en} {d}, {y}", "{en:.3}. {d} {y}", "{d}-{en:.3}-{y}"),
    *("{en} {d}, {y} at 10:32", "10:32 am, {en} {d}, {y}", "Published on: {y} {en} {d}"),
    *("{y}-{m:02}-{d:02}", "{y}/{m:02}/{d:02} 10:32", "{y}.{m:02}.{d:02}", "{y}. {m}. {d}."),
    *(
        "{d:02}.{m:02}.{y}",
        "{d}. {m}. {y}",
        "{y}年{m}月{d}日",
        "{y}년 {m}월 {d}일",
        "{d} tháng {m}, {y}",
    ),
    *("{d}. {de} {y}, 10.32 Uhr", "Publié le {d} {fr} {y} à 10h32", "{d} de {es} de {y}"),
    *("{d} {it} {y}", "{d} de {pt} de {y} às 10h32", "{d} {nl} {y} om 10:32", "{d} {ru} {y} г."),
    *("{d} {tr} {y} 10:32", "{d} {hi} {y}", "{y}-{m:02}-{d:02}T10:32:00"),
)


@pytest.mark.parametrize("form", FORMATS)
@given(day=st.dates(date(1990, 1, 1), date(2099, 12, 31)))
def test_a_day_of_any_month_and_year_is_read_in_each_form(form: str, day: date) -> None:
    names = {language: months.split()[day.month - 1] for language, months in MONTHS.items()}
    line = form.format(y=day.year, m=day.month, d=day.day, **names)
    assert read_date_line(line) == DateLine(published=day)


@pytest.mark.parametrize("end", ["", "2018", "6 Feb 2018"])
@pytest.mark.parametrize(
    "unit",
    [
        "1 ",
        "1:",
        "a 1 ",
        "10:32 ",
        "1.1.",
        "( ",
        " ",
        "aa 12, 2018 ",
        "12,-",
        "at ",
        "上午1",
        "़",
        "२",
    ],
)
def test_no_line_takes_long(unit: str, end: str) -> None:
    line = (unit * 150)[: 150 - len(end)] + end
    start = time.process_time()
    split_off_dates(line)
    # Far above what any line takes, far below a pattern that tries every way to split one.
    assert time.process_time() - start < 1


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


@given(st.one_of(DATE_LIKE, texts).map(lambda text: regex.sub(r"\d{4,}", "", text)))
def test_a_line_without_a_year_is_no_date(line: str) -> None:
    assert split_off_dates(line) == (None, line)


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

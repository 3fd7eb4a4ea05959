from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from service.duplicates.model import Submission
from service.submission import (
    ID_LIMIT,
    FieldError,
    InvalidJson,
    InvalidSubmission,
    load_json,
    parse_submission,
)


def errors_of(value: object) -> tuple[FieldError, ...]:
    with pytest.raises(InvalidSubmission) as caught:
        parse_submission(value)
    return caught.value.errors


def fields_of(value: object) -> list[str]:
    return [error.field for error in errors_of(value)]


def published_at(value: object) -> object:
    return parse_submission({"text": "a", "published_at": value})[1].published_at


def test_an_article_may_come_with_nothing_but_its_text() -> None:
    assert parse_submission({"text": "a"}) == (None, Submission(text="a"))


def test_null_and_a_blank_title_mean_absent() -> None:
    sent = {"id": None, "html": None, "text": "a", "title": " ", "source": "", "url": None}
    assert parse_submission(sent) == (None, Submission(text="a"))


def test_exactly_one_of_text_and_html_is_sent() -> None:
    assert fields_of({}) == ["text"]
    assert fields_of({"text": "a", "html": "b"}) == ["html"]


def test_every_field_at_fault_is_named_at_once() -> None:
    sent = {"text": 1, "url": "ftp://x", "language": "en_GB", "colour": "red", "published_at": 5}
    assert fields_of(sent) == ["url", "text", "published_at", "language", "colour"]


@pytest.mark.parametrize("value", [None, [], "text", 1, [["text", "a"]]])
def test_what_is_no_object_is_refused(value: object) -> None:
    assert fields_of(value) == ["body"]


def test_an_id_is_any_text_without_control_characters_up_to_its_limit() -> None:
    for article_id in ("urn:x:1", "https://x/y?z#é", " ", "a" * ID_LIMIT, "文" * ID_LIMIT):
        assert parse_submission({"id": article_id, "text": "a"})[0] == article_id
    for article_id in ("", "a\nb", "a\x85", "\x00"):
        assert fields_of({"id": article_id, "text": "a"}) == ["id"]
    (error,) = errors_of({"id": "a" * (ID_LIMIT + 1), "text": "a"})
    assert error == FieldError("id", "must have at most 512 characters", ID_LIMIT)


def test_half_of_a_surrogate_pair_is_refused_by_the_name_of_its_field() -> None:
    for name in ("id", "url", "title", "source", "language", "published_at"):
        assert fields_of({"text": "a", name: "\ud800"}) == [name]
    assert fields_of({"text": "\ud800"}) == ["text"]
    assert fields_of({"html": "\udfff"}) == ["html"]


def test_a_name_that_the_sender_chose_is_repeated_short_and_printable() -> None:
    (error,) = errors_of({"text": "a", "\x1b[31m" + "x" * 999: 1})
    assert error.field.startswith("\\u001b[31mxxx")
    assert len(error.field) < 80


def test_a_day_stays_a_day_and_a_time_gets_a_zone() -> None:
    assert published_at("2018-02-06") == date(2018, 2, 6)
    assert type(published_at("2018-02-06")) is date
    assert published_at("2018-02-06T10:30") == datetime(2018, 2, 6, 10, 30, tzinfo=UTC)
    assert published_at("2018-02-06 10:30:05.25Z") == datetime(
        2018, 2, 6, 10, 30, 5, 250_000, tzinfo=UTC
    )
    paris = published_at("2018-02-06t10:30+01:00")
    assert isinstance(paris, datetime)
    assert paris.tzinfo == timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "20180206",
        "2018-W06-2",
        "2018-02-30",
        "2018-02-06\n",
        "2018-02-06T24:00",
        "2018-02-06T10:00:60",
        "2018-02-06T10:00+25:00",
        "0001-01-01T00:00+23:00",
        "٢٠١٨-02-06",
        "yesterday",
        1517912999,
        True,
        ["2018-02-06"],
    ],
)
def test_what_is_no_day_and_no_time_is_refused(value: object) -> None:
    assert fields_of({"text": "a", "published_at": value}) == ["published_at"]


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://ü.example/x?y#z", True),
        ("HTTP://HOST:8080", True),
        ("ftp://host", False),
        ("javascript:alert(1)", False),
        ("http://", False),
        ("http:///path", False),
        ("http://[::1", False),
        ("http://host:99999", False),
        ("http://ho st", False),
        ("http://host/\n", False),
        ("", False),
    ],
)
def test_a_url_is_an_address_on_the_web(url: str, *, is_good: bool) -> None:
    sent = {"text": "a", "url": url}
    if is_good:
        assert parse_submission(sent)[1].url == url
    else:
        assert fields_of(sent) == ["url"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "Expecting value (line 1, column 1)"),
        (b'{"a":\n"\xff"}', "not valid UTF-8 (line 2, column 2)"),
        ('{"a": 1}'.encode("utf-16"), "not valid UTF-8 (line 1, column 1)"),
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"[1e999]", "a number too large"),
        (b"9" * 5_000, "a number of more than 64 digits"),
        (b'{"a": 1, "a": 2}', "the name “a” is given twice"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b"1 2", "Extra data (line 1, column 3)"),
    ],
)
def test_what_is_no_strict_json_is_refused_with_its_place(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        load_json(raw)
    assert str(caught.value) == reason


def test_json_is_read_with_or_without_a_byte_order_mark() -> None:
    assert load_json('{"a": ["é", 1.5, null]}'.encode()) == {"a": ["é", 1.5, None]}
    assert load_json(b"\xef\xbb\xbf1") == 1

"""Dates in the short lines around an article: found, and read without guessing.

Month names of many languages and forms are dateparser's work. What it would guess is decided
here: a day without its year is no date, 06/02/2018 is one of two days and so neither, and a time
without a zone is not a time.
"""

from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import cache, lru_cache
from importlib import import_module

import regex
from dateparser.date import DateDataParser

from cleaning.phrases import key, strip_stock_words

# The news did not have pages before; later than this is a misprint.
EARLIEST, LATEST = 1990, 2100
_LONGEST_LINE = 150
_CLOCK = (
    r"(?<![\d.:])\d{1,2}(?:[:.h]\d{2}(?![\d.]\d)(?::\d{2})?\s*(?:[ap]\.?\s?m\b\.?|uhr|hrs?\b)?"
    r"|\s*(?:[ap]\.?\s?m\b\.?|uhr\b))"
    r"(?:\s*\(?(?:\b(?:GMT|UTC|[A-Z]{1,3}[SD]?T|BST)\b|[+-]\d{2}:?\d{2}|Z\b)(?:[+-]\d{1,2})?\)?)?"
)
_DAY = (
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|(?<!\d)\d{1,2}(?:[./-])\d{1,2}(?:[./-])\d{4}(?!\d)"
    r"|\d{4}\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]"
    r"|(?<!\d)\d{1,2}(?:st|nd|rd|th|er|\.|º)?\s+(?:d[eo]\s+|of\s+)?\p{L}{3,12}\.?,?\s+(?:d[eo]l?\s+)?"
    r"(?:19|20)\d\d(?!\d)"
    r"|\b\p{L}{3,12}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d(?!\d)"
)
_DATE = regex.compile(
    rf"(?P<day>{_DAY})(?:[,\s@|–-]*(?:\b(?:at|um|à|a las|alle|kl|om)\b\.?)?\s*(?P<time>{_CLOCK}))?",
    regex.IGNORECASE,
)
_DIGIT = regex.compile(r"\d")
_TIME = regex.compile(rf"(?:\b(?:at|um|à|alle)\b\s*)?{_CLOCK}", regex.IGNORECASE)
_NUMERIC = regex.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4})")
_LAST_WORD = regex.compile(r"(\p{L}+)[.,]*\s*$")
_LANGUAGES = (
    *(
        "en",
        "de",
        "fr",
        "es",
        "it",
        "pt",
        "nl",
        "pl",
        "ru",
        "uk",
        "tr",
        "cs",
        "sk",
        "sv",
        "da",
        "nb",
    ),
    *("fi", "hu", "ro", "bg", "hr", "el", "ar", "fa", "he", "hi", "id", "vi", "zh", "ja", "ko"),
)


@dataclass(frozen=True, slots=True)
class DateLine:
    """The dates of a line. None where it states none, or one that may be read as two days."""

    published: date | datetime | None = None
    updated: date | datetime | None = None


def split_off_dates(text: str) -> tuple[DateLine | None, str]:
    """The dates of a short line, and what else it says.

    >>> split_off_dates("By Jane Doe | 6 Feb 2018, 10:32 GMT")[1]
    'By Jane Doe |'
    >>> split_off_dates("No date here")
    (None, 'No date here')
    """
    if len(text) > _LONGEST_LINE or not _DIGIT.search(text):
        return None, text
    published: date | datetime | None = None
    updated: date | datetime | None = None
    rest = ""
    end = 0
    for found in _DATE.finditer(text):
        stated = _read(found)
        if stated is None:
            continue
        before = _without_weekday(text[end : found.start()])
        if key(before) != strip_stock_words(key(before), "updated"):
            updated = updated or stated.value
        else:
            published = published or stated.value
        rest += " " + before
        end = found.end()
    if end == 0:
        return None, text
    rest = _TIME.sub(" ", rest + " " + text[end:])
    return DateLine(published, updated), " ".join(rest.split())


def read_date_line(text: str) -> DateLine | None:
    """The dates of a line that says nothing else; None for any other line.

    >>> read_date_line("Published: 06 February 2018")
    DateLine(published=datetime.date(2018, 2, 6), updated=None)
    >>> read_date_line("Tuesday, 19 February 2019")
    DateLine(published=datetime.date(2019, 2, 19), updated=None)
    >>> read_date_line("06/02/2018")
    DateLine(published=None, updated=None)
    >>> read_date_line("In February 2018 the troops left.") is None
    True
    """
    dates, rest = split_off_dates(text)
    if dates is None or strip_stock_words(key(rest), "published", "updated"):
        return None
    return dates


@dataclass(frozen=True, slots=True)
class _Stated:
    value: date | datetime | None


def _read(found: "regex.Match[str]") -> _Stated | None:
    """What a phrase with the shape of a date states; None if it is no date after all."""
    day, time = found["day"], found["time"]
    numeric = _NUMERIC.fullmatch(day)
    if numeric:
        return _Stated(_numeric_day(numeric))
    iso = _iso(day)
    if iso is not None:
        return iso
    parsed = _parse(day)
    if parsed is None:
        return None
    if not EARLIEST <= parsed.year < LATEST:
        return _Stated(None)
    moment = _parse(f"{day} {time.strip('()')}") if time else None
    offset = moment.utcoffset() if moment else None
    if moment is not None and offset is not None:
        return _Stated(moment.replace(tzinfo=timezone(offset)))
    return _Stated(parsed.date())


def _numeric_day(found: "regex.Match[str]") -> date | None:
    """Dots stand for day.month.year; slashes only where a number above 12 decides."""
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or first > 12 or first == second:
        day, month = first, second
    elif second > 12:
        day, month = second, first
    else:
        return None
    try:
        return date(year, month, day) if EARLIEST <= year < LATEST else None
    except ValueError:
        return None


def _iso(text: str) -> _Stated | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not EARLIEST <= moment.year < LATEST:
        return _Stated(None)
    return _Stated(moment if moment.tzinfo else moment.date())


def _without_weekday(before: str) -> str:
    """The text before a date without the weekday it ends in."""
    word = _LAST_WORD.search(before)
    is_weekday = word is not None and key(word[1]) in _weekdays()
    return before[: word.start()] if word is not None and is_weekday else before


@cache
def _weekdays() -> frozenset[str]:
    """The names of weekdays in dateparser's language data."""
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    data = (import_module(f"dateparser.data.date_translation_data.{code}") for code in _LANGUAGES)
    return frozenset(key(name) for of in data for day in days for name in of.info.get(day, ()))


# Several rules read a line, and the articles of a day share their dates.
@lru_cache(maxsize=1000)
def _parse(text: str) -> datetime | None:
    try:
        return _parser().get_date_data(text).date_obj
    except (ValueError, OverflowError):  # dateparser lets some impossible dates through
        return None


@cache
def _parser() -> DateDataParser:
    return DateDataParser(
        languages=_LANGUAGES,
        # What one line was written in says nothing about the next article's.
        try_previous_locales=False,
        settings={
            "STRICT_PARSING": True,
            "PARSERS": ["absolute-time"],
            "REQUIRE_PARTS": ["day", "month", "year"],
        },
    )

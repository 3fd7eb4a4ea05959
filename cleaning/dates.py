"""Dates in the short lines around an article: found, and read without guessing.

A day without its year is no date, 06/02/2018 is one of two days and so neither, and a time
without a zone that has one meaning is not a time. The names of months and weekdays in many
languages are dateparser's; the grammar is ours.
"""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from importlib import import_module

import regex

from cleaning.phrases import key, strip_stock_words

# The news did not have pages before; later than this is a misprint.
EARLIEST, LATEST = 1990, 2100
_LONGEST_LINE = 150
# fmt: off
_LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "cs", "sk", "sv", "da", "nb",
    "fi", "hu", "ro", "bg", "hr", "el", "ar", "fa", "he", "hi", "id", "vi", "zh", "ja", "ko",
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Hours east of Greenwich. The daylight-saving names of North America are used for it alone.
_ZONES = (
    {"GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2}
    | {"EET": 2, "EEST": 3, "MSK": 3, "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3, "PKT": 5}
    | {"EST": -5, "EDT": -4, "CDT": -5, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8}
    | {"HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}
)
# India, Ireland or Israel; summer or winter: these leave open which time they mean.
_UNCERTAIN_ZONES = (
    "IST", "CST", "AST", "BST", "MST", "GST", "SST", "ET", "CT", "MT", "PT", "WIB", "WITA", "WIT",
)
# fmt: on
_AFTERNOON = ("p", "下午", "午後", "오후")

_ZONE = (
    r"\s?\(?(?:(?:GMT|UTC)\s?(?P<offset>[+−-]\d\d?(?::?\d\d)?)(?!\d)"
    rf"|(?-i:(?P<zone>{'|'.join([*_ZONES, *_UNCERTAIN_ZONES])})\b)"
    # A minus right behind a clock may also part the two ends of a span of time.
    r"|(?P<offset>(?:\+|(?<=\s|T[\d:.]+|:\d\d:\d\d)-)\d\d:?\d\d)(?!\d))\)?"
)
_CLOCK = (
    r"(?:(?P<half>[上下]午|午[前後]|오[전후])\s?)?(?<![\d.:])(?:(?P<hour>\d\d?)"
    r"(?:(?:[:.]|\s?[h時时点點시]\s?)(?P<minute>\d\d|\d(?=[分분]))(?!\d|\.\d)[分분]?"
    r"(?::(?P<second>\d\d)(?:[.,]\d+)?)?|(?=\s?(?:[ap]\.?\s?m\b|uhr\b|h\b))|[時时点點시])"
    rf"|(?P<hour>\d\d)(?P<minute>\d\d)(?=\s?hrs\b|{_ZONE}))"
    rf"(?:\s?(?:(?P<half>[ap])\.?\s?m\b\.?|uhr\b|hrs?\b|h\b))?(?:{_ZONE})?"
)
_AT = "at|um|à|às|as|a las|alle(?: ore)?|ore|kl|klo|kello|om|o|v|в|о|saat|pukul|jam"
_TIME = rf"(?:(?<=\d)T|[\s,،@|(–-]*(?:\b(?:{_AT})\b\.?\s?)?){_CLOCK}"
# Two Latin letters are more often a unit or a word than a month: 6 ha 2018.
_NAME = r"(?P<name>(?!\p{Latin}{2}\b)\p{L}[\p{L}\p{M}]{1,14})[.॰׳]?"
_YEAR = r"(?P<year>\d{4})(?!\d)"
_ORDINAL = r"\.?(?:-?[\p{L}\p{M}°]{1,4}\b)?\.?"
_DATE = regex.compile(
    r"(?<!\d)(?<!\d[.,/-])(?:"
    r"(?P<year>\d{4})(?:(?P<cut>[./-])\s?(?P<month>\d\d?)(?P=cut)\s?(?P<day>\d\d?)(?![\d/])"
    r"|\s?[年년]\s?(?P<month>\d\d?)\s?[月월]\s?(?P<day>\d\d?)\s?[日号號일]"
    rf"|\.?[\s,/-]+{_NAME}[\s-]?(?P<day>\d\d?)(?!\d|[.,]*\s?\d{{4}}))"
    rf"|(?P<day>\d\d?)(?P<mark>[./-])\s?(?P<month>\d\d?)(?P=mark)\s?{_YEAR}"
    rf"|(?P<day>\d\d?)\s(?:tháng|thg)\s(?P<month>\d\d?),?\s(?:năm\s)?{_YEAR}"
    rf"|(?P<day>\d\d?){_ORDINAL}[\s/-]?(?:(?:of|de|di|do)\s)?{_NAME}[\s,،/-]*(?:del?\s)?{_YEAR}"
    rf"|\b{_NAME}[\s-]?(?P<day>\d\d?){_ORDINAL}[\s,،-]+(?:del?\s)?{_YEAR}"
    r")(?:\s?(?:г|года|р|року|(?-i:r|roku))\b\.?|\.(?!\d))?",
    regex.IGNORECASE,
)
_TIME_AFTER = regex.compile(_TIME, regex.IGNORECASE)
_TIME_BEFORE = regex.compile(rf"{_TIME}[\s,|)–-]*(?:\b(?:on|am|le|el|il|em)\s)?$", regex.IGNORECASE)
_WEEKDAY_AFTER = regex.compile(r"[\s,(（]*([\p{L}\p{M}-]{3,}|\p{Han})\.?[)）]?")
_WEEKDAY_BEFORE = regex.compile(r"([\p{L}\p{M}-]{2,})[.,]*\s*$")
_FIELD_END = regex.compile(r"[|•·(;–—]")


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
    if len(text) > _LONGEST_LINE or not any(map(str.isdigit, text)):
        return None, text
    line = " ".join(text.split())
    published: date | datetime | None = None
    updated: date | datetime | None = None
    rest = ""
    end = 0
    for found in _DATE.finditer(line, overlapped=True):
        days = _days(found) if found.start() >= end else frozenset()
        if not days:
            continue
        before = line[end : found.start()]
        if weekday := _weekday(_WEEKDAY_BEFORE.search(before)):
            before = before[: weekday.start()]
        end = found.end()
        if weekday := _weekday(_WEEKDAY_AFTER.match(line, end)):
            end = weekday.end()
        clock = _TIME_AFTER.match(line, end)
        end = clock.end() if clock else end
        stated = (
            _moment(min(days), clock or _TIME_BEFORE.search(before)) if len(days) == 1 else None
        )
        label = key(_FIELD_END.split(_TIME_AFTER.sub(" ", before))[-1])
        if label != strip_stock_words(label, "updated"):
            updated = updated or stated
        else:
            published = published or stated
        rest += " " + before
    if end == 0:
        return None, text
    rest = _TIME_AFTER.sub(" ", rest + " " + line[end:])
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


def is_before(one: date | datetime, other: date | datetime) -> bool:
    """Whether a time lies before another, as far as both are known."""
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one < other
    return day_of(one) < day_of(other)


def day_of(moment: date | datetime) -> date:
    """The day of a time, in its own zone."""
    return moment.date() if isinstance(moment, datetime) else moment


def _days(found: "regex.Match[str]") -> frozenset[date]:
    """The days that a phrase with the shape of a date may mean; none if it is no date after all."""
    year, day, month = int(found["year"]), found["day"], found["month"]
    pairs = {(day, month)}
    if found["name"]:
        pairs = {(day, month) for month in _names(_MONTHS).get(_name_key(found["name"]), ())}
    elif found["mark"]:
        # Dots stand for day.month.year everywhere.
        pairs = {(day, month)} if found["mark"] == "." else {(day, month), (month, day)}
    days = set()
    for day, month in pairs:
        with suppress(ValueError):
            days.add(date(year, int(month), int(day)))
    return frozenset(days) if EARLIEST <= year < LATEST else frozenset()


def _moment(day: date, clock: "regex.Match[str] | None") -> date | datetime:
    """The day at the time of a clock, or the day alone if the clock leaves open which time."""
    offset = _offset(clock) if clock else None
    if clock is None or offset is None:
        return day
    hour = int(clock["hour"])
    if clock["half"]:
        if not 1 <= hour <= 12:
            return day
        hour = hour % 12 + 12 * (clock["half"].lower() in _AFTERNOON)
    try:
        time = datetime.min.time().replace(
            hour, int(clock["minute"] or 0), int(clock["second"] or 0)
        )
    except ValueError:
        return day
    return datetime.combine(day, time, timezone(offset))


def _offset(clock: "regex.Match[str]") -> timedelta | None:
    if not clock["offset"]:
        return timedelta(hours=_ZONES[clock["zone"]]) if clock["zone"] in _ZONES else None
    digits = clock["offset"][1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=14) or int(minutes) % 15:  # no place is farther
        return None
    return offset if clock["offset"][0] == "+" else -offset


def _weekday(word: "regex.Match[str] | None") -> "regex.Match[str] | None":
    return word if word and _name_key(word[1]) in _names(_WEEKDAYS) else None


def _name_key(name: str) -> str:
    # The dots of फ़ and of Turkish capitals are often left out.
    return key(name).replace("\u093c", "").replace("ı", "i")


@cache
def _names(english: tuple[str, ...]) -> Mapping[str, set[int]]:
    """How the languages call these -> which they may be: listopad is October or November."""
    names = defaultdict(set)
    for code in _LANGUAGES:
        data = import_module(f"dateparser.data.date_translation_data.{code}")
        for number, word in enumerate(english, 1):
            for name in data.info.get(word, ()):
                names[_name_key(name)].add(number)
    return names

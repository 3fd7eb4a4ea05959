"""The short lines around a story that say when, by whom and for whom it was written.

"By Jane Doe and John Roe | 6 February 2018, 10:32 GMT | 4 min read": fields, each of which is a
date, a byline, an agency's name, a stock word or the time it takes to read.
"""

from dataclasses import dataclass
from functools import lru_cache

import regex

from cleaning.dates import DateLine, split_off_dates
from cleaning.phrases import is_stock_phrase, key, strip_stock_words
from cleaning.wire import agency_of, credited_agency
from cleaning.words import words

_LONGEST_LINE = 150  # characters
# Right below the title a dated line may also name a place, a section or a bare author.
_FEW_WORDS = 4
_NAME = r"\p{Lu}[\p{L}\p{M}'’.-]*"
_PERSON = rf"{_NAME}(?:\s+(?:{_NAME}|d[aeiou]s?|v[ao]n|der|den|la|le|bin|al))*"
_AND = r"\s*(?:\b(?:and|und|et|y|e)\b|&)\s+"
_PEOPLE = regex.compile(rf"{_PERSON}(?:{_AND}{_PERSON})*")
_FIELD = regex.compile(r"\s*[|•·]\s*|\s+[–—-]\s+")
# What follows the names: where from, for whom, or what leads on to the date.
_AFTER_NAMES = regex.compile(
    r"[\s,]+(?:(?:in|for|at|from|reporting from|aus|fur|für)\s+\p{Lu}.*"
    r"|on|at|am|vom|le|el|il|em|den|op)$"
)
# "4 min" alone is also how long a cake takes.
_READING_TIME = regex.compile(
    r"\b\d{1,3}[\s-]*(?:min(?:ute)?s?\.?|minuten|minutos|minuti)(?P<says>\s+(?:read|lesezeit|"
    r"de lecture|de lectura|di lettura|leestijd))?\b|\b(?P<says>lesezeit:?)\s*\d+\s*min\w*\.?",
    regex.IGNORECASE,
)
_EDGES = " .:,;()"


@dataclass(frozen=True, slots=True)
class Credits:
    """What such a line says. `is_labelled`: it says so in words such as "Published"; `is_byline`:
    it names authors, if only by their office."""

    dates: DateLine | None = None
    people: tuple[str, ...] = ()
    agency: str | None = None
    is_byline: bool = False
    is_labelled: bool = False


def read_credits(text: str, *, loosely: bool = False) -> Credits | None:
    """What a line of credits says; None for any other line.

    `loosely`: besides a date it may hold a few words that are none of this.

    >>> read_credits("By Jane Doe and John Roe").people
    ('Jane Doe', 'John Roe')
    >>> read_credits("By Friday the town was dry") is None
    True
    """
    return None if len(text) > _LONGEST_LINE else _read_line(text, loosely=loosely)


@lru_cache(maxsize=1024)
def _read_line(text: str, *, loosely: bool) -> Credits | None:
    dates, rest = split_off_dates(text)
    reading_time = _READING_TIME.search(rest)
    fields = [field.strip(_EDGES) for field in _FIELD.split(_READING_TIME.sub(" ", rest))]
    agency: str | None = None
    people: list[str] = []
    is_byline = is_labelled = False
    unknown = 0
    for field in filter(key, fields):
        bare = strip_stock_words(key(field), "published", "updated")
        is_labelled = is_labelled or bare != key(field)
        if not bare:
            continue
        names = _read_byline(field)
        credited = credited_agency((), (field, *(names or ())))
        if credited:
            agency = credited
        if names is not None:
            is_byline = True
            people += [name for name in names if credited_agency((), (name,)) is None]
        elif credited is None:
            unknown += len(words(field))
    is_time = reading_time is not None and reading_time["says"] and not any(map(key, fields))
    says_something = dates or is_byline or agency or is_time
    if not says_something or unknown > (_FEW_WORDS if loosely and dates else 0):
        return None
    return Credits(dates, tuple(people), agency, is_byline, is_labelled)


def _read_byline(field: str) -> tuple[str, ...] | None:
    """The people that a byline names (none: only an office); None if it is no byline."""
    own = key(field)
    named = strip_stock_words(own, "byline")
    if named in {own, ""}:
        return None
    label = len(own.split()) - len(named.split())
    rest = _AFTER_NAMES.sub("", " ".join(field.split()[label:])).strip(_EDGES)
    parts = [part.strip(_EDGES) for part in rest.split(",")]
    if not parts[0] or not all(
        _PEOPLE.fullmatch(part) or _is_office(part) or agency_of(part) for part in parts
    ):
        return None
    names = [name for part in parts for name in regex.split(_AND, part)]
    # Behind the first name, a single word is a place or an outlet.
    return tuple(
        name
        for number, name in enumerate(names)
        if agency_of(name) or (not _is_office(name) and (number == 0 or " " in name))
    )


def _is_office(name: str) -> bool:
    """Whether a name is a job's or an outlet's: its last word is an office, or it is an acronym."""
    last = key(name).rsplit(" ", 1)[-1]
    return is_stock_phrase(last, "office") or (name.isupper() and len(name) > 1 and " " not in name)

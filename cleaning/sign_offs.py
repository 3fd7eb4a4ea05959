"""Sign-offs: the lines below a story that say who reported, wrote, edited or supplied it.

"(Reporting by Jane Doe in London; Editing by John Roe)", "— AP writer Jane Doe contributed to this
report.", "Mit Material von dpa". Such a line is made of names, places and a few words of the trade:
one with any other word in it is a sentence of the story.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from cleaning.phrases import is_stock_phrase, key, says_stock_phrase, strip_stock_words
from cleaning.slugs import has_stopped
from cleaning.wire import agency_of
from cleaning.words import is_unspaced, words

LONGEST_SIGN_OFF = 400  # characters
_LONGEST_CREDIT = 70  # characters of "(dpa/AFP)"
_MOST_WORDS_OF_SUPPLY = 12  # "With inputs from Reuters and the Associated Press"
_LONGEST_UNSPACED = 40  # characters of a line such as "责任编辑：李四"
_NAME = r"(?:\p{Lu}\p{L}?\.|\p{Lu}[\p{L}\p{M}'’-]*+)"
_PARTICLE = r"(?:d[aeiou]s?|del|v[ao]n|der|den|la|le|bin|al|el|ter)"
# Two names at least: a single one is a place as often as a person.
_PERSON = regex.compile(rf"{_NAME}(?:\s(?:{_PARTICLE}\s){{0,2}}{_NAME}){{1,4}}")
_AGENCY_NAME = regex.compile(r"\p{L}[\p{L}\p{M}-]*+(?:\s\p{L}[\p{L}\p{M}-]*+){0,3}")
_BETWEEN_AGENCIES = regex.compile(r"\s*[/,;&]\s*|\s+(?:and|und|et|y|e|en)\s+")
_ADDRESS = regex.compile(r"[\w.+-]++@[\w.-]++")
_COLON = regex.compile(r"[:：]")
# Behind these stands a place, an outlet, or an office.
_NOT_A_PERSON_BEHIND = regex.compile(
    r"\b(?:in|at|from|for|aus|für|à|en|em|pour|of|the)\s$", regex.IGNORECASE
)
_OFFICE_FOLLOWS = regex.compile(r"\s(?:newsroom|bureau|desk|staff|newsdesk|newswires?)\b")
_BRACKETED = regex.compile(r"[(\[（]([^()\[\]（）]{2,400}+)[)\]）]\s*+\.?\s*+$")
_CREDITED = regex.compile(
    r"(?:[(\[](?P<names>[\p{L}][\p{L}\s/,&-]{1,60})[)\]]|/(?P<names>\p{L}{2,12})/"
    r"|\s[-–—]{1,2}\s?(?P<names>\p{L}[\p{L}/-]{1,20}))\s*+\.?\s*+$"
)
# "dpa bg xx n1 chd", "bur-abc/def/gh": the initials of those who handled the item.
_INITIALS = regex.compile(
    r"(?:[a-z]{2,4}[-/]){2,6}[a-z]{2,4}|(?P<agency>dpa)(?:-[a-z]{2,4})?(?:\s[a-z0-9]{2,5}){2,6}"
)


@dataclass(frozen=True, slots=True)
class SignOff:
    """Who supplied a story: the people that a sign-off names and the agency that it credits."""

    people: tuple[str, ...] = ()
    agency: str | None = None


def read_sign_off(text: str) -> SignOff | None:
    """What a line below a story says of those who made it; None for any other line.

    >>> read_sign_off("(Reporting by Jane Doe in New York; Editing by John Roe)")
    SignOff(people=('Jane Doe', 'John Roe'), agency=None)
    >>> read_sign_off("Mit Material von dpa")
    SignOff(people=(), agency='dpa')
    >>> read_sign_off("Reporting by Jane Doe showed that ministers knew.") is None
    True
    """
    if len(text) > LONGEST_SIGN_OFF:
        return None
    initials = _INITIALS.fullmatch(text.strip())
    if initials is not None:
        return SignOff(agency=initials["agency"])
    text = _ADDRESS.sub(" ", text)
    if not all(map(_is_of_the_trade, words(text))):
        return None
    own = key(text)
    label = _COLON.search(text)
    is_labelled = label is not None and is_stock_phrase(
        key(text[: label.start()]), "sign_off_label"
    )
    if any(map(is_unspaced, own)):
        return SignOff() if is_labelled and len(text) <= _LONGEST_UNSPACED else None
    is_supplied = _opens_with(own, "sign_off_with") and len(own.split()) <= _MOST_WORDS_OF_SUPPLY
    # "(Jane Doe, édité par John Roe)".
    is_made_by = says_stock_phrase(own, "sign_off") and text.startswith("(")
    is_contributed = is_made_by or says_stock_phrase(own, "contributed")
    is_sure = is_labelled or _opens_with(own, "sign_off")
    if not (is_sure or is_supplied or is_contributed):
        return None
    people, agencies = tuple(dict.fromkeys(_people(text))), _agencies(text)
    signs = (
        is_sure
        or (is_contributed and people)
        or (is_supplied and (agencies or says_stock_phrase(own, "agencies")))
    )
    agency = next(iter(agencies)) if len(agencies) == 1 else None
    return SignOff(people, agency) if signs else None


def closing_sign_off(text: str, end: int) -> tuple[int, SignOff] | None:
    """The sign-off or the agency's name that stands behind a paragraph's last sentence, before
    `end`, with its beginning.

    >>> closing_sign_off("He said so. (Reporting by Jane Doe)", 35)
    (12, SignOff(people=('Jane Doe',), agency=None))
    >>> closing_sign_off("Die Kurse fielen. (dpa)", 23)
    (18, SignOff(people=(), agency='dpa'))
    >>> closing_sign_off("He works for the broadcaster (SRF/dpa)", 38) is None
    True
    """
    start = max(0, end - LONGEST_SIGN_OFF)
    found = _BRACKETED.search(text, start, end)
    if found is not None and has_stopped(text, found.start()):
        sign_off = read_sign_off(found[0].rstrip(" ."))
        if sign_off is not None:
            return found.start(), sign_off
    found = _CREDITED.search(text, max(0, end - _LONGEST_CREDIT), end)
    if found is not None and has_stopped(text, found.start()):
        named = [agency_of(name) for name in _BETWEEN_AGENCIES.split(found["names"])]
        if all(named):
            return found.start(), SignOff(agency=named[0] if len(set(named)) == 1 else None)
    return None


def _is_of_the_trade(word: str) -> bool:
    """Whether a word may stand in a sign-off: a name, a number, or a word of the trade."""
    if not word[0].islower():
        return True
    return is_stock_phrase(key(word), "sign_off_word") or agency_of(word) is not None


def _opens_with(own: str, kind: str) -> bool:
    return strip_stock_words(own, kind) != own


def _agencies(text: str) -> dict[str, None]:
    """The agencies that a sign-off names, in order."""
    found: dict[str, None] = {}
    for run in _AGENCY_NAME.finditer(text):
        parts = run[0].split()
        for size in range(len(parts), 0, -1):
            for first in range(len(parts) - size + 1):
                agency = agency_of(" ".join(parts[first : first + size]))
                if agency:
                    found[agency] = None
    return found


def _people(text: str) -> Iterator[str]:
    for person in _PERSON.finditer(text):
        before = text[max(0, person.start() - 8) : person.start()]
        if _NOT_A_PERSON_BEHIND.search(before) or _OFFICE_FOLLOWS.match(text, person.end()):
            continue
        yield from _names(person[0])


def _names(run: str) -> Iterator[str]:
    """The name in a run of capitalised words, without an agency's and words of the trade."""
    parts = run.rstrip(".").split()
    while parts and is_stock_phrase(key(parts[0]), "sign_off_word"):
        parts = parts[1:]
    for size in range(len(parts), 0, -1):
        if agency_of(" ".join(parts[:size])):
            parts = parts[size:]
            break
    while parts and is_stock_phrase(key(parts[0]), "sign_off_word"):
        parts = parts[1:]
    if len(parts) > 1:
        yield " ".join(parts)

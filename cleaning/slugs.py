"""Slugs, notes and take numbers: what wire copy says of its own edition.

A slug opens a headline ("UPDATE 1-", "EXCLUSIVE-", "KORREKTUR/ROUNDUP 2: "). A note tells editors
what has changed ("(Adds details)", "(Wdh.)", "Eds: With quotes."). A take numbers the parts of a
long item ("=2", "-2-", "1/3"), or says that there is more to come or no more ("(MORE)", "-30-").
"""

from dataclasses import dataclass

import regex

from cleaning.model import Span
from cleaning.phrases import is_stock_phrase, key, strip_stock_words

_LONGEST_NOTE = 300  # characters
_LONGEST_TAKE = 30  # characters
_MOST_SLUGS = 4  # "CORRECTED-UPDATE 2-" has two

# The hyphen of a slug stands close to the headline. "EXCLUSIVE-USE" is a compound, though, and so
# is whatever goes on in small letters.
_SLUG = regex.compile(
    r"(?P<name>\p{Lu}[\p{Lu}\p{M}+& ]{1,29}?)(?:\s?(?P<number>\d{1,2}))?"
    r"(?:\.?-\s?(?=[\"'“‘«(]|\p{Lu}(?:\p{Ll}|\W|\p{Lu}{0,3}\b|\p{Lu}[\p{Lu} ]{1,20}\d{0,2}[-(]))"
    r"|/(?=\p{Lu}))"
)
# Headlines, too, have it before a colon or a dash; a paragraph may begin with such a word.
_HEADLINE_SLUG = regex.compile(
    r"(?P<name>\p{L}[\p{L}\p{M}+& ]{1,29}?)(?:\s?(?P<number>\d{1,2}))?"
    r"(?::\s++|\s++[-–—|]\s++|(?<=[\d\p{Lu}])\.?-(?=\p{Lu}|[\"'“‘«])|(?<=[\d\p{Lu}])/(?=\p{Lu}))"
)
_CJK_SLUG = regex.compile(
    r"[【\[（(]?(?P<name>独家|快讯|更新|更正|速報|独自|더보기|속보|단독)\d{0,2}[】\]）):：-]\s*+"
)
_NOTE = regex.compile(r"[(\[（][^()\[\]（）]{2,300}+[)\]）]\s*+[.:]?")
_EDITORS = regex.compile(
    r"\W{0,3}+(?i:eds?\.?|editors|attention editors|achtung redaktionen)"
    r"\s?:"
)
_TAKE = regex.compile(
    r"(?:\(\d{1,2}(?:(?:/|\sof\s)\d{1,2})?\)|=\d{1,2}|[-–—]\s?\d{1,2}\s?[-–—]|\d{1,2}/\d{1,2})"
)
_END_MARK = regex.compile(
    r"(?:\#\s?){3,5}|[-–—]{1,2}\s?(?P<said>\p{L}{2,12}|30)\s?[-–—]{1,2}"
    r"|[(（\[](?P<said>\p{L}[\p{L}\p{M} ]{0,24})[)）\]]"
    r"|(?P<said>END|ENDS|ENDE|FIN|FINE|FIM|Enditem)\.?"
)
_TAIL = regex.compile(
    r"(?:(?:\#\s?){3,5}|[-–—]{1,2}\s?(?P<said>\p{L}{2,12}|30)\s?[-–—]{1,2}"
    r"|[(（\[](?P<said>\p{L}[\p{L}\p{M} ]{0,24})[)）\]]|\s(?P<said>Enditem))\s*+$"
)
_TAKE_OF_HEADLINE = regex.compile(
    r"\s++(?:\(\d{1,2}(?:(?:/|\sof\s)\d{1,2})?\)|=\d{1,2}|[-–—]\d{1,2}[-–—])$"
)
_NOTE_OF_HEADLINE = regex.compile(r"\s++(?P<note>[(（\[][^()\[\]（）]{2,120}[)）\]])\s*+$")
_CLOSING_NOTE = regex.compile(r"(?P<note>[(（\[][^()\[\]（）]{2,300}+[)）\]])\s*+\.?\s*+$")
# A sentence is over, or a bracket stands before another: what follows may speak about the text.
_STOPPED = regex.compile(r"(?:[.!?…。！？][\"'”’»」』]?|[)）\]])\s*+$")


@dataclass(frozen=True, slots=True)
class HeadlineNotes:
    """What a headline holds besides itself, and the part that says what happened."""

    bare: str
    slugs: tuple[str, ...]
    takes: tuple[str, ...]


def read_headline(text: str) -> HeadlineNotes:
    """A headline apart from its slugs, notes and take numbers; all of it if it is nothing else.

    >>> read_headline("CORRECTED-UPDATE 2-Troops leave Iraq =2")
    HeadlineNotes(bare='Troops leave Iraq', slugs=('CORRECTED', 'UPDATE 2'), takes=('=2',))
    >>> read_headline("Wrap up warm").slugs
    ()
    """
    nothing = HeadlineNotes(text, (), ())
    if len(text) > _LONGEST_NOTE:
        return nothing
    slugs, takes, start, end = [], [], 0, len(text)
    for _ in range(_MOST_SLUGS):
        found = _opening(text, start, in_headline=True)
        if found is None:
            break
        slugs.append(name_of(text[start:found]))
        start = found
    for _ in range(_MOST_SLUGS):
        take = _TAKE_OF_HEADLINE.search(text, start, end)
        note = _NOTE_OF_HEADLINE.search(text, start, end)
        if take:
            takes.append(take[0].strip())
            end = take.start()
        elif note and is_note(note["note"]):
            slugs.append(note["note"])
            end = note.start("note")
        else:
            break
        end = start + len(text[start:end].rstrip())
    bare = text[start:end].strip()
    return HeadlineNotes(bare, tuple(slugs), tuple(takes)) if key(bare) else nothing


def bare_headline(text: str) -> str:
    """A headline without slugs, notes and take numbers: what two editions have in common.

    >>> bare_headline("EXCLUSIVE: Troops leave Iraq (Adds details)")
    'Troops leave Iraq'
    """
    return read_headline(text).bare


def opening_slugs(text: str) -> list[Span]:
    """The slugs and notes at the beginning of a paragraph, one behind another.

    >>> opening_slugs("UPDATE 1-(Adds details) Shares fell.")
    [Span(start=0, end=9), Span(start=9, end=24)]
    """
    found, start = [], 0
    for _ in range(_MOST_SLUGS):
        end = _opening(text, start, in_headline=False)
        if end is None or end == len(text):
            break
        found.append(Span(start, end))
        start = end
    return found


def is_note(text: str) -> bool:
    """Whether a text says only what an edition has that the one before had not, or the like.

    >>> is_note("(Adds quotes, background)"), is_note("Eds: With photos."), is_note("(CNN)")
    (True, True, False)
    """
    if len(text) > _LONGEST_NOTE:
        return False
    if _EDITORS.match(text):
        return True
    own = key(text) if _NOTE.fullmatch(text) else ""
    return own != "" and strip_stock_words(own, "wire_note") != own


def is_edition(slug: str) -> bool:
    """Whether a slug or note says that the text is another than before, and not what kind of text
    it is.

    >>> is_edition("UPDATE 1"), is_edition("(Adds quotes)"), is_edition("ANALYSIS")
    (True, True, False)
    """
    return is_note(slug) or is_stock_phrase(key(slug).rstrip("0123456789 "), "edition")


def is_slug_line(text: str) -> bool:
    """Whether a line says a slug or two and nothing else: "CORRECTED", "UPDATE 1".

    >>> is_slug_line("UPDATE 1"), is_slug_line("Correction")
    (True, False)
    """
    if len(text) > _LONGEST_TAKE or not text.isupper():
        return False
    return is_stock_phrase(key(text).rstrip("0123456789 "), "slug")


def is_take(text: str) -> bool:
    """Whether a line only numbers a take, or says that more or nothing follows. "MORE" alone is
    a menu's.

    >>> is_take("-30-"), is_take("(MORE)"), is_take("2/3"), is_take("(2) Take the eggs")
    (True, True, True, False)
    """
    text = text.strip()
    if len(text) > _LONGEST_TAKE:
        return False
    end = _END_MARK.fullmatch(text)
    return _TAKE.fullmatch(text) is not None or (end is not None and _is_end(end["said"]))


def is_wire_line(text: str) -> bool:
    """Whether a line is nothing but a note, a slug or a take.

    >>> is_wire_line("(Adds details)"), is_wire_line("Ferry sinks")
    (True, False)
    """
    return is_note(text) or is_slug_line(text) or is_take(text)


def end_mark(text: str, end: int) -> int | None:
    """Where an end mark begins that stands behind a paragraph's last sentence, before `end`.

    >>> end_mark("He said so. (MORE)", 18), end_mark("He wants (more)", 15)
    (12, None)
    """
    start = max(0, end - _LONGEST_TAKE)
    found = _TAIL.search(text, start, end)
    if found is None or not _is_end(found["said"]) or not has_stopped(text, found.start()):
        return None
    return found.start()


def closing_note(text: str, end: int) -> int | None:
    """Where a bracketed note begins that stands behind a paragraph's last sentence, before `end`.

    >>> closing_note("He said so. (This story corrects the name.)", 43)
    12
    """
    found = _CLOSING_NOTE.search(text, max(0, end - _LONGEST_NOTE), end)
    if found is None or not is_note(found["note"]) or not has_stopped(text, found.start()):
        return None
    return found.start()


def has_stopped(text: str, end: int) -> bool:
    """Whether the words before `end` end a sentence."""
    return _STOPPED.search(text, max(0, end - _LONGEST_TAKE), end) is not None


def name_of(slug: str) -> str:
    """A slug without the marks that part it from what it stands before.

    >>> name_of("UPDATE 1-"), name_of("(Wdh.) ")
    ('UPDATE 1', '(Wdh.)')
    """
    bare = slug.strip()
    return bare if bare.startswith(("(", "[", "（", "【")) else bare.rstrip("-–—:：/|. ")


def _opening(text: str, start: int, *, in_headline: bool) -> int | None:
    """Where a slug or note ends that stands at `start`."""
    end = start + _LONGEST_NOTE
    note = _NOTE.match(text, start, end)
    if note is not None:
        rest = regex.match(r"[\s\-–—]*+", text, pos=note.end(), endpos=end)
        return rest.end() if rest and is_note(note[0].rstrip(" .:")) else None
    for pattern in (_SLUG, _HEADLINE_SLUG) if in_headline else (_SLUG,):
        found = pattern.match(text, start, end)
        if found is not None and is_stock_phrase(key(found["name"]), "slug"):
            is_written_small = not found["name"].isupper()
            if not is_written_small or (text[found.end("name")] == ":" and in_headline):
                return found.end()
    found = _CJK_SLUG.match(text, start, end) if in_headline else None
    return found.end() if found else None


def _is_end(said: str | None) -> bool:
    return said is None or is_stock_phrase(key(said), "end_mark")

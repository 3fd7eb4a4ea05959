"""Words, in every script.

A word is a run of letters, marks and digits. In scripts that put no spaces between words
(Chinese, Japanese, Thai, …) each character counts as a word of its own.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import regex

from cleaning.normalise import COMPARING_STEPS, fold_spaces, is_european

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# Marks are part of the letter before them: Indic vowels, Thai tone marks. Joiners are part of
# the word they stand in.
_WORD = regex.compile(
    rf"[{UNSPACED}]\p{{M}}*|[\p{{L}}\p{{M}}\p{{N}}\u200c\u200d--[{UNSPACED}]]+", regex.V1
)
# The same for text in European scripts, in a fifth of the time.
_EUROPEAN_WORD = re.compile(r"[^\W_]+")
# In ASCII, words are what is left when all else is blanks: faster still. Most text in Latin letters
# is ASCII but for its accents, which folding takes away, and for these.
_MARKS = "“”‘’„«»–—…"
_ASCII_GAPS = bytes(code if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
_FOLDED_ASCII = _ASCII_GAPS.lower()
_UNSPACED_CHARACTER = regex.compile(rf"[{UNSPACED}]", regex.V1)
_NUMBER = regex.compile(r"(?<![a-z\d])\d+(?:[.,]\d+)*(?![.,]?\d|[a-z]{3})", regex.IGNORECASE)


class Word(NamedTuple):
    """A word and where it stands, in code points."""

    text: str
    start: int
    end: int


def words(text: str) -> list[str]:
    """The words of a text.

    >>> words("The US-led 5% 伊拉克")
    ['The', 'US', 'led', '5', '伊', '拉', '克']
    """
    text = blank_marks(text)
    if text.isascii():
        return text.encode().translate(_ASCII_GAPS).decode().split()
    return _pattern(text).findall(text)


def joined_words(text: str) -> str | None:
    """The words of a printable ASCII text in small letters, with single spaces between them; None
    of any other text.

    >>> joined_words("The US-led  5%"), joined_words("Über") is None
    ('the us led 5', True)
    """
    if not (text.isascii() and text.isprintable()):
        return None
    return b" ".join(text.encode().translate(_FOLDED_ASCII).split()).decode()


def blank_marks(text: str) -> str:
    """The same with blanks for typographic marks if only ASCII is left then: its words are the
    same, and found faster.

    >>> blank_marks("“One” – Two’s"), blank_marks("“Über”")
    (' One    Two s', '“Über”')
    """
    if text.isascii():
        return text
    bare = text
    for mark in _MARKS:
        bare = bare.replace(mark, " ")
    return bare if bare.isascii() else text


def placed_words(text: str) -> list[Word]:
    """The words of a text with their places.

    >>> placed_words("a bc")
    [Word(text='a', start=0, end=1), Word(text='bc', start=2, end=4)]
    """
    return [Word(found[0], *found.span()) for found in _pattern(text).finditer(text)]


def numbers(text: str) -> list[str]:
    """The numbers of a text, as written. Inside a word a digit is none: it is a misread letter.

    >>> numbers("up 1.5 percent to 4,000 in 2018")
    ['1.5', '4,000', '2018']
    """
    return _NUMBER.findall(text)


@lru_cache(maxsize=4096)  # as many characters as a text in such a script has
def is_unspaced(word: str) -> bool:
    """Whether a word is a character of a script without spaces.

    >>> is_unspaced("伊"), is_unspaced("Iraq")
    (True, False)
    """
    return not word.isascii() and _UNSPACED_CHARACTER.match(word) is not None


def fold_words(found: list[str]) -> list[str]:
    """Each word as it is compared; one for one, unlike the words of a folded text.

    >>> fold_words(["Café", "ONE"])
    ['cafe', 'one']
    """
    text = "\n".join(found)
    for step in COMPARING_STEPS:
        if step is not fold_spaces:  # line ends keep the words apart
            text = step(text)
    return text.split("\n") if found else []


def _pattern(text: str) -> "re.Pattern[str] | regex.Pattern[str]":
    return _EUROPEAN_WORD if is_european(text) else _WORD

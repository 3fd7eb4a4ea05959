"""Text for reading and text for comparing.

`for_reading` repairs what extraction and typesetting broke, and changes no word. `for_comparing`
folds everything that hides a copy: case, width, accents, look-alike letters, invisible characters.
Both are columns of small `str -> str` steps, run in order. All steps are linear in the text.
"""

import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from typing import Literal

import regex

Step = Callable[[str], str]
_Form = Literal["NFC", "NFD", "NFKC"]

# Runs of more than 30 combining marks do not occur in any language (UAX #15, D4: stream-safe
# text). Composing them costs time quadratic in the run, so they are left as they are.
_LONG_MARKS = regex.compile(r"(\p{M}{31,})")
# Default-ignorable characters (UCD). ZWNJ and ZWJ spell words in Persian and Indic scripts and
# build emoji, and a soft hyphen says where a word may be broken, so they stay for reading and go
# only for comparing.
_IGNORABLE = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}--[\xad\u200c\u200d\ufe0e\ufe0f]]", regex.V1
)
_IGNORABLE_ALL = regex.compile(r"\p{Default_Ignorable_Code_Point}")
_MOST_GROWTH = 4
_LONGEST_LIGATURE = "\ufdfa"  # "peace be upon him", in one character
_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}--[\t\n\r]]", regex.V1)
_SPACE_BEFORE_STOP = regex.compile(r"(?<=[\w\)\]”’\"']) ([,.])(?=\s|$)")
_SPACE_IN_BRACKETS = regex.compile(r"(?<=[(\[]) | (?=[)\]])")
# "US -led": a tag around "US" left its space behind. Two letters at least must follow, so that
# a command's option ("ls -l") stays; a dash that closes again later ("said -as ever- that") is
# a pair of dashes, not a hyphen.
_SPLIT_HYPHEN = regex.compile(r"(?<=\p{L}) -(?=\p{L}{2,})")
_CLOSING_DASH = regex.compile(r"\p{L}-(?= |$|[,;])")
_STOP_OR_END = re.compile(r"[.!?\n]")
_LONGEST_ASIDE = 80  # characters
# A line of a script without spaces that goes on in the next one; a word that was broken at a soft
# hyphen, or behind the hyphen that it is spelt with. "Pre- and post-war" keeps its space.
_UNSPACED_BREAK = regex.compile(
    r"(?<=[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff01-\uff60])[^\S\n]*+\n\s*+"
    r"(?=[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff01-\uff60])"
)
_HYPHEN_BREAK = regex.compile(
    r"\xad[^\S\n]*+\n\s*+|(?<=\p{L}-)\n\s*+"
    r"(?=\p{Ll})(?!(?:and|or|to|und|oder|bis|et|ou|e|o|y|en|of|och|og|i)\b)"
)
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
# What text in Latin, Greek and Cyrillic letters has none of: marks of their own, characters that
# nobody sees, other scripts. Most text is tested for it once and spared the dearer patterns.
_BEYOND_EUROPE = re.compile(
    "[^\0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u200a\u2010-\u2027\u2030-\u205f\u20a0-\u20cf]"
)
_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u052f]")
# All Latin letters, and more; a text without any has no word that mixes alphabets.
_LATIN = re.compile("[A-Za-z\xaa-\u036f\u1d00-\U0010ffff]")
# Letters of other alphabets that look like Latin ones (from Unicode's confusables, the pairs
# that readers cannot tell apart). Folded only inside words that mix alphabets.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝкмнтвгαοεικνρτυχ",
    "aeopcyxijshdqwkmhtbraoeiknptux",
)
_MIXED_WORD = regex.compile(
    r"\b(?=\w*\p{Script=Latin})(?=\w*[\p{Script=Cyrillic}\p{Script=Greek}])\w{1,64}\b"
)


def for_reading(text: str) -> str:
    r"""One block's source text as a person should read it: a single line, words unchanged.

    >>> for_reading("The US -led  coalition\n( see map ) said so .")
    'The US-led coalition (see map) said so.'
    """
    for step in READING_STEPS:
        text = step(text)
    return text


def for_comparing(text: str) -> str:
    r"""The same text folded for fingerprints; what looks alike becomes alike.

    >>> for_comparing("Ｔhe Pr\u200bésident s\u0430id")
    'the president said'
    """
    for step in COMPARING_STEPS:
        text = step(text)
    return text


def is_european(text: str) -> bool:
    r"""Whether a text is in Latin, Greek or Cyrillic letters alone, without marks of their own and
    invisible characters.

    >>> is_european("Über “Ωμέγα”"), is_european("伊拉克"), is_european("co\xadop")
    (True, False, False)
    """
    return text.isascii() or _BEYOND_EUROPE.search(text) is None


def strip_controls(text: str) -> str:
    r"""Drop control characters and lone surrogates; tabs and line ends are spaces, kept.

    >>> strip_controls("a\x00b\tc")
    'ab\tc'
    """
    return text if text.isprintable() else _CONTROL.sub("", text)


def strip_invisible(text: str) -> str:
    r"""Drop zero-width spaces, byte-order marks and direction marks.

    >>> strip_invisible("opera\u200btion")
    'operation'
    """
    return text if is_european(text) else _IGNORABLE.sub("", text)


def strip_ignorable(text: str) -> str:
    r"""Drop every default-ignorable character, joiners too.

    >>> strip_ignorable("a\u200db")
    'ab'
    """
    return text if is_european(text) else _IGNORABLE_ALL.sub("", text)


def compose(text: str) -> str:
    r"""Unicode NFC, in linear time.

    >>> compose("e\u0301") == "\xe9"
    True
    """
    return _normal_form("NFC", text)


def fold_compatible(text: str) -> str:
    """Unicode NFKC: full-width letters, ligatures and the like become plain, in linear time.

    >>> fold_compatible("ﬁve ５")
    'five 5'
    """
    if _LONGEST_LIGATURE in text and text.count(_LONGEST_LIGATURE) > len(text) // _MOST_GROWTH:
        return text  # would be built, eighteen times as long, only to be thrown away
    folded = _normal_form("NFKC", text)
    # Some characters stand for eighteen. No real text grows by much; one that does is left alone.
    return folded if len(folded) <= _MOST_GROWTH * len(text) + _MOST_GROWTH else text


def fold_case(text: str) -> str:
    """Caseless form.

    >>> fold_case("Straße")
    'strasse'
    """
    return text.casefold()


def fold_accents(text: str) -> str:
    """Drop the accents of Latin, Greek and Cyrillic letters.

    >>> fold_accents("café")
    'cafe'
    """
    if text.isascii():
        return text
    if is_european(text):  # nothing is left that would compose
        return _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return _normal_form("NFC", _ACCENTS.sub("", _normal_form("NFD", text)))


def fold_lookalikes(text: str) -> str:
    r"""Letters borrowed from another alphabet inside a word become the Latin ones they imitate.

    >>> fold_lookalikes("p\u0430nic in Москва")
    'panic in Москва'
    """
    if text.isascii() or not (_GREEK_OR_CYRILLIC.search(text) and _LATIN.search(text)):
        return text
    return _MIXED_WORD.sub(lambda word: word[0].translate(_LOOKALIKES), text)


def join_lines(text: str) -> str:
    r"""A paragraph of hard-wrapped text without the line ends that stand where no space does:
    inside a word, or between characters of a script without spaces.

    >>> join_lines("the US-\nled coali\xad\ntion"), join_lines("伊拉\n克")
    ('the US-led coalition', '伊拉克')
    >>> join_lines("pre-\nand post-war") == "pre-\nand post-war"
    True
    """
    if "\n" not in text:
        return text
    text = _HYPHEN_BREAK.sub("", text)
    return text if is_european(text) else _UNSPACED_BREAK.sub("", text)


def fold_spaces(text: str) -> str:
    r"""Every run of white space, of any kind, is one space; none at the ends.

    >>> fold_spaces(" a\xa0\n b ")
    'a b'
    """
    return " ".join(text.split())


def close_up_stops(text: str) -> str:
    """No space before a comma or a full stop.

    >>> close_up_stops("he said , and left .")
    'he said, and left.'
    """
    return _SPACE_BEFORE_STOP.sub(r"\1", text) if " ," in text or " ." in text else text


def close_up_brackets(text: str) -> str:
    """No space inside brackets.

    >>> close_up_brackets("( AP )")
    '(AP)'
    """
    has_space = "( " in text or "[ " in text or " )" in text or " ]" in text
    return _SPACE_IN_BRACKETS.sub("", text) if has_space else text


def close_up_hyphens(text: str) -> str:
    """A compound that lost its first half to a tag is whole again.

    >>> close_up_hyphens("the US -led coalition")
    'the US-led coalition'
    >>> close_up_hyphens("he said -as ever- nothing")
    'he said -as ever- nothing'
    """
    if " -" not in text:
        return text
    # The last stands for none, farther away than any pair.
    closing = [*(found.start() for found in _CLOSING_DASH.finditer(text)), sys.maxsize]

    def closed_up(found: "regex.Match[str]") -> str:
        start = found.end()
        end = closing[bisect_left(closing, start)]
        is_pair = end <= start + _LONGEST_ASIDE and not _STOP_OR_END.search(text, start, end)
        return found[0] if is_pair else "-"

    return _SPLIT_HYPHEN.sub(closed_up, text)


READING_STEPS: tuple[Step, ...] = (
    strip_controls,
    strip_invisible,
    compose,
    fold_spaces,
    close_up_stops,
    close_up_brackets,
    close_up_hyphens,
)
COMPARING_STEPS: tuple[Step, ...] = (
    strip_controls,
    strip_ignorable,
    fold_compatible,
    fold_case,
    fold_accents,
    fold_lookalikes,
    fold_spaces,
)


def _normal_form(form: _Form, text: str) -> str:
    if is_european(text):
        return text if text.isascii() else unicodedata.normalize(form, text)
    pieces = _LONG_MARKS.split(text)
    pieces[::2] = [unicodedata.normalize(form, piece) for piece in pieces[::2]]
    return "".join(pieces)

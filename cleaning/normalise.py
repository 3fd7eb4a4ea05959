"""Text for reading and text for comparing.

`for_reading` repairs what extraction and typesetting broke, and changes no word. `for_comparing`
folds everything that hides a copy: case, width, accents and vowel marks, look-alike letters,
invisible characters.
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
_IGNORABLE_ALL = regex.compile(r"[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]", regex.V1)
_MOST_GROWTH = 4
_LONGEST_LIGATURE = "\ufdfa"  # "peace be upon him", in one character
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
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
# Marks that may be left out of a word: accents, the vowels of Hebrew and Arabic, which few texts
# write, and the tatweel that stretches an Arabic word. Kana's voicing marks and the vowel signs of
# India and Thailand spell another word.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
# What text in Latin, Greek and Cyrillic letters has none of: marks of their own, characters that
# nobody sees, other scripts. Most text is tested for it once and spared the dearer patterns.
_BEYOND_EUROPE = re.compile(
    "[^\0-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u200a\u2010-\u2027\u2030-\u205f\u20a0-\u20cf]"
)
# All Latin letters, and more; a text without any has no word that mixes alphabets.
_LATIN = re.compile("[A-Za-z\xaa-\u036f\u1d00-\U0010ffff]")
# Letters of other alphabets that look like a basic Latin one in print: the pairs of Unicode's
# confusables (UTS #39), and the few that stand for one in every table of disguises (и, п, в).
_LOOKALIKE_PAIRS = (
    ("АВЕКМНОРСТУХІЈЅԚԜӀѴҮԌЬГ", "ABEKMHOPCTYXIJSQWIVYGBR"),  # Cyrillic
    ("аеорсухіјѕһԁԛԝѵүӏгпиѡө", "aeopcyxijshdqwvylrnuwo"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),  # Greek
    ("αβγεηικνορσςτυχωϳ", "abyenikvopoctuxwj"),
    ("ՕՏՍԼօոռսցգզհյ", "OSULonnugqqhj"),  # Armenian
    ("ᎠᎡᎢᎥᎪᎫᎬᎳᎷᎻᎽᏀᏃᏏᏒᏔᏚᏟᏢᏦᏴᏙᏞ", "DRTIAJEWMHYGZBRWSCPKBVL"),  # Cherokee
    ("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "BPDTGKJCZFMNLSRVHWXYAEIOU"),  # Lisu
)
_FOREIGN = r"\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}\p{Lisu}"
# Latin letters that Unicode does not decompose are named after what they are made of: "l with
# stroke", "dotless i", "script g", "letter small capital r". These are not.
_UNNAMED_VARIANTS = {"Ð": "d", "ð": "d", "Þ": "th", "þ": "th", "Ŋ": "n", "ŋ": "n", "ĸ": "k"}
_UNNAMED_VARIANTS |= {"Ɖ": "d", "Ɩ": "i", "ɩ": "i", "Ʉ": "u", "ʉ": "u", "Ɑ": "a", "ɑ": "a"}
_VARIANT_NAME = re.compile(
    r"LATIN (?:(?:SMALL|CAPITAL) (?:LETTER|LIGATURE)|LETTER SMALL CAPITAL) "
    r"(?:(?:DOTLESS|SCRIPT|BARRED|LONG|BLACKLETTER|INSULAR) )*([A-Z]|AE|OE)(?: WITH .*)?"
)
# Where these letters are, and those of the other alphabets that have a case.
_EXTENDED_LATIN = "\xc0\u02af \u1d00\u1dbf \u1e00\u1eff \u2c60\u2c7f \ua720\ua7ff \uab30\uab6f"
_OTHER_ALPHABETS = "\u0370\u058f \u13a0\u13fd \u1c80\u1c88 \uab70\uabbf"


def _letters(blocks: str) -> list[str]:
    return [chr(code) for ends in blocks.split() for code in range(ord(ends[0]), ord(ends[1]) + 1)]


def _with_other_case(found: dict[str, str], letters: list[str]) -> dict[str, str]:
    """A letter without an entry becomes what its other case becomes: it may have been put there
    before the case was changed."""
    others = [(own, other) for own in letters for other in (own.swapcase(), own.casefold())]
    return {own: found[other] for own, other in others if other in found} | found


def _lookalikes() -> dict[str, str]:
    """Letters of other alphabets -> the basic Latin ones they look like."""
    found = dict(pair for row in _LOOKALIKE_PAIRS for pair in zip(*row, strict=True))
    return _with_other_case(found, _letters(_OTHER_ALPHABETS))


def _variants() -> dict[str, str]:
    """Extended Latin letters -> the basic ones they are made of."""
    found = dict(_UNNAMED_VARIANTS)
    letters = _letters(_EXTENDED_LATIN)
    for letter in letters:
        name = _VARIANT_NAME.fullmatch(unicodedata.name(letter, ""))
        if name and unicodedata.normalize("NFKD", letter) == letter:
            found[letter] = name[1].lower()
    return _with_other_case(found, letters)


_VARIANTS = _variants()
_LOOKALIKES = str.maketrans(_lookalikes())
_OF_LOOKALIKES = "".join(map(chr, _LOOKALIKES))
_LOOKALIKE = re.compile(f"[{_OF_LOOKALIKES}]")
_VARIANT = re.compile(f"[{''.join(_VARIANTS)}]")
_BEYOND_BASIC = re.compile(f"[{_OF_LOOKALIKES}{''.join(_VARIANTS)}]")
_MIXED_WORD = regex.compile(rf"\b(?=\w*\p{{Latin}})(?=\w*[{_FOREIGN}])\w+")
_GENUINE_LETTER = rf"[[{_FOREIGN}]&&\p{{L}}--[{_OF_LOOKALIKES}]]"
_GENUINE = regex.compile(_GENUINE_LETTER, regex.V1)
_GENUINE_OR_WORD = regex.compile(rf"{_GENUINE_LETTER}|[{_FOREIGN}]{{2}}", regex.V1)


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
    """Drop accents, and the vowel marks of Arabic and Hebrew.

    >>> fold_accents("café"), fold_accents("كِتَـاب")
    ('cafe', 'كتاب')
    """
    if text.isascii():
        return text
    if is_european(text):  # nothing is left that would compose
        parted = unicodedata.normalize("NFD", text)
        return text if parted == text else _ACCENTS.sub("", parted)
    return _normal_form("NFC", _ACCENTS.sub("", _normal_form("NFD", text)))


def fold_lookalikes(text: str) -> str:
    r"""Basic Latin letters for those that are made of one, and for those of another alphabet that
    imitate one inside a word.

    Words of Greek or Russian stay. Only where no letter of the text could not be Latin, and its
    other words mix alphabets or these are single letters, a word wholly of look-alikes is folded.

    >>> fold_lookalikes("p\u0430nic in Łask"), fold_lookalikes("Хор in Москва")
    ('panic in lask', 'Хор in Москва')
    """
    if text.isascii() or not _BEYOND_BASIC.search(text):
        return text
    text = _VARIANT.sub(lambda found: _VARIANTS[found[0]], text)
    if not (_LOOKALIKE.search(text) and _LATIN.search(text)):
        return text
    text, count = _MIXED_WORD.subn(lambda word: word[0].translate(_LOOKALIKES), text)
    genuine = _GENUINE if count else _GENUINE_OR_WORD
    return text if genuine.search(text) else text.translate(_LOOKALIKES)


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
    if text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text
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
    fold_accents,
    fold_lookalikes,  # before the case, which makes another letter of "Η"
    fold_case,
    fold_spaces,
)


def _normal_form(form: _Form, text: str) -> str:
    if is_european(text):
        return text if text.isascii() else unicodedata.normalize(form, text)
    pieces = _LONG_MARKS.split(text)
    pieces[::2] = [unicodedata.normalize(form, piece) for piece in pieces[::2]]
    return "".join(pieces)

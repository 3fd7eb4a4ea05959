import time
import unicodedata
from collections.abc import Callable
from functools import reduce
from random import Random

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from cleaning.fingerprint import Fingerprint
from cleaning.normalise import (
    COMPARING_STEPS,
    READING_STEPS,
    close_up_hyphens,
    fold_accents,
    fold_compatible,
    for_comparing,
    for_reading,
)
from tests.unit.strategies import texts

NOT_SHOWN = regex.compile(
    r"[\p{Cc}\p{Cs}[\p{Default_Ignorable_Code_Point}--[\xad\u200c\u200d\ufe0e\ufe0f]]]", regex.V1
)

CODES = [*range(0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x11000), *range(0x1D000, 0x1F200)]


@given(texts)
def test_text_for_reading_is_already_fit_for_reading(text: str) -> None:
    once = for_reading(text)
    assert for_reading(once) == once


@given(texts)
def test_text_for_comparing_stays_as_it_is(text: str) -> None:
    once = for_comparing(text)
    assert for_comparing(once) == once


def test_every_character_for_comparing_stays_as_it_is() -> None:
    folded = [
        for_comparing(f"{before}{chr(code)}") for code in CODES for before in ("x", "xа ", "")
    ]
    assert [once for once in folded if for_comparing(once) != once] == []


@given(texts)
def test_text_for_reading_is_one_line_without_what_cannot_be_seen(text: str) -> None:
    shown = for_reading(text)
    assert shown == shown.strip()
    assert "  " not in shown
    assert not regex.search(r"[\s\p{Z}--[ ]]", shown, regex.V1)
    assert not NOT_SHOWN.search(shown)


@given(texts)
def test_reading_and_comparing_see_the_same_words(text: str) -> None:
    """What is stored is the text for reading; its fingerprint must be that of the source."""
    spaces = regex.compile(r"[\s\p{P}]+")
    stored, sent = for_comparing(for_reading(text)), for_comparing(text)
    assert spaces.sub("", stored) == spaces.sub("", sent)


@given(texts)
def test_the_steps_replayed_one_by_one_give_the_same_text(text: str) -> None:
    assert reduce(lambda done, step: step(done), READING_STEPS, text) == for_reading(text)
    assert reduce(lambda done, step: step(done), COMPARING_STEPS, text) == for_comparing(text)


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("the US -led coalition", "the US-led coalition"),
        ("a Saudi -led , UN -backed force .", "a Saudi-led, UN-backed force."),
        ("he said ( as ever ) nothing", "he said (as ever) nothing"),
        ("co\xadoperation and \u200bpeace", "co\xadoperation and peace"),
        ("cafe\u0301", "café"),
        ("one\r\ntwo\u2028three\u3000four", "one two three four"),
        ("\ufeffThe\x00 end", "The end"),
    ],
)
def test_what_typesetting_broke_is_mended(broken: str, mended: str) -> None:
    assert for_reading(broken) == mended


@pytest.mark.parametrize(
    "text",
    [
        "he said -as ever- nothing",
        "run ls -l twice",
        "2 - 1 makes 1",
        "wait ... what",
        "from .5 to .7 percent",
        "the file .bashrc",
        "Rock 'n' roll",
        "نمی\u200cخواهم",
        "क्\u200dष",
        "👩\u200d🚒 ❤️",
        "“Quoted,” he said — twice.",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert for_reading(text) == text


@pytest.mark.parametrize(
    "disguised",
    [
        "THE PRESIDENT SAID",
        "Ｔｈｅ ｐｒｅｓｉｄｅｎｔ ｓａｉｄ",
        "The pres\u200bid\xadent\u2060 said",
        "The prеsidеnt sаid",
        "Thé président säid",
        "  The\u00a0president\u2003said\n",
        "The p\u202eres\u202cident said",
    ],
)
def test_a_disguise_does_not_hide_a_copy(disguised: str) -> None:
    assert for_comparing(disguised) == "the president said"


# Of each letter some that look like it: Cyrillic, Greek, Armenian, Cherokee, Lisu, phonetic.
LOOKALIKES = {
    "a": "аαɑ", "b": "Ь", "c": "сϲᴄ", "d": "ԁɗ", "e": "еε", "g": "ցɡ", "h": "һհ", "i": "іιı",
    "j": "јϳ", "k": "кκ", "l": "ӏł", "m": "м", "n": "пոη", "o": "оοօø", "p": "рρ", "q": "ԛզ",
    "r": "гɼ", "s": "ѕꜱ", "t": "тτŧ", "u": "иυս", "v": "ѵν", "w": "ԝω", "x": "хχ", "y": "уүγ",
    "A": "АΑᎪꓮ", "B": "ВΒꓐ", "C": "СᏟꓚ", "E": "ЕΕᎬ", "H": "НΗᎻ", "I": "ІΙӀ", "K": "КΚᏦ", "M": "МΜ",
    "N": "Νꓠ", "O": "ОΟՕ", "P": "РΡᏢ", "S": "ЅՏ", "T": "ТΤᎢ", "W": "ԜᎳ", "X": "ХΧ", "Y": "ҮΥ",
    "Z": "ΖᏃ",
}  # fmt: skip
HIDDEN = "\xad\u200b\u200c\u200d\u200e\u202e\u2060\u2066\u2069\ufe0f\U000e0101\ufeff\ufff9"
ABOVE = "\u0301\u0308\u0327\u0335\u1ab0\u1dc4\u20d6\ufe20"


def wide(letter: str) -> str:
    return chr(ord(letter) + 0xFEE0)


DISGUISES = (
    str.upper,
    str.swapcase,
    wide,
    lambda letter: wide(letter.upper()),
    lambda letter: chr(0x1D400 + ord(letter) - 65) if letter.isupper() else letter,
)


def disguise(text: str, seed: int, share: float) -> str:
    """The text with about this share of its letters in disguise."""
    pick = Random(seed)

    def change(letter: str) -> str:
        if not letter.isalpha() or pick.random() > share:
            return letter
        return pick.choice(
            (
                pick.choice(DISGUISES)(letter),
                letter + pick.choice(ABOVE),
                pick.choice(HIDDEN) + letter,
                pick.choice(LOOKALIKES.get(letter, letter)),
            )
        )

    return "".join(map(change, text))


PLAIN = """The Quay Street bridge will be closed to all traffic for a year from Monday, the Joint
Works Board said. Five experts who examined its oak piers in May found a crack "as wide as a hand",
and Zoe Vaux, the engineer, asked for an extra 4,000 pounds a week. HAS IT BEEN KEPT OPEN TOO LONG?
Buses to the quarry go by way of Exeter Lane; drivers of lorries must pay a fixed toll at Kew."""


@given(
    seed=st.integers(0, 2**32),
    share=st.floats(0, 0.8),
    case=st.sampled_from((str, str.upper, str.casefold, str.swapcase)),
)
def test_no_disguise_hides_a_copy(seed: int, share: float, case: Callable[[str], str]) -> None:
    hidden = disguise(case(PLAIN), seed, share)
    assert for_comparing(hidden) == for_comparing(PLAIN)
    assert Fingerprint(hidden).slots == Fingerprint(PLAIN).slots


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("ΗAS", "has"),
        ("ΝATO ΜET", "nato met"),
        ("ВANK, КЕPT", "bank, kept"),
        ("Łódź, Ærø, Ðakovo, İzmir, ıslak", "lodz, aero, dakovo, izmir, islak"),
        ("œuvre ŒUVRE Straße STRASSE", "oeuvre oeuvre strasse strasse"),
        ("а mаn and а", "a man and a"),
        ("there was а man", "there was a man"),
        ("ʀᴇᴛᴜʀɴ ɡɑs", "return gas"),
        ("كَتَبَ الرِّجَـــالُ", "كتب الرجال"),
        ("שָׁלוֹם", "שלום"),
        ("a\ufff9b\u2066c\U000e0041d", "abcd"),
    ],
)
def test_what_looks_alike_becomes_alike(disguised: str, plain: str) -> None:
    assert for_comparing(disguised) == plain


@pytest.mark.parametrize(
    "text",
    [
        "хор in москва and αθηνα",
        "повтор reuters",
        "κοινο νατο ap",
        "հայաստան in 2018",
        "ガ ぱ हिन्दी ที่ 한국어",
        "ə ʃ ʒ",
    ],
)
def test_words_wholly_in_another_alphabet_keep_it(text: str) -> None:
    assert for_comparing(text) == text


def test_a_disguise_among_real_words_of_an_alphabet_leaves_these_alone() -> None:
    assert for_comparing("Хор и pаnic, сказал он") == "хор и panic, сказал он"


def test_accents_fold_in_three_alphabets_but_vowel_signs_stay() -> None:
    assert fold_accents("café Ёлка ελλάδα") == "cafe Елка ελλαδα"
    assert fold_accents("ที่ हिन्दी") == "ที่ हिन्दी"


def test_compatible_forms_are_those_of_unicode() -> None:
    text = "ﬁve ５ ㎞ ｶﾞ №"
    assert fold_compatible(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("closing", ["- ", "-,", "-;"])
def test_a_pair_of_dashes_is_no_hyphen(closing: str) -> None:
    text = f"the mayor -who knew{closing} left"
    assert close_up_hyphens(text) == text


@pytest.mark.parametrize(
    "hostile",
    [
        "e" + "\u0301\u0323" * 100_000,
        "\u0301\u0323" * 100_000,
        "a" * 200_000 + "а",
        "aа" * 100_000,
        " -" * 100_000 + "a",
        "a -bb" * 50_000,
        "( " * 100_000,
        "\ufdfa" * 30_000,
        "a" + "ł" * 200_000,
        "x " + "а " * 100_000,
        "كَ" * 100_000,
    ],
    ids=[
        "marks",
        "marks-alone",
        "one-word",
        "mixed-word",
        "dashes",
        "hyphens",
        "brackets",
        "18",
        "strokes",
        "lone-letters",
        "vowels",
    ],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    start = time.process_time()
    for_reading(hostile)
    for_comparing(hostile)
    # 0.05 to 0.4 s; what is not linear takes minutes.
    assert time.process_time() - start < 4

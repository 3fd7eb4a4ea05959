import time
import unicodedata
from functools import reduce

import pytest
import regex
from hypothesis import given

from cleaning.normalise import (
    COMPARING_STEPS,
    READING_STEPS,
    close_up_hyphens,
    fold_accents,
    fold_compatible,
    fold_lookalikes,
    for_comparing,
    for_reading,
)
from tests.unit.strategies import texts

NOT_SHOWN = regex.compile(
    r"[\p{Cc}\p{Cs}[\p{Default_Ignorable_Code_Point}--[\xad\u200c\u200d\ufe0e\ufe0f]]]", regex.V1
)


@given(texts)
def test_text_for_reading_is_already_fit_for_reading(text: str) -> None:
    once = for_reading(text)
    assert for_reading(once) == once


@given(texts)
def test_text_for_comparing_stays_as_it_is(text: str) -> None:
    once = for_comparing(text)
    assert for_comparing(once) == once


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


def test_words_wholly_in_another_alphabet_keep_it() -> None:
    assert fold_lookalikes("хор in Москва and Αθήνα") == "хор in Москва and Αθήνα"


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
    ],
    ids=["marks", "marks-alone", "one-word", "mixed-word", "dashes", "hyphens", "brackets", "18"],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    start = time.process_time()
    for_reading(hostile)
    for_comparing(hostile)
    # 0.05 to 0.4 s; what is not linear takes minutes.
    assert time.process_time() - start < 4

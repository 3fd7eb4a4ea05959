from itertools import pairwise

import pytest
from hypothesis import given

from cleaning.normalise import for_comparing
from cleaning.words import fold_words, is_unspaced, numbers, placed_words, words
from tests.unit.strategies import plain_words, texts


@given(texts)
def test_a_placed_word_stands_where_it_says(text: str) -> None:
    placed = placed_words(text)
    assert [word.text for word in placed] == words(text)
    assert all(text[word.start : word.end] == word.text for word in placed)
    assert all(one.end <= two.start for one, two in pairwise(placed))


@given(texts)
def test_folding_keeps_the_number_of_words(text: str) -> None:
    found = words(text)
    assert len(fold_words(found)) == len(found)


@given(plain_words)
def test_folded_words_are_the_words_of_the_folded_text(text: str) -> None:
    assert fold_words(words(text.title())) == words(for_comparing(text.title()))


def test_a_word_that_folds_into_two_does_not_shift_the_others() -> None:
    assert fold_words(["One", "\ufdfa", "Two"])[::2] == ["one", "two"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop", ["Don", "t", "stop"]),
        ("snake_case 4,000", ["snake", "case", "4", "000"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("伊拉克 army", ["伊", "拉", "克", "army"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("… — !", []),
    ],
)
def test_words_in_many_scripts(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("character", "伊のカไລខမ")
def test_scripts_without_spaces_are_known(character: str) -> None:
    assert is_unspaced(character)


@pytest.mark.parametrize("character", "aж한हعΩ1")
def test_scripts_with_spaces_are_known(character: str) -> None:
    assert not is_unspaced(character)


def test_numbers_keep_their_separators() -> None:
    assert numbers("4,000 of 1.5m on 3.") == ["4,000", "1.5", "3"]


def test_a_digit_inside_a_word_is_no_number() -> None:
    assert numbers("a 1etter in the p1ace 0verleaf, 2018年5月") == ["2018", "5"]

import pytest

from cleaning.cohesion import share, stems, stems_of


def test_inflected_forms_share_a_stem() -> None:
    assert stems("Iraqis") == stems("iraqi") == {"iraqi"}
    assert stems("soldier") & stems("Soldiers'")


def test_unspaced_text_is_compared_by_pairs_of_characters() -> None:
    assert stems("伊拉克") == {"伊拉", "拉克"}


def test_stems_come_in_order_and_once() -> None:
    assert stems_of("the bridge over the bridges") == ("the", "bridg", "over")


def test_rare_words_weigh_more_than_common_ones() -> None:
    of = stems("the Zyzzyvas")
    assert share(of, stems("Zyzzyvas")) > share(of, stems("the"))
    assert share(of, of) == pytest.approx(1)
    assert share(frozenset(), of) == 0


@pytest.mark.parametrize("word", ["the", "und", "les", "los"])
def test_the_commonest_words_of_a_language_weigh_next_to_nothing(word: str) -> None:
    assert share(stems(f"{word} Zyzzyvas"), stems(word)) < 0.2

"""The measure of quality is measured too: figures worked out by hand."""

import pytest

from tests.quality.scoring import (
    PageScore,
    fold_of,
    interval,
    publisher,
    quality,
    score_page,
    without_title,
)


def page(gold: str = "", must: list[str] | None = None, must_not: list[str] | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return {"gold": gold, "must": must or [], "must_not": must_not or []}


def test_shingles_of_four_words_are_counted_with_their_multiplicity() -> None:
    score = score_page("a b c d e x", page("a b c d e f g"))
    assert score.precision == pytest.approx(2 / 3)  # abcd, bcde of abcd, bcde, cdex
    assert score.recall == pytest.approx(2 / 4)
    assert not score.exact
    assert score_page("a, b. c\nd!", page("a b c d")).exact


def test_a_page_without_a_result_counts_in_recall_alone() -> None:
    scores = [PageScore(1.0, 1.0, exact=True), PageScore(None, 0.0)]
    whole = quality(scores)
    assert (whole.precision, whole.recall, whole.exact) == (1.0, 0.5, 0.5)
    assert whole.f1 == pytest.approx(2 / 3)


def test_segments_are_counted_over_all_pages() -> None:
    scores = [
        score_page("one two\nthree", page(must=["two three", "four"], must_not=["one"])),
        score_page("five", page(must=["five"])),
    ]
    assert [score.segments for score in scores] == [(1, 1, 1), (1, 0, 0)]
    assert quality(scores).f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))


def test_intervals_hold_the_figure_and_a_page_of_the_other_kind_is_left_out() -> None:
    good = [PageScore(0.9 + n / 1000, 0.9, exact=False) for n in range(40)]
    bad = [PageScore(0.5, 0.5 + n / 1000, exact=False) for n in range(40)]
    other = PageScore(segments=(1, 0, 0))
    low, high = interval([*good, other], rounds=200)
    assert low <= quality([*good, other]).f1 <= high
    low, high = interval([*good, other], [*bad, other], rounds=200)
    assert 0.3 < low < high < 0.5


def test_peers_are_not_charged_for_the_title_above_their_text() -> None:
    assert without_title("The Title!\nText of it", ["the title"]) == "Text of it"


def test_folds_part_publishers_not_pages() -> None:
    assert publisher("https://www.news.example.co.uk/a") == "example.co.uk"
    assert fold_of("https://a.example.com/1") == fold_of("https://b.example.com/2")

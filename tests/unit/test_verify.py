from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.fingerprint import Fingerprint
from cleaning.model import Span
from cleaning.normalise import for_comparing
from cleaning.words import words
from service.duplicates.model import DEFAULT_POLICY, Relation
from service.duplicates.verify import FEW_NUMBERS, Likeness, hours_between, shared_spans, verify
from tests.builders import prose, words_of

CET = timezone(timedelta(hours=2))
PARTS = st.lists(st.integers(1, 8), max_size=8)
MIRRORED = {
    Relation.EXACT: Relation.EXACT,
    Relation.NEAR: Relation.NEAR,
    Relation.CONTAINED: Relation.CONTAINS,
    Relation.CONTAINS: Relation.CONTAINED,
    Relation.RECURRING: Relation.RECURRING,
}


def like(text: str, other: str, hours: float | None = None, **thresholds: float) -> Likeness | None:
    policy = replace(DEFAULT_POLICY, **thresholds)  # type: ignore[arg-type]
    return verify(Fingerprint(text), Fingerprint(other), policy, hours)


def relation(text: str, other: str, hours: float | None = None) -> Relation | None:
    likeness = like(text, other, hours)
    return likeness.relation if likeness else None


def with_words_replaced(text: str, share: float, seed: int) -> str:
    """The text with some of its words replaced by those of another."""
    draw, others = Random(seed), words(prose(seed + 1_000))
    return " ".join(draw.choice(others) if draw.random() < share else w for w in text.split(" "))


def with_letters_misread(text: str, share: float, seed: int) -> str:
    """The text as it comes from a bad scan."""
    draw = Random(seed)
    return "".join(
        draw.choice("crnli10") if c.isalpha() and draw.random() < share else c for c in text
    )


def made_of(parts: list[int]) -> str:
    return "\n\n".join(prose(part, 2) for part in parts)


@given(one=PARTS, two=PARTS)
def test_what_one_article_is_to_another_the_other_is_in_reverse(
    one: list[int], two: list[int]
) -> None:
    here, there = like(made_of(one), made_of(two)), like(made_of(two), made_of(one))
    if here is None or there is None:
        assert here is there
        return
    assert there.relation is MIRRORED[here.relation]
    assert there.jaccard == here.jaccard
    assert (there.containment, there.contained_in) == (here.contained_in, here.containment)


@given(one=PARTS, two=PARTS)
def test_exact_means_the_same_words_and_nothing_else(one: list[int], two: list[int]) -> None:
    found = relation(made_of(one), made_of(two))
    assert (found is Relation.EXACT) == (one == two)


@given(one=PARTS, two=PARTS)
def test_shares_are_those_of_the_distinct_shingles(one: list[int], two: list[int]) -> None:
    likeness = like(made_of(one), made_of(two))
    if likeness is None:
        return
    here, there = (set(Fingerprint(made_of(parts)).distinct.tolist()) for parts in (one, two))
    if here:
        assert likeness.jaccard == pytest.approx(len(here & there) / len(here | there))
        assert likeness.contained_in == pytest.approx(len(here & there) / len(here))
        assert likeness.containment == pytest.approx(len(here & there) / len(there))


@given(one=PARTS, two=PARTS)
def test_shared_words_are_those_of_the_shared_spans(one: list[int], two: list[int]) -> None:
    text, other = made_of(one), made_of(two)
    likeness = like(text, other)
    here, there = shared_spans(text, other)
    assert shared_spans(other, text) == (there, here)
    for spans, of in ((here, text), (there, other)):
        end = 0
        for span in spans:
            assert end <= span.start < span.end <= len(of)
            end = span.end
    if likeness is not None:
        assert sum(len(words(text[s.start : s.end])) for s in here) == likeness.shared_words


def test_typesetting_case_and_chrome_leave_an_article_the_same() -> None:
    text = prose(1)
    assert relation(text, text.upper().replace(" ", "\u00a0")) is Relation.EXACT
    assert relation(text, text.replace(".", "!")) is Relation.EXACT


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        (prose(1, 12), prose(1, 11) + prose(2, 1), Relation.NEAR),
        (prose(1, 4), prose(1, 4) + prose(2, 12), Relation.CONTAINED),
        (prose(1, 4) + prose(2, 12), prose(1, 4), Relation.CONTAINS),
        (prose(1, 3) + prose(2, 12), prose(1, 3) + prose(3, 12), None),
        (prose(1), prose(2), None),
        (words_of(prose(1), 9), words_of(prose(1), 12), None),
        ("", "", Relation.EXACT),
    ],
)
def test_the_share_of_each_text_decides_what_it_is(
    text: str, other: str, expected: Relation | None
) -> None:
    assert relation(text, other) is expected


def test_a_likeness_reaches_its_threshold_exactly() -> None:
    text, other = prose(1, 4), prose(1, 4) + prose(2, 12)
    likeness = like(text, other)
    assert likeness is not None
    share = likeness.containment
    assert like(text, other, near=share).relation is Relation.NEAR  # type: ignore[union-attr]
    above = like(text, other, near=share + 0.001)
    assert above is not None
    assert above.relation is Relation.CONTAINED


def with_numbers(*numbers: int) -> str:
    return " ".join(f"{prose(100 + place, 1)} {number}" for place, number in enumerate(numbers))


def test_one_template_with_other_numbers_is_another_item() -> None:
    week, next_week = with_numbers(*range(100, 110)), with_numbers(*range(200, 210))
    assert relation(week, week.upper()) is Relation.EXACT
    for hours in (None, 1.0, 200.0):
        assert relation(week, next_week, hours) is Relation.RECURRING
    assert like(week, next_week, numbers=0.0).relation is Relation.NEAR  # type: ignore[union-attr]


def test_the_numbers_that_agree_are_a_share_of_the_fewer() -> None:
    def agreed(text: str, other: str) -> float | None:
        likeness = like(text, other)
        return likeness.numbers if likeness else None

    long = f"{prose(1, 20)} {with_numbers(1, 2, 3, 4)}"
    assert agreed(long, f"{prose(1, 20)} {with_numbers(1, 2)}") == 1.0
    assert agreed(long, f"{prose(1, 20)} {with_numbers(1, 2, 3, 9, 10)}") == 0.75
    assert agreed(prose(1), prose(1, 11)) is None
    assert agreed(long, long.upper()) == 1.0


def test_a_template_full_of_numbers_recurs_though_they_spoil_most_of_what_it_shares() -> None:
    def table(first: int) -> str:
        rows = prose(1, 40).split("\n\n")
        return " ".join(f"{words_of(row, 4)} {first + n}" for n, row in enumerate(rows))

    likeness = like(table(100), table(500))
    assert likeness is not None
    assert likeness.relation is Relation.RECURRING
    assert likeness.containment < DEFAULT_POLICY.near
    assert relation(table(100), table(102)) is not Relation.RECURRING


def test_other_numbers_in_a_long_text_are_an_update_if_they_come_soon() -> None:
    first = f"{prose(1, 20)} {with_numbers(1, 2, 3, 4)}"
    update = f"{prose(1, 20)} {with_numbers(5, 6, 7, 8)}"
    assert relation(first, update, DEFAULT_POLICY.same_news) is Relation.NEAR
    assert relation(first, update) is Relation.NEAR
    assert relation(first, update, DEFAULT_POLICY.same_news + 1) is Relation.RECURRING


def test_days_later_more_numbers_must_agree() -> None:
    one, two = with_numbers(*range(100, 110)), with_numbers(*range(105, 115))
    assert relation(one, two, 10.0) is Relation.NEAR
    assert relation(one, two, 100.0) is Relation.RECURRING


@pytest.mark.parametrize(
    ("one", "other", "hours"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, 13, 30, tzinfo=UTC), 25.5),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 1, 14, tzinfo=CET), 0.0),
        (date(2026, 3, 1), date(2026, 3, 2), 0.0),
        (date(2026, 3, 1), date(2026, 3, 8), 144.0),
        (date(2026, 3, 1), datetime(2026, 3, 1, 12, tzinfo=UTC), 0.0),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), date(2026, 3, 2), 12.0),
        (date.min, date.max, (date.max - date.min).days * 24.0 - 24.0),
        (None, date(2026, 3, 1), None),
    ],
)
def test_hours_between_are_the_least_that_both_times_allow(
    one: date | datetime | None, other: date | datetime | None, hours: float | None
) -> None:
    assert hours_between(one, other) == hours
    assert hours_between(other, one) == hours


def test_briefs_with_the_same_lines_at_their_end_are_no_copies() -> None:
    tail = words_of(prose(50, 5), 60)
    briefs = [f"{words_of(prose(seed, 5), 30 + seed)} {tail}" for seed in range(20)]
    assert {relation(one, two) for one, two in combinations(briefs, 2)} == {None}
    with_lead = f"{words_of(prose(0, 5), 10)} {words_of(prose(30, 2), 20)} {tail}"
    assert relation(briefs[0], with_lead) is Relation.NEAR


def test_a_copy_of_the_last_part_is_a_copy() -> None:
    assert relation(prose(1), "\n\n".join(prose(1).split("\n\n")[8:])) is Relation.CONTAINS


def test_a_few_corrected_numbers_leave_it_a_copy() -> None:
    assert relation(with_numbers(*range(100, 110)), with_numbers(*range(105, 115))) is not None
    few = FEW_NUMBERS - 1
    assert relation(with_numbers(*range(100, 100 + few)), with_numbers(*range(200, 200 + few)))


def test_a_corrected_year_is_not_another_number() -> None:
    assert relation(with_numbers(*range(1990, 2000)), with_numbers(*range(2000, 2010))) is not None


def test_texts_without_words_are_the_same_only_if_they_are_equal() -> None:
    assert relation("🎉🎉🎉", "…?!") is None


def test_shared_spans_name_the_passage_in_both() -> None:
    passage = words_of(prose(5), 20)
    one, two = f"{prose(1, 1)} {passage} {prose(2, 1)}", f"{prose(3, 3)} “{passage.upper()}”"
    (here,), (there,) = shared_spans(one, two)
    assert for_comparing(one[here.start : here.end]) == for_comparing(passage)
    assert two[there.start : there.end] == passage.upper()


def test_texts_without_anything_in_common_share_no_span() -> None:
    assert shared_spans(prose(1), prose(2)) == ((), ())
    assert shared_spans("", prose(1)) == ((), ())
    assert shared_spans("one two", "one two") == ((), ())


def test_characters_of_an_unspaced_script_are_compared_by_six() -> None:
    passage = "市长星期一宣布旧桥关闭一年"
    one, two = f"甲乙丙丁{passage}戊己庚辛", f"子丑寅卯辰巳{passage}午未"
    (here,), (there,) = shared_spans(one, two)
    assert here == Span(4, 4 + len(passage))
    assert two[there.start : there.end] == passage


@pytest.mark.parametrize("seed", range(3))
def test_an_accent_or_a_hyphen_does_not_shift_the_spans(seed: int) -> None:
    text = prose(seed, 3)
    dressed = "".join(c + "\u0301" if c in "aeo" else c for c in text)
    here, there = shared_spans(text, dressed)
    assert here
    assert there
    assert for_comparing(dressed[there[0].start : there[0].end]) == for_comparing(
        text[here[0].start : here[0].end]
    )


@given(seed=st.integers(0, 99))
def test_a_copy_with_a_fifth_of_its_words_replaced_is_recognised(seed: int) -> None:
    text = prose(seed)
    replaced = with_words_replaced(text, 0.2, seed)
    assert relation(text, replaced) in {Relation.NEAR, Relation.CONTAINED, Relation.CONTAINS}


@given(seed=st.integers(0, 99))
def test_a_copy_with_many_letters_misread_is_recognised(seed: int) -> None:
    text = prose(seed)
    assert relation(text, with_letters_misread(text, 0.05, seed), 1.0) is Relation.NEAR


@given(seed=st.integers(0, 99))
def test_a_damaged_story_inside_another_is_recognised(seed: int) -> None:
    text, around = prose(seed), prose(seed + 200)
    inside = f"{around}\n\n{with_words_replaced(text, 0.2, seed)}"
    assert relation(inside, text) is Relation.CONTAINS


@given(seed=st.integers(0, 99), kept=st.integers(1, 4))
def test_letters_make_no_copy_of_what_shares_a_part_and_no_more(seed: int, kept: int) -> None:
    parts = prose(seed).split("\n\n")
    text = "\n\n".join(parts[:kept]) + "\n\n" + prose(seed + 200, len(parts) - kept)
    assert relation(text, prose(seed)) is None


def test_sentences_that_are_told_again_and_again_make_no_copy() -> None:
    """Twelve of them have few runs of letters that differ, so that the shared rest seems much."""
    text = prose(1, 6)
    again = "\n\n".join(f"Sentence {n} tells of {n} other boats." for n in range(12))
    assert relation(f"{prose(1, 2)}\n\n{again}", text) is None

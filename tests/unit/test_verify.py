from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.fingerprint import Fingerprint
from cleaning.model import Span
from cleaning.normalise import for_comparing
from cleaning.words import words
from service.duplicates.model import DEFAULT_POLICY, Relation
from service.duplicates.verify import FEW_NUMBERS, Likeness, shared_spans, verify
from tests.builders import prose, words_of

PARTS = st.lists(st.integers(1, 8), max_size=8)
MIRRORED = {
    Relation.EXACT: Relation.EXACT,
    Relation.NEAR: Relation.NEAR,
    Relation.CONTAINED: Relation.CONTAINS,
    Relation.CONTAINS: Relation.CONTAINED,
}


def like(text: str, other: str, **thresholds: float) -> Likeness | None:
    policy = replace(DEFAULT_POLICY, **thresholds)  # type: ignore[arg-type]
    return verify(Fingerprint(text), Fingerprint(other), policy)


def relation(text: str, other: str) -> Relation | None:
    likeness = like(text, other)
    return likeness.relation if likeness else None


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
    assert relation(week, next_week) is None
    assert like(week, next_week, numbers=0.0) is not None


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

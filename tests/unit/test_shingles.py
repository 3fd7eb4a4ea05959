import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cleaning.normalise import for_comparing
from cleaning.shingles import (
    UNSPACED_FACTOR,
    Shingled,
    hash_plain_words,
    hash_words,
    shingle_hashes,
    winnow,
)
from cleaning.words import words
from tests.builders import prose
from tests.unit.strategies import plain_words, texts

WORDS = st.lists(st.sampled_from("abcdefg"), max_size=60)
HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=80).map(lambda v: np.array(v, np.uint64))


@given(found=WORDS, size=st.integers(1, 8))
def test_equal_runs_of_words_have_equal_hashes_and_others_have_not(
    found: list[str], size: int
) -> None:
    hashes = shingle_hashes(hash_words(found), size).tolist()
    runs = [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]
    assert len(hashes) == len(runs)
    assert len(set(zip(hashes, runs, strict=True))) == len(set(hashes)) == len(set(runs))


def test_the_order_of_words_matters() -> None:
    one, two = (shingle_hashes(hash_words(w.split()), 3) for w in ("a b c", "c b a"))
    assert one != two


@given(hashes=HASHES.filter(lambda found: len(found) > 1), window=st.integers(1, 20))
def test_every_window_has_a_winnowed_hash_and_every_one_is_some_windows_least(
    hashes: np.ndarray, window: int
) -> None:
    window = min(window, len(hashes) - 1)
    chosen = set(winnow(hashes, window).tolist())
    windows = [hashes[i : i + window].tolist() for i in range(max(1, len(hashes) - window + 1))]
    assert chosen == {min(found) for found in windows if found}


@given(hashes=HASHES)
def test_of_a_brief_every_hash_is_kept(hashes: np.ndarray) -> None:
    assert winnow(hashes, max(1, len(hashes))).tolist() == sorted(set(hashes.tolist()))


@given(
    shared=st.lists(st.integers(0, 2**64 - 1), min_size=16, max_size=40),
    around=st.tuples(*[st.lists(st.integers(0, 2**64 - 1), max_size=40)] * 4),
)
def test_texts_that_share_a_window_of_shingles_share_a_winnowed_hash(
    shared: list[int], around: tuple[list[int], ...]
) -> None:
    one = np.array([*around[0], *shared, *around[1]], np.uint64)
    two = np.array([*around[2], *shared, *around[3]], np.uint64)
    assert set(winnow(one, 16).tolist()) & set(winnow(two, 16).tolist())


# Letters that fold by a look at each, and some that stand between words.
PLAIN_TEXT = st.lists(
    st.sampled_from("aZ09éÅßœÆıŁøþñ½µſﬁ²…–’“\t\r\n \xa0\u2009\u2028´¨._-€"), max_size=60
).map("".join)


@given(st.one_of(texts, PLAIN_TEXT))
def test_words_are_hashed_as_they_are_compared(text: str) -> None:
    """However they are folded: letter by letter, or by all steps."""
    assert Shingled(text).word_hashes.tolist() == hash_words(words(for_comparing(text))).tolist()


def test_every_letter_is_folded_for_hashing_as_for_comparing() -> None:
    letters = [chr(code) for code in (*range(0x2200), *range(0xFB00, 0xFB10))]
    told = [f"the {letter}x{letter.upper()}b, 1{letter}2" for letter in letters]
    hashed = [one.word_hashes.tolist() for one in Shingled.of_many(told)]
    assert hashed == [hash_words(words(for_comparing(text))).tolist() for text in told]
    alone = [one.word_hashes.tolist() for one in Shingled.of_many(letters)]
    assert alone == [hash_words(words(for_comparing(text))).tolist() for text in letters]


@pytest.mark.parametrize("text", ["Über “Łódź” – straße, œuvre…", "plain", "", "\n"])
def test_latin_text_is_folded_letter_by_letter(text: str) -> None:
    (hashes,) = hash_plain_words([text])
    assert hashes is not None
    assert hashes.tolist() == hash_words(words(for_comparing(text))).tolist()


def test_texts_do_not_touch_each_other() -> None:
    assert hash_plain_words([]) == []
    one, hard, empty, two = hash_plain_words(["ab", "Хор", "", "cd"])
    assert hard is None
    assert [one.tolist(), two.tolist()] == [
        hash_words(["ab"]).tolist(),
        hash_words(["cd"]).tolist(),
    ]  # type: ignore[union-attr]
    assert empty is not None
    assert empty.tolist() == []


@given(st.lists(st.text("abcdefg\u0430\u4f0a", max_size=12), max_size=30))
def test_words_have_one_hash_each_wherever_they_stand(found: list[str]) -> None:
    hashes = hash_words(found).tolist()
    assert hashes == [hash_words([word]).tolist()[0] for word in found]
    assert len(set(hashes)) == len(set(found))


@given(texts)
def test_the_digest_is_of_the_words_as_they_are_compared(text: str) -> None:
    found = words(for_comparing(text))
    assume(found)
    other = " — ".join(found)
    # A small letter may imitate a Latin one where its capital does not: Σ, σ.
    assume(words(for_comparing(other)) == found)
    assert Shingled(text).digest == Shingled(other).digest


@given(one=plain_words, two=plain_words)
def test_other_words_have_another_digest(one: str, two: str) -> None:
    assert (Shingled(one).digest == Shingled(two).digest) == (one.split() == two.split())


def test_words_that_run_together_have_another_digest() -> None:
    assert Shingled("ab c").digest != Shingled("a bc").digest


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("one two three", 1),
        ("旧桥关闭", 2),
        ("旧桥关闭 the bridge", 2),
        ("旧桥 the old bridge", 1),
        ("", 1),
    ],
)
def test_the_unit_is_that_of_most_words(text: str, unit: int) -> None:
    assert Shingled(text).unit == unit


SCRIPTS = st.lists(st.sampled_from(["the", "old", "bridge", "旧", "桥", "の", "ป"]), max_size=40)


@given(before=SCRIPTS, passage=SCRIPTS, after=SCRIPTS, size=st.integers(1, 5))
def test_a_passage_has_the_same_shingles_in_a_text_of_any_script(
    before: list[str], passage: list[str], after: list[str], size: int
) -> None:
    alone, within = (Shingled(" ".join(found)) for found in (passage, [*before, *passage, *after]))
    sure = max(0, len(passage) - size * UNSPACED_FACTOR + 1)
    here = within.shingles(size)[len(before) : len(before) + sure].tolist()
    assert here == alone.shingles(size)[: len(here)].tolist()


@given(found=SCRIPTS, size=st.integers(1, 5))
def test_a_shingle_begins_at_each_word_but_the_last(found: list[str], size: int) -> None:
    shingled = Shingled(" ".join(found))
    assert len(shingled.shingles(size)) == max(0, len(found) - size * shingled.unit + 1)


def test_years_are_no_numbers_to_agree_on() -> None:
    found = Shingled("In 2018 and 1999 some 4,000 of 2,018 men, 4,000 horses, 1850 carts").numbers
    assert dict(found) == {"4,000": 2, "2,018": 1, "1850": 1}


def test_a_long_text_is_hashed_word_by_word() -> None:
    text = prose(1, 50)
    assert len(Shingled(text).word_hashes) == len(text.split())

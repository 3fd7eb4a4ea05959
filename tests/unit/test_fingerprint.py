from itertools import pairwise
from random import Random

import numpy as np
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from cleaning.fingerprint import (
    BANDS,
    PERMUTATIONS,
    SCHEME,
    SEED,
    SHORTEST,
    SHORTEST_UNSPACED,
    VERSION,
    WINNOW_LIMIT,
    WINNOW_WINDOW,
    WINNOW_WORDS,
    Fingerprint,
    signature,
)
from cleaning.shingles import LETTERS_AT_ONCE
from tests.builders import prose, words_of
from tests.unit.strategies import plain_words, texts

EXACT_BAND = BANDS
RUN = WINNOW_WORDS + WINNOW_WINDOW - 1


def as_it_is(value: int) -> int:
    return value


def theirs(hashes: list[int]) -> MinHash:
    """datasketch's own MinHash of ready hashes."""
    minhash = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=as_it_is)
    minhash.update_batch(hashes)
    return minhash


def passages(text: str) -> set[bytes]:
    """The winnowed slots of a text: those above the bands of the signature and the digest."""
    return {slot for slot in Fingerprint(text).slots if slot[0] > EXACT_BAND}


@given(st.lists(st.integers(0, 2**32 - 1), max_size=300))
def test_the_signature_is_datasketchs_own(hashes: list[int]) -> None:
    assert np.array_equal(signature(np.array(hashes, np.uint32)), theirs(hashes).hashvalues)


@pytest.mark.parametrize("hashes", [[], [0], [2**32 - 1], [7, 7]])
def test_the_signature_of_next_to_nothing_is_datasketchs_own(hashes: list[int]) -> None:
    assert np.array_equal(signature(np.array(hashes, np.uint32)), theirs(hashes).hashvalues)


def test_the_signature_of_many_hashes_is_that_of_all_of_them() -> None:
    hashes = [number * 2654435761 % 2**32 for number in range(10_000)]
    assert np.array_equal(signature(np.array(hashes, np.uint32)), theirs(hashes).hashvalues)


@pytest.mark.parametrize("place", [0, 4_095, 4_096, 8_191, 8_192, 9_999])
def test_no_hash_is_left_out_wherever_it_stands(place: int) -> None:
    hashes = np.full(10_000, 7, np.uint32)
    hashes[place] = 8
    assert np.array_equal(signature(hashes), theirs([7, 8]).hashvalues)


def test_the_signature_does_not_change_its_hashes() -> None:
    hashes = np.arange(10, dtype=np.uint32)
    signature(hashes)
    assert np.array_equal(hashes, np.arange(10, dtype=np.uint32))


@given(texts)
def test_the_minhash_of_a_text_is_datasketchs_own(text: str) -> None:
    fingerprint = Fingerprint(text)
    tokens = [int(value) >> 32 for value in fingerprint.distinct]
    assert fingerprint.minhash == theirs(tokens)
    assert fingerprint.minhash.jaccard(theirs(tokens)) == 1.0


def test_the_minhash_estimates_the_jaccard_of_its_texts() -> None:
    one, two = Fingerprint(prose(1, 40)), Fingerprint(prose(1, 40) + prose(2, 10))
    shared = len(set(one.distinct.tolist()) & set(two.distinct.tolist()))
    exact = shared / len(set(one.distinct.tolist()) | set(two.distinct.tolist()))
    assert one.minhash.jaccard(two.minhash) == pytest.approx(exact, abs=0.15)


@given(st.lists(st.one_of(texts, plain_words, st.just("旧桥" * 30), st.just("")), max_size=12))
def test_the_fingerprints_of_many_texts_are_those_of_each(found: list[str]) -> None:
    many, each = Fingerprint.of_many(found), [Fingerprint(text) for text in found]
    assert [one.word_hashes.tolist() for one in many] == [one.word_hashes.tolist() for one in each]
    assert [one.hashes.tolist() for one in many] == [one.hashes.tolist() for one in each]
    assert [one.signature.tolist() for one in many] == [one.signature.tolist() for one in each]
    assert [one.slots for one in many] == [one.slots for one in each]
    assert [one.numbers for one in many] == [one.numbers for one in each]


def test_the_fingerprints_of_more_than_fit_at_once_are_those_of_each() -> None:
    long = "ß" + prose(1, 2_000)  # more letters than are hashed at once
    assert len(long) > LETTERS_AT_ONCE
    found = [*map(prose, range(150)), long, "", prose(3)]
    assert sum(map(len, found)) > 2 * LETTERS_AT_ONCE
    many = [one.slots for one in Fingerprint.of_many(found)]
    assert many == [Fingerprint(text).slots for text in found]


@given(texts)
def test_a_fingerprint_depends_on_the_text_alone(text: str) -> None:
    one, two = Fingerprint(text), Fingerprint(text)
    assert one.slots == two.slots
    assert all(len(slot) == 6 for slot in one.slots)
    assert len(set(one.slots)) == len(one.slots)


def test_an_article_stands_in_a_slot_of_every_band() -> None:
    slots = Fingerprint(prose(1)).slots
    bands = [slot[0] for slot in slots]
    assert max(bands) > EXACT_BAND
    assert [bands.count(number) for number in range(BANDS + 1)] == [1] * (BANDS + 1)


HAN = "".join(chr(0x4E00 + number * 37 % 2_000) for number in range(100))


@pytest.mark.parametrize(
    ("text", "is_too_short"),
    [
        (words_of(prose(1), SHORTEST + 1), True),
        (words_of(prose(1), SHORTEST + 2), False),
        (HAN[: SHORTEST_UNSPACED + 4], True),
        (HAN[: SHORTEST_UNSPACED + 5], False),
        ("word " * 1_000, True),
        ("word " * 1_000 + "other", True),
        ("one two " * 1_000, True),
        ("桥" * 1_000, True),
        ("", True),
        ("!!!", True),
    ],
)
def test_ten_distinct_shingles_can_be_compared(
    text: str,
    is_too_short: bool,  # noqa: FBT001
) -> None:
    fingerprint = Fingerprint(text)
    assert fingerprint.is_too_short is is_too_short
    if is_too_short:
        assert [slot[0] for slot in fingerprint.slots] == [EXACT_BAND]


def test_equal_words_share_every_slot() -> None:
    text = prose(1)
    assert Fingerprint(text).slots == Fingerprint(text.upper().replace(" ", " \u00ad ")).slots


@given(seed=st.integers(0, 10_000), before=st.integers(0, 3), after=st.integers(0, 3))
def test_texts_that_share_a_passage_share_a_slot(seed: int, before: int, after: int) -> None:
    passage = words_of(prose(seed, 2), RUN)
    one = f"{prose(seed + 1, before)} {passage} {prose(seed + 2, after)}"
    two = f"{prose(seed + 3, after + 1)} {passage} {prose(seed + 4, before + 1)}"
    assert passages(one) & passages(two)


def test_other_texts_share_no_slot() -> None:
    slots = [set(Fingerprint(prose(seed)).slots) for seed in range(200)]
    assert sum(bool(one & two) for one, two in pairwise(slots)) == 0


def han(seed: int, count: int) -> str:
    pick = Random(seed)
    return "".join(chr(0x4E00 + pick.randrange(2_000)) for _ in range(count))


@pytest.mark.parametrize("place", [0, 2_000, 3_980])
def test_a_shared_run_is_found_in_a_text_of_four_thousand_words(place: int) -> None:
    text = prose(1, 700)
    passage = " ".join(text.split()[place : place + RUN])
    article = words_of(text, 4_000)
    assert passages(article) & passages(f"{prose(2, 3)} {passage} {prose(3, 3)}")


@pytest.mark.parametrize("place", range(0, 8_000, 500))
def test_a_shared_run_is_found_in_a_text_of_eight_thousand_characters(place: int) -> None:
    text = han(1, 8_000)
    passage = text[place : place + 2 * WINNOW_WORDS + WINNOW_WINDOW - 1]
    assert passages(text) & passages(han(2, 300) + passage + han(3, 300))


def test_a_book_has_no_more_slots_than_the_limit() -> None:
    assert 0.95 * WINNOW_LIMIT < len(passages(prose(1, 1_500))) <= WINNOW_LIMIT
    assert 1.9 * WINNOW_LIMIT < len(passages(han(1, 20_000))) <= 2 * WINNOW_LIMIT


def test_other_slots_are_another_version() -> None:
    """An index filled with the slots of before finds nothing, and says so only by its version."""
    slots = b"".join(Fingerprint(prose(1)).slots)
    assert (VERSION, xxhash.xxh3_64_hexdigest(slots)) == ("v4.w3.m128b12.k5w12", "4888fe39455bdb73")

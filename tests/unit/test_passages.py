from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.fingerprint import Fingerprint
from cleaning.model import CleanedArticle
from cleaning.normalise import for_comparing
from cleaning.words import words
from service.duplicates.model import Passage, Place
from service.duplicates.passages import (
    COMMON,
    COMMON_AT_HOME,
    LONGEST,
    MOST,
    SHORTEST,
    SURE,
    PlacedWords,
    Shared,
    may_share,
    particular,
    shared_passages,
)
from tests.builders import cleaned, prose, words_of

STATEMENT = words_of(prose(77, 3), 30)
SENTENCE = f"{words_of(prose(78, 3), SHORTEST).replace('.', '').capitalize()}."


def passages(one: CleanedArticle, other: CleanedArticle) -> tuple[Passage, ...]:
    return shared_passages(PlacedWords(one), PlacedWords(other)).passages


def at(article: CleanedArticle, place: Place) -> str:
    text = article.text if place.block is None else article.blocks[place.block].text
    return text[place.start : place.end]


def story(seed: int, *put_in: str) -> CleanedArticle:
    paragraphs = prose(seed, 8).split("\n\n")
    return cleaned("\n\n".join((*paragraphs[:4], *put_in, *paragraphs[4:])))


def test_a_statement_in_two_stories_is_told_with_its_places() -> None:
    one, other = story(1, f"{STATEMENT}."), story(2, f"“{STATEMENT.upper()}”, they said.")
    (passage,) = passages(one, other)
    assert at(one, passage.here) == STATEMENT
    assert at(other, passage.there) == STATEMENT.upper()
    assert passage.words == 30
    assert may_share(Fingerprint(one.compared_text), Fingerprint(other.compared_text))


def test_a_passage_goes_on_in_the_next_paragraph() -> None:
    both = prose(79, 2)
    (passage,) = passages(story(1, both), story(2, both))
    assert passage.words == len(words(both))


def test_a_dozen_words_are_a_passage_if_they_are_a_sentence() -> None:
    one, other = story(1, SENTENCE), story(2, SENTENCE)
    (passage,) = passages(one, other)
    assert at(one, passage.here) + "." == SENTENCE
    shorter = f"{words_of(SENTENCE, SHORTEST - 1)}."
    assert passages(story(1, shorter), story(2, shorter)) == ()


def test_a_quotation_is_as_good_as_a_sentence() -> None:
    quoted = words_of(SENTENCE, SHORTEST).rstrip(".")
    one, other = (story(n, f"Said mayor{n}: “{quoted}” day{n} it was.") for n in (1, 2))
    assert [passage.words for passage in passages(one, other)] == [SHORTEST]


def test_a_stock_phrase_inside_a_sentence_is_none() -> None:
    phrase = words_of(prose(80, 3).replace(".", ""), SURE - 1).lower()
    one, other = (story(n, f"Resident{n} town{n} {phrase} day{n}.") for n in (1, 2))
    assert passages(one, other) == ()
    assert passages(story(1, f"A {STATEMENT} b"), story(2, f"C {STATEMENT} d"))


@pytest.mark.parametrize("step", [7, 9])
def test_an_edited_statement_is_recognised_by_its_parts(step: int) -> None:
    original = prose(81, 2).replace("\n\n", " ")
    edited = original.split(" ")
    edited[step::step] = ["other"] * len(edited[step::step])
    found = passages(story(1, original), story(2, " ".join(edited)))
    assert found
    assert all(passage.words <= step for passage in found)


def test_what_wire_copy_says_about_itself_is_no_passage() -> None:
    sign_off = (
        "(Reporting by Anna Keller and Mark Doyle in Milton and Peter Novak in Oxford; "
        "additional reporting by Ruth Adeyemi in Dover; writing by Tom Whitfield; "
        "editing by Grace Lindqvist and Helen Brandt)"
    )
    one, other = (cleaned(f"{prose(n)}\n\n{sign_off}") for n in (1, 2))
    assert one.wire.sign_offs
    assert passages(one, other) == ()


def test_a_passage_in_a_removed_block_names_the_block() -> None:
    one, other = story(1, f"{STATEMENT}."), story(2, f"{STATEMENT}.")
    (index,) = (n for n, block in enumerate(other.blocks) if STATEMENT in block.text)
    blocks = list(other.blocks)
    blocks[index] = replace(blocks[index], kept=False, rule="off_topic")
    text = "\n\n".join(block.text for block in blocks if block.kept and block.role != "title")
    gone = replace(other, blocks=tuple(blocks), text=text)
    (passage,) = passages(one, gone)
    assert passage.there.block == index
    assert at(gone, passage.there) == STATEMENT
    assert passages(gone, one) == (Passage(passage.there, passage.here, passage.words),)


def test_no_passage_goes_on_from_the_text_into_a_removed_block() -> None:
    first, second = words_of(prose(82, 3), 25), words_of(prose(83, 3), 25)
    article = cleaned(f"{prose(1, 3)}\n\n{second}\n\n{first}")
    blocks = [
        replace(block, kept=False, rule="off_topic") if block.text == second else block
        for block in article.blocks
    ]
    assert (blocks[-1].text, blocks[-2].kept) == (first, False)
    text = f"{prose(1, 3)}\n\n{first}"
    found = passages(
        replace(article, blocks=tuple(blocks), text=text), story(2, f"{first} {second}")
    )
    assert [passage.here.block for passage in found] == [None, len(blocks) - 2]


def test_characters_of_an_unspaced_script_count_half() -> None:
    sentence = "市长星期一宣布旧桥将关闭一年以便全面修复和加固桥墩。"
    one, other = (cleaned(f"{text}{sentence}{text[::-1]}") for text in ("甲乙丙丁。", "子丑寅卯。"))
    (passage,) = passages(one, other)
    assert at(one, passage.here) == sentence[:-1]


PARTS = st.lists(st.integers(1, 6), min_size=1, max_size=8)


@given(one=PARTS, two=PARTS)
def test_passages_are_the_same_words_in_both_and_apart(one: list[int], two: list[int]) -> None:
    here, there = (cleaned("\n\n".join(prose(part, 1) for part in parts)) for parts in (one, two))
    end = 0
    found = passages(here, there)
    for passage in found:
        ours, theirs = at(here, passage.here), at(there, passage.there)
        assert for_comparing(ours) == for_comparing(theirs)
        assert len(words(ours)) == passage.words
        if passage.here.block is None:
            assert end <= passage.here.start
            end = passage.here.end
    prints = Fingerprint(here.compared_text), Fingerprint(there.compared_text)
    assert may_share(*prints) or not found
    if set(one) & set(two) and not found:  # what the cleaner took out on one side only
        assert here.removed or there.removed


def test_at_most_so_many_are_told_the_longest_of_them() -> None:
    paragraphs = [words_of(prose(100 + n, 4), SURE + n) for n in range(MOST + 4)]
    one = "\n\n".join(f"{paragraph} {prose(200 + n, 1)}" for n, paragraph in enumerate(paragraphs))
    two = "\n\n".join(f"{paragraph} {prose(300 + n, 1)}" for n, paragraph in enumerate(paragraphs))
    found = passages(cleaned(one), cleaned(two))
    assert [passage.words for passage in found] == [SURE + n for n in range(4, MOST + 4)]


@pytest.mark.parametrize("text", ["", "word " * 3_000, "😀 " * 100, "字" * 2_000])
def test_odd_texts_share_what_they_share(text: str) -> None:
    article = cleaned(f"{prose(1, 3)}\n\n{text}")
    assert sum(passage.words for passage in passages(article, article)) <= len(PlacedWords(article))
    assert passages(article, story(2)) == ()


def test_only_the_first_words_of_an_endless_text_are_searched() -> None:
    article = cleaned(prose(1, 10))
    assert len(PlacedWords(article)) < LONGEST
    block = replace(article.blocks[-1], text="lorem " * (LONGEST + 5_000))
    assert len(PlacedWords(replace(article, blocks=(block,)))) == LONGEST


# --- what is stock ---------------------------------------------------------------------------


def left(others: Sequence[tuple[str, str | None]], site: str | None = "home") -> list[int]:
    """How many passages with each of these (story, site) are no stock."""
    article = PlacedWords(story(1, f"{STATEMENT}."))
    shared = [
        shared_passages(article, PlacedWords(story(2 + n, f"{STATEMENT}.")), name, of)
        for n, (name, of) in enumerate(others)
    ]
    return [len(own) for own in particular(article, shared, site)]


def test_what_many_stories_say_is_stock() -> None:
    stories = [(f"s{n}", f"site{n}") for n in range(COMMON)]
    assert left(stories[:-1]) == [1] * (COMMON - 1)
    assert left(stories) == [0] * COMMON


def test_copies_of_one_story_say_it_once() -> None:
    assert left([("s1", f"site{n}") for n in range(COMMON + 2)]) == [1] * (COMMON + 2)


def test_what_a_site_shows_on_some_stories_is_its_furniture() -> None:
    stories = [(f"s{n}", "home") for n in range(COMMON_AT_HOME)]
    assert left(stories[:-1]) == [1] * (COMMON_AT_HOME - 1)
    assert left(stories) == [0] * COMMON_AT_HOME
    assert left([(name, None) for name, _ in stories], site=None) == [1] * COMMON_AT_HOME


def test_a_passage_that_only_begins_with_a_stock_phrase_stays() -> None:
    long = f"{STATEMENT} {words_of(prose(90, 6), 60)}"
    article = PlacedWords(story(1, long))
    phrase = [
        shared_passages(article, PlacedWords(story(3 + n, f"{STATEMENT}.")), f"s{n}", None)
        for n in range(COMMON)
    ]
    whole: Shared = shared_passages(article, PlacedWords(story(2, long)), "s", None)
    *stock, own = particular(article, [*phrase, whole], None)
    assert [len(passages) for passages in stock] == [0] * COMMON
    assert own == whole.passages
    assert particular(article, [], None) == []

import time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.model import CleanedArticle, Repeat, Role, Span
from cleaning.phrases import key
from cleaning.pipeline import clean
from cleaning.repeats import SHORTEST_COPY, find_copies, find_repeats
from cleaning.words import fold_words, words
from tests.builders import prose
from tests.unit.strategies import texts as hostile_texts

STATEMENT = "we will shift our focus from fighting the flood to mending what it has broken"
ENGINEER = f'The engineer said: "{STATEMENT.capitalize()}", and then she left the room.'
MAYOR = f"In a statement the mayor said the town {STATEMENT.upper()} in spring."
# The same statement as it may be told again: words that both tellings have, in order.
RETOLD = {
    "cut": "It was about mending what the flood, which went on from fighting the flood to mending "
    "what it has broken.",
    "reordered": "From fighting the flood to mending what it has broken: to that, the mayor added, "
    "we will shift our focus.",
    "in pieces": "The mayor would “shift our focus from fighting the flood” and turn, as she put "
    "it, “to mending what it has broken”.",
    "indirect": "The mayor said that they would shift their focus from fighting the flood to "
    "mending what it had broken.",
}


def the_only(texts: list[str | None]) -> Repeat:
    repeats = find_repeats(texts)
    assert len(repeats) == 1
    return next(iter(repeats.values()))


def test_a_statement_told_twice_is_marked_where_it_stands_in_both() -> None:
    repeat = the_only([prose(1, 1), ENGINEER, prose(2, 1), MAYOR])
    assert repeat.of == 1
    (span,) = repeat.shared
    assert span.words == len(STATEMENT.split())
    assert MAYOR[span.here.start : span.here.end].casefold() == STATEMENT
    assert ENGINEER[span.there.start : span.there.end].casefold() == STATEMENT


@pytest.mark.parametrize("told", RETOLD.values(), ids=RETOLD)
def test_a_statement_told_again_in_other_words_is_linked(told: str) -> None:
    repeat = the_only([prose(1, 1), ENGINEER, prose(2, 1), told])
    assert repeat.of == 1
    marked = sum(span.words for span in repeat.shared)
    assert marked >= 8
    for span in repeat.shared:
        assert key(told[span.here.start : span.here.end]) in key(STATEMENT)


def test_the_words_are_marked_in_the_order_of_the_later_block() -> None:
    told = "As to what it has broken: we will shift our focus from fighting the flood to that."
    repeat = the_only([prose(1, 1), ENGINEER, told])
    marked = [told[span.here.start : span.here.end] for span in repeat.shared]
    assert marked == ["what it has broken", "we will shift our focus from fighting the flood to"]


def test_a_letter_that_folds_into_two_words_shifts_no_mark() -> None:
    here, there = f"It took 1½ years, and {MAYOR}", f"A 2½ year plan: {ENGINEER}"
    (span,) = the_only([there, prose(1, 1), here]).shared
    assert here[span.here.start : span.here.end].casefold() == STATEMENT
    assert there[span.there.start : span.there.end].casefold() == STATEMENT


def test_it_is_found_whichever_telling_comes_first() -> None:
    assert the_only([RETOLD["in pieces"], prose(1, 1), ENGINEER]).of == 0


def test_the_earlier_block_that_shares_most_is_the_one_repeated() -> None:
    half = " ".join(STATEMENT.split()[:11])
    repeats = find_repeats([f"It is true: {half}.", ENGINEER, MAYOR])
    assert repeats[2].of == 1


def test_of_two_equal_blocks_the_first_is_the_one_repeated() -> None:
    repeats = find_repeats([ENGINEER, ENGINEER, ENGINEER, prose(1, 1), prose(2, 1)])
    assert [repeats[1].of, repeats[2].of] == [0, 0]


def test_a_block_said_in_many_places_is_a_refrain() -> None:
    assert find_repeats([ENGINEER] * 6) == {}


@pytest.mark.parametrize(("count", "is_found"), [(8, True), (4, False)])
def test_a_few_words_in_common_are_no_statement(count: int, is_found: bool) -> None:  # noqa: FBT001
    run = " ".join(prose(1, 1).casefold().split()[:count])
    texts = [f"{prose(2, 1)} {run} {prose(3, 1)}", f"{prose(4, 1)} {run} {prose(5, 1)}"]
    assert bool(find_repeats(texts)) is is_found


@pytest.mark.parametrize(("count", "is_found"), [(16, True), (8, False)])
def test_characters_count_less_than_words(count: int, is_found: bool) -> None:  # noqa: FBT001
    run = "".join(chr(0x4E00 + number) for number in range(count))
    assert bool(find_repeats([f"甲{run}乙。", f"丙{run}丁。"])) is is_found


# Among paragraphs that have the common words, too, as in any article.
COMMON = [f"{prose(seed, 1)} It is one of the two in {prose(seed + 50, 1)}" for seed in range(8)]


def test_a_name_is_no_statement() -> None:
    name = "Ann Lee Brown of the Royal Institute of Marine Biology in Port Ellen"
    texts = list(COMMON)
    texts[1] += f" That is what {name} wrote."
    texts[4] += f" So {name} left."
    assert find_repeats(texts) == {}
    assert find_repeats([text.casefold() for text in texts])


def test_the_same_words_about_other_numbers_are_another_statement() -> None:
    said = "At dusk the bridge gauge showed {}, then {} and at last {} centimetres."
    one, other = said.format(310, 316, 322), said.format(295, 287, 281)
    assert find_repeats([*COMMON, one, prose(9, 1), f"Later: {one}"])
    assert find_repeats([*COMMON, one, prose(9, 1), f"Later: {other}"]) == {}


def test_a_label_is_no_statement() -> None:
    label = "Payroll automation, compliance tracking, onboarding software, benefits administration"
    texts = [prose(seed, 1) for seed in range(6)]
    assert find_repeats([*texts, label, prose(7, 1), label]) == {}


def test_removed_blocks_are_not_compared() -> None:
    assert find_repeats([ENGINEER, None, prose(1, 1)]) == {}
    assert find_repeats([None, MAYOR]) == {}


def test_a_block_that_repeats_itself_repeats_no_other() -> None:
    assert find_repeats([f"{STATEMENT}. {STATEMENT}."]) == {}


PARAGRAPHS = st.lists(
    st.lists(st.sampled_from("abcdefghijABC12"), min_size=4, max_size=40)
    .map(" ".join)
    .map("{}.".format),
    max_size=6,
)


@given(st.one_of(PARAGRAPHS, st.lists(hostile_texts, max_size=6).map(lambda own: own + own)))
def test_shared_spans_hold_the_same_words_in_both_blocks(paragraphs: list[str]) -> None:
    for index, repeat in find_repeats(paragraphs).items():
        assert repeat.of < index
        assert repeat.shared
        for span in repeat.shared:
            here = words(paragraphs[index][span.here.start : span.here.end])
            there = words(paragraphs[repeat.of][span.there.start : span.there.end])
            assert fold_words(here) == fold_words(there)
            assert len(here) == span.words
        assert_apart([span.here for span in repeat.shared])
        assert_apart(sorted((span.there for span in repeat.shared), key=lambda span: span.start))


def assert_apart(spans: list[Span]) -> None:
    assert all(span.start < span.end for span in spans)
    for before, after in pairwise(spans):
        assert before.end <= after.start


DRAW = Random(1)
NUMBERS = [str(number) for number in range(60)]
HOSTILE = {
    "one word": ["word " * 400_000 + "."],
    "one line": ["the same line of text is told again here, and again."] * 10_000,
    "few words": [" ".join(DRAW.choices(NUMBERS, k=30)) + "." for _ in range(10_000)],
    "long blocks of two words": [" ".join(DRAW.choices("ab", k=2_000)) + "." for _ in range(500)],
    "all twice": [prose(seed, 1) for seed in range(5_000)] * 2,
}


@pytest.mark.parametrize("texts", HOSTILE.values(), ids=HOSTILE)
def test_two_megabytes_are_compared_in_linear_time(texts: list[str]) -> None:
    started = time.process_time()
    find_repeats(texts)
    find_copies(texts, texts)
    assert time.process_time() - started < 8


# --- paragraphs that stand in an article twice ---------------------------------------------

STORY = prose(1, 8).split("\n\n")


def cleaned(*paragraphs: str) -> CleanedArticle:
    return clean("\n\n".join(paragraphs), content_type="text/plain")


def long_sentence(seed: int) -> str:
    return prose(seed, 2).replace(".\n\n", ", ")


def test_a_paragraph_that_stands_twice_is_removed_and_can_be_put_back() -> None:
    again = long_sentence(9)
    article = cleaned(STORY[0], again, *STORY[1:4], again, *STORY[4:])
    ((index, block),) = article.removed
    assert (index, block.rule) == (5, "repeated_paragraph")
    assert "block 1 " in block.reasons[0]
    assert again[:20] in block.reasons[0]
    back = clean(article.source, content_type="text/plain", restored=[block.key])
    assert back.removed == ()
    assert back.blocks[5].repeats is not None
    assert back.blocks[5].repeats.of == 1


def test_of_a_text_that_stands_twice_one_stays_with_its_short_lines() -> None:
    story = [long_sentence(1), "He left.", long_sentence(2), long_sentence(3), "“Why?” she said."]
    article = cleaned(*story, *story)
    assert article.text.split("\n\n") == story
    assert {block.rule for _, block in article.removed} == {"repeated_paragraph"}


@pytest.mark.parametrize(
    "line",
    [
        "He left.",
        "Pros",
        "Ann Lee:",
        "And the river runs on and on, and the river runs on.",
        f"What did you think when {' '.join(long_sentence(9).split()[:20])}?",
        f"- {long_sentence(9)}",
        f"2. {long_sentence(9)}",
    ],
)
def test_what_articles_say_again_on_purpose_stays(line: str) -> None:
    article = cleaned(STORY[0], line, *STORY[1:4], line, *STORY[4:6], line, *STORY[6:])
    assert article.text.split("\n\n").count(line) == 3


def test_a_paragraph_whose_first_copy_was_removed_stays() -> None:
    again = long_sentence(9)
    story = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
    aside = f"<aside><p>{again}</p></aside>"
    page = f"<html><body>{aside}<article>{story}<p>{again}</p></article></body></html>"
    article = clean(page, content_type="text/html")
    assert [block.kept for block in article.blocks if block.text == again][-1]


@given(st.lists(st.sampled_from(["short", None, *map(long_sentence, range(3))]), max_size=12))
def test_a_copy_is_of_an_earlier_one_that_is_none(own: list[str | None]) -> None:
    texts = [text or "" for text in own]
    copies = find_copies(texts, own)
    for index, of in copies.items():
        assert of < index
        assert own[of] == own[index] is not None
        assert of not in copies
    for text in set(filter(None, own)) if copies else ():
        kept = [i for i, other in enumerate(own) if other == text and i not in copies]
        assert kept
        introduced = [i for i in kept if i and own[i - 1] == "short"]
        assert len(set(kept) - {*introduced}) <= 1 or text == "short"


def test_what_a_colon_leads_to_may_stand_twice() -> None:
    again, line = long_sentence(9), "Let us say that again:"
    assert cleaned(STORY[0], again, *STORY[1:4], line, again, *STORY[4:]).removed == ()


def test_what_stands_below_two_headings_may_stand_twice() -> None:
    again = long_sentence(9)
    parts = ("In France", again, *STORY[1:4], "In Spain", again)
    assert cleaned(STORY[0], *parts, *STORY[4:]).removed == ()
    below_one = cleaned(STORY[0], again, *STORY[1:4], "In Spain", again, *STORY[4:])
    assert [index for index, _ in below_one.removed] == [6]


def test_a_part_that_stands_twice_with_its_heading_is_a_copy() -> None:
    part = ["What will it cost?", long_sentence(9)]
    article = cleaned(STORY[0], *part, *STORY[1:4], *part, *STORY[4:])
    assert [index for index, _ in article.removed] == [7]


def test_what_stands_below_many_entries_of_a_text_stays() -> None:
    again = long_sentence(9)
    places = (2, 3, 5, 8)
    lines = [*STORY]
    for place in reversed(places):
        lines.insert(place, again)
    assert cleaned(*lines).removed == ()


def test_a_text_that_stands_many_times_is_kept_once() -> None:
    story = [long_sentence(1), long_sentence(2), long_sentence(3)]
    assert cleaned(*story * 5).text.split("\n\n") == story


def test_a_short_paragraph_is_no_copy() -> None:
    one = " ".join(prose(1, 3).split()[: SHORTEST_COPY - 1]).replace(".", "") + "."
    two = " ".join(prose(1, 3).split()[:SHORTEST_COPY]).replace(".", "") + "."
    assert find_copies([one, one], [one, one]) == {}
    assert find_copies([two, two], [two, two]) == {1: 0}


def test_captions_and_lists_may_say_it_again() -> None:
    again = long_sentence(9)
    story = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
    entries = f"<ul><li>{again}</li><li>{again}</li></ul>"
    page = f"<html><body><article>{story}{entries}</article></body></html>"
    article = clean(page, content_type="text/html")
    assert sum(block.kept for block in article.blocks if block.role is Role.LIST) == 2

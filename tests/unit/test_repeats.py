import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.model import Repeat
from cleaning.repeats import SHORTEST_RUN, find_repeats
from cleaning.words import fold_words, words
from tests.builders import prose

STATEMENT = "we will shift our focus from fighting the flood to mending what it has broken"
ENGINEER = f'The engineer said: "{STATEMENT.capitalize()}", and then she left the room.'
MAYOR = f"In a statement the mayor said the town {STATEMENT.upper()} in spring."


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


def test_the_earlier_block_with_the_longest_run_is_the_one_repeated() -> None:
    half = " ".join(STATEMENT.split()[:11])
    repeats = find_repeats([f"It is true: {half}.", ENGINEER, MAYOR])
    assert repeats[2].of == 1


def test_of_two_equal_blocks_the_first_is_the_one_repeated() -> None:
    repeats = find_repeats([ENGINEER, ENGINEER, ENGINEER])
    assert [repeats[1].of, repeats[2].of] == [0, 0]


def test_the_longest_run_comes_first() -> None:
    short, long = prose(1, 1).split()[:SHORTEST_RUN], prose(2, 1).split()[: SHORTEST_RUN + 3]
    text = " ".join([*short, "but", *long])
    later = " ".join([*long, "and", *short])
    assert [run.words for run in the_only([text, later]).shared] == [SHORTEST_RUN + 3, SHORTEST_RUN]


@pytest.mark.parametrize(("count", "is_found"), [(10, True), (9, False)])
def test_a_run_shorter_than_a_statement_is_none(count: int, is_found: bool) -> None:  # noqa: FBT001
    run = " ".join(prose(1, 1).split()[:count])
    texts = [f"{prose(2, 1)} {run} {prose(3, 1)}", f"{prose(4, 1)} {run} {prose(5, 1)}"]
    assert bool(find_repeats(texts)) is is_found


@pytest.mark.parametrize(("count", "is_found"), [(20, True), (19, False)])
def test_characters_count_less_than_words(count: int, is_found: bool) -> None:  # noqa: FBT001
    run = "".join(chr(0x4E00 + number) for number in range(count))
    assert bool(find_repeats([f"甲{run}乙", f"丙{run}丁"])) is is_found


def test_removed_blocks_are_not_compared() -> None:
    assert find_repeats([ENGINEER, None, prose(1, 1)]) == {}
    assert find_repeats([None, MAYOR]) == {}


def test_a_block_that_repeats_itself_repeats_no_other() -> None:
    assert find_repeats([f"{STATEMENT}. {STATEMENT}."]) == {}


PARAGRAPHS = st.lists(
    st.lists(st.sampled_from("abcde"), min_size=8, max_size=40).map(" ".join), max_size=6
)


@given(PARAGRAPHS)
def test_shared_spans_hold_the_same_words_in_both_blocks(paragraphs: list[str]) -> None:
    repeats = find_repeats(paragraphs)
    for index, repeat in repeats.items():
        assert repeat.of < index
        lengths = [span.words for span in repeat.shared]
        assert lengths == sorted(lengths, reverse=True)
        assert lengths[-1] >= SHORTEST_RUN
        for span in repeat.shared:
            here = words(paragraphs[index][span.here.start : span.here.end])
            there = words(paragraphs[repeat.of][span.there.start : span.there.end])
            assert fold_words(here) == fold_words(there)
            assert len(here) == span.words


@given(PARAGRAPHS)
def test_a_shared_run_is_found_exactly_if_there_is_one(paragraphs: list[str]) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        found = text.split()
        return {tuple(found[i : i + SHORTEST_RUN]) for i in range(len(found) - SHORTEST_RUN + 1)}

    expected = {
        index
        for index, text in enumerate(paragraphs)
        if any(runs(text) & runs(earlier) for earlier in paragraphs[:index])
    }
    assert set(find_repeats(paragraphs)) == expected

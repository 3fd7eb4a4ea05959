import time
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.model import Block, CleanedArticle, Role
from service.duplicates.changes import LONGEST, changes_between
from service.duplicates.model import Changes, Fate
from tests.builders import cleaned, prose

PARAGRAPHS = prose(1).split("\n\n")
FIGURES = "The fire drove 60 people from 4,200 homes, 3.5 percent of the town, on Friday night."


def article(paragraphs: list[str], title: str = "A headline of five words") -> CleanedArticle:
    blocks = tuple(
        Block(text=text, kept=True, role=Role.BODY, start=0, end=0, key=str(index))
        for index, text in enumerate(paragraphs)
    )
    return replace(cleaned(), title=title, blocks=blocks)


def changes(before: list[str], after: list[str]) -> Changes:
    return changes_between(article(before), article(after))


def side(found: Changes, fate: Fate) -> list[str]:
    """The changed paragraphs as one of the editions has them."""
    return [
        " ".join("".join(s.text for s in one if s.fate in {Fate.SAME, fate}).split())
        for one in found.changed
    ]


def test_an_equal_text_has_no_changes() -> None:
    assert changes(PARAGRAPHS, PARAGRAPHS) == Changes(None, (), (), (), 0, ())


def test_paragraphs_added_and_removed_are_told_whole() -> None:
    new, gone = prose(5, 1), PARAGRAPHS[4]
    after = [*PARAGRAPHS[:2], new, *PARAGRAPHS[2:4], *PARAGRAPHS[5:]]
    assert changes(PARAGRAPHS, after) == Changes(None, (new,), (gone,), (), 0, ())


def test_another_headline_is_told() -> None:
    found = changes_between(article(PARAGRAPHS), article(PARAGRAPHS, "Another headline by far"))
    assert found.title == ("A headline of five words", "Another headline by far")
    slugged = article(PARAGRAPHS, "UPDATE 1-A headline of five words (Adds quotes)")
    assert changes_between(article(PARAGRAPHS), slugged).title is None


def test_changed_words_are_told_inside_their_paragraph() -> None:
    words = PARAGRAPHS[3].split()
    words[5:7] = ["quite", "another"]
    found = changes(PARAGRAPHS, [*PARAGRAPHS[:3], " ".join(words), *PARAGRAPHS[4:]])
    ((before, removed, added, after),) = found.changed
    assert [s.fate for s in (before, removed, added, after)] == [
        Fate.SAME, Fate.REMOVED, Fate.ADDED, Fate.SAME,
    ]  # fmt: skip
    assert added.text.split() == ["quite", "another"]
    assert removed.text.split() == PARAGRAPHS[3].split()[5:7]


def test_changed_figures_are_told_by_themselves() -> None:
    later = (
        FIGURES.replace("60", "140").replace("4,200", "5,100").replace("3.5 percent", "4 percent")
    )
    found = changes([*PARAGRAPHS, FIGURES], [*PARAGRAPHS, later])
    assert [(n.before, n.after) for n in found.numbers] == [
        ("60", "140"), ("4,200", "5,100"), ("3.5", "4"),
    ]  # fmt: skip
    assert found.numbers[0].context == "The fire drove 140 people from 5,100"


def test_a_figure_of_which_it_is_not_clear_what_replaced_it_is_left_out() -> None:
    later = FIGURES.replace("60 people", "between 120 and 140 people")
    assert changes([*PARAGRAPHS, FIGURES], [*PARAGRAPHS, later]).numbers == ()


def test_moved_paragraphs_are_counted_and_not_told_as_changed() -> None:
    found = changes(PARAGRAPHS, [*PARAGRAPHS[1:], PARAGRAPHS[0]])
    assert found == Changes(None, (), (), (), 1, ())


def test_a_paragraph_that_was_split_or_joined_has_not_changed() -> None:
    joined = [f"{PARAGRAPHS[0]} {PARAGRAPHS[1]}", *PARAGRAPHS[2:]]
    assert changes(PARAGRAPHS, joined) == Changes(None, (), (), (), 0, ())
    assert changes(joined, PARAGRAPHS) == Changes(None, (), (), (), 0, ())


def test_characters_of_a_script_without_spaces_are_told_one_by_one() -> None:
    before = "市议会周二晚上投票决定关闭东部码头的货运业务,共有112名工人受到影响。"
    found = changes([before], [before.replace("周二", "周三").replace("112", "130")])
    assert [s.text for s in found.changed[0] if s.fate is not Fate.SAME] == [
        "二", "三", "112", "130",
    ]  # fmt: skip
    assert [(n.before, n.after) for n in found.numbers] == [("112", "130")]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_either_edition_can_be_put_together_again(data: st.DataObject) -> None:
    sentences = [f"{p} {i} of them." for i, p in enumerate(PARAGRAPHS)]
    draw = Random(data.draw(st.integers(0, 10_000)))
    after = []
    for sentence in draw.sample(sentences, data.draw(st.integers(1, len(sentences)))):
        words = sentence.split()
        for _ in range(data.draw(st.integers(0, 6))):
            place = draw.randrange(len(words))
            words[place : place + draw.randrange(2)] = draw.choices(["new", "17", "said,"], k=1)
        after.append(" ".join(words))
    found = changes(sentences, after)
    for fate, whole, edition, other in (
        (Fate.REMOVED, found.removed, sentences, after),
        (Fate.ADDED, found.added, after, sentences),
    ):
        told = " ".join([*whole, *side(found, fate)]).split()
        assert sorted(told) == sorted(" ".join(p for p in edition if p not in other).split())


@pytest.mark.parametrize("words", [("a", "b"), tuple(f"w{i}" for i in range(20_000))])
def test_two_megabytes_of_changes_take_bounded_time(words: tuple[str, ...]) -> None:
    draw = Random(3)
    before = [
        " ".join(draw.choices(words, k=100)) for _ in range(2_000_000 // (100 * len(words[-1])))
    ]
    after = [f"{text} {number}" for number, text in enumerate(before)]
    start = time.process_time()
    found = changes(before, after)
    assert time.process_time() - start < 3
    assert sum(map(len, found.added)) > 1_000_000


def test_of_a_long_text_the_first_changes_are_told_in_full() -> None:
    before = prose(1, 1500).split("\n\n")
    found = changes(before, [f"{text} More." for text in before])
    assert 0.9 * LONGEST < sum(map(len, side(found, Fate.ADDED))) <= LONGEST
    assert len(found.added) == len(found.removed) > 0

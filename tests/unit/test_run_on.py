from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.blocks import read_text
from cleaning.pipeline import clean
from cleaning.run_on import cut_run_on
from tests.unit.strategies import LINES, texts

TITLE = "Council Closes the Old Tarrant Bridge for a Year"
STORY = (
    "The council of Marsh Tarrant decided on Monday to close the old Tarrant bridge for a year.",
    "Engineer Tomas Reyl said the piers of the bridge had been washed out by the river Ousel.",
    "“Nobody in all of Marsh Tarrant wanted to see the bridge shut again. But it is,” said Amsel.",
    "Shop owners in Marsh Tarrant fear that the closed bridge will cost them half of their trade.",
    "The repair of the piers in the Ousel will take until the spring of next year, he added.",
    "Amsel wants the county to pay for the ferry and for the repair of the old Tarrant bridge.",
    "The ferry will leave from the market every ten minutes, and every half an hour at night.",
    "A floating bridge has been offered to the county by Lt. Col. Ada Fenn of the Engineers.",
    "It would carry cars but no lorries, and could be laid out within a week of the order.",
    "The council will decide on the offer when it meets again on 12 March 2019 in the town hall.",
    "Until then the police ask drivers to take the road by the mill, which has been widened.",
    "The old bridge was built in 1874 and is the only one on the Ousel below the Tarrant weir.",
    "Its stones came from a quarry that was flooded when the weir was raised for the last time.",
    "Amsel and Reyl will answer the questions of all who live there on Thursday in the school.",
    "The county has set up a page with the times of the ferry and a map of the roads around them.",
)


def pieces(text: str) -> list[str]:
    return [block.text for block in read_text(text).blocks]


def on_one_line(*parts: str) -> str:
    return " ".join(parts)


def test_sentences_of_a_text_on_one_line_are_blocks() -> None:
    assert pieces(on_one_line(*STORY)) == list(STORY)


def test_the_head_of_a_page_without_its_line_ends_is_taken_apart() -> None:
    head = [
        "Tuesday, 19 February 2019",
        "Latest news",
        f"Main » {TITLE}",
        TITLE,
        "06 February 2018",
    ]
    assert pieces(on_one_line(*head, *STORY, TITLE)) == [*head, *STORY, TITLE]
    assert pieces(on_one_line(*head) + "\n" + on_one_line(*STORY, TITLE)) == [*head, *STORY, TITLE]


def test_a_page_without_its_line_ends_is_cleaned() -> None:
    head = [
        "Tuesday, 19 February 2019",
        "Latest news",
        f"Main » {TITLE}",
        TITLE,
        "06 February 2018",
    ]
    article = clean(on_one_line(*head, *STORY, TITLE))
    assert article.title == TITLE
    assert article.published_at is not None
    assert article.published_at.isoformat() == "2018-02-06"
    assert article.text == "\n\n".join(STORY)


@pytest.mark.parametrize(
    "opening",
    [
        "On 6 February 2018 the council of Marsh Tarrant met in secret.",
        "Share this article of faith with the council of Marsh Tarrant and its mayor, she said.",
        "The latest news of the bridge is that the bridge is shut until the year is over.",
        "6 February 2018 was the day on which the council of Marsh Tarrant met in secret.",
    ],
)
def test_a_sentence_that_begins_like_a_head_stays_whole(opening: str) -> None:
    assert pieces(on_one_line(opening, *STORY))[0].startswith(opening)


def test_words_of_the_beginning_that_end_the_text_are_no_title_inside_a_sentence() -> None:
    last = "It is not known on what the council of Marsh Tarrant decided on Monday"
    assert pieces(on_one_line(*STORY, last))[-1] == last


def test_sentences_of_a_script_without_spaces_are_blocks() -> None:
    clause = "城南的旧钟楼星期六重新向市民开放，上百人在雨中排队登塔"
    sentences = [f"{first}月修缮以后，{clause}。" for first in "一二三四五六七八九十百千万亿"]
    assert pieces("".join(sentences)) == sentences


def test_a_short_text_and_long_paragraphs_stay_as_they_are() -> None:
    short = on_one_line(*STORY[:5])
    assert pieces(short) == [short]
    long = on_one_line(*STORY, *STORY)
    lines = [long, *(short for _ in range(8))]
    assert pieces("\n".join(lines)) == lines


@given(st.lists(st.one_of(texts, st.sampled_from((*LINES, *STORY, TITLE))), max_size=30))
def test_nothing_is_lost_or_moved(parts: Sequence[str]) -> None:
    text = on_one_line(*parts, *STORY, *parts)
    lines = [(block.start, block.end) for block in read_text("\n".join(parts)).blocks]
    assert all(one[1] <= other[0] for one, other in pairwise(lines))
    places = list(cut_run_on(text, [(0, len(text))])) if text else []
    end = 0
    for start, stop in places:
        assert not text[end:start].strip()
        assert start < stop
        end = stop
    assert not text[end:].strip()

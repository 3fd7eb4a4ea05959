from hypothesis import given
from hypothesis import strategies as st

from cleaning.limits import MOST_ALONE, MOST_BLOCKS, MOST_JUDGED, joined
from cleaning.pipeline import clean
from tests.hostile import STORY

LABEL = "Share this article"


@given(st.integers(0, 20 * MOST_BLOCKS))
def test_joined_pieces_follow_each_other_to_the_end_and_are_few(count: int) -> None:
    pieces = list(joined(count))
    alone = MOST_ALONE if pieces else count
    assert alone + len(pieces) <= MOST_BLOCKS
    ends = [alone, *(end for _, end in pieces)]
    assert [first for first, _ in pieces] == ends[:-1]
    assert ends[-1] == count


def test_what_is_not_judged_is_kept() -> None:
    lines = "".join(f"{STORY} {number}.\n\n" for number in range(MOST_JUDGED - 2))
    cleaned = clean(f"{lines}{LABEL}\n\n{STORY}\n\n{LABEL}\n\n{STORY} The end.")
    labels = [block for block in cleaned.blocks if block.text == LABEL]
    assert [block.kept for block in labels] == [False, True]


def test_a_page_of_too_many_blocks_keeps_the_words_of_all() -> None:
    count = MOST_BLOCKS + 500
    cleaned = clean(
        "".join(f"<p>w{number}</p>" for number in range(count)), content_type="text/html"
    )
    assert len(cleaned.blocks) <= MOST_BLOCKS
    words = " ".join(block.text for block in cleaned.blocks).split()
    assert words == [f"w{number}" for number in range(count)]

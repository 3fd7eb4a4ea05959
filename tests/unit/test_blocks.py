import regex
from hypothesis import given

from cleaning.blocks import read_text
from cleaning.normalise import for_reading
from tests.unit.strategies import texts

INVISIBLE = regex.compile(r"[\s\p{Z}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}]")

WRAPPED = """The council decided on Monday to close the old bridge for a
year while its piers are repaired, and to run a ferry from the
market to the mill instead.

The mayor said that nobody liked the plan, but that a bridge
which is closed is better than one which falls, and that the
ferry would cost nothing.
"""


def shown(text: str) -> list[str]:
    return [block.text for block in read_text(text).blocks]


@given(texts)
def test_blocks_stand_in_order_and_apart_inside_the_source(text: str) -> None:
    end = 0
    for block in read_text(text).blocks:
        assert end <= block.start < block.end <= len(text)
        end = block.end


@given(texts)
def test_a_block_is_its_place_in_the_source_made_readable(text: str) -> None:
    for block in read_text(text).blocks:
        assert block.text == for_reading(text[block.start : block.end])
        assert block.text


@given(texts)
def test_everything_that_can_be_seen_is_in_a_block(text: str) -> None:
    outside, end = "", 0
    for block in read_text(text).blocks:
        outside += text[end : block.start]
        end = block.end
    outside += text[end:]
    assert all(INVISIBLE.fullmatch(character) for character in outside)


def test_blank_lines_part_blocks_and_single_line_ends_part_lines() -> None:
    text = "Latest news\nHome\n\nThe council met.\r\n\r\nIt left."
    blocks = read_text(text).blocks
    assert [(block.text, block.after_blank) for block in blocks] == [
        ("Latest news", False),
        ("Home", False),
        ("The council met.", True),
        ("It left.", True),
    ]


def test_a_line_of_spaces_is_blank() -> None:
    assert [block.after_blank for block in read_text("One.\n \t\nTwo.").blocks] == [False, True]


def test_hard_wrapped_lines_are_one_paragraph() -> None:
    first, second = shown(WRAPPED)
    assert first.startswith("The council decided") and first.endswith("to the mill instead.")
    assert second.endswith("would cost nothing.")


def test_wrapped_lines_stay_apart_from_a_title_that_had_room() -> None:
    assert shown(f"Bridge to close\n{WRAPPED}")[0] == "Bridge to close"


def test_a_list_of_short_lines_is_not_taken_for_wrapped_text() -> None:
    lines = ["Latest news", "Sport", "A much longer entry of the menu", "Weather", "About"]
    assert shown("\n".join(lines)) == lines


def test_long_lines_are_paragraphs_however_they_end() -> None:
    line = "The council decided on Monday that it would meet again on Tuesday to decide on what " * 2
    assert len(shown("\n".join([line] * 6))) == 6


def test_line_ends_of_every_platform_part_lines() -> None:
    assert shown("one\rtwo\nthree\u2028four\u2029five\x0bsix") == [
        *("one", "two", "three", "four", "five", "six")
    ]


def test_a_text_without_words_has_no_blocks() -> None:
    assert shown(" \n\u200b\n\ufeff\t") == []

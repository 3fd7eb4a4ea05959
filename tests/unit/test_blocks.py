import regex
from hypothesis import given

from cleaning.blocks import read_text
from cleaning.normalise import for_reading, join_lines
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
        assert block.text == for_reading(join_lines(text[block.start : block.end]))
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
    assert first.startswith("The council decided")
    assert first.endswith("to the mill instead.")
    assert second.endswith("would cost nothing.")


def test_wrapped_lines_stay_apart_from_a_title_that_had_room() -> None:
    assert shown(f"Bridge to close\n{WRAPPED}")[0] == "Bridge to close"


def test_a_list_of_short_lines_is_not_taken_for_wrapped_text() -> None:
    lines = ["Latest news", "Sport", "A much longer entry of the menu", "Weather", "About"]
    assert shown("\n".join(lines)) == lines


def test_lines_of_a_script_without_spaces_stay_apart() -> None:
    lines = [
        "城南旧钟楼重新开放",
        "经过三年修缮，城南的旧钟楼星期六重新向市民开放，上百人在雨中排队登塔，市长在仪式上剪彩。",
        "钟楼建于一九一二年，因地基下沉而关闭，工程师在塔底打入四十二根钢桩，才稳住塔身。",
        "馆长说，塔内的机械钟由三名退休钳工修复，他们不要报酬，只要求每年可以上塔一次看日出。",
        "钟楼今后每天开放到晚上九点，门票十元，六十岁以上的老人和学生免费，星期一闭馆检修。",
    ]
    assert shown("\n".join(lines)) == lines


def test_long_lines_are_paragraphs_however_they_end() -> None:
    line = (
        "The council decided on Monday that it would meet again on Tuesday to decide on what " * 2
    )
    assert len(shown("\n".join([line] * 6))) == 6


def test_line_ends_of_every_platform_part_lines() -> None:
    lines = ["A line of its own", "two", "three", "four and more", "five", "six"]
    ends = ["\r", "\u2028", "\u2029", "\x0b", "\x85", "\n"]
    assert shown("".join(map("".join, zip(lines, ends, strict=True)))) == lines


def test_a_text_without_words_has_no_blocks() -> None:
    assert shown(" \n\u200b\n\ufeff\t") == []

import textwrap

import regex
from hypothesis import given

from cleaning.blocks import read_text
from cleaning.limits import MOST_BLOCKS
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


def test_a_long_line_of_chrome_does_not_hide_that_a_text_is_wrapped() -> None:
    menu = " | ".join(["Home", "News", "Sport", "Weather", "Business", "Culture", "Travel"] * 3)
    assert len(shown(f"{menu}\nBridge to close\n{WRAPPED}")) == 4


def test_short_lines_around_it_do_not_hide_that_a_text_is_wrapped() -> None:
    labels = ["Home", "News", "Share", "4 min read", "12 comments", "Latest news", "Print"]
    lines = WRAPPED.replace("\n\n", "\n").splitlines()
    text = "\n".join([*labels, *lines, *labels])
    assert shown(text) == [*labels, " ".join(lines[:3]), " ".join(lines[3:]), *labels]


def test_an_indented_line_opens_a_paragraph() -> None:
    paragraph = "\n".join(WRAPPED.split("\n")[:2])  # its last line is full
    text = "Bridge to close\n" + f"   {paragraph}\n" * 4
    assert [block.split()[0] for block in shown(text)] == ["Bridge", *["The"] * 4]


def test_some_lines_of_one_width_in_a_long_list_are_not_joined() -> None:
    lines = [f"{'entry ' * (6 + number % 9)}{number}" for number in range(40)]
    assert shown("\n".join(lines)) == lines


def test_an_item_of_a_wrapped_list_goes_on_below_its_marker() -> None:
    items = [f"* {' '.join(block.split())}" for block in WRAPPED.split("\n\n")]
    text = "\n".join(textwrap.fill(item, 60, subsequent_indent="  ") for item in items)
    assert [block[:5] for block in shown(text)] == ["* The"] * 2


def test_headlines_of_about_one_width_are_no_paragraph() -> None:
    lines = [
        "Council closes the old Tarrant bridge for a whole year now",
        "Rovers stun the league leaders with two very late goals",
        "Harbour seals are counted from the air at low tide again",
        "Union vows to fight the closing of the mill in Halverstock",
        "Senators want the grants of the state back from the mill",
    ]
    assert shown("\n".join(lines)) == lines


def test_wrapped_words_are_whole_again() -> None:
    text = WRAPPED.replace("for a\nyear", "for a-\nyear").replace(
        "bridge\nwhich", "brid\xad\nwhich"
    )
    first, second = shown(text)
    assert "for a-year while" in first
    assert "that a bridwhich is" in second


def test_wrapped_lines_of_a_script_without_spaces_are_joined_without_any() -> None:
    paragraph = (
        "经过三年修缮，城南的旧钟楼星期六重新向市民开放，上百人在雨中排队登塔，市长在仪式上剪彩。"
        * 3
    )
    lines = [paragraph[start : start + 32] for start in range(0, len(paragraph), 32)]
    assert shown("旧钟楼重新开放\n\n" + "\n".join(lines)) == ["旧钟楼重新开放", paragraph]


def test_lines_without_number_are_few_blocks_and_none_is_lost() -> None:
    text = "again\n" * (MOST_BLOCKS * 2 + 1)
    blocks = read_text(text).blocks
    assert len(blocks) <= MOST_BLOCKS
    assert sum(block.text.count("again") for block in blocks) == MOST_BLOCKS * 2 + 1


def test_ten_thousand_lines_are_as_many_blocks() -> None:
    assert len(read_text("A line of its own.\n" * 10_000).blocks) == 10_000


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

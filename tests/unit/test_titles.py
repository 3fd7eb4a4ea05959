import pytest
from hypothesis import given

from cleaning.blocks import read_text
from cleaning.model import Document
from cleaning.phrases import key
from cleaning.titles import (
    choose_title,
    first_paragraph,
    is_headline,
    is_paragraph,
    says_title,
    title_key_of,
    word_count,
)
from tests.unit.strategies import texts

TITLE = "Council closes the old bridge for a year"
LEAD = "The council decided on Monday to close the old bridge for a year, the mayor said."


def a_document(*lines: str, titles: tuple[str, ...] = ()) -> Document:
    read = read_text("\n\n".join(lines))
    return Document(read.format, read.text, read.blocks, titles=titles)


def shown(document: Document, given_title: str | None = None) -> tuple[str | None, int | None]:
    title = choose_title(document, given_title)
    return title.text, title.block


def test_the_line_above_the_text_is_the_title() -> None:
    assert shown(a_document(TITLE, LEAD)) == (TITLE, 0)


def test_the_callers_title_stands_before_the_markups() -> None:
    document = a_document("Another line", LEAD, titles=("From the markup",))
    assert shown(document, "From the caller") == ("From the caller", None)
    assert shown(document) == ("From the markup", None)


def test_a_title_without_words_is_none() -> None:
    assert shown(a_document(TITLE, LEAD, titles=(" — ",)), "…") == (TITLE, 0)


def test_the_block_that_says_the_given_title_is_found_in_any_case() -> None:
    assert shown(a_document("News", TITLE.upper(), LEAD), TITLE) == (TITLE, 1)


def test_of_two_blocks_with_the_title_the_one_nearer_to_the_text_shows_it() -> None:
    assert shown(a_document(TITLE, "6 May 2020", TITLE, LEAD), TITLE) == (TITLE, 2)


def test_a_line_that_the_breadcrumb_ends_in_is_preferred() -> None:
    document = a_document("Weather is fine in all the county", f"Home » {TITLE}", TITLE, LEAD)
    assert shown(document) == (TITLE, 2)


def test_a_sections_name_is_not_preferred_to_a_longer_line() -> None:
    assert shown(a_document("County news", TITLE, LEAD, "County news")) == (TITLE, 1)


# What stands between a title and the first paragraph, and shares more words with the story.
BELOW_THE_TITLE = {
    "a subheading": ("Old bridge and council",),
    "a standfirst": ("Why the council decided to close the old bridge on Monday",),
    "a list": ("What you need to know", "- The mayor and the council close the old bridge"),
}


@pytest.mark.parametrize("lines", BELOW_THE_TITLE.values(), ids=BELOW_THE_TITLE)
def test_the_first_of_several_lines_about_the_story_is_the_title(lines: tuple[str, ...]) -> None:
    title = "Council shuts the old bridge, says mayor"
    assert shown(a_document(title, *lines, LEAD)) == (title, 0)


def test_an_entry_of_a_list_is_no_title() -> None:
    assert shown(a_document("Readers wrote:", f"- {TITLE}", LEAD)) == (None, None)


def test_a_byline_or_the_time_to_read_is_no_title() -> None:
    for line in ("By Jane Doe and John Roe", "12 min read"):
        assert shown(a_document(line, LEAD)) == (None, None)


def test_a_short_title_says_what_the_story_says_all_over() -> None:
    story = [f"Rye bread is {how}, and every baker of rye has a bread." for how in "abcd"]
    assert shown(a_document("Rye Bread", "What is in this little book", *story)) == ("Rye Bread", 0)
    assert shown(a_document("Rye News", "What is in this little book", *story))[1] == 1


def test_a_line_that_sends_the_reader_elsewhere_is_not_preferred_to_a_short_title() -> None:
    cue = "Related: what the council decided about the bridge"
    assert shown(a_document("Council News Roundup", cue, LEAD)) == ("Council News Roundup", 0)


def test_a_stock_sentence_above_the_title_is_neither_title_nor_text() -> None:
    notice = "We use cookies to give you the best experience on our site. By continuing you agree."
    assert shown(a_document(notice, TITLE, LEAD)) == (TITLE, 1)


def test_a_cut_title_above_the_whole_one_is_not_preferred() -> None:
    assert shown(a_document("Council closes the old br…", TITLE, LEAD)) == (TITLE, 1)


def test_a_text_that_opens_with_a_paragraph_has_no_title() -> None:
    assert shown(a_document(LEAD, TITLE)) == (None, None)


@pytest.mark.parametrize("line", ["Latest news", "6 May 2020", "He said:", "It is over."])
def test_furniture_dates_and_sentences_are_no_headlines(line: str) -> None:
    assert not is_headline(a_document(line).blocks[0])


@pytest.mark.parametrize(
    "line", [TITLE, "Is it over?", "“It is over,” says mayor", "U.S. wins 2-1"]
)
def test_headlines_have_a_shape(line: str) -> None:
    assert is_headline(a_document(line).blocks[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LEAD, True),
        ("She left.", False),
        ("A line of more than eight words that does not end in a full stop", False),
        ("他们星期一决定关闭这座旧桥一年时间来修理。", True),
        (" / ".join(["Sport"] * 30), False),
        ("word " * 25, True),
    ],
)
def test_a_paragraph_is_a_sentence_at_least(text: str, expected: bool) -> None:  # noqa: FBT001
    assert is_paragraph(text) is expected


def test_two_characters_of_an_unspaced_script_count_as_a_word() -> None:
    assert word_count("伊拉克 army") == 2.5


@given(texts)
def test_the_title_is_a_line_of_the_text_above_its_first_paragraph(text: str) -> None:
    document = read_text(text)
    title = choose_title(document, None)
    if title.text is None:
        assert title.block is None
    else:
        assert title.block is not None
        assert title.block < first_paragraph(document.blocks)
        assert document.blocks[title.block].text == title.text


@pytest.mark.parametrize("title", ["Up or down? - A guide", "Late: the ferry – again", TITLE])
def test_a_title_with_separators_is_found_between_others(title: str) -> None:
    own = title_key_of(title)
    for line in (f"Home » News » {title}", f"{title} | The Morning Post", f"A > {title} - Post"):
        assert says_title(line, key(line), own)
    longer = f"{title} and what came of it"
    assert not says_title(longer, key(longer), own)

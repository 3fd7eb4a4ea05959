from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.article import site_key
from cleaning.model import SITE_FURNITURE, CleanedArticle, SiteBlock, SiteLookup
from cleaning.phrases import key
from cleaning.pipeline import clean
from cleaning.site_memory import FEWEST_FOR_SENTENCE, FEWEST_STORIES
from tests.builders import prose

TITLE = "Bridge at Ousel closed to lorries for a year"
STORY = (
    "Engineers found cracks in two of the bridge’s steel girders during a survey in January.",
    "Lorries must take the motorway instead, which adds forty minutes to a trip to the harbour.",
    "The council has asked the ministry for money, and expects an answer before the summer.",
)
LINE = "Puzzles and crosswords"


def knowing(*texts: str, stories: int = 40, of: int = 40) -> SiteLookup:
    """A site that has shown these texts on so many of its other stories."""
    known = {site_key(key(text)): SiteBlock(stories=stories, of=of) for text in texts}

    def lookup(keys: Sequence[str]) -> Mapping[str, SiteBlock]:
        return {own: known[own] for own in keys if own in known}

    return lookup


def cleaned(*blocks: str, site: SiteLookup | None, title: str = TITLE) -> CleanedArticle:
    return clean("\n\n".join(blocks), content_type="text/plain", title=title, site=site)


def gone(article: CleanedArticle) -> list[str]:
    return [block.text for block in article.blocks if block.rule == SITE_FURNITURE]


def test_a_line_below_the_story_goes_with_the_number_of_stories() -> None:
    article = cleaned(*STORY, LINE, site=knowing(LINE, stories=12))
    (block,) = [block for _, block in article.removed]
    assert (block.text, block.rule) == (LINE, SITE_FURNITURE)
    assert block.reasons == ("it stands on 12 other stories of this site",)
    assert article.text == "\n\n".join(STORY)


def test_a_line_above_the_story_goes() -> None:
    long = "The voice of the Ousel valley since 1881"
    assert gone(cleaned(long, TITLE, *STORY, site=knowing(long))) == [long]


@pytest.mark.parametrize(
    ("stories", "of", "goes"),
    [
        *((FEWEST_STORIES, 5, True), (FEWEST_STORIES - 1, 4, False)),
        *((16, 64, True), (15, 64, False)),
    ],
)
def test_it_must_stand_on_enough_stories_and_a_quarter_of_those_remembered(
    stories: int,
    of: int,
    goes: bool,  # noqa: FBT001
) -> None:
    article = cleaned(*STORY, LINE, site=knowing(LINE, stories=stories, of=of))
    assert gone(article) == [LINE] * goes


def test_a_long_line_inside_the_story_goes_if_it_is_on_nearly_all() -> None:
    line = "All the puzzles and crosswords of the week"
    text = (STORY[0], line, *STORY[1:])
    assert gone(cleaned(*text, site=knowing(line))) == [line]
    assert gone(cleaned(*text, site=knowing(line, stories=20))) == []


def test_a_short_sentence_of_the_site_goes_if_it_is_on_nearly_all() -> None:
    sentence = "Members of our club read every puzzle without any advertising at all."
    assert gone(cleaned(*STORY, sentence, site=knowing(sentence))) == [sentence]
    few = knowing(sentence, stories=FEWEST_FOR_SENTENCE - 1, of=FEWEST_FOR_SENTENCE - 1)
    assert gone(cleaned(*STORY, sentence, site=few)) == []


REUSED = {
    "a subheading": "Why it matters",
    "a question": "What is your greatest fear about the river?",
    "a long subheading about the story": "What we know about the bridge and its cracks",
    "a statement": "“We take the safety of everybody who drives here very seriously indeed.”",
    "background": "The bridge was built in 1974, and carries some 9,000 lorries on a working day.",
    "a long paragraph": f"{prose(3, 1)} {prose(4, 1)}",
    "a number": "1.",
    "a dateline": "LONDON, Feb 6 (Reuters) - ",
    "a sentence of few words": "The bridge stays open to cars.",
}


@pytest.mark.parametrize("name", REUSED)
def test_what_belongs_to_each_story_that_has_it_stays(name: str) -> None:
    text = REUSED[name]
    assert gone(cleaned(STORY[0], text, *STORY[1:], site=knowing(text, stories=64, of=64))) == []


def test_a_dateline_that_stands_alone_stays() -> None:
    for dateline in ("LONDON (Reuters)", "QUILLHAVEN, March 6"):
        assert gone(cleaned(TITLE, dateline, *STORY, site=knowing(dateline))) == []


def test_the_heading_of_reused_background_stays_with_it() -> None:
    heading, background = "Background", REUSED["background"]
    site = knowing(heading, background)
    assert gone(cleaned(*STORY, heading, background, site=site)) == []


def test_a_list_of_which_most_is_new_stays_whole() -> None:
    rows = ["Two eggs", "Salt and pepper", "Rhubarb, a pound of it", "Clotted cream"]
    site = knowing(rows[0])
    assert gone(cleaned(*STORY, *rows, site=site)) == []
    assert gone(cleaned(*STORY, *rows, site=knowing(*rows[1:]))) == rows[1:]


def test_an_article_of_which_no_paragraph_is_new_stays_whole() -> None:
    assert gone(cleaned(*STORY, LINE, site=knowing(*STORY, LINE))) == []
    assert gone(cleaned("Arsenal", "Chelsea", site=knowing("Arsenal", "Chelsea"), title="A")) == []


def test_credits_feed_the_metadata_however_often_they_were_seen() -> None:
    credit = ("By Jane Doe", "Published: 6 February 2018")
    article = cleaned(TITLE, *credit, *STORY, site=knowing(TITLE, *credit))
    assert article.authors == ("Jane Doe",)
    assert str(article.published_at) == "2018-02-06"
    assert (article.title, gone(article)) == (TITLE, [])


def test_a_removed_line_can_be_restored() -> None:
    site = knowing(LINE)
    (key_of_line,) = [block.key for _, block in cleaned(*STORY, LINE, site=site).removed]
    article = clean(
        "\n\n".join((*STORY, LINE)), title=TITLE, site=site, restored=frozenset({key_of_line})
    )
    assert article.text.endswith(LINE)


def test_pages_too_lose_what_their_site_shows_everywhere() -> None:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)
    page = f"<html><body><h1>{TITLE}</h1>{body}<p>{LINE}</p></body></html>"
    assert gone(clean(page, content_type="text/html", site=knowing(LINE))) == [LINE]


@pytest.mark.parametrize(("tag", "goes"), [("p", True), ("h2", False), ("blockquote", False)])
def test_a_heading_or_quotation_in_a_page_stays_inside_the_story(
    tag: str,
    goes: bool,  # noqa: FBT001
) -> None:
    line = "All the puzzles and crosswords of the week"
    first, *rest = (f"<p>{paragraph}</p>" for paragraph in STORY)
    page = f"<html><body><h1>{TITLE}</h1>{first}<{tag}>{line}</{tag}>{''.join(rest)}</body></html>"
    assert gone(clean(page, content_type="text/html", site=knowing(line))) == [line] * goes


BLOCKS = st.lists(
    st.sampled_from([*STORY, LINE, TITLE, *REUSED.values(), "* * *", "Latest news", "桥。", "Q:"]),
    min_size=1,
    max_size=9,
)


@given(BLOCKS, BLOCKS, st.integers(0, 64))
@settings(max_examples=60)
def test_only_known_blocks_go_and_the_compared_text_stays_the_same(
    blocks: list[str], known: list[str], stories: int
) -> None:
    text = (*blocks, STORY[0])
    article = cleaned(*text, site=knowing(*known, stories=stories, of=64))
    plain = cleaned(*text, site=None)
    assert set(gone(article)) <= (set(known) if stories >= FEWEST_STORIES else set())
    assert article.compared_text == plain.compared_text
    assert article.text

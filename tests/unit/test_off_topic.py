from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.article import site_key
from cleaning.blocks import read_text
from cleaning.credits import read_credits
from cleaning.model import SITE_RULE, BlockVerdict, Document, Role, SiteBlock
from cleaning.off_topic import RULES, Draft, judge
from cleaning.phrases import key
from cleaning.titles import choose_title
from tests.unit.strategies import texts

TITLE = "Council closes the old Tarrant bridge for a year"
STORY = (
    "The council of Marsh Tarrant decided on Monday to close the old Tarrant bridge for a year.",
    "Engineer Tomas Reyl said the piers of the bridge had been washed out by the river Ousel.",
    "Mayor Judith Amsel said a ferry would take people across the Ousel while the bridge is shut.",
    "Shop owners in Marsh Tarrant fear that the closed bridge will cost them half of their trade.",
    "Reyl said the repair of the piers in the Ousel would take until the spring of next year.",
    "Amsel wants the county to pay for the ferry and for the repair of the old Tarrant bridge.",
)
TEASER = (
    "Rovers Stun League Leaders With Late Goals",
    (
        "Substitute Danny Okello scored twice in six minutes as Rovers beat Kingsferry 2-1, "
        "ending the visitors' run of 14 matches without defeat."
    ),
)


def a_draft(*lines: str) -> Draft:
    document = read_text("\n\n".join(lines))
    return Draft(document, choose_title(document, None))


def rules(*lines: str) -> list[str | None]:
    """The rule that removed each line, or None for those that were kept."""
    return [None if v.kept else v.rule for v in judge(a_draft(*lines))]


def test_a_story_without_furniture_is_kept_whole() -> None:
    verdicts = judge(a_draft(TITLE, *STORY))
    assert all(verdict.kept for verdict in verdicts)
    assert [verdict.role for verdict in verdicts] == [Role.TITLE, *[None] * len(STORY)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Latest news", "navigation_label"),
        ("Home » News » Tarrant", "breadcrumb"),
        (f"Main » {TITLE}", "breadcrumb"),
        ("Home » News » Council closes the old Tarrant bridge…", "breadcrumb"),
        (f"{TITLE} | Ousel News", "repeated_title"),
        ("County news", "label_above_title"),
        ("By Jane Doe", "byline"),
        ("Share this article", "share_line"),
        ("Subscribe to our newsletter", "newsletter_line"),
        ("Advertisement", "ad_marker"),
        ("© 2026 Ousel News. All rights reserved.", "copyright_line"),
        ("Copyright 2026 Example Media", "copyright_line"),
    ],
)
def test_furniture_above_the_title_goes_by_its_own_rule(line: str, rule: str | None) -> None:
    assert rules(line, TITLE, *STORY)[0] == rule
    assert rules(line, TITLE, *STORY)[1:] == [None] * (1 + len(STORY))


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("6 May 2026", "publication_line"),
        ("By Jane Doe | 6 May 2026, 10:32 GMT", "publication_line"),
        ("Von Erika Muster, 6. Mai 2026, 14:30 Uhr", "publication_line"),
        ("Por Ana Pérez | 6 de mayo de 2026", "publication_line"),
        ("Par Jean Dupont | 6 mai 2026", "publication_line"),
        ("Publié le 6 mai 2026 à 10h32", "publication_line"),
        ("By Jane Doe and John Roe", "byline"),
        ("Updated: 6 May 2026 · 4 min read", "publication_line"),
    ],
)
def test_the_line_below_the_title_dates_and_signs_the_story(line: str, rule: str) -> None:
    assert rules(TITLE, line, *STORY) == [None, rule, *[None] * len(STORY)]


def test_the_date_below_the_title_is_the_articles_and_the_one_above_the_pages() -> None:
    found = rules("19 May 2026", "Latest news", TITLE, "6 May 2026", *STORY)
    assert found[:4] == ["page_date", "navigation_label", None, "publication_line"]


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Doe on 6 May 2026",
        "By Jane Doe | Published 6 May 2026",
        "Von Erika Muster am 6. Mai 2026",
        "Par Jean Dupont, le 6 mai 2026",
    ],
)
def test_a_word_may_stand_between_the_author_and_the_day(line: str) -> None:
    assert rules(TITLE, line, *STORY)[1] == "publication_line"


def test_how_long_it_takes_to_read_is_no_text() -> None:
    assert rules(TITLE, "6 May 2026", "4 min read", *STORY)[2] is not None


def test_particles_belong_to_every_name() -> None:
    assert byline_people("Por Juan Pérez y Ana de la Cruz") == ("Juan Pérez", "Ana de la Cruz")


def test_a_title_cut_by_a_box_is_a_copy_of_it() -> None:
    cut = "Council closes the old Tarrant bridge…"
    assert rules(TITLE, *STORY, cut)[-1] == "repeated_title"


def test_the_date_right_above_the_title_is_the_articles_if_there_is_no_other() -> None:
    assert rules("6 May 2026", TITLE, *STORY)[:2] == ["publication_line", None]


def test_a_teaser_between_paragraphs_goes_headline_and_text() -> None:
    found = rules(TITLE, *STORY[:3], *TEASER, *STORY[3:])
    assert found == [None] * 4 + ["off_topic"] * 2 + [None] * 3


def test_a_teaser_without_a_blank_line_goes_too() -> None:
    text = "\n\n".join((TITLE, *STORY[:3], "\n".join(TEASER), *STORY[3:]))
    document = read_text(text)
    verdicts = judge(Draft(document, choose_title(document, None)))
    assert [v.rule for v in verdicts if not v.kept] == ["off_topic"] * 2


def test_a_subhead_of_the_same_story_stays() -> None:
    found = rules(TITLE, *STORY[:3], "What the closed Tarrant bridge will cost", *STORY[3:])
    assert found == [None] * (len(STORY) + 2)


def test_stories_of_many_kinds_belong_to_a_round_up() -> None:
    others = (
        "Town hall clock runs again",
        "The clock of Dunmere was set going by two retired fitters who asked only for a key.",
        "Rare owl draws crowds",
        "A snowy owl has spent a week on fence posts at the edge of the salt marsh of Quillhaven.",
    )
    lines = ("The county in brief", "Here is what else made news in the county on Tuesday.")
    assert rules(*lines, *TEASER, *others, "Council shuts bridge", STORY[0]) == [None] * 10


def test_lines_that_go_with_what_stays_stay() -> None:
    second = "A year without the Tarrant bridge"
    leads = "What the council and the county will do:"
    assert rules(TITLE, second, *STORY) == [None] * (len(STORY) + 2)
    assert rules(TITLE, *STORY[:3], leads, *STORY[3:])[4] is None


def test_of_a_paragraph_that_stands_twice_one_stays() -> None:
    # The lead of another story goes; where it stands twice, the rule on copies decides.
    assert rules(TITLE, *STORY[:3], *TEASER, *STORY[3:])[5] is not None
    found = rules(TITLE, *STORY[:3], *TEASER, *STORY[3:], TEASER[1])
    assert (found[5], found[-1]) == (None, "repeated_paragraph")


def test_few_paragraphs_are_too_few_to_call_one_of_them_strange() -> None:
    assert rules(TITLE, STORY[0], *TEASER) == [None] * 4


def test_the_paragraph_below_the_title_is_never_a_teaser() -> None:
    assert rules(*TEASER, *STORY) == [None] * (len(STORY) + 2)


@pytest.mark.parametrize("line", ["By Jane Doe", "Home / News / Tarrant", "County news"])
def test_lines_inside_the_story_are_not_read_as_furniture(line: str) -> None:
    found = rules(TITLE, *STORY[:3], line, *STORY[3:])
    assert found.pop(4) in {None, "off_topic"}  # no rule signs; the model may
    assert found == [None] * (len(STORY) + 1)


@pytest.mark.parametrize("line", ["Advertisement", "Read more", "Share this article", TITLE])
def test_what_nobody_writes_in_a_story_goes_inside_it_too(line: str) -> None:
    found = rules(TITLE, *STORY[:3], line, *STORY[3:])
    if line == "Read more":  # a cue without a headline behind it
        assert found[4] in {None, "navigation_label", "read_more"}
    else:
        assert found[4] is not None
    assert found[:4] + found[5:] == [None] * (len(STORY) + 1)


HEADINGS = ("What it costs", "Who decided", "How long it takes")


def with_headings() -> list[str]:
    """The story with a heading above three of its paragraphs."""
    lines = [*STORY]
    for place, heading in zip((4, 3, 2), HEADINGS, strict=True):
        lines.insert(place, heading)
    return lines


def test_a_subheading_that_says_the_title_stays_among_others() -> None:
    lines = with_headings()
    lines.insert(2, TITLE)
    assert rules(TITLE, *lines) == [None] * (len(lines) + 1)


def test_the_title_around_a_story_with_subheadings_goes() -> None:
    found = rules(TITLE, TITLE, *with_headings(), TITLE)
    assert (found[1], found[-1]) == ("repeated_title", "repeated_title")


ROWS = ("1 | Booth School | 2 | 17%", "2 | Stern School | 4 | 21%", "3 | Haas School | 3 | 11%")


def test_rows_of_a_table_are_no_breadcrumbs() -> None:
    assert "breadcrumb" not in rules(TITLE, *STORY, *ROWS)


def test_a_list_behind_a_label_with_a_colon_is_the_authors() -> None:
    entries = ("- A history of the Tarrant bridge", "- The council and its ferries")
    by_label = {"navigation_label", "read_more", "below_story"}
    assert by_label.isdisjoint(rules(TITLE, *STORY, "See also:", *entries))
    assert rules(TITLE, *STORY, "See also", *entries)[-1] == "below_story"


@pytest.mark.parametrize("line", ["🚆", "---", "|", ".", "—", "* * *"])
def test_a_line_without_letters_is_no_line_of_credits(line: str) -> None:
    assert "credit_line" not in rules(TITLE, line, *STORY, line)


@pytest.mark.parametrize("line", [f"Read more: {TEASER[0]}", f"Lesen Sie auch: {TEASER[0]}"])
def test_a_line_that_sends_the_reader_elsewhere_goes(line: str) -> None:
    assert rules(TITLE, *STORY[:3], line, *STORY[3:])[4] == "read_more"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Tags: Tarrant, bridge, ferry", "tag_list"),
        ("TAGS: Tarrant | Bridge", "tag_list"),
        ("Mots-clés : pont, Tarrant", "tag_list"),
        ("12 comments", "comment_line"),
        ("Comments (1,204)", "comment_line"),
        ("3 Kommentare", "comment_line"),
        ("0 Comments", "comment_line"),
    ],
)
def test_tags_and_counts_go_wherever_they_stand(line: str, rule: str) -> None:
    for place in (0, 3, len(STORY)):
        assert rules(TITLE, *STORY[:place], line, *STORY[place:])[place + 1] == rule


@pytest.mark.parametrize(
    "line",
    [
        "Tags: the council wants the county to pay for the ferry across the river Ousel.",
        "Tags and tolls on the Tarrant bridge",
        "Comments on the Tarrant bridge",
        "12 of 400 shops on the Tarrant bridge",
        "2025",
        "Shares: 1,204",
    ],
)
def test_a_line_that_only_opens_like_tags_or_counts_stays(line: str) -> None:
    found = rules(TITLE, *STORY[:3], line, *STORY[3:])[4]
    assert found not in {"tag_list", "comment_line"}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Comments on this article are closed. Read our community guidelines.", "comment_line"),
        ("This material may not be published, broadcast or redistributed.", "copyright_line"),
        ("We use cookies to make this site better. By continuing you agree to it.", "site_notice"),
        ("Subscribers make our journalism possible. Subscribe today.", "newsletter_line"),
        ("Photo: A file picture of the Tarrant bridge. (Staff photo)", "picture_line"),
    ],
)
def test_stock_sentences_go_wherever_they_stand(line: str, rule: str) -> None:
    assert rules(TITLE, *STORY[:3], line, *STORY[3:])[4] == rule
    assert rules(line, TITLE, *STORY)[0] == rule
    assert rules(TITLE, *STORY, line)[-1] == rule


def test_a_sentence_that_only_opens_like_a_cue_stays() -> None:
    line = "More: the council wants the county to pay for the ferry across the river Ousel."
    assert rules(TITLE, *STORY[:3], line, *STORY[3:])[4] is None


def test_what_the_page_decided_stands() -> None:
    document = read_text("\n\n".join((TITLE, *STORY)))
    gone = BlockVerdict(kept=False, rule="comments", reasons=("because",), score=0.9)
    blocks = [*document.blocks]
    blocks[2] = type(blocks[2])(blocks[2].start, blocks[2].end, blocks[2].text, verdict=gone)
    decided = Document(document.format, document.text, tuple(blocks))
    assert judge(Draft(decided, choose_title(decided, None)))[2] == gone


@given(texts)
def test_every_removal_has_a_rule_a_reason_and_a_score(text: str) -> None:
    document = read_text(text)
    for verdict in judge(Draft(document, choose_title(document, None))):
        assert 0 <= verdict.score <= 1
        if not verdict.kept:
            assert verdict.rule
            assert verdict.reasons
            assert all(verdict.reasons)
            assert verdict.score > 0.5


def test_no_two_rules_have_one_name() -> None:
    names = [rule.__name__ for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("by Jane Doe, John Roe and Ann O'Neil", ("Jane Doe", "John Roe", "Ann O'Neil")),
        ("Von Erika Muster", ("Erika Muster",)),
        ("Por Ana de la Cruz y Juan Pérez", ("Ana de la Cruz", "Juan Pérez")),
        ("Di Maria Rossi e Luca Bianchi", ("Maria Rossi", "Luca Bianchi")),
        ("Par Jean-Luc d'Estaing", ()),
        ("By Friday the town was dry", ()),
        ("Jane Doe", ()),
        ("By the river", ()),
        ("By Jane Doe | 6 May 2026", ("Jane Doe",)),
        ("By Jane Doe · 4 min read", ("Jane Doe",)),
    ],
)
def test_a_byline_names_people(line: str, people: tuple[str, ...]) -> None:
    assert byline_people(line) == people


def byline_people(text: str) -> tuple[str, ...]:
    found = read_credits(text)
    return found.people if found else ()


# --- rules for a site --------------------------------------------------------------------------


def ruled(lines: Sequence[str], **kept: bool) -> tuple[BlockVerdict, ...]:
    """The verdicts where rules of the site keep or remove lines by their number (`l1=True`)."""
    known = {
        site_key(key(lines[int(name[1:])])): SiteBlock(kept=is_kept)
        for name, is_kept in kept.items()
    }
    document = read_text("\n\n".join(lines))
    return judge(Draft(document, choose_title(document, None), lambda _: known))


def test_a_rule_for_the_site_stands_before_all_others() -> None:
    lines = (TITLE, *STORY, "Latest news", *TEASER)
    verdicts = ruled(lines, l3=False, l7=True, l8=True, l9=True)
    assert [index for index, verdict in enumerate(verdicts) if not verdict.kept] == [3]
    assert [verdicts[index].rule for index in (3, 7, 8, 9)] == [SITE_RULE] * 4
    assert all(verdicts[index].reasons for index in (3, 7))


def test_a_rule_for_the_site_reaches_every_place_of_its_words_but_no_others() -> None:
    lines = (TITLE, STORY[0], *STORY, STORY[0].upper())
    verdicts = ruled(lines, l1=False)
    assert [index for index, v in enumerate(verdicts) if not v.kept] == [1, 2, 8]


def test_a_rule_for_the_site_does_not_reach_the_title() -> None:
    verdicts = ruled((TITLE, *STORY), l0=False)
    assert (verdicts[0].kept, verdicts[0].role) == (True, Role.TITLE)


@given(texts, st.booleans())
def test_what_a_rule_for_the_site_says_of_every_block_is_done(text: str, kept: bool) -> None:  # noqa: FBT001
    document = read_text(text)
    draft = Draft(
        document,
        choose_title(document, None),
        lambda keys: dict.fromkeys(keys, SiteBlock(kept=kept)),
    )
    for index, verdict in enumerate(judge(draft)):
        if draft.keys[index] and index != draft.title.block:
            assert (verdict.kept, verdict.rule) == (kept, SITE_RULE)


@given(texts)
def test_a_site_of_which_nothing_is_known_changes_nothing(text: str) -> None:
    document = read_text(text)
    chosen = choose_title(document, None)
    asked: list[Sequence[str]] = []

    def look_up(keys: Sequence[str]) -> dict[str, SiteBlock]:
        asked.append(keys)
        return {}

    assert judge(Draft(document, chosen, look_up)) == judge(Draft(document, chosen))
    assert len(asked) <= 1

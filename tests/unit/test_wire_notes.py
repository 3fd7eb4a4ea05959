"""What wire copy says about itself, read where it stands in an article."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.errors import NothingLeft
from cleaning.model import SITE_FURNITURE, Block, CleanedArticle, Role, WireNotes
from cleaning.pipeline import clean
from cleaning.wire_notes import read_wire_copy
from tests.unit.strategies import texts

TITLE = "Ferry runs aground off Quillhaven"
LEAD = "The harbour of Quillhaven was closed on Tuesday after a ferry ran aground on a sandbank."
STORY = (
    f"{LEAD}\n\nNobody of the 212 passengers was hurt, the coast guard said in a statement.\n\n"
    "The ferry is to be towed at high tide, its owner told Reuters on Wednesday morning."
)
HEADS = (
    "(Adds details)", "CORRECTED", "UPDATE 1", "Eds: Updates with quotes.", "(2)", "-2-", "=2",
    "1/3", "(Adds quotes from the coast guard throughout, background in paragraph 3.)", "(Wdh.)",
    "(ACTUALISATION)", "(Actualiza con declaraciones)",
)  # fmt: skip
OPENINGS = (
    "LONDON (Reuters) - ", "LONDON, Feb 6 (Reuters) - ", "(Reuters) - ", "LONDON — ",
    "QUILLHAVEN, England — ", "Berlin (dpa/bb) - ", "Madrid, 6 feb (EFE).- ", "UPDATE 1-",
    "(Adds details) LONDON (AP) — ", "(ANSA) - ROMA, 6 FEB - ", "МОСКВА, 6 фев — РИА Новости. ",
)  # fmt: skip
CLOSINGS = (
    "(MORE)", "(END)", "-30-", "###", "(Reporting by Jane Doe in London; Editing by John Roe)",
    "(Reporting by Jane Doe) (END)", "(dpa)", "(This story corrects the name in paragraph 2.)",
)  # fmt: skip
TAILS = (
    *CLOSINGS, "Reporting by Jane Doe; editing by John Roe", "Mit Material von dpa", "avec AFP",
    "Con información de EFE", "— AP writer Jane Doe contributed to this report", "dpa bg xx n1 chd",
)  # fmt: skip


def article(text: str, title: str | None = None) -> CleanedArticle:
    return clean(f"{TITLE}\n\n{text}" if title is None else text, title=title)


@pytest.mark.parametrize(
    "text",
    [
        *(f"{head}\n\n{STORY}" for head in HEADS),
        *(f"{opening}{STORY}" for opening in OPENINGS),
        *(f"{STORY} {closing}" for closing in CLOSINGS),
        *(f"{STORY}\n\n{tail}" for tail in TAILS),
        f"(Adds details)\n\nUPDATE 1-LONDON (Reuters) - {STORY} (MORE)\n\nReporting by Jane Doe",
    ],
)
def test_what_wire_copy_says_about_itself_is_read_but_not_compared(text: str) -> None:
    found = article(text)
    assert found.compared_text == article(STORY).compared_text == STORY
    assert LEAD in found.text


@pytest.mark.parametrize(
    "text",
    [
        f"(1) Take the eggs.\n\n{STORY}",
        f"{STORY}\n\n(2) Beat them until they are stiff and white.",
        "ROME — the TV series — is shown again in Quillhaven from Tuesday, its makers said.",
        "NASA — The agency is to launch a probe on Tuesday, it said in a statement.",
        "CORRECTED: The harbour of Quillhaven was closed on Tuesday, not on Monday.",
        f"{STORY}\n\nReporting by Jane Doe showed that the owner knew of the sandbank.",
        f"{STORY}\n\nHe works for the broadcaster (ANSA)",
        f"{STORY}\n\nThe owner of the ferry said that he wants (more)",
        f"{LEAD}\n\n(Adds details)\n\n{STORY}",
        f"{LEAD}\n\nROME — The TV series is shown again in Quillhaven from Tuesday on.\n\n{STORY}",
    ],
)
def test_a_storys_own_words_are_compared(text: str) -> None:
    assert article(text).compared_text == text


def test_notes_become_metadata_with_the_place_where_they_stand() -> None:
    found = clean(
        f"UPDATE 1-{TITLE} =2\n\n(Adds details)\n\nLONDON (Reuters) - {STORY} (MORE)\n\n"
        "(Reporting by Jane Doe in London; Editing by John Roe)"
    )
    assert found.title == f"UPDATE 1-{TITLE} =2"
    assert found.wire == WireNotes(
        slugs=("UPDATE 1", "(Adds details)"),
        takes=("=2", "(MORE)"),
        sign_offs=("(Reporting by Jane Doe in London; Editing by John Roe)",),
        contributors=("Jane Doe", "John Roe"),
    )
    assert (found.agency, found.dateline, found.authors) == ("Reuters", "LONDON", ())
    said = [(one.field, one.where) for one in found.evidence if one.field.startswith("wire.")]
    assert said == [
        ("wire.slugs", "title"),
        ("wire.takes", "title"),
        ("wire.slugs", "block 1"),
        ("wire.takes", "block 4"),
        ("wire.sign_offs", "block 5"),
    ]


def test_contributors_are_not_authors() -> None:
    found = article(f"By Ann Lee\n\n{STORY}\n\nReporting by Jane Doe; Editing by John Roe")
    assert found.authors == ("Ann Lee",)
    assert found.wire.contributors == ("Jane Doe", "John Roe")


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        (f"{STORY}\n\nMit Material von dpa", "dpa"),
        (f"LONDON (Reuters) - {STORY}\n\navec AFP", "Reuters"),
        (f"{STORY}\n\nMit Material von dpa\n\navec AFP", None),
        (f"{STORY}\n\n(Reporting by Jane Doe; Editing by John Roe)", None),
        (STORY, None),
    ],
)
def test_a_sign_off_credits_an_agency_if_it_names_one(text: str, agency: str | None) -> None:
    assert article(text).agency == agency


def test_the_title_of_another_edition_is_the_title_again() -> None:
    found = clean(f"UPDATE 1-{TITLE}\n\n{TITLE}\n\n{STORY}", title=f"UPDATE 1-{TITLE}")
    assert found.title == f"UPDATE 1-{TITLE}"
    assert found.compared_text == STORY
    assert {block.rule for _, block in found.removed} == {"repeated_title"}


def test_a_later_paragraph_may_have_a_dateline_that_credits_an_agency() -> None:
    found = article(f"{STORY}\n\nPARIS (AFP) - The tunnel was closed for an hour on Tuesday.")
    assert "PARIS" in found.text
    assert "PARIS" not in found.compared_text
    assert found.dateline is None


def test_the_memory_of_a_site_does_not_change_what_is_compared() -> None:
    sign_off = "(Reporting by Jane Doe; Editing by John Roe)"
    blocks = [
        Block(text, kept=True, role=Role.BODY, start=0, end=0, key=str(number))
        for number, text in enumerate((*STORY.split("\n\n"), sign_off))
    ]
    forgotten = [*blocks[:-1], Block(sign_off, kept=False, role=Role.BODY, start=0, end=0, key="3",
                                     rule=SITE_FURNITURE)]  # fmt: skip
    spans = [block.wire for block in read_wire_copy(blocks, TITLE).blocks]
    assert [block.wire for block in read_wire_copy(forgotten, TITLE).blocks] == spans
    assert spans[-1]


@pytest.mark.parametrize("text", ["(Adds details)", "UPDATE 1", "Reporting by Jane Doe"])
def test_an_article_that_says_nothing_else_is_compared_by_that(text: str) -> None:
    assert clean(text, title="x").compared_text == text


conventions = st.sampled_from((*HEADS, *OPENINGS, *TAILS, STORY, "\n\n", " ", "He said so."))


@given(st.lists(st.one_of(conventions, texts), max_size=12).map("".join))
def test_wire_spans_are_the_ends_of_a_block(source: str) -> None:
    try:
        found = clean(source, content_type="text/plain")
    except NothingLeft:
        return
    for block in found.blocks:
        assert not block.wire or block.is_compared
        places = [(span.start, span.end) for span in block.wire]
        assert places == sorted(places)
        assert all(0 <= start < end <= len(block.text) for start, end in places)
        assert all(start == 0 or end == len(block.text) for start, end in places)
        assert all(one[1] <= other[0] for one, other in pairwise(places))
    assert found.compared_text or not found.text.strip()


@pytest.mark.parametrize(
    "piece",
    ["(", "UPDATE 1-", "(Adds ", "(Adds) ", "A (AP) - ", "LONDON, ", "said. (AP) ", "A-", ")"],
)
def test_a_flood_of_notes_is_read_in_linear_time(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    block = Block(text, kept=True, role=Role.BODY, start=0, end=len(text), key="")
    started = time.process_time()
    read_wire_copy([block], text)
    assert time.process_time() - started < 3


def test_a_flood_of_blocks_is_read_in_linear_time() -> None:
    blocks = [
        Block(text, kept=True, role=Role.BODY, start=0, end=0, key="")
        for text in ("(Adds details)", "PARIS (AFP) - x", "Reporting by Jane Doe", LEAD) * 5_000
    ]
    started = time.process_time()
    read_wire_copy(blocks, None)
    assert time.process_time() - started < 3

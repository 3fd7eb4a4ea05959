import pytest

from cleaning.slugs import (
    bare_headline,
    is_note,
    is_slug_line,
    is_take,
    opening_slugs,
    read_headline,
)


@pytest.mark.parametrize(
    ("headline", "slugs", "takes", "bare"),
    [
        ("UPDATE 1-Troops leave Iraq", ("UPDATE 1",), (), "Troops leave Iraq"),
        ("CORRECTED-UPDATE 2-Dow falls", ("CORRECTED", "UPDATE 2"), (), "Dow falls"),
        ("WRAPUP 12-US says no", ("WRAPUP 12",), (), "US says no"),
        ("EXCLUSIVE-UBS plans cuts", ("EXCLUSIVE",), (), "UBS plans cuts"),
        ("Exclusive: UBS plans cuts", ("Exclusive",), (), "UBS plans cuts"),
        ("KORREKTUR/ROUNDUP 2: Bahn streikt", ("KORREKTUR", "ROUNDUP 2"), (), "Bahn streikt"),
        ("Bahn streikt (Wdh.)", ("(Wdh.)",), (), "Bahn streikt"),
        ("Bahn streikt (Zusammenfassung 1700)", ("(Zusammenfassung 1700)",), (), "Bahn streikt"),
        ("(ACTUALISATION) La grève", ("(ACTUALISATION)",), (), "La grève"),
        ("LEAD 1-Total en hausse", ("LEAD 1",), (), "Total en hausse"),
        ("AMPL.-Sánchez viaja", ("AMPL",), (), "Sánchez viaja"),
        ("(Actualiza con datos) Sánchez", ("(Actualiza con datos)",), (), "Sánchez"),
        ("СРОЧНО: Шойгу", ("СРОЧНО",), (), "Шойгу"),
        ("【独家】华为", ("【独家】",), (), "华为"),
        ("Troops leave Iraq =2", (), ("=2",), "Troops leave Iraq"),
        ("UPDATE 1-Troops leave -3-", ("UPDATE 1",), ("-3-",), "Troops leave"),
        ("Troops leave (2/3)", (), ("(2/3)",), "Troops leave"),
    ],
)
def test_a_headline_is_told_from_its_slugs_and_takes(
    headline: str, slugs: tuple[str, ...], takes: tuple[str, ...], bare: str
) -> None:
    found = read_headline(headline)
    assert (found.slugs, found.takes, found.bare) == (slugs, takes, bare)


@pytest.mark.parametrize(
    "headline",
    [
        "Wrap up warm",
        "UPDATE 1-0: Bayern lead",
        "Live-action remake tops box office",
        "Budget cut by 1/3",
        "EXCLUSIVE-use rights are sold",
        "Obama: I will go",
        "Ferry runs aground (CNN)",
        "EXCLUSIVE",
        "(Adds details)",
        "NASA — a history",
        "",
    ],
)
def test_other_headlines_are_whole(headline: str) -> None:
    assert read_headline(headline).slugs == ()
    assert bare_headline(headline) == headline


@pytest.mark.parametrize(
    ("paragraph", "slugs"),
    [
        ("UPDATE 1-Shares fell.", ["UPDATE 1-"]),
        ("CORRECTED-UPDATE 2-(Adds details) Shares fell.", 3),
        ("(Repeats to fix typo) LONDON (AP) - Shares fell.", ["(Repeats to fix typo) "]),
        ("CORRECTED: The figures of last week were wrong.", []),
        ("EXCLUSIVE — The minister is to go.", []),
        ("UPDATE 1 of the plan is out.", []),
        ("(2) Take the eggs.", []),
        ("Corrected figures (adds details) came late.", []),
        ("(Adds details)", []),
    ],
)
def test_a_paragraph_begins_with_slugs_that_are_unmistakable(
    paragraph: str, slugs: list[str] | int
) -> None:
    found = [paragraph[span.start : span.end] for span in opening_slugs(paragraph)]
    assert (len(found) if isinstance(slugs, int) else found) == slugs


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("(Adds details, background in paragraph 3)", True),
        ("(This story corrects the name in paragraph 2.)", True),
        ("(Neu: Reaktionen)", True),
        ("(Répétition)", True),
        ("Eds: Updates with quotes. With photos.", True),
        ("(CNN)", False),
        ("(He adds details)", False),
        ("Adds details", False),
        ("Editors at the paper said so.", False),
        ("(Adds " + "x" * 400 + ")", False),
    ],
)
def test_a_note_says_what_an_edition_has_new(line: str, *, expected: bool) -> None:
    assert is_note(line) is expected


@pytest.mark.parametrize(
    "line", ["(MORE)", "-more-", "(END)", "ENDS", "-30-", "- 30 -", "###", "# # #", "-2-", "=2",
             "(2)", "1/3", "(2 of 3)", "Enditem", "(SIGUE)", "（完）"],
)  # fmt: skip
def test_takes_and_end_marks_are_lines_of_their_own(line: str) -> None:
    assert is_take(line)


@pytest.mark.parametrize("line", ["MORE", "More", "2", "2018", "(2) Take", "USA", "(AP)", "#", ""])
def test_other_short_lines_are_none(line: str) -> None:
    assert not is_take(line)


def test_a_slug_line_is_in_capitals() -> None:
    assert is_slug_line("CORRECTED")
    assert is_slug_line("UPDATE 2")
    assert not is_slug_line("Correction")
    assert not is_slug_line("CHAPTER 2")

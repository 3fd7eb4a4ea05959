import pytest

from cleaning.credits import read_credits


@pytest.mark.parametrize(
    ("line", "people"),
    [
        ("By Jane Doe", ("Jane Doe",)),
        ("BY JANE DOE", ("JANE DOE",)),
        ("By Jane Doe, Staff Writer", ("Jane Doe",)),
        ("By Jane Doe, Political Editor", ("Jane Doe",)),
        ("By Jane Doe, CNN", ("Jane Doe",)),
        ("By Jane Doe in London", ("Jane Doe",)),
        ("By Jane Doe for The Ousel News", ("Jane Doe",)),
        ("By Jane Doe, John Roe and Ann Poe", ("Jane Doe", "John Roe", "Ann Poe")),
        ("By Our Correspondent", ()),
        ("Von Erika Muster, Berlin", ("Erika Muster",)),
        ("Por Juan Pérez y Ana de la Cruz", ("Juan Pérez", "Ana de la Cruz")),
        ("Words by Jane Doe", ("Jane Doe",)),
        ("By Jane Doe | 6 February 2018 | 4 min read", ("Jane Doe",)),
    ],
)
def test_a_byline_names_people(line: str, people: tuple[str, ...]) -> None:
    found = read_credits(line)
    assert found is not None
    assert found.is_byline
    assert found.people == people


@pytest.mark.parametrize(
    ("line", "agency"),
    [
        ("Reuters", "Reuters"),
        ("By Associated Press", "AP"),
        ("Source: AFP", "AFP"),
        ("(dpa)", "dpa"),
    ],
)
def test_a_line_that_says_only_an_agency_credits_it(line: str, agency: str) -> None:
    found = read_credits(line)
    assert found is not None
    assert (found.agency, found.people) == (agency, ())


@pytest.mark.parametrize(
    "line",
    [
        "By Friday the town was dry",
        "He told Reuters that shares fell",
        "Reuters buildings sold",
        "4,000 troops stay",
        "Words matter",
        "In May 2018 he left the country for good",
        "",
    ],
)
def test_other_lines_are_no_credits(line: str) -> None:
    assert read_credits(line) is None


def test_a_dated_line_may_name_a_place_only_where_it_is_read_loosely() -> None:
    assert read_credits("Baghdad, 6 February 2018") is None
    found = read_credits("Baghdad, 6 February 2018", loosely=True)
    assert found is not None
    assert found.dates is not None


def test_how_long_it_takes_to_read_is_a_credit_of_nobody() -> None:
    found = read_credits("4 min read")
    assert found is not None
    assert (found.dates, found.people, found.agency, found.is_byline) == (None, (), None, False)


@pytest.mark.parametrize(
    "line",
    ["4 min read", "Lesezeit: 3 Minuten", "5 minutos de lectura", "4 min de lecture"],
)
def test_how_long_it_takes_to_read_is_a_line_of_credits(line: str) -> None:
    assert read_credits(line) is not None


@pytest.mark.parametrize("line", ["10 mins", "---", "🚆", "|", "·"])
def test_how_long_it_takes_and_what_has_no_words_is_none(line: str) -> None:
    assert read_credits(line) is None

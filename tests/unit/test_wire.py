import pytest

from cleaning.phrases import key
from cleaning.wire import AGENCIES, credited_agency


def test_agencies_are_listed_as_they_are_compared() -> None:
    assert [name for name in AGENCIES if key(name) != name] == []


@pytest.mark.parametrize(
    ("paragraph", "agency"),
    [
        ("LONDON (Reuters) - Shares fell.", "Reuters"),
        ("LONDON, Feb 6 (Reuters) - Shares fell.", "Reuters"),
        ("NEW YORK, February 6, 2018 (AP) — Shares fell.", "AP"),
        ("Berlin (dpa/lnw) – Die Kurse fielen.", "dpa"),
        ("PARIS (Agence France-Presse) – Shares fell.", "AFP"),
        ("(Bloomberg) -- Shares fell.", "Bloomberg"),
        ("SAINT-DENIS, France (AFP): Shares fell.", "AFP"),
    ],
)
def test_a_dateline_credits_its_agency(paragraph: str, agency: str) -> None:
    assert credited_agency([paragraph], []) == agency


@pytest.mark.parametrize(
    "paragraph",
    [
        "He told Reuters that shares fell.",
        "Troops are leaving, The Associated Press reports.",
        "LONDON (Our Correspondent) - Shares fell.",
        "Reuters",
        "",
    ],
)
def test_an_agency_that_is_cited_is_not_credited(paragraph: str) -> None:
    assert credited_agency([paragraph], []) is None


def test_only_the_first_paragraph_has_a_dateline() -> None:
    assert credited_agency(["Shares fell.", "LONDON (Reuters) - They rose."], []) is None


@pytest.mark.parametrize(
    "line",
    [
        "Reuters",
        "— AP",
        "Source: AFP",
        "Quelle: dpa",
        "© 2018 AFP",
        "By Associated Press",
        "(c) AP.",
    ],
)
def test_a_line_that_says_only_its_name_credits_an_agency(line: str) -> None:
    assert credited_agency([], [line]) is not None


@pytest.mark.parametrize("line", ["Reuters staff were present", "By Jane Doe", "AP and more", ""])
def test_other_lines_credit_nobody(line: str) -> None:
    assert credited_agency([], [line]) is None


def test_two_agencies_are_none_and_one_named_twice_is_one() -> None:
    assert credited_agency(["LONDON (Reuters) - Shares fell."], ["AFP"]) is None
    assert credited_agency(["LONDON (Reuters) - Shares fell."], ["Thomson Reuters"]) == "Reuters"


def test_nothing_credits_nobody() -> None:
    assert credited_agency([], []) is None

import pytest

from cleaning.phrases import key
from cleaning.wire import AGENCIES, credited_agency, read_dateline


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
        ("Madrid, 6 feb (EFE).- Las acciones cayeron.", "EFE"),
        ("(ANSA) - ROMA, 6 FEB - La borsa scende.", "ANSA"),
        ("BEIJING, Feb. 6 (Xinhua) -- Shares fell.", "Xinhua"),
        ("FRANKFURT (dpa-AFX) - Die Kurse fielen.", "dpa-AFX"),
        ("МОСКВА, 6 февраля. /ТАСС/. Курс упал.", "TASS"),
        ("МОСКВА, 6 фев — РИА Новости. Курс упал.", "RIA Novosti"),
        ("新华社北京2月6日电（记者张三）股市下跌。", "Xinhua"),
        ("【ロンドン共同】株価が下落した。", "Kyodo"),
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


@pytest.mark.parametrize(
    ("paragraph", "place", "rest"),
    [
        ("NEW YORK/LONDON, Feb 6 (Reuters) - Shares fell.", "NEW YORK/LONDON", "Shares fell."),
        ("AUBURN, Wash. — A ferry sank.", "AUBURN, Wash.", "A ferry sank."),
        ("QUILLHAVEN, March 6 — A ferry sank.", "QUILLHAVEN", "A ferry sank."),
        ("LONDON — Shares fell.", "LONDON", "Shares fell."),
        ("(ANSA) - ROMA, 6 FEB - La borsa.", "ROMA", "La borsa."),
        ("新华社北京2月6日电 股市", "北京", "股市"),
    ],
)
def test_a_dateline_names_its_place_and_ends_before_the_story(
    paragraph: str, place: str, rest: str
) -> None:
    dateline = read_dateline(paragraph)
    assert dateline is not None
    assert (dateline.place, paragraph[dateline.end :]) == (place, rest)


@pytest.mark.parametrize(
    "paragraph",
    [
        "ROME — the TV series — is back.",
        "NASA — The agency is late.",
        "EXCLUSIVE — The minister goes.",
        "LONDON-based banks lost.",
        "London — Shares fell.",
        "WASHINGTON (CNN) - Shares fell.",
        "In London he told Reuters - twice - that shares fell.",
        "",
    ],
)
def test_other_beginnings_are_no_dateline(paragraph: str) -> None:
    assert read_dateline(paragraph) is None

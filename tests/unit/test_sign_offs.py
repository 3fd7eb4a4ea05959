import pytest

from cleaning.sign_offs import SignOff, closing_sign_off, read_sign_off


@pytest.mark.parametrize(
    ("line", "people", "agency"),
    [
        (
            "(Reporting by Jane Doe in New York and John Roe; Editing by Mary-Ann O'Neil)",
            ("Jane Doe", "John Roe", "Mary-Ann O'Neil"),
            None,
        ),
        ("Reporting by Jane Doe; editing by John Roe", ("Jane Doe", "John Roe"), None),
        ("(Reporting by Washington newsroom)", (), None),
        ("— AP writer Jane Doe contributed to this report", ("Jane Doe",), "AP"),
        (
            "Associated Press writers Jane Doe in Rome and John Roe contributed to this report.",
            ("Jane Doe", "John Roe"),
            "AP",
        ),
        ("With files from The Canadian Press", (), "CP"),
        ("(With inputs from agencies)", (), None),
        ("Mit Material von dpa", (), "dpa"),
        ("mit dpa", (), "dpa"),
        ("Mit Informationen von dpa und AFP", (), None),
        ("Bericht von Jane Doe, redigiert von John Roe", ("Jane Doe", "John Roe"), None),
        ("Redaktion: Erika Muster", ("Erika Muster",), None),
        ("dpa bg xx n1 chd", (), "dpa"),
        ("avec AFP", (), "AFP"),
        ("(Jeanne Dupont, édité par Jean Martin)", ("Jeanne Dupont", "Jean Martin"), None),
        ("bur-abc/def/gh", (), None),
        ("Con información de EFE", (), "EFE"),
        ("(Reporte de Ana Ruiz. Editado por Luis Mora)", ("Ana Ruiz", "Luis Mora"), None),
        ("(Reportagem de Ana Sá; Edição de João Reis)", ("Ana Sá", "João Reis"), None),
        ("Com informações da Reuters", (), "Reuters"),
        ("(Reportage de Jean Petit, édité par Anne Roy)", ("Jean Petit", "Anne Roy"), None),
        ("(Marco Rossi, tradotto da Anna Bianchi)", ("Marco Rossi", "Anna Bianchi"), None),
        (
            "(Reporting by Jane Doe; Editing by John Roe; j.doe@agency.example)",
            ("Jane Doe", "John Roe"),
            None,
        ),
        ("责任编辑：李四", (), None),
    ],
)
def test_a_sign_off_says_who_supplied_the_story(
    line: str, people: tuple[str, ...], agency: str | None
) -> None:
    assert read_sign_off(line) == SignOff(people, agency)


@pytest.mark.parametrize(
    "line",
    [
        "Reporting by Jane Doe showed that ministers knew of it.",
        "From j.doe@agency.example",
        "Reporting by the newspaper led to his resignation.",
        "Editing Your Photos",
        "Compiled figures show that exports fell.",
        "With Angela Merkel",
        "From Baghdad",
        "With Reuters he earned less than he had hoped for.",
        "Mit dpa sprach der Minister am Montag.",
        "Con información de EFE se supo que no era cierto.",
        "He contributed to this report.",
        "The heat contributed to this year's losses.",
        "编辑",
        "记者从有关部门获悉，这一项目已经完成。",
        "Reuters",
        "",
        "Reporting by " + "Jane Doe, " * 50,
    ],
)
def test_a_line_with_other_words_is_none(line: str) -> None:
    assert read_sign_off(line) is None


@pytest.mark.parametrize(
    ("closing", "agency"),
    [
        (" (dpa)", "dpa"),
        (" (AFP/dpa)", None),
        (" – AFP", "AFP"),
        (" /ritzau/", "Ritzau"),
        (" (Reporting by Jane Doe)", None),
    ],
)
def test_a_sign_off_stands_behind_the_last_sentence(closing: str, agency: str | None) -> None:
    text = "“Die Kurse fielen.”" + closing
    found = closing_sign_off(text, len(text))
    assert found is not None
    assert text[found[0] :].strip() == closing.strip()
    assert found[1].agency == agency


@pytest.mark.parametrize(
    "text",
    [
        "He works for the broadcaster (SRF/dpa)",
        "He told Reuters (AP)",
        "He said so. (Laughter)",
        "He said so. (Reporting by night is hard)",
        "He said so.",
        "",
    ],
)
def test_a_bracket_in_a_sentence_is_part_of_it(text: str) -> None:
    assert closing_sign_off(text, len(text)) is None

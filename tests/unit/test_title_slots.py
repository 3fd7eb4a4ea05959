import pytest

from cleaning.fingerprint import Fingerprint
from cleaning.title_slots import compared_title, slots_of
from service.duplicates.submit import clean_submission
from tests.builders import an_article, prose


def slots(title: str, body: str | None = None) -> tuple[bytes, ...]:
    article = clean_submission(an_article(body, title=title))
    return slots_of(article, Fingerprint(article.compared_text))


def title_of(title: str) -> str | None:
    return compared_title(clean_submission(an_article(title=title)))


def test_articles_of_one_title_have_one_slot_in_common() -> None:
    one, other = slots("Council closes the quay"), slots("COUNCIL CLOSES THE “QUAY”", prose(2))
    assert len(set(one) & set(other)) == 1
    assert one[-1] == other[-1]


def test_the_slot_of_a_title_is_none_of_the_text() -> None:
    text = Fingerprint(prose(1)).slots
    assert slots("Council closes the quay")[-1][0] > max(slot[0] for slot in text)
    assert slots("Council closes the quay")[:-1] == text


def test_a_text_too_short_to_compare_has_no_slot_for_its_title() -> None:
    assert len(slots("Council closes the quay", "Four words of text.")) == 1


@pytest.mark.parametrize(
    ("title", "compared"),
    [
        ("UPDATE 3-Council closes the quay", "council closes the quay"),
        ("Rat schließt den östlichen Kai", "rat schliesst den ostlichen kai"),
        ("市议会关闭东部码头", "市 议 会 关 闭 东 部 码 头"),
        ("News in brief", None),
        ("天气预报", None),
        ("", None),
    ],
)
def test_what_of_a_title_is_compared(title: str, compared: str | None) -> None:
    assert title_of(title) == compared

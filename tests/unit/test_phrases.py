import json
from importlib import resources

import pytest

from cleaning.phrases import FURNITURE, furniture, key, strip_stock_words

DATA = json.loads(resources.files("cleaning").joinpath("data", "phrases.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", FURNITURE)
def test_every_stock_phrase_is_written_as_it_is_compared(kind: str) -> None:
    """A phrase with an accent or a capital letter would never be found."""
    phrases = [*DATA[kind]["whole"], *(opening.strip() for opening in DATA[kind]["opening"])]
    assert [phrase for phrase in phrases if key(phrase) != phrase] == []


@pytest.mark.parametrize("kind", [kind for kind in DATA if isinstance(DATA[kind], list)])
def test_every_stock_word_is_written_as_it_is_compared(kind: str) -> None:
    assert [phrase for phrase in DATA[kind] if key(phrase) != phrase] == []


@pytest.mark.parametrize("kind", FURNITURE)
def test_every_whole_phrase_is_found_as_its_own_kind(kind: str) -> None:
    assert {furniture(phrase) for phrase in DATA[kind]["whole"]} == {kind}


def test_the_data_holds_no_kind_that_nothing_reads() -> None:
    modules = (file for file in resources.files("cleaning").iterdir() if file.name[-3:] == ".py")
    code = "".join(module.read_text("utf-8") for module in modules)
    assert [kind for kind in DATA if kind != "provenance" and f'"{kind}"' not in code] == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("LATEST NEWS:", "navigation_label"),
        ("» À la une", "navigation_label"),
        ("Share this article with friends", "share_line"),
        ("Subscribe to our morning briefing", "newsletter_line"),
        ("- Advertisement -", "ad_marker"),
        ("Latest news from the front is bad", None),
        ("Share prices fell", None),
        ("", None),
    ],
)
def test_furniture_is_known_by_its_phrase(line: str, kind: str | None) -> None:
    assert furniture(key(line)) == kind


def test_a_long_sentence_that_opens_like_furniture_is_a_sentence() -> None:
    sentence = (
        "Subscribe to our view or not, said the minister, the bridge will be closed for a year."
    )
    assert furniture(key(sentence)) is None


def test_stock_words_are_stripped_one_after_another() -> None:
    assert strip_stock_words("published on 6 may", "published") == "6 may"
    assert strip_stock_words("published updated on 6 may", "published", "updated") == "6 may"
    assert strip_stock_words("publishedness", "published") == "publishedness"
    assert strip_stock_words("published", "published") == ""

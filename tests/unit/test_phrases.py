import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.normalise import for_comparing
from cleaning.phrases import FURNITURE, furniture, key, stock_sentences, strip_stock_words
from cleaning.words import words

DATA = json.loads(resources.files("cleaning").joinpath("data", "phrases.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", FURNITURE)
def test_every_stock_phrase_is_written_as_it_is_compared(kind: str) -> None:
    """A phrase with an accent or a capital letter would never be found."""
    kinds = DATA[kind]
    phrases = [*kinds["whole"], *map(str.strip, kinds["opening"]), *kinds.get("sentence", ())]
    assert [phrase for phrase in phrases if key(phrase) != phrase] == []


@pytest.mark.parametrize("kind", [kind for kind in DATA if isinstance(DATA[kind], list)])
def test_every_stock_word_is_written_as_it_is_compared(kind: str) -> None:
    assert [phrase for phrase in DATA[kind] if key(phrase) != phrase] == []


@pytest.mark.parametrize("kind", FURNITURE)
def test_every_whole_phrase_is_found_as_its_own_kind(kind: str) -> None:
    assert {furniture(phrase) for phrase in DATA[kind]["whole"]} == {kind}


@pytest.mark.parametrize("kind", FURNITURE)
def test_every_stock_sentence_is_found_as_its_own_kind(kind: str) -> None:
    assert {stock_sentences(f"{phrase} x.") for phrase in DATA[kind]["sentence"]} == {kind}


STOCK_SENTENCES = {
    "Comments are now closed on this story.": "comment_line",
    "Die Kommentarfunktion für diesen Beitrag ist geschlossen.": "comment_line",
    "评论已关闭。": "comment_line",
    "This website uses cookies. By continuing to browse you agree to it.": "site_notice",
    "Este sitio web utiliza cookies para mejorar su experiencia.": "site_notice",
    "Wij gebruiken cookies om uw ervaring te verbeteren.": "site_notice",
    "Your subscription makes our journalism possible.": "newsletter_line",
    "Cet article est réservé aux abonnés.": "newsletter_line",
    "Scarica la nostra app per iOS e Android.": "newsletter_line",
    "Baixe nosso aplicativo e siga-nos!": "newsletter_line",
    "Suivez-nous sur Facebook. Téléchargez notre application.": "share_line",
    "This story may not be reprinted without the consent of the publisher.": "copyright_line",
    "Nachdruck, auch auszugsweise, nur mit Genehmigung.": "copyright_line",
    "未经授权不得转载。": "copyright_line",
    "FILE PHOTO - The bridge as it was in 2019": "picture_line",
    "Advertisement. Story continues below.": "ad_marker",
    "Most read in this section": "navigation_label",
}


@pytest.mark.parametrize(("text", "kind"), STOCK_SENTENCES.items())
def test_stock_sentences_are_known_in_several_languages(text: str, kind: str) -> None:
    assert stock_sentences(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "We use cookies to bait the ants. They come in hundreds, the keeper said.",
        "“We use cookies to bait the ants.”",
        "Follow us on our way through the valley. It begins at the old bridge.",
        "This story may not be over.",
        "Photo credit:",
        "Subscribers make up a third of the paper's readers.",
        "Comments on the plan are closed to the public, the council said on Monday.",
        "Advertisement for the post brought forty letters. Story continues below.",
        f"We use cookies to {'bake ' * 30}.",
        "",
        "—",
    ],
)
def test_a_story_that_begins_like_a_stock_sentence_is_none(text: str) -> None:
    assert stock_sentences(text) is None


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


ASCII = st.characters(max_codepoint=0x7F)


@given(
    st.text(ASCII, max_size=20) | st.text(st.characters() | st.sampled_from("“”’—"), max_size=20)
)
def test_a_key_holds_the_words_of_the_text_as_it_is_compared(text: str) -> None:
    assert key(text) == " ".join(words(for_comparing(text)))

import pytest
from hypothesis import given

from cleaning.blocks import read_text
from cleaning.cohesion import FEATURES, Story, _model, features, off_topic_probability, share, stems
from cleaning.titles import find_sections
from tests.unit.strategies import texts
from tests.unit.test_off_topic import STORY, TEASER, TITLE


def a_story(*inserted: str) -> Story:
    return Story(TITLE, [*STORY[:3], *inserted, *STORY[3:]], [3])


def test_a_teaser_is_likelier_off_topic_than_a_section() -> None:
    section = ("What the bridge will cost", STORY[5])
    teaser = off_topic_probability(a_story(*TEASER), 3, tight=False)
    assert teaser > off_topic_probability(a_story(*section), 3, tight=False) + 0.5


def test_a_headline_without_a_blank_line_below_is_likelier_a_teaser() -> None:
    loose, tight = (off_topic_probability(a_story(*TEASER), 3, tight=t) for t in (False, True))
    assert tight > loose


def test_inflected_forms_share_a_stem() -> None:
    assert stems("Iraqis") == stems("iraqi") == {"iraqi"}
    assert stems("soldier") & stems("Soldiers'")


def test_unspaced_text_is_compared_by_pairs_of_characters() -> None:
    assert stems("伊拉克") == {"伊拉", "拉克"}


def test_rare_words_weigh_more_than_common_ones() -> None:
    of = stems("the Zyzzyvas")
    assert share(of, stems("Zyzzyvas")) > share(of, stems("the"))
    assert share(of, of) == pytest.approx(1)
    assert share(frozenset(), of) == 0


def test_a_word_of_the_paragraph_itself_is_not_shared_with_the_rest() -> None:
    story = Story("", ["one zebra", "two zebra", "three lions"], [])
    assert story.shared(stems("lions"), story.stems[2]) == 0
    assert story.shared(stems("zebra"), story.stems[0]) == 1


def test_the_model_weighs_every_feature_and_no_other() -> None:
    model = _model()
    for part in ("weights", "mean", "scale"):
        assert set(model[part]) == set(FEATURES), part
    assert set(features(a_story(*TEASER), 3, tight=False)) == set(FEATURES)
    assert 0 < model["threshold"] < 1


@given(texts)
def test_any_section_has_a_probability(text: str) -> None:
    blocks = read_text(text).blocks
    sections = find_sections(blocks)
    story = Story(text, [block.text for block in blocks], sections)
    for section in sections:
        assert 0 <= off_topic_probability(story, section, tight=True) <= 1

import numpy as np
import pytest
from hypothesis import given

from cleaning import text_model as text_models
from cleaning.blocks import read_text
from cleaning.page_model import page_model
from cleaning.phrases import key
from cleaning.text_features import measure
from cleaning.text_model import TEXT_REASONS, TOLD, judge_blocks, text_model
from tests.unit.strategies import texts
from tests.unit.test_off_topic import STORY, TEASER, TITLE


def scores(*lines: str) -> list[float]:
    blocks = read_text("\n\n".join(lines)).blocks
    return [judged.score for judged in judge_blocks(TITLE, blocks, [key(b.text) for b in blocks])]


def test_a_teaser_is_likelier_off_topic_than_a_section_of_the_story() -> None:
    section = ("What the bridge over the Ousel will cost", STORY[5])
    teaser = scores(*STORY[:3], *TEASER, *STORY[3:])[3:5]
    own = scores(*STORY[:3], *section, *STORY[3:5])[3:5]
    assert min(teaser) > max(own)


def test_the_words_of_the_story_make_the_difference() -> None:
    line = "Marsh Tarrant Council Wants a Ferry Across the Ousel"
    there = scores(*STORY[:3], line, *STORY[3:])[3]
    elsewhere = scores(*STORY[:3], TEASER[0], *STORY[3:])[3]
    assert elsewhere > there


def test_more_is_asked_of_a_text_whose_words_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (*STORY[:3], *TEASER, *STORY[3:])
    known = scores(*lines)
    monkeypatch.setattr(text_models, "_KNOWN", 1.1)
    assert all(now < before for now, before in zip(scores(*lines), known, strict=True))


def test_the_words_of_a_language_that_was_learned_are_known() -> None:
    english = "The council said on Monday that it would close the old bridge for a year."
    icelandic = "Bæjarstjórnin ákvað að loka gömlu brúnni yfir ána í heilt ár."

    def known(*lines: str) -> float:
        blocks = read_text("\n\n".join(lines)).blocks
        return measure("", blocks, [key(b.text) for b in blocks], page_model().lexicon).known

    assert known(english) > 0.8
    assert known(icelandic) < 0.75
    assert known(icelandic) < known(english, icelandic) < known(english)
    assert known("!", "?") == 0


def test_a_text_of_few_blocks_is_not_judged() -> None:
    assert scores(*STORY[:4]) == []
    assert len(scores(*STORY[:5])) == 5


@given(texts)
def test_whatever_the_text_each_feature_is_a_number_for_each_block(text: str) -> None:
    blocks = read_text(text).blocks
    if not blocks:
        return
    keys = [key(block.text) for block in blocks]
    columns = measure("A title", blocks, keys, page_model().lexicon).columns
    for name, column in columns.items():
        assert len(column) == len(blocks), name
        assert np.isfinite(np.asarray(column, np.float64)).all(), name
        assert TEXT_REASONS.kind_of(name) in TEXT_REASONS.kinds
    assert set(text_model().first.names) <= set(columns)
    assert set(text_model().second.names) <= {*columns, *TOLD}


@pytest.mark.parametrize("turn", [1, 2])
def test_a_block_is_compared_with_the_rest_not_with_itself(turn: int) -> None:
    lines = [*STORY[:3], "Zyzzyva quokka axolotl", *["Zyzzyva quokka axolotl"] * (turn - 1)]
    blocks = read_text("\n\n".join([*lines, *STORY[3:]])).blocks
    columns = measure(TITLE, blocks, [key(b.text) for b in blocks], page_model().lexicon).columns
    assert columns["far"][3] == 0
    assert columns["shared"][3] == (0 if turn == 1 else pytest.approx(1))

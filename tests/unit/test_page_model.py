import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cleaning.page_features import text_words
from cleaning.page_model import page_model
from cleaning.page_reasons import PAGE_REASONS


def test_the_shipped_model_asks_for_what_is_measured_and_can_say_why() -> None:
    model = page_model()
    trees = model.trees
    assert all(PAGE_REASONS.kind_of(name) in PAGE_REASONS.kinds for name in trees.names)
    assert trees.leaves.shape == (trees.count, 1 << trees.depth)
    assert np.isfinite(trees.leaves).all()
    assert len(model.lexicon.words) > 1000
    assert all(word == word.casefold() for word in model.lexicon.words)


@given(st.text(st.characters(max_codepoint=0x7F), max_size=40))
def test_the_words_of_ascii_are_those_of_any_text(text: str) -> None:
    assert text_words(text) == text_words(f"{text}©")[:-1]

import numpy as np

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

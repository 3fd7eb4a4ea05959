import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.page_features import Features
from cleaning.page_model import PageModel, load_model, page_model
from cleaning.page_reasons import KINDS, kind_of, reasons_in_words

NAMES = ["size", "link_share", "tag_p", "place"]


def features(values: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> Features:
    n = values.shape[1]
    zeros = np.zeros(n, np.float32)
    columns = {name: row for name, row in zip(NAMES, values, strict=True)}  # noqa: C416  rows
    return Features(columns, zeros, zeros, zeros.astype(bool), zeros.astype(np.int64), -1)


@st.composite
def models(draw: st.DrawFn) -> PageModel:
    depth, trees = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    numbers = st.integers(-1000, 1000)
    count = depth * trees
    return load_model(
        {
            "features": NAMES,
            "words": {},
            "names": {},
            "asked": draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)),
            "borders": draw(st.lists(st.floats(-1, 1), min_size=count, max_size=count)),
            "leaves": [
                draw(st.lists(numbers, min_size=1 << depth, max_size=1 << depth))
                for _ in range(trees)
            ],
            "weights": [
                draw(st.lists(st.integers(0, 9), min_size=1 << depth, max_size=1 << depth))
                for _ in range(trees)
            ],
            "unit": 100,
            "bias": 0.25,
            "threshold": 0.0,
        }
    )


def one_by_one(
    model: PageModel, column: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"
) -> float:
    """What the model says, as the definition of an oblivious tree has it."""
    odds = model.bias
    for tree in range(model.trees):
        leaf = 0
        for level in range(model.depth):
            question = tree * model.depth + level
            leaf |= int(column[model.rows[question]] > model.borders[question]) << level
        odds += float(model.leaves[tree, leaf])
    return odds


@given(models(), st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 1500]))
def test_a_score_is_the_sum_of_the_leaves_that_a_block_reaches(
    model: PageModel, seed: int, blocks: int
) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, (4, blocks)).astype(np.float32)
    odds, _ = model.score(features(values))
    for block in {0, blocks // 2, blocks - 1}:
        assert odds[block] == pytest.approx(one_by_one(model, values[:, block]), abs=1e-3)


@given(models(), st.integers(0, 2**32 - 1))
def test_the_reasons_of_a_block_add_up_to_its_score(model: PageModel, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, (4, 3)).astype(np.float32)
    odds, reached = model.score(features(values))
    told = model.explain(reached, [0, 1, 2]).sum(axis=1)
    # What is left is what the model expects of any block.
    usual = odds - told
    assert usual == pytest.approx(usual[0], abs=1e-2)


def test_the_shipped_model_asks_for_what_is_measured_and_can_say_why() -> None:
    model = page_model()
    assert all(kind_of(name) in KINDS for name in model.names)
    assert model.leaves.shape == (model.trees, 1 << model.depth)
    assert np.isfinite(model.leaves).all()
    assert len(model.lexicon.words) > 1000
    assert all(word == word.casefold() for word in model.lexicon.words)


def test_a_feature_of_no_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="colour"):
        kind_of("colour")


def test_the_strongest_reasons_come_first_and_weak_ones_not_at_all() -> None:
    moves = [0.0] * len(KINDS)
    moves[KINDS.index("links")] = 2.0
    moves[KINDS.index("markup")] = 3.0
    moves[KINDS.index("length")] = -0.05
    moves[KINDS.index("place")] = -1.0
    assert reasons_in_words(moves, removed=True) == [
        "Its tags and class names are those of page furniture.",
        "Much of it is links.",
    ]
    assert reasons_in_words(moves, removed=False) == ["It stands where the story stands."]

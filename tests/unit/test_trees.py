import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.reasons import Reasons
from cleaning.trees import Trees, load_trees

NAMES = ["size", "link_share", "tag_p", "place"]


REASONS = Reasons(
    {
        "links": (("link",), "Much of it is links.", "It has few links."),
        "length": (("size",), "It is short.", "It is long."),
        "rest": (("tag_", "place"), "", ""),
    }
)


def columns(
    values: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]",
) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"]:
    return dict(zip(NAMES, values, strict=True))


@st.composite
def models(draw: st.DrawFn) -> Trees:
    depth, trees = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    numbers = st.integers(-1000, 1000)
    count = depth * trees
    return load_trees(
        {
            "features": NAMES,
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
        },
        REASONS.kinds,
        REASONS.kind_of,
    )


def one_by_one(model: Trees, column: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> float:
    """What the model says, as the definition of an oblivious tree has it."""
    odds = model.bias
    for tree in range(model.count):
        leaf = 0
        for level in range(model.depth):
            border = model.borders[level, tree]
            leaf |= int(column[model.rows[level, tree]] > border) << level
        odds += float(model.leaves[tree, leaf])
    return odds


@given(models(), st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 1500]))
def test_a_score_is_the_sum_of_the_leaves_that_a_block_reaches(
    model: Trees, seed: int, blocks: int
) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, (4, blocks)).astype(np.float32)
    odds, _ = model.score(columns(values))
    for block in {0, blocks // 2, blocks - 1}:
        assert odds[block] == pytest.approx(one_by_one(model, values[:, block]), abs=1e-3)


@given(models(), st.integers(0, 2**32 - 1))
def test_the_reasons_of_a_block_add_up_to_its_score(model: Trees, seed: int) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, (4, 3)).astype(np.float32)
    odds, reached = model.score(columns(values))
    told = model.explain(reached, [0, 1, 2]).sum(axis=1)
    # What is left is what the model expects of any block.
    usual = odds - told
    assert usual == pytest.approx(usual[0], abs=1e-2)


def test_a_feature_of_no_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="colour"):
        REASONS.kind_of("colour")


def test_the_strongest_reasons_come_first_and_weak_ones_not_at_all() -> None:
    assert REASONS.in_words([2.0, 3.0, 9.0], removed=True) == ["It is short."]
    assert REASONS.in_words([2.0, 3.0, 0.1], removed=True) == [
        "It is short.",
        "Much of it is links.",
    ]
    assert REASONS.in_words([2.0, -0.05, -3.0], removed=False) == []
    assert REASONS.in_words([-2.0, -0.05, 0.0], removed=False) == ["It has few links."]

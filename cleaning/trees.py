"""An ensemble of oblivious decision trees: features of blocks -> log odds, and why.

All nodes of one level of an oblivious tree ask the same question. A tree of depth d is d questions,
`feature > border`, whose answers are the bits of a leaf's number; so the whole ensemble is a few
array operations. It is learned by the scripts in `scripts/` and shipped as JSON.

Why a block got its score: with each answer a tree's expected value moves, from the mean over all
leaves that are still possible to the mean over those that remain. The moves are added up by the
kind of question, and the kinds that moved most are told in words (Saabas 2014, "Interpreting
random forests").
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Blocks scored at once: a page of 50,000 must not take gigabytes.
_CHUNK = 1024


@dataclass(frozen=True)
class Trees:
    """`count` trees of one `depth`. `rows` are the places in `names` of the features asked,
    `borders` what each must exceed (both depth x count), `leaves` the values (count x 2^depth) in
    log odds of not belonging, `moves` what each kind of question adds on the way to each leaf
    (count x 2^depth, kinds)."""

    names: tuple[str, ...]
    bias: float
    rows: NDArray[np.intp]
    borders: Floats
    leaves: Floats
    moves: Floats

    @property
    def depth(self) -> int:
        """The number of questions of each tree."""
        return int(self.leaves.shape[1]).bit_length() - 1

    @property
    def count(self) -> int:
        """The number of trees."""
        return len(self.leaves)

    def score(self, columns: Mapping[str, NDArray[Any]]) -> tuple[Floats, NDArray[np.uint8]]:
        """The log odds of each of `n` blocks that it does not belong, and the leaf that it reaches
        in each tree (count, n).

        `columns`: a feature's name -> its values (n,). Raises KeyError for one that is not there.
        """
        values = np.array([columns[name] for name in self.names], np.float32)
        n = values.shape[1]
        odds = np.empty(n, np.float32)
        reached = np.empty((self.count, n), np.uint8)
        offsets = (np.arange(self.count) << self.depth)[:, None]
        flat = self.leaves.ravel()
        for begin in range(0, n, _CHUNK):
            part = values[:, begin : begin + _CHUNK]
            # Ten times as fast as packbits, which is slow across rows.
            leaf = np.zeros((self.count, part.shape[1]), np.uint8)
            asked, answers = np.empty(leaf.shape, np.float32), np.empty(leaf.shape, bool)
            for rows, borders in zip(self.rows[::-1], self.borders[::-1], strict=True):
                part.take(rows, axis=0, out=asked, mode="clip")
                np.greater(asked, borders[:, None], out=answers)
                leaf += leaf
                leaf |= answers.view(np.uint8)
            reached[:, begin : begin + _CHUNK] = leaf
            odds[begin : begin + _CHUNK] = self.bias + flat.take(leaf + offsets).sum(axis=0)
        return odds, reached

    def explain(self, reached: NDArray[np.uint8], blocks: Sequence[int]) -> Floats:
        """How far each kind of question moved the log odds of these blocks: (blocks, kinds)."""
        offsets = (np.arange(self.count) << self.depth)[:, None]
        told = np.zeros((len(blocks), self.moves.shape[1]), np.float32)
        for begin in range(0, len(blocks), _CHUNK):
            part = list(blocks[begin : begin + _CHUNK])
            moves = self.moves.take(reached[:, part] + offsets, axis=0)
            told[begin : begin + _CHUNK] = moves.sum(axis=0)
        return told


def load_trees(
    data: Mapping[str, Any], kinds: Sequence[str], kind_of: Callable[[str], str]
) -> Trees:
    """Trees from their JSON form. `kinds` are the kinds of questions, `kind_of` that of a feature.
    Raises KeyError if a feature of no kind is asked for."""
    names = tuple(data["features"])
    leaves = np.array(data["leaves"], np.float32) / data["unit"]
    depth = leaves.shape[1].bit_length() - 1
    rows = np.array(data["asked"], np.intp).reshape(-1, depth)
    borders = np.array(data["borders"], np.float32).reshape(-1, depth)
    weights = np.array(data["weights"], np.float64)
    asked = np.array([[kinds.index(kind_of(names[row])) for row in tree] for tree in rows])
    return Trees(
        names,
        float(data["bias"]),
        np.ascontiguousarray(rows.T),
        np.ascontiguousarray(borders.T),
        leaves,
        _moves(leaves, weights, asked, len(kinds)),
    )


def _moves(
    leaves: Floats, weights: NDArray[np.float64], kinds: NDArray[np.intp], count: int
) -> Floats:
    """How far the questions of each kind move a tree's expected value on the way to each leaf."""
    trees, size = leaves.shape
    weights = weights + 1e-3  # a leaf that nothing reached in training has no say
    sums = leaves * weights
    moves = np.zeros((trees, size, count), np.float32)
    leaf = np.arange(size)
    before = np.repeat(sums.sum(1, keepdims=True) / weights.sum(1, keepdims=True), size, axis=1)
    for level in range(kinds.shape[1]):
        # Leaves whose numbers agree in the lowest bits have had the same answers so far.
        low = 2 << level
        expected = sums.reshape(trees, -1, low).sum(1) / weights.reshape(trees, -1, low).sum(1)
        after = expected[:, leaf & (low - 1)]
        moves[np.arange(trees)[:, None], leaf, kinds[:, level, None]] += after - before
        before = after
    return moves.reshape(trees * size, count)

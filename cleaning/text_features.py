"""A document's blocks -> what the text model is told about each: one row a feature, one column a
block.

Three kinds of evidence: what a block looks like (its characters, its words, what the markup said of
it), whether it talks about what the rest of the article talks about (the rare words and names that
it shares with the title, with its neighbours, and with the blocks farther away), and the same of
its neighbours. A teaser is often two blocks that share their words with each other and with nothing
else; so each block is compared with the article without itself and its neighbours.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleaning.cohesion import STEM, stems, stems_of, word_weights
from cleaning.model import Role, SourceBlock
from cleaning.normalise import for_comparing
from cleaning.page_features import Lexicon, said_odds, shifted
from cleaning.phrases import FURNITURE, furniture, opens_with_cue
from cleaning.shape import Column, shape_of

# A capital behind a word or a comma: not one that begins a sentence or a line.
_NAME = re.compile(r" (?<=[\w,;)] )([^\W\d_a-z][\w’'-]+)")
Columns = dict[str, Column]
# A block with so much rare text tells what is usual for the article's paragraphs.
_HEAVY = 3.0
# What is known of the blocks two places before and behind each, and one place.
_FAR_SHIFTED = ("size", "ends_stop", "far_of_usual", "said_mean", "is_heading")
SHIFTED = (
    *_FAR_SHIFTED, "words", "stops", "ends", "capitals", "far", "names_far", "title_of",
    "furniture", "cue", "digits", "page_score", "bars", "after_blank", "far_count",
)  # fmt: skip


class Measured(NamedTuple):
    """What is known of `n` blocks. `columns`: a feature's name -> its values (n,).

    `known` is the share of their stems that is listed, each counted once a block: some .95 in a
    language that was learned, .1 to .7 in others; 0 without any.
    """

    columns: Columns
    known: float


def measure(
    title: str, blocks: Sequence[SourceBlock], keys: Sequence[str], lexicon: Lexicon
) -> Measured:
    """The features of each block. `keys` are the blocks' folded words (`phrases.key`)."""
    found = _stems(title, blocks, keys)
    shape = shape_of([block.text for block in blocks])
    columns = {
        **shape.columns(),
        **_words(blocks, lexicon),
        **_signs(blocks, keys),
        **_place(title, blocks, keys),
        **_cohesion(title, found, len(blocks)),
    }
    beside = rows(columns, SHIFTED)
    for by, names in ((-2, _FAR_SHIFTED), (-1, SHIFTED), (1, SHIFTED), (2, _FAR_SHIFTED)):
        moved = shifted(beside[: len(names)], by)
        columns |= {f"{name}{by:+}": row for name, row in zip(names, moved, strict=True)}
    return Measured(columns, found.known)


def rows(columns: Mapping[str, Column], names: Sequence[str]) -> NDArray[np.float32]:
    """The features of these names (F, n). Raises KeyError for one that is not measured."""
    return np.array([columns[name] for name in names], np.float32)


def _words(blocks: Sequence[SourceBlock], lexicon: Lexicon) -> Columns:
    """What the words of furniture and of stories say."""
    said = said_odds([block.text.casefold() for block in blocks], lexicon)
    return {"said_mean": said[0], "said_most": said[1], "said_least": said[2]}


def _signs(blocks: Sequence[SourceBlock], keys: Sequence[str]) -> Columns:
    """Stock phrases, and what the markup says."""
    kinds = [furniture(own) if own else None for own in keys]
    return {
        "furniture": np.array([FURNITURE.index(kind) + 1 if kind else 0 for kind in kinds]),
        "cue": np.array([opens_with_cue(own) for own in keys]),
        "is_heading": np.array([block.role is Role.HEADING for block in blocks]),
        "role": np.array([_ROLES.index(block.role) for block in blocks]),
        "is_markup": np.array([block.markup is not None for block in blocks]),
        "link_share": np.array([b.markup.link_share if b.markup else 0.0 for b in blocks]),
        "page_score": np.array([block.score if block.markup else -1.0 for block in blocks]),
        "after_blank": np.array([block.after_blank for block in blocks]),
    }


_ROLES = tuple(Role)


def _place(title: str, blocks: Sequence[SourceBlock], keys: Sequence[str]) -> Columns:
    n = len(blocks)
    index = np.arange(n)
    weight = np.array([min(len(block.text), 400) for block in blocks], np.float64)
    running = np.cumsum(weight) / max(weight.sum(), 1)
    times: dict[str, int] = {}
    before = []
    for own in keys:
        seen = times.get(own, 0)
        before.append(seen)
        times[own] = seen + 1
    return {
        "index": np.minimum(index, 20),
        "until_end": np.minimum(n - 1 - index, 20),
        "text_before": np.concatenate(([0.0], running[:-1])),
        "text_after": 1 - running,
        "page_blocks": np.full(n, np.log1p(n)),
        "page_blanks": np.full(n, sum(block.after_blank for block in blocks) / n),
        "seen_before": np.minimum(before, 3),
        "seen": np.minimum([times[own] for own in keys], 4),
        "has_title": np.full(n, bool(title)),
    }


@dataclass(frozen=True, slots=True)
class _Stems:
    """The rare words of blocks, flat: block by block, each block's in order of their numbers."""

    block: NDArray[np.int64]
    stem: NDArray[np.int64]
    weight: NDArray[np.float64]
    is_name: NDArray[np.bool_]
    count: NDArray[np.int64]  # for each stem: in how many blocks it stands
    in_title: NDArray[np.bool_]  # for each stem
    known: float  # the share of them that is listed

    def beside(self, most: int) -> dict[int, NDArray[np.bool_]]:
        """Which of them stand in the block 1 to `most` places on, too, or -1 to `-most`."""
        total = len(self.count)
        own = self.block * total + self.stem
        found = {}
        for by in range(1, most + 1):
            wanted = own + by * total
            at = np.minimum(np.searchsorted(own, wanted), len(own) - 1)
            found[by] = own[at] == wanted
            found[-by] = np.zeros(len(own), bool)
            found[-by][at[found[by]]] = True
        return found


def _stems(title: str, blocks: Sequence[SourceBlock], keys: Sequence[str]) -> _Stems:
    found = list(map(stems_of, keys))
    flat = list(chain.from_iterable(found))
    numbers = {stem: number for number, stem in enumerate(dict.fromkeys(flat))}
    of_title = stems(title)
    listed = list(map(word_weights().get, numbers))
    weights = [
        min(1.0, len(one) / STEM) if weight is None else weight
        for one, weight in zip(numbers, listed, strict=True)
    ]
    named = _names([block.text for block in blocks])
    stem = np.fromiter(map(numbers.__getitem__, flat), np.int64, len(flat))
    block = np.repeat(np.arange(len(found)), [len(own) for own in found])
    order = np.argsort(block * len(numbers) + stem)
    stem = stem[order]
    count = np.bincount(stem, minlength=len(numbers))
    is_listed = np.array([weight is not None for weight in listed], bool)
    return _Stems(
        block,
        stem,
        np.array(weights)[stem],
        np.array(list(map(named.__contains__, numbers)), bool)[stem],
        count,
        np.array(list(map(of_title.__contains__, numbers)), bool),
        float(count[is_listed].sum() / max(len(flat), 1)),
    )


def _names(texts: Sequence[str]) -> frozenset[str]:
    """The stems of what is written with a capital inside sentences."""
    found = set(_NAME.findall("\n".join(texts)))
    return frozenset(word[:STEM] for word in for_comparing(" ".join(found)).split())


def _cohesion(title: str, of: _Stems, n: int) -> Columns:
    """How much of its rare words each block shares, and with what."""
    if not len(of.block):
        return dict.fromkeys(_COHESION, np.zeros(n))
    near = of.beside(4)
    others = of.count[of.stem] - 1
    far = others - near[-1] - near[1]
    title_of = of.in_title[of.stem]

    def total(values: Column) -> Column:
        return np.bincount(of.block, of.weight * values, n)

    weight = np.bincount(of.block, of.weight, n)
    safe = np.maximum(weight, 1e-6)
    out_next, out_before = total(others - near[1] > 0), total(others - near[-1] > 0)
    pair = np.zeros(n)  # this block and the next, together, outside of both
    pair[:-1] = (out_next[:-1] + out_before[1:]) / np.maximum(weight[:-1] + weight[1:], 1e-6)
    far_share = total(far > 0) / safe
    heavy = weight >= _HEAVY
    usual = float(np.median(far_share[heavy])) if heavy.any() else 0.0
    rank = np.searchsorted(np.sort(far_share[heavy]), far_share) / max(int(heavy.sum()), 1)
    names = np.bincount(of.block, of.is_name, n)
    title_weight = float(sum(word_weights().get(stem, 1.0) for stem in stems(title)))
    # Words that stand in most blocks say nothing about what a block is about.
    telling = of.weight * (1 - np.minimum(of.count[of.stem] / max(n, 8), 1)) ** 2
    told = np.maximum(np.bincount(of.block, telling, n), 1e-6)
    local = near[-4] | near[-3] | near[-2] | near[2] | near[3] | near[4]
    return {
        "rare": np.log1p(weight),
        "shared": total(others > 0) / safe,
        "far": far_share,
        "far_weight": np.log1p(total(far > 0)),
        "far_alone": np.log1p(weight - total(far > 0)),
        "far_of_usual": far_share / (usual + 0.1),
        "far_rank": rank,
        "far_count": total(np.log1p(np.maximum(far, 0))) / safe,
        "far_often": total(far > 2) / safe,
        "next_of": total(near[1]) / safe,
        "before_of": total(near[-1]) / safe,
        "local": total(local) / safe,
        # What the blocks around it share with each other, over this one and over this pair.
        "bridge": np.concatenate(([0.0], (total(near[2]) / safe)[:-1])),
        "bridge_next": np.concatenate(([0.0], (total(near[3]) / safe)[:-1])),
        "bridge_before": np.concatenate(([0.0, 0.0], (total(near[3]) / safe)[:-2]))[:n],
        "pair_next": pair / (usual + 0.1),
        "pair_before": np.concatenate(([0.0], pair[:-1])) / (usual + 0.1),
        "title_of": total(title_of) / safe,
        "of_title": total(title_of) / max(title_weight, 1e-6),
        "told_far": np.bincount(of.block, telling * (far > 0), n) / told,
        "told_often": np.bincount(of.block, telling * (far > 1), n) / told,
        "told_weight": np.log1p(np.bincount(of.block, telling * (far > 0), n)),
        "names": np.log1p(names),
        "names_far": (np.bincount(of.block, of.is_name & (far > 0), n) + 0.5) / (names + 1),
        "names_often": (np.bincount(of.block, of.is_name & (far > 2), n) + 0.5) / (names + 1),
        "names_alone": np.bincount(of.block, of.is_name & (others == 0), n),
        "page_usual": np.full(n, usual),
        "page_paragraphs": np.full(n, np.log1p(heavy.sum())),
    }


_COHESION = (
    "rare", "shared", "far", "far_weight", "far_alone", "far_of_usual", "far_rank", "far_count",
    "far_often", "next_of", "before_of", "local", "bridge", "bridge_next", "bridge_before",
    "pair_next", "pair_before", "title_of", "of_title", "told_far", "told_often", "told_weight",
    "names", "names_far", "names_often", "names_alone", "page_usual", "page_paragraphs",
)  # fmt: skip

"""Features of a document's blocks -> the probability of each that it does not belong to the
article: teasers of other stories, and furniture that no rule knows by name. Learned by
`scripts/train_text_model.py`."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cleaning.model import SourceBlock
from cleaning.page_features import shifted
from cleaning.page_model import page_model
from cleaning.reasons import Reasons
from cleaning.text_features import SHIFTED, measure
from cleaning.trees import Trees, load_trees

# A text of fewer blocks has no rest that one of them could be compared with.
_FEWEST_BLOCKS = 5
# The share of its rare words that the usual paragraph has in common with the rest of its article:
# .5 in half of them; below this in two or three of a hundred.
_LEAST_COHESION = 0.15
# In a language of which fewer of its words are listed than this, rare words cannot be told from
# common ones. The model then took three times as many paragraphs of real articles; with so much
# more asked of it, in log odds, half as many, and one in ten fewer of the teasers.
_KNOWN, _IN_DOUBT = 0.75, 1.0
# How far to either side the second pass looks at what the first says, in blocks.
_BESIDE = (-3, -2, -1, 1, 2, 3)
TEXT_REASONS = Reasons({
    "neighbours": (
        tuple(f"{name}{by:+}" for name in SHIFTED for by in (-2, -1, 1, 2)),
        "Its neighbours do not read like a part of the story.",
        "Its neighbours read like a part of the story.",
    ),
    "beside_off": (
        tuple(f"first{by:+}" for by in _BESIDE),
        "What stands beside it is no part of the story either.",
        "What stands beside it is part of the story.",
    ),
    "title": (
        ("title_of", "of_title", "has_title"),
        "It shares hardly any names or rare words with the title.",
        "It shares names or rare words with the title.",
    ),
    "names": (
        ("names",),
        "The names in it stand nowhere else in the article.",
        "The names in it stand elsewhere in the article.",
    ),
    "bridge": (
        ("bridge",),
        "What stands before it goes on behind it.",
        "It leads from what stands before it to what follows.",
    ),
    "topic": (
        ("shared", "far", "told", "local", "pair_", "rare"),
        "It shares hardly any rare words with the rest of the article.",
        "It shares rare words with the rest of the article.",
    ),
    "beside": (
        ("next_of", "before_of"),
        "It belongs to a line beside it that is no part of the story.",
        "It goes on with what stands beside it.",
    ),
    "phrases": (
        ("furniture", "cue", "said_"),
        "Its words are those of page furniture.",
        "Its words are not those of page furniture.",
    ),
    "markup": (
        ("is_heading", "role", "is_markup", "link_share", "page_score", "after_blank"),
        "It is set apart from the story's paragraphs.",
        "It is set like the story's paragraphs.",
    ),
    "place": (
        ("index", "until_end", "text_before", "text_after"),
        "It stands where furniture stands.",
        "It stands where the story stands.",
    ),
    "again": (("seen",), "It stands more than once in the text.", "It stands once in the text."),
    "length": (("size", "words"), "It is short.", "It is a long run of text."),
    "sentences": (
        ("stops", "commas", "quotes", "ends", "begins", "capitals", "upper", "digits", "bars",
         "colons", "signs", "marks", "letters", "word_length"),
        "It reads like a headline or a label rather than like sentences.",
        "It reads like sentences.",
    ),
    "page": (("page_", "first_mean"), "", ""),
    "first": (("first",), "", ""),
})  # fmt: skip


class Judged(NamedTuple):
    """What the model says of a block: the probability, 0 to 1, that it does not belong, whether
    that is enough to remove it, and the strongest reasons for that."""

    score: float
    is_off: bool
    reasons: tuple[str, ...]


class TextModel(NamedTuple):
    """Two passes: the second also sees what the first says of a block and of those around it, for
    a teaser is often two blocks, one of which gives the other away. Log odds of the second above
    `threshold` remove a block, in a language whose words are known."""

    first: Trees
    second: Trees
    threshold: float


def judge_blocks(
    title: str, blocks: Sequence[SourceBlock], keys: Sequence[str]
) -> Sequence[Judged]:
    """What the model says of each block; nothing of a text with too few of them."""
    if len(blocks) < _FEWEST_BLOCKS:
        return ()
    model = text_model()
    columns, known = measure(title, blocks, keys, page_model().lexicon)
    first, reached_first = model.first.score(columns)
    odds, reached = model.second.score(columns | told_by_first(first))
    # Where paragraphs share no words with each other, that one does not says nothing.
    threshold = model.threshold + (_IN_DOUBT if known < _KNOWN else 0)
    off = (odds > threshold) & (columns["page_usual"] >= _LEAST_COHESION)
    every = range(len(blocks))
    moves = model.second.explain(reached, every)
    # What the first pass says is told by what moved the first pass.
    moves[:, TEXT_REASONS.kinds.index("first")] = 0
    moves += model.first.explain(reached_first, every)
    # The threshold is where a block is as likely to be kept as to be removed.
    scores = 1 / (1 + np.exp(threshold - odds.astype(np.float64)))
    return [
        Judged(score, is_off, tuple(TEXT_REASONS.in_words(told, removed=is_off)))
        for score, is_off, told in zip(scores.tolist(), off.tolist(), moves.tolist(), strict=True)
    ]


def told_by_first(odds: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """The features that the first pass's log odds (n,) add, by the names in TOLD."""
    cut = np.clip(odds, -_MOST_ODDS, _MOST_ODDS)
    return {
        "first": cut,
        "first_mean": np.full(len(cut), (1 / (1 + np.exp(-cut))).mean(), np.float32),
        **{f"first{by:+}": shifted(cut, by, _NOTHING) for by in _BESIDE},
    }


TOLD = ("first", "first_mean", *(f"first{by:+}" for by in _BESIDE))
# Log odds beyond this are as good as certain; what is beside the first and last block is none.
_MOST_ODDS, _NOTHING = 6.0, -9.0


@cache
def text_model() -> TextModel:
    """The model that ships with the package."""
    return load_text_model(
        json.loads(files("cleaning").joinpath("data/text_model.json").read_text("utf-8"))
    )


def load_text_model(data: Mapping[str, Any]) -> TextModel:
    """A model from its JSON form. Raises KeyError if it asks for a feature of no kind."""
    first, second = (
        load_trees(data[name], TEXT_REASONS.kinds, TEXT_REASONS.kind_of)
        for name in ("first", "second")
    )
    return TextModel(first, second, float(data["threshold"]))

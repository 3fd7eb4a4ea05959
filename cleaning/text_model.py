"""Features of a document's blocks -> the probability of each that it does not belong to the
article: teasers of other stories, and furniture that no rule knows by name. Learned by
`scripts/train_text_model.py`."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from cleaning.model import SourceBlock
from cleaning.page_model import page_model
from cleaning.reasons import Reasons
from cleaning.text_features import measure
from cleaning.trees import Trees, load_trees

# A text of fewer blocks has no rest that one of them could be compared with.
_FEWEST_BLOCKS = 5
TEXT_REASONS = Reasons({
    "neighbours": (
        tuple(f"{name}{by}" for name in (
            "size", "words", "stops", "ends_stop", "ends", "capitals", "said_mean", "far",
            "far_of_usual", "names_far", "title_of", "furniture", "cue", "digits", "page_score",
            "is_heading", "bars", "after_blank", "far_count",
        ) for by in ("-2", "-1", "+1", "+2")),
        "Its neighbours do not read like a part of the story.",
        "Its neighbours read like a part of the story.",
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
    "page": (("page_",), "", ""),
})  # fmt: skip


class Judged(NamedTuple):
    """What the model says of a block: the probability, 0 to 1, that it does not belong, whether
    that is enough to remove it, and the strongest reasons for that."""

    score: float
    is_off: bool
    reasons: tuple[str, ...]


def judge_blocks(
    title: str, blocks: Sequence[SourceBlock], keys: Sequence[str]
) -> Sequence[Judged]:
    """What the model says of each block; nothing of a text with too few of them."""
    if len(blocks) < _FEWEST_BLOCKS:
        return ()
    trees = text_model()
    odds, reached = trees.score(measure(title, blocks, keys, page_model().lexicon))
    off = odds > trees.threshold
    told = trees.explain(reached, range(len(blocks))).tolist()
    # The threshold is where a block is as likely to be kept as to be removed.
    scores = 1 / (1 + np.exp(trees.threshold - odds.astype(np.float64)))
    return [
        Judged(score, is_off, tuple(TEXT_REASONS.in_words(moves, removed=is_off)))
        for score, is_off, moves in zip(scores.tolist(), off.tolist(), told, strict=True)
    ]


@cache
def text_model() -> Trees:
    """The model that ships with the package."""
    return load_text_model(
        json.loads(files("cleaning").joinpath("data/text_model.json").read_text("utf-8"))
    )


def load_text_model(data: Mapping[str, Any]) -> Trees:
    """A model from its JSON form. Raises KeyError if it asks for a feature of no kind."""
    return load_trees(data, TEXT_REASONS.kinds, TEXT_REASONS.kind_of)

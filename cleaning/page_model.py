"""Features of a page's blocks -> the probability of each that it does not belong to the article.
Learned by `scripts/train_page_model.py`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cleaning.page_features import Lexicon
from cleaning.page_reasons import PAGE_REASONS
from cleaning.trees import Trees, load_trees


@dataclass(frozen=True)
class PageModel:
    """The trees, the words that some of their features are made of, and the log odds above which
    a block does not belong."""

    trees: Trees
    lexicon: Lexicon
    threshold: float


@cache
def page_model() -> PageModel:
    """The model that ships with the package."""
    return load_model(json.loads(files("cleaning").joinpath("data/page_model.json").read_text()))


def load_model(data: Mapping[str, Any]) -> PageModel:
    """A model from its JSON form. Raises KeyError if it asks for a feature of no kind."""
    trees = load_trees(data, PAGE_REASONS.kinds, PAGE_REASONS.kind_of)
    return PageModel(trees, Lexicon(data["words"], data["names"]), float(data["threshold"]))

"""How an extractor's text is judged against what an article really says.

Body text: words are `\\w+`; four-word shingles as a multiset; precision and recall for each page,
averaged over pages (a page without a result counts in recall only), F1 of the two averages.
Exact: the word sequences are equal. Segments: F1 over all pages of the segments that must be there
and are, and of those that must not be there and are not. The title is no part of the text.
"""

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import numpy as np

from cleaning import page_verdicts, text_model
from cleaning.page_model import PageModel, load_model
from cleaning.text_model import TextModel, load_text_model

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = ("articles-news", "articles-mixed", "articles-multilingual", "articles-segments")
FOLD_MODELS = Path(__file__).with_name("page_models")
TEXT_MODELS = Path(__file__).with_name("text_models")
FOLDS = 5
_WORD = re.compile(r"\w+")
_SECOND_LEVELS = frozenset({"co", "com", "org", "net", "gov", "edu", "ac"})


@dataclass(frozen=True, slots=True)
class PageScore:
    """One page: shingle precision (None: nothing was found) and recall and whether the words are
    equal, where there is a gold text; else how many segments were found, missed, wrongly found."""

    precision: float | None = None
    recall: float = 0.0
    exact: bool = False
    segments: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """Many pages together."""

    f1: float
    precision: float
    recall: float
    exact: float


def pages(name: str, data: Path = DATA) -> Iterator[dict[str, Any]]:
    """The rows of a data file."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def publisher(url: str) -> str:
    """The domain that was registered, as near as its name tells."""
    parts = (urlsplit(url).hostname or url).split(".")
    levels = 3 if len(parts) > 2 and parts[-2] in _SECOND_LEVELS else 2
    return ".".join(parts[-levels:])


def fold_of(url: str) -> int:
    """The fold of a page's publisher: its model has not seen the publisher."""
    digest = hashlib.md5(publisher(url).encode(), usedforsecurity=False).hexdigest()
    return int(digest, 16) % FOLDS


@cache
def unseen_model(fold: int) -> PageModel:
    """The page model that was trained without the publishers of a fold."""
    return load_model(json.loads((FOLD_MODELS / f"{fold}.json").read_text("utf-8")))


@cache
def unseen_text_model(fold: int) -> TextModel:
    """The text model that was trained without the publishers of a fold."""
    return load_text_model(json.loads((TEXT_MODELS / f"{fold}.json").read_text("utf-8")))


@contextmanager
def unseen_models(url: str) -> Iterator[None]:
    """Put the models that have not seen a page's publisher in the place of those that ship."""
    page, text = unseen_model(fold_of(url)), unseen_text_model(fold_of(url))
    with (
        patch.object(page_verdicts, "page_model", lambda: page),
        patch.object(text_model, "page_model", lambda: page),
        patch.object(text_model, "text_model", lambda: text),
    ):
        yield


def score_page(found: str, row: dict[str, Any]) -> PageScore:
    """Judge the text that was found on a page."""
    if row["gold"]:
        have, want = shingles(found), shingles(row["gold"])
        shared = (have & want).total()
        return PageScore(
            shared / have.total() if have else None,
            shared / want.total() if want else 1.0,
            exact=_WORD.findall(found) == _WORD.findall(row["gold"]),
        )
    text = one_line(found)
    there = [one_line(segment) in text for segment in row["must"]]
    wrong = [one_line(segment) in text for segment in row["must_not"]]
    return PageScore(segments=(sum(there), len(there) - sum(there), sum(wrong)))


def score_facts(
    row: dict[str, Any], title: str | None, authors: Iterable[str], day: str | None
) -> tuple[bool, bool, bool]:
    """Whether the title, the set of authors and the day of publication are the page's."""
    return (
        fold(title or "") == fold(row["title"]),
        set(map(fold, authors)) == set(map(fold, row["authors"])),
        day == row["date"][:10],
    )


def without_title(text: str, titles: Iterable[str]) -> str:
    """A text without the lines that say a title: peers print it above the body."""
    folded = {fold(title) for title in titles if title}
    return "\n".join(line for line in text.splitlines() if fold(line) not in folded)


def quality(scores: Sequence[PageScore]) -> Quality:
    """All pages of a file together."""
    return _quality(_table(scores))


def interval(
    scores: Sequence[PageScore], against: Sequence[PageScore] | None = None, rounds: int = 1000
) -> tuple[float, float]:
    """The 95 % bootstrap interval over pages of F1, or of the difference to another's F1 on the
    same pages."""
    table = _table(scores)
    other = _table(against) if against is not None else None
    chance = np.random.default_rng(1)
    values = []
    for _ in range(rounds):
        drawn = chance.integers(len(table), size=len(table))
        value = _quality(table[drawn]).f1
        values.append(value - _quality(other[drawn]).f1 if other is not None else value)
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _table(scores: Sequence[PageScore]) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """A row a page. A file has gold texts or segments; a page of the other kind is left out, with
    zeros in its place, so that the pages of two tools stay paired."""
    with_segments = sum(score.segments is not None for score in scores) * 2 > len(scores)
    rows = []
    for score in scores:
        if with_segments:
            rows.append([np.nan, *(score.segments or (0, 0, 0))])
        elif score.segments is not None:
            rows.append([0.0, np.nan, np.nan, np.nan])
        else:
            precision = np.nan if score.precision is None else score.precision
            rows.append([1.0, precision, score.recall, score.exact])
    return np.array(rows, float)


def _quality(table: "np.ndarray[Any, np.dtype[np.float64]]") -> Quality:
    if np.isnan(table[0, 0]):
        found, missed, wrong = table[:, 1:].sum(axis=0)
        precision, recall = found / max(found + wrong, 1), found / max(found + missed, 1)
        f1 = 2 * found / max(2 * found + missed + wrong, 1)
        return Quality(float(f1), float(precision), float(recall), 0.0)
    known = table[~np.isnan(table[:, 1]), 1]
    precision = float(known.mean()) if len(known) else 0.0
    recall = float(np.nanmean(table[:, 2]))
    f1 = 2 * precision * recall / ((precision + recall) or 1.0)
    return Quality(f1, precision, recall, float(np.nanmean(table[:, 3])))


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """The four-word shingles of a text, with their multiplicity."""
    words = _WORD.findall(text)
    return Counter(zip(*(words[i:] for i in range(4)), strict=False))


def fold(text: str) -> str:
    """A text's words alone, without case."""
    return " ".join(_WORD.findall(text.casefold()))


def one_line(text: str) -> str:
    """Every run of white space is one space."""
    return " ".join(text.split())

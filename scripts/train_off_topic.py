"""Train the off-topic model: python scripts/train_off_topic.py DATA_DIRECTORY

Reads articles (gzipped JSON lines with `title`, `url` and `gold` text) and writes
cleaning/data/word_weights.json and cleaning/data/off_topic.json. Deterministic.

Positive examples are teasers: the title and first paragraph of another article of the same
language, pasted between two paragraphs. Negative ones are the articles' own headline-shaped
lines with the paragraph below each. The threshold is the one at which, on publishers left out of
the training, one own section in a hundred would be removed.
"""

import gzip
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from cleaning import cohesion
from cleaning.blocks import read_text
from cleaning.titles import find_sections, is_paragraph

FILES = ("articles-mixed.jsonl.gz", "articles-news.jsonl.gz", "articles-multilingual.jsonl.gz")
ATTRIBUTION = (
    "Learned in part from the Web Content Extraction Benchmark by Murrough Foley (CC BY 4.0)."
)
OUTPUT = Path(__file__).parent.parent / "cleaning" / "data"
FOLDS = 5
FALSE_POSITIVES = 1 / 100
COMMON_STEMS = 6_000
TEASERS = 4  # each pasted into a copy of the article
# A guide of a hundred sections must not outweigh twenty news stories.
MOST_SECTIONS = 4
# Assumed, for want of plain text with its own line ends: how often a headline has no blank line
# below it where blank lines part paragraphs, in teasers and in an author's own sections.
TIGHT_TEASERS, TIGHT_SECTIONS = 0.5, 0.1
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Article:
    """A publisher's text, as paragraphs."""

    title: str
    publisher: str
    paragraphs: list[str]
    script: str


@dataclass(frozen=True)
class Example:
    """One headline with its paragraph, and whether it was pasted in."""

    publisher: str
    features: list[float]
    is_teaser: bool


def main(directory: Path) -> None:
    """Train and write."""
    articles = [article for name in FILES for article in _articles(directory / name)]
    _write_weights(articles)
    cohesion.word_weights.cache_clear()  # the weights just written
    examples = list(_examples(articles))
    values = np.array([example.features for example in examples])
    labels = np.array([example.is_teaser for example in examples], float)
    folds = np.array([_fold(example.publisher) for example in examples])
    scores = np.zeros(len(examples))
    for fold in range(FOLDS):
        model = _fit(values[folds != fold], labels[folds != fold])
        scores[folds == fold] = _predict(model, values[folds == fold])
    threshold = float(np.quantile(scores[labels == 0], 1 - FALSE_POSITIVES))
    bias, weights, mean, scale = _fit(values, labels)
    names = cohesion.FEATURES
    held_out = {
        "examples": len(examples),
        "teasers_found": round(float((scores[labels == 1] > threshold).mean()), 4),
        "sections_lost": round(float((scores[labels == 0] > threshold).mean()), 4),
    }
    _write(
        "off_topic.json",
        {
            "provenance": f"scripts/train_off_topic.py. {ATTRIBUTION}",
            "held_out": held_out,
            "threshold": round(threshold, 4),
            "bias": round(bias, 4),
            "weights": dict(zip(names, np.round(weights, 4).tolist(), strict=True)),
            "mean": dict(zip(names, np.round(mean, 4).tolist(), strict=True)),
            "scale": dict(zip(names, np.round(scale, 4).tolist(), strict=True)),
        },
    )
    print(json.dumps(held_out))


def _articles(path: Path) -> Iterator[Article]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = row["gold"] or ""
            paragraphs = [block.text for block in read_text(text).blocks]
            if 5 <= len(paragraphs) <= 120:
                publisher = (urlsplit(row["url"]).hostname or "").removeprefix("www.")
                yield Article(row["title"], publisher, paragraphs, _script(text))


def _script(text: str) -> str:
    """A rough language: which function words there are most of, or the script."""
    samples = {
        "en": "the and of that",
        "de": "der und die nicht",
        "fr": "les des est dans",
        "es": "los que una por",
        "it": "che della non per",
        "pt": "que uma para não",
        "zh": "的 了 在 是",
    }
    counts = Counter(text.lower().split())
    return max(
        samples,
        key=lambda code: sum(
            counts[word] + (text.count(word) if code == "zh" else 0)
            for word in samples[code].split()
        ),
    )


def _write_weights(articles: list[Article]) -> None:
    found = Counter(
        stem
        for article in articles
        for stem in frozenset().union(*map(cohesion.stems, article.paragraphs))
    )
    count = len(articles)
    weights = {
        stem: round(1 - math.log(1 + seen) / math.log(1 + count), 2)
        for stem, seen in sorted(found.most_common(COMMON_STEMS))
    }
    _write(
        "word_weights.json",
        {"provenance": f"scripts/train_off_topic.py. {ATTRIBUTION}", "weights": weights},
    )


def _examples(articles: list[Article]) -> Iterator[Example]:
    draw = random.Random(1)  # noqa: S311  the same examples at every run
    leads = [
        (article, next(filter(is_paragraph, article.paragraphs), None)) for article in articles
    ]
    for article in articles:
        story = _story(article.title, article.paragraphs)
        sections = story.sections
        for index in draw.sample(sections, min(MOST_SECTIONS, len(sections))):
            tight = draw.random() < TIGHT_SECTIONS
            yield _example(article, story, index, tight=tight, is_teaser=False)
        others = [
            (other.title, lead)
            for other, lead in leads
            if lead
            and other.title
            and other.publisher != article.publisher
            and other.script == article.script
        ]
        for title, lead in draw.sample(others, min(TEASERS, len(others))):
            place = draw.randrange(1, len(article.paragraphs) + 1)
            pasted = [*article.paragraphs[:place], title, lead, *article.paragraphs[place:]]
            story = _story(article.title, pasted)
            if place not in story.sections:
                continue
            tight = draw.random() < TIGHT_TEASERS
            yield _example(article, story, place, tight=tight, is_teaser=True)


def _story(title: str, paragraphs: list[str]) -> cohesion.Story:
    blocks = read_text("\n\n".join(paragraphs)).blocks
    return cohesion.Story(title, paragraphs, find_sections(blocks))


def _example(
    article: Article, story: cohesion.Story, index: int, *, tight: bool, is_teaser: bool
) -> Example:
    values = cohesion.features(story, index, tight=tight)
    return Example(article.publisher, [values[name] for name in cohesion.FEATURES], is_teaser)


def _fold(publisher: str) -> int:
    return sum(publisher.encode()) % FOLDS


def _fit(values: Matrix, labels: Matrix) -> tuple[float, Matrix, Matrix, Matrix]:
    """Logistic regression by Newton's method, classes weighted alike, with a small ridge."""
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-9
    design = np.hstack([np.ones((len(values), 1)), (values - mean) / scale])
    balance = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    beta = np.zeros(design.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (balance * (labels - chance)) - beta
        curvature = balance * chance * (1 - chance)
        hessian = design.T @ (design * curvature[:, None]) + np.eye(len(beta))
        beta += np.linalg.solve(hessian, gradient)
    return float(beta[0]), beta[1:], mean, scale


def _predict(model: tuple[float, Matrix, Matrix, Matrix], values: Matrix) -> Matrix:
    bias, weights, mean, scale = model
    result: Matrix = 1 / (1 + np.exp(-(bias + (values - mean) / scale @ weights)))
    return result


def _write(name: str, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=None if "weights" in name else 1)
    (OUTPUT / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

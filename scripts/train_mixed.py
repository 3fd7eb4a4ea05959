"""Train the model that tells two stories in one text: python scripts/train_mixed.py DATA_DIRECTORY

Reads pages (gzipped JSON lines with `url`, `title`, `html` and `gold` text) and writes
cleaning/data/mixed.json. Deterministic.

Positive examples are two articles of one language and of different publishers, one behind the
other, cut to equal lengths or 30:70, with the title of the second or without. Negative ones are
the articles themselves, and round-ups of three stories or more. The threshold is the one at which,
on publishers left out of the training, one article in 125 would be called mixed.

`common` are the stems that are common in a language other than English: cleaning/data/
word_weights.json has learned from English texts mostly, and takes "nicht" for a rare word.
"""

import gzip
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import regex
from numpy.typing import NDArray

from cleaning import mixed
from cleaning.blocks import read_text
from cleaning.cohesion import stems, word_weights
from cleaning.words import words

WIRE = "wire-a-documents.jsonl.gz"
FILES = ("articles-mixed.jsonl.gz", "articles-news.jsonl.gz", "articles-multilingual.jsonl.gz")
ATTRIBUTION = (
    "Learned in part from the Web Content Extraction Benchmark by Murrough Foley (CC BY 4.0)."
)
OUTPUT = Path(__file__).parent.parent / "cleaning" / "data" / "mixed.json"
FOLDS = 5
FALSE_POSITIVES = 1 / 125
PARTNERS = 2  # stories that each article is joined with
LENGTHS = (150, 300, 600, 900)  # words of a story
SHORTEST = 100  # words
# Others in a round-up, and the words of each of its items.
FEWEST_ITEMS, MOST_ITEMS = 2, 7
ITEM_LENGTHS = (30, 60, 120, 250)
NOT_MIXED = ("alone", "round-up")
# A stem is listed if it stands in three texts at least and in a hundredth of its language's.
FEWEST_TEXTS, LISTED_SHARE = 3, 0.01
_LANG = regex.compile(r"<html\b[^>]{0,500}?\blang\s*=\s*[\"']?([a-zA-Z]{2})")
_HAN, _KANA = regex.compile(r"\p{Han}"), regex.compile(r"[\p{Hiragana}\p{Katakana}]")
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Article:
    """A publisher's text, as paragraphs."""

    title: str
    publisher: str
    language: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A text as the model sees it (None: it shows no seam). `kind` tells how it was made;
    `alone` is an article as it is."""

    publisher: str
    language: str
    kind: str
    features: list[float] | None


def main(directory: Path) -> None:
    """Train and write."""
    articles = [article for name in FILES for article in _articles(directory / name)]
    articles += _wire(directory / WIRE)
    _use(_common(articles))
    examples = list(_examples(articles))
    values, labels, _ = _matrix(examples)
    folds = np.array([_fold(e.publisher) for e in examples if e.features is not None])
    judged: list[Example] = []
    scores: list[float] = []
    for fold in range(FOLDS):
        # The words of a publisher that is judged are not known either.
        _use(_common([article for article in articles if _fold(article.publisher) != fold]))
        of_fold = [article for article in articles if _fold(article.publisher) == fold]
        unseen = list(_examples(articles, of_fold))
        found, _, is_seen = _matrix(unseen)
        reached = np.full(len(unseen), -np.inf)
        reached[is_seen] = _predict(_fit(values[folds != fold], labels[folds != fold]), found)
        judged += unseen
        scores += reached.tolist()
    alone = [s for s, e in zip(scores, judged, strict=True) if e.kind == "alone"]
    threshold = sorted(alone)[-1 - int(FALSE_POSITIVES * len(alone))]
    bias, weights, mean, scale = _fit(values, labels)
    content = {
        "provenance": f"scripts/train_mixed.py. {ATTRIBUTION}",
        "held_out": _report(judged, [score > threshold for score in scores]),
        "threshold": round(threshold, 4),
        "bias": round(bias, 4),
        "weights": np.round(weights, 4).tolist(),
        "mean": np.round(mean, 4).tolist(),
        "scale": np.round(scale, 4).tolist(),
        "common": _common(articles),
    }
    lines = [
        f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in content.items()
    ]
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    print(json.dumps(content["held_out"], indent=1))


def _articles(path: Path) -> Iterator[Article]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = row["gold"] or ""
            paragraphs = tuple(block.text for block in read_text(text).blocks)
            publisher = (urlsplit(row["url"] or "").hostname or "").removeprefix("www.")
            title = row.get("title") or ""
            yield Article(title, publisher, _language(text, row["html"]), paragraphs)


def _wire(path: Path) -> Iterator[Article]:
    """Short news. What its stories share is no publisher, so each is one for itself."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["recipe"] == "original":
                paragraphs = tuple(block.text for block in read_text(row["text"]).blocks)
                yield Article(row["title"], f"wire {row['story']}", "en", paragraphs)


def _language(text: str, html: str) -> str:
    """What the script tells, else what the page says."""
    if len(_KANA.findall(text)) > len(text) / 20:
        return "ja"
    if len(_HAN.findall(text)) > len(text) / 4:
        return "zh"
    lang = _LANG.search(html)
    return lang[1].lower() if lang else "en"


def _common(articles: Sequence[Article]) -> dict[str, float]:
    listed = word_weights()
    common: dict[str, float] = {}
    for language in sorted({article.language for article in articles} - {"en"}):
        own = [article for article in articles if article.language == language]
        found = Counter(
            stem for article in own for stem in frozenset().union(*map(stems, article.paragraphs))
        )
        for stem, seen in sorted(found.items()):
            weight = round(1 - math.log(1 + seen) / math.log(1 + len(own)), 2)
            is_listed = seen >= max(FEWEST_TEXTS, LISTED_SHARE * len(own))
            if is_listed and weight < min(listed.get(stem, 1.0), common.get(stem, 1.0)):
                common[stem] = weight
    return dict(sorted(common.items()))


def _use(common: dict[str, float]) -> None:
    mixed._weights.cache_clear()  # noqa: SLF001
    mixed._model = lambda: {"common": common}  # type: ignore[assignment]  # noqa: SLF001


def _matrix(examples: Sequence[Example]) -> tuple[Matrix, Matrix, NDArray[np.bool_]]:
    """The features of those that have any, whether each is mixed, and which have."""
    is_seen = np.array([example.features is not None for example in examples])
    values = np.array([e.features for e in examples if e.features is not None])
    labels = np.array([e.kind not in NOT_MIXED for e in examples if e.features is not None], float)
    return values, labels, is_seen


def _examples(
    articles: Sequence[Article], judged: Iterable[Article] | None = None
) -> Iterator[Example]:
    for article in articles if judged is None else judged:
        seen = mixed.features(article.paragraphs)
        yield Example(article.publisher, article.language, "alone", seen)
        # The same partners whichever articles are judged, and at every run.
        draw = random.Random("\n".join(article.paragraphs[:3]))  # noqa: S311
        others = [
            other
            for other in articles
            if other.language == article.language and other.publisher != article.publisher
        ]
        for other in draw.sample(others, min(PARTNERS, len(others))):
            length = min(_length(article), _length(other), draw.choice(LENGTHS))
            if length < SHORTEST:
                continue
            title = (other.title,) if other.title else ()
            for kind, one, above, two in (
                ("half and half", length, (), length),
                ("half and half, titled", length, title, length),
                ("30:70", length * 3 // 7, (), length),
                ("70:30", length, (), length * 3 // 7),
            ):
                text = (*_cut(article, one), *above, *_cut(other, two))
                seen = mixed.features(text)
                yield Example(article.publisher, article.language, kind, seen)
        if len(others) >= MOST_ITEMS:
            items = [article, *draw.sample(others, draw.randrange(FEWEST_ITEMS, MOST_ITEMS))]
            with_titles, length = draw.random() < 0.5, draw.choice(ITEM_LENGTHS)
            text = tuple(
                paragraph
                for item in items
                for paragraph in (*((item.title,) * with_titles), *_cut(item, length))
                if paragraph
            )
            yield Example(article.publisher, article.language, "round-up", mixed.features(text))


def _length(article: Article) -> int:
    return sum(len(words(paragraph)) for paragraph in article.paragraphs)


def _cut(article: Article, length: int) -> Iterator[str]:
    """The first paragraphs, as many as have so many words."""
    for paragraph in article.paragraphs:
        if length <= 0:
            return
        yield paragraph
        length -= len(words(paragraph))


def _report(examples: Sequence[Example], called: Sequence[bool]) -> dict[str, object]:
    """For each kind, and each language that has enough texts: how many, and the share called
    mixed."""
    report: dict[str, object] = {}
    wire = [
        a
        for e, a in zip(examples, called, strict=True)
        if e.publisher.startswith("wire ") and e.kind == "alone"
    ]
    report["alone, wire"] = [len(wire), round(sum(wire) / len(wire), 3)]
    for kind in dict.fromkeys(example.kind for example in examples):
        for language in ("all", "en", "de", "zh", "other"):
            chosen = [
                answer
                for example, answer in zip(examples, called, strict=True)
                if example.kind == kind
                and (
                    language in ("all", example.language)
                    or (language == "other" and example.language not in ("en", "de", "zh"))
                )
            ]
            if chosen:
                share = round(sum(chosen) / len(chosen), 3)
                report[f"{kind}, {language}"] = [len(chosen), share]
    return report


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
    result: Matrix = bias + (values - mean) / scale @ weights
    return result


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

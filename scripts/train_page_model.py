"""Train the page model: python scripts/train_page_model.py DATA_DIRECTORY

Reads pages (gzipped JSON lines with `html`, `url`, `gold`, `must` and `must_not`) and writes
cleaning/data/page_model.json, and for each fold of publishers a model that has not seen them to
tests/quality/page_models/. Needs catboost, which nothing else does:

    python3 -m venv train && train/bin/pip install -r requirements.lock catboost==1.2.10
    PYTHONPATH=. train/bin/python scripts/train_page_model.py DATA_DIRECTORY

Deterministic: the same data give the same files. Pages are cut and measured by the code that
serves. A block belongs if most of its words are the gold text's, in its order; of pages without
a gold text only the blocks of their segments are learned. To each page with a gold text three
more are made: the article's part of it alone, the page with another article behind its own, and the
page without class names.
"""

import copy
import random
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoostClassifier, Pool
from lxml import etree
from numpy.typing import NDArray

from cleaning.errors import CleaningError
from cleaning.page import cut_visible, parse_page
from cleaning.page_cut import Cut, name_words
from cleaning.page_features import Lexicon, block_names, lexical, measure, text_words
from cleaning.page_metadata import read_facts
from cleaning.source import read_source
from scripts.oblivious import COMMON_PARAMETERS, write_model
from tests.quality.scoring import FILES, FOLD_MODELS, FOLDS, fold_of, one_line, pages, publisher

PROVENANCE = (
    "scripts/train_page_model.py. Learned in part from the Web Content Extraction Benchmark by "
    "Murrough Foley (CC BY 4.0)."
)
ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "cleaning" / "data" / "page_model.json"
FEATURES = 180  # the most telling ones; the others are not asked
THRESHOLD = 0.0
PARAMETERS: dict[str, object] = {
    **COMMON_PARAMETERS,
    "iterations": 400,
    "learning_rate": 0.08,
    "l2_leaf_reg": 6,
}
# Labels of which so little or so much is covered by the gold text are in doubt, and count less.
DOUBT, DOUBT_WEIGHT = (0.2, 0.8), 0.3
# List items are missing from this file's gold text, so an item outside it proves nothing.
WITHOUT_ITEMS, ITEM_WEIGHT = "articles-news", 0.2
# A word is worth telling if so many publishers use it and its log odds are so far from usual.
FEWEST_PUBLISHERS = {"words": 15, "names": 5}
LEAST_ODDS = 1.0
PRIOR = 0.7  # imagined uses of a word, as usual as words are
MADE_WEIGHT = 0.08  # of a page that was made from another: more of it costs real pages
WORD = re.compile(r"\w+")
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """A page: its features by name, for each block whether it is no article and its weight in
    training, and what a lexicon needs: the cut, and the words that its blocks say."""

    fold: int
    publisher: str
    is_made: bool
    columns: dict[str, Floats]
    off: NDArray[np.bool_]
    weight: Floats
    known: NDArray[np.bool_]
    cut: Cut


def main(directory: Path) -> None:
    """Train and write."""
    rows = [{**row, "file": name} for name in FILES for row in pages(name, directory)]
    with ProcessPoolExecutor(2) as pool:
        examples = [e for found in pool.map(examples_of, others(rows), chunksize=8) for e in found]
    train([example for example in examples if example.known.any()])


def train(examples: Sequence[Example]) -> None:
    """Learn the words, then the model, once from all pages and once without each fold."""
    counts = [Counts.of(e for e in examples if e.fold == fold) for fold in range(FOLDS)]
    learned = with_lexicon(examples, counts, set(range(FOLDS)))
    names = sorted(learned[0].columns)
    print(f"{len(examples)} pages and such as were made from them, {len(names)} features")
    first = fit(learned, names)
    telling = np.argsort(-first.get_feature_importance(), kind="stable")[:FEATURES]
    print("the most telling:", ", ".join(names[number] for number in telling[:40]), flush=True)
    names = [names[number] for number in sorted(telling)]
    write(MODEL, fit(learned, names), names, lexicon_of(counts))
    for fold in range(FOLDS):
        folds = set(range(FOLDS)) - {fold}
        seen = with_lexicon([e for e in examples if e.fold != fold], counts, folds)
        lexicon = lexicon_of([counts[other] for other in folds])
        write(FOLD_MODELS / f"{fold}.json", fit(seen, names), names, lexicon)


def others(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each page with another of its fold and file, to be appended to it."""
    alike: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        alike.setdefault((fold_of(row["url"]), row["file"]), []).append(row)
    chance = random.Random(1)  # noqa: S311  no secret
    for row in rows:
        yield row, chance.choice(alike[fold_of(row["url"]), row["file"]])


# --- pages ---------------------------------------------------------------------------------


def examples_of(pair: tuple[dict[str, Any], dict[str, Any]]) -> list[Example]:
    """A page, and those made from it."""
    row, other = pair
    root = page_tree(row)
    if root is None:
        return []
    found = [example(row, root)]
    if row["gold"]:
        made = article_alone(row), with_another(row, other), without_names(row)
        found += [example(row, page, MADE_WEIGHT) for page in made if page is not None]
    return [e for e in found if e is not None]


def page_tree(row: dict[str, Any]) -> etree._Element | None:
    """The parsed page; None if it is refused."""
    try:
        return parse_page(read_source(row["html"], "text/html").text)
    except CleaningError:
        return None


def example(row: dict[str, Any], root: etree._Element, share: float = 1.0) -> Example | None:
    """A page measured and labelled; `share` is its weight."""
    facts = read_facts(root, row["url"])
    try:
        cut = cut_visible(root)
    except CleaningError:
        return None
    if not cut.texts:
        return None
    belongs, sure = labels(cut, row)
    words = np.array([len(text.split()) + 1 for text in cut.texts], np.float64)
    weight = share * sure * np.sqrt(np.minimum(words, 100)) / len(words) ** 0.35
    columns = measure(cut, facts.hearsay).columns
    known = weight > 0
    return Example(
        fold_of(row["url"]),
        publisher(row["url"]),
        share < 1,
        {name: column[known].astype(np.float32) for name, column in columns.items()},
        ~belongs[known],
        weight[known].astype(np.float32),
        known,
        replace(cut, elements=[]),
    )


def article_alone(row: dict[str, Any]) -> etree._Element | None:
    """The smallest element that holds the whole story, as a page of its own."""
    root = page_tree(row)
    story = None if root is None else story_element(root, row)
    if story is None or story.tag in ("html", "body"):
        return None
    page = etree.Element("html")
    etree.SubElement(page, "body").append(story)
    return page


def without_names(row: dict[str, Any]) -> etree._Element | None:
    """The page without any class and id, as those that are made of hashes."""
    root = page_tree(row)
    if root is not None:
        for element in root.iter("*"):
            element.attrib.pop("class", None)
            element.attrib.pop("id", None)
    return root


def with_another(row: dict[str, Any], other: dict[str, Any]) -> etree._Element | None:
    """The page with another page's story behind its own."""
    root, strange = page_tree(row), page_tree(other)
    if strange is None or root is None or other is row or not other["gold"]:
        return None
    own, appended = story_element(root, row), story_element(strange, other)
    if (
        own is None
        or appended is None
        or own.getparent() is None
        or appended.tag in ("html", "body")
    ):
        return None
    appended = copy.deepcopy(appended)
    heading = etree.Element("h2")
    heading.text = other["title"]
    appended.insert(0, heading)
    appended.tail = None
    own.addnext(appended)
    return root


def story_element(root: etree._Element, row: dict[str, Any]) -> etree._Element | None:
    """The innermost element that holds all blocks of the gold text."""
    scratch = copy.deepcopy(root)
    try:
        cut = cut_visible(scratch)
    except CleaningError:
        return None
    belongs, _ = labels(cut, row)
    blocks = np.flatnonzero(belongs)
    if len(blocks) < 3:
        return None
    number = int(cut.owner[blocks[0]])
    while not (cut.first[number] <= blocks[0] and blocks[-1] < cut.last[number]):
        number = int(cut.parent[number])
    path = scratch.getroottree().getpath(cut.elements[number])
    etree.strip_elements(root, *INVISIBLE_BUT_META, with_tail=False)
    found = root.getroottree().xpath(path)
    return found[0] if found else None


INVISIBLE_BUT_META = ("style", "template", "noscript", "svg", "iframe", "object", "embed")


# --- labels --------------------------------------------------------------------------------


def labels(cut: Cut, row: dict[str, Any]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """For each block whether it belongs to the article, and how sure that is (0: unknown)."""
    if row["gold"]:
        return gold_labels(cut, row)
    belongs = np.zeros(len(cut.texts), bool)
    sure = np.zeros(len(cut.texts))
    for segments, is_in in ((row["must"], True), (row["must_not"], False)):
        for segment in map(one_line, segments):
            for block, text in enumerate(map(one_line, cut.texts)):
                if segment in text or (len(text) > 15 and text in segment):
                    if is_in or not sure[block]:
                        belongs[block] = is_in
                    sure[block] = 1
    return belongs, sure


def gold_labels(cut: Cut, row: dict[str, Any]) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """The same for a page with a gold text."""
    n = len(cut.texts)
    own = [words(text) for text in cut.texts]
    lines: dict[tuple[str, ...], int] = {}
    gold: list[str] = []
    for line in map(words, row["gold"].split("\n")):
        if line:
            lines.setdefault(tuple(line), len(gold))
        gold += line
    places: dict[tuple[str, ...], int] = {}
    for place in range(len(gold) - 3):
        places.setdefault(tuple(gold[place : place + 4]), place)
    cover, start = np.zeros(n), np.full(n, -1)
    for block, text in enumerate(own):
        if tuple(text) in lines:
            cover[block], start[block] = 1, lines[tuple(text)]
        else:
            cover[block], start[block] = covered(text, places)
    found = [block for block in range(n) if cover[block] >= 0.5]
    chain = in_order(found, start, [len(text) for text in own])
    taken = {int(start[block]) for block in chain}
    belongs = np.zeros(n, bool)
    for block in found:
        # A text that stands twice belongs where the order of the gold text wants it.
        is_elsewhere = int(start[block]) in taken or len(own[block]) < 4
        belongs[block] = block in chain or not is_elsewhere
    sure = np.where((cover > DOUBT[0]) & (cover < DOUBT[1]), DOUBT_WEIGHT, 1.0)
    for block, text in enumerate(own):
        is_item = cut.tags[cut.owner[block]] == "li" and len(text) > 4
        is_unsure = row["file"] == WITHOUT_ITEMS and is_item and not belongs[block]
        if is_unsure or not text:
            sure[block] = ITEM_WEIGHT
    return belongs, sure


def covered(text: Sequence[str], places: Mapping[tuple[str, ...], int]) -> tuple[float, int]:
    """The share of a block's words that the gold text has too, and where it has the first."""
    hits = [places.get(tuple(text[i : i + 4]), -1) for i in range(len(text) - 3)]
    is_covered = np.zeros(len(text), bool)
    for i, hit in enumerate(hits):
        if hit >= 0:
            is_covered[i : i + 4] = True
    first = next((hit for hit in hits if hit >= 0), -1)
    return (float(is_covered.mean()) if len(text) else 0.0), first


def in_order(found: Sequence[int], start: NDArray[np.int64], sizes: Sequence[int]) -> set[int]:
    """The blocks, with the most words in all, whose places in the gold text only go up."""
    best: list[int] = []
    before: list[int] = []
    for i, block in enumerate(found):
        most, link = sizes[block], -1
        for j in range(max(0, i - 400), i):
            if start[found[j]] < start[block] and best[j] + sizes[block] > most:
                most, link = best[j] + sizes[block], j
        best.append(most)
        before.append(link)
    chain = set()
    at = int(np.argmax(best)) if best else -1
    while at >= 0:
        chain.add(found[at])
        at = before[at]
    return chain


def words(text: str) -> list[str]:
    """The words of a text, without case."""
    return [word.casefold() for word in WORD.findall(text)]


# --- words ---------------------------------------------------------------------------------


@dataclass
class Counts:
    """For each word how many blocks that belong and that do not hold it, and on pages of which
    publishers; for words of texts, and for words of class names."""

    words: dict[str, list[float]]
    names: dict[str, list[float]]
    publishers: dict[str, set[str]]

    @classmethod
    def of(cls, examples: Iterable[Example]) -> "Counts":
        """Count the words of pages as they are, not of those made from them."""
        counts = cls({}, {}, {})
        for example in examples:
            if example.is_made:
                continue
            blocks = np.flatnonzero(example.known).tolist()
            if not blocks:
                continue
            named = block_names(example.cut)
            share = 1 / len(blocks) ** 0.5
            for block, off in zip(blocks, example.off.tolist(), strict=True):
                for word in set(text_words(example.cut.texts[block].casefold())):
                    counts.add("words", word, off, share, example.publisher)
                for word in {w for names in named[block] for w in name_words(names)}:
                    counts.add("names", word, off, share, example.publisher)
        return counts

    def add(self, kind: str, word: str, side: int, share: float, owner: str) -> None:
        """One block holds a word; `side` is 1 if it does not belong."""
        table: dict[str, list[float]] = getattr(self, kind)
        table.setdefault(word, [0.0, 0.0])[side] += share
        self.publishers.setdefault(f"{kind} {word}", set()).add(owner)


def lexicon_of(counts: Sequence[Counts]) -> Lexicon:
    """The log odds of words that enough publishers use and that tell enough."""
    tables = []
    for kind in ("words", "names"):
        sums: dict[str, NDArray[np.float64]] = {}
        publishers: dict[str, int] = {}
        for count in counts:
            for word, both in getattr(count, kind).items():
                sums[word] = sums.get(word, np.zeros(2)) + both
                publishers[word] = publishers.get(word, 0) + len(count.publishers[f"{kind} {word}"])
        total = sum(sums.values(), np.zeros(2))
        usual = total / total.sum()
        fewest = FEWEST_PUBLISHERS[kind]
        table = {}
        for word, both in sorted(sums.items()):
            if publishers[word] < fewest:
                continue
            on, off = (both + PRIOR * usual) / usual
            odds = round(float(np.clip(np.log(off / on), -4, 4)), 2)
            if abs(odds) >= LEAST_ODDS:
                table[word] = odds
        tables.append(table)
    return Lexicon(*tables)


def with_lexicon(
    examples: Sequence[Example], counts: Sequence[Counts], folds: set[int]
) -> list[Example]:
    """The examples with what a lexicon says of them that has not seen their fold."""
    without = {
        fold: lexicon_of([counts[other] for other in folds - {fold}]) for fold in sorted(folds)
    }
    learned = []
    for example in examples:
        told = lexical(example.cut, without[example.fold])
        added = {name: column[example.known].astype(np.float32) for name, column in told.items()}
        learned.append(replace(example, columns=example.columns | added))
    return learned


# --- the model -----------------------------------------------------------------------------


def fit(examples: Sequence[Example], names: Sequence[str]) -> CatBoostClassifier:
    """Learn a model from these examples."""
    values = np.stack([np.concatenate([e.columns[name] for e in examples]) for name in names], 1)
    off = np.concatenate([e.off for e in examples]).astype(int)
    weight = np.concatenate([e.weight for e in examples])
    model = CatBoostClassifier(**PARAMETERS)
    model.fit(Pool(values, off, weight=weight))
    return model


def write(path: Path, model: CatBoostClassifier, names: Sequence[str], lexicon: Lexicon) -> None:
    """Write a model in the form that `cleaning.page_model` loads."""
    told = {"provenance": PROVENANCE, "threshold": THRESHOLD}
    write_model(path, model, names, told | {"words": lexicon.words, "names": lexicon.names})


if __name__ == "__main__":
    main(Path(sys.argv[1]))

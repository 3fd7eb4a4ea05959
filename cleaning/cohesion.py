"""How likely a headline-shaped line and the paragraph below it are a teaser of another story.

A teaser pasted into an article shares few names and rare words with the rest of it; a section of
the article shares many. What is measured are shares of *rare* words (weights learned from news
text, `data/word_weights.json`), compared with what the article's own paragraphs reach. A logistic
model (`data/off_topic.json`, trained by scripts/train_off_topic.py) turns them into a probability.
"""

import itertools
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from heapq import nsmallest
from importlib import resources
from operator import itemgetter
from statistics import median
from typing import Any

import regex

from cleaning.normalise import for_comparing
from cleaning.phrases import key
from cleaning.words import is_unspaced, words

# The first letters of a word stand for its inflected forms: "Iraq", "Iraqi", "Iraq's".
_STEM = 5
# A shorter paragraph says too little to tell what is usual.
_FEWEST_STEMS = 5
_NAME = regex.compile(r"(?<![.!?:\"“„«'‘]\s*)(?<!^)\b\p{Lu}[\p{L}\p{N}]+")
_CAPITALISED = regex.compile(r"^\p{Lu}")
FEATURES = (
    "text_shared",
    "text_shared_of_usual",
    "headline_shared",
    "names_shared",
    "names",
    "title_shared",
    "headline_in_text",
    "headline_length",
    "title_case",
    "tight",
    "paragraphs",
    "sections",
    "sections_shared",
)


@lru_cache(maxsize=1024)
def stems(text: str) -> frozenset[str]:
    """The word stems of a text; pairs of characters in unspaced scripts."""
    folded = key(text)
    found = folded.split()
    if folded.isascii():
        return frozenset(word[:_STEM] for word in found)
    spaced = {word[:_STEM] for word in found if not is_unspaced(word)}
    pairs = {
        first + second
        for first, second in itertools.pairwise(found)
        if is_unspaced(first) and is_unspaced(second)
    }
    return frozenset(spaced | pairs)


@dataclass(frozen=True)
class Story:
    """What an article is about: its title and its paragraphs, in order.

    `sections` are the indexes of headline-shaped paragraphs that stand above a longer one.
    """

    title: str
    paragraphs: Sequence[str]
    sections: Sequence[int]

    @cached_property
    def stems(self) -> tuple[frozenset[str], ...]:
        """The stems of each paragraph."""
        return tuple(map(stems, self.paragraphs))

    @cached_property
    def title_stems(self) -> frozenset[str]:
        """The stems of the title."""
        return stems(self.title)

    @cached_property
    def counts(self) -> dict[str, int]:
        """In how many paragraphs each stem stands; the title counts as one."""
        counts: dict[str, int] = {}
        for of in (*self.stems, self.title_stems):
            for stem in of:
                counts[stem] = counts.get(stem, 0) + 1
        return counts

    @cached_property
    def usual_share(self) -> float:
        """The median share of its rare words that a paragraph has in common with the rest."""
        shares = [self.shared(of, of) for of in self.stems if len(of) > _FEWEST_STEMS]
        return median(shares) if shares else 0.0

    @cached_property
    def section_shares(self) -> dict[int, float]:
        """For each section, the share of its text's rare words that stands in the rest."""
        return {
            index: self.shared(self.stems[index + 1], self.stems[index], self.stems[index + 1])
            for index in self.sections
        }

    @cached_property
    def strangest(self) -> list[tuple[int, float]]:
        """The two sections that share least with the rest, and how much they share."""
        return nsmallest(2, self.section_shares.items(), key=itemgetter(1))

    def shared(self, of: frozenset[str], *but: frozenset[str]) -> float:
        """The share of these stems that stands in the story outside the paragraphs `but`."""
        counts = self.counts
        if len(but) == 1 and but[0] is of:
            return share(of, {stem for stem in of if counts[stem] > 1})
        return share(
            of, {stem for stem in of if counts.get(stem, 0) > sum(stem in own for own in but)}
        )


def off_topic_probability(story: Story, headline: int, *, tight: bool) -> float:
    """The probability that a section, its headline and the next paragraph, is a teaser.

    `tight`: no blank line parts them, while blank lines part the story's paragraphs.
    """
    model = _model()
    values = features(story, headline, tight=tight)
    total = model["bias"] + sum(
        weight * (values[name] - model["mean"][name]) / model["scale"][name]
        for name, weight in model["weights"].items()
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def threshold() -> float:
    """The probability above which a teaser is removed; see scripts/train_off_topic.py."""
    value: float = _model()["threshold"]
    return value


def features(story: Story, headline: int, *, tight: bool) -> dict[str, float]:
    """The model's view of a section, by the names in FEATURES.

    Subheadings are short, headlines of other stories are not. Besides the section itself it sees
    the others: an only section is more often a teaser than one of several, and where another is as
    strange, both belong to a round-up.
    """
    line, text = story.paragraphs[headline], story.paragraphs[headline + 1]
    line_stems, text_stems = story.stems[headline], story.stems[headline + 1]
    own = (line_stems, text_stems)
    both = f"{line}. {text}"
    names = frozenset(for_comparing(name)[:_STEM] for name in set(_NAME.findall(both)))
    capitals = [bool(_CAPITALISED.match(word)) for word in words(line) if len(word) > 3]
    text_shared = story.section_shares[headline]
    usual = story.usual_share + 0.1
    others = [item for item in story.strangest if item[0] != headline]
    return {
        "text_shared": text_shared,
        "text_shared_of_usual": text_shared / usual,
        "headline_shared": story.shared(line_stems, *own),
        "names_shared": (len(names) * story.shared(names, *own) + 0.5) / (len(names) + 1),
        "names": math.log1p(len(names)),
        "title_shared": share(story.title_stems, line_stems | text_stems),
        "headline_in_text": share(line_stems, text_stems),
        "headline_length": math.log(1 + len(words(line))),
        "title_case": sum(capitals) / len(capitals) if capitals else 0.0,
        "tight": float(tight),
        "paragraphs": math.log(len(story.paragraphs)),
        "sections": math.log(len(story.sections)),
        "sections_shared": others[0][1] / usual if others else 1.0,
    }


def share(of: frozenset[str], among: Collection[str]) -> float:
    """The share, by weight of rare words, of one set of stems that stands in another."""
    weights = word_weights()
    # Exact sums: a set's order differs from process to process, an article's score must not.
    total = math.fsum(weights.get(stem, 1.0) for stem in of)
    common = math.fsum(weights.get(stem, 1.0) for stem in of if stem in among)
    return common / total if total else 0.0


@cache
def word_weights() -> dict[str, float]:
    """Stem -> 0 (in every text) to 1; stems that are not listed are rare and weigh 1."""
    loaded: dict[str, float] = _load("word_weights.json")["weights"]
    return loaded


@cache
def _model() -> dict[str, Any]:
    return _load("off_topic.json")


def _load(name: str) -> dict[str, Any]:
    file = resources.files("cleaning").joinpath("data", name)
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded

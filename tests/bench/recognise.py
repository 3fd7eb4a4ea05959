"""How many copies are found in an archive of generated wire copy, and how many are invented.

Articles are submitted in the order in which they were published. A pair is found if one article's
matches list the other. Relations that make a copy are `exact`, `revision`, `near`, `contained` and
`contains`;
`recurring`, `passage` and `title` claim nothing;
a true pair that shares no more than a passage counts neither way when it is reported. Stories are
compared by the adjusted Rand index, without round-ups and the stories that round-ups hold.
"""

import argparse
import gzip
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import comb
from operator import itemgetter
from pathlib import Path
from typing import Any

from datasketch import MinHash, MinHashLSH

from cleaning.errors import CleaningError
from cleaning.normalise import for_comparing
from cleaning.words import words
from service.duplicates.model import (
    FLAGGED,
    ArticleRecord,
    Match,
    Place,
    Placement,
    Relation,
    Submission,
)
from service.duplicates.ports import FingerprintIndex, Services
from service.duplicates.submit import Answer, submit
from service.stores.memory import memory_services
from service.stores.redis_articles import RedisArticles
from service.stores.redis_flags import RedisFlags
from service.stores.redis_index import RedisIndex
from service.stores.redis_sites import RedisSites
from service.stores.redis_stories import RedisStories
from tests.bench.index import running_redis
from tests.bench.table import percentile, print_table

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PERMUTATIONS, THRESHOLD, SHINGLE_WORDS = 128, 0.5, 5  # of the peer: datasketch's defaults
COPIES = frozenset({"dup", "contains"})
FURNITURE = 3  # articles of one source with the same block
_WORD = re.compile(r"\w+")

Pair = tuple[str, str]
Row = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables of each archive; 2 if there is none."""
    parser = argparse.ArgumentParser(prog="recognise", description=__doc__)
    parser.add_argument("archives", nargs="*", default=["a", "b", "c"], help="a, b, c (all)")
    parser.add_argument("--data", type=Path, default=DATA, help="where wire-X-*.jsonl.gz lie")
    parser.add_argument("--first", type=int, metavar="N", help="only the N first articles")
    parser.add_argument("--redis", action="store_true", help="on Redis, not in memory")
    parser.add_argument(
        "--same-source", action="store_true", help="let updates come from the source they update"
    )
    options = parser.parse_args(argv)
    for name in options.archives:
        files = [options.data / f"wire-{name}-{kind}.jsonl.gz" for kind in ("documents", "pairs")]
        absent = next((file.name for file in files if not file.exists()), None)
        if absent:
            print(
                f"{absent} is not in {options.data.name}. Name a folder with --data that has "
                "wire-X-documents.jsonl.gz (id, title, text, source, published, story, recipe) and "
                "wire-X-pairs.jsonl.gz (a, b, recipe, rel: dup, contains, passage or none)."
            )
            return 2
        documents = sorted(read(files[0]), key=itemgetter("published"))[: options.first]
        known = {document["id"] for document in documents}
        pairs = [row for row in read(files[1]) if row["a"] in known and row["b"] in known]
        if options.same_source:
            documents = with_own_updates(documents, pairs)
        with redis_services() if options.redis else nullcontext(memory_services()) as services:
            judge(name, documents, Truth(documents, pairs), services)
    return 0


def read(file: Path) -> list[Row]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def with_own_updates(documents: Sequence[Row], pairs: Sequence[Row]) -> list[Row]:
    """The documents with each update from the source of what it updates, as an edition of it."""
    by_id = {document["id"]: document for document in documents}
    sources = {}
    for row in pairs:
        if row["recipe"] == "update":
            earlier, later = sorted(
                (by_id[row["a"]], by_id[row["b"]]), key=lambda each: each["recipe"] == "update"
            )
            sources[later["id"]] = earlier["source"]
    return [
        {**document, "source": sources.get(document["id"], document["source"])}
        for document in documents
    ]


@contextmanager
def redis_services() -> Iterator[Services]:
    """Empty stores on a Redis of our own."""
    with running_redis() as client:
        yield Services(
            RedisArticles(client, "bench"),
            RedisIndex(client, "bench"),
            RedisFlags(client, "bench"),
            RedisSites(client, "bench", expiry_s=86_400),
            RedisStories(client, "bench"),
        )


# --- the truth -----------------------------------------------------------------------------


class Truth:
    """What the archive's maker says of its documents."""

    def __init__(self, documents: Sequence[Row], pairs: Sequence[Row]) -> None:
        self.recipes = {document["id"]: document["recipe"] for document in documents}
        self.pairs = {pair(row["a"], row["b"]): row for row in pairs}
        self.copies = {found for found, row in self.pairs.items() if row["rel"] in COPIES}
        self.passages = {found for found, row in self.pairs.items() if row["rel"] == "passage"}
        story = {document["id"]: document["story"] for document in documents}
        roundups = {found for found, recipe in self.recipes.items() if recipe == "roundup"}
        held = {
            story[member]
            for found in self.copies
            if roundups & set(found)
            for member in found
            if member not in roundups
        }
        self.stories = {
            member: name
            for member, name in story.items()
            if member not in roundups and name not in held
        }

    def recipe(self, found: Pair) -> str:
        """How a pair was made; of one that is not listed, how both its articles were."""
        row = self.pairs.get(found)
        if row is not None and row["recipe"] != "variant_x_variant":
            return str(row["recipe"])
        return " × ".join(sorted(self.recipes[member] for member in found))


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1 of the pairs reported as copies."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def score(reported: set[Pair], truth: Truth) -> Score:
    judged = reported - truth.passages
    right = len(judged & truth.copies)
    return Score(
        right / len(judged) if judged else 1.0, right / len(truth.copies) if truth.copies else 1.0
    )


def pair(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def adjusted_rand(here: Sequence[str], there: Sequence[str]) -> float:
    """The agreement of two partitions: 1 the same, 0 what chance gives (Hubert and Arabie,
    "Comparing partitions", 1985)."""
    both = pairs_within(zip(here, there, strict=True))
    ours, theirs = pairs_within(here), pairs_within(there)
    expected = ours * theirs / (comb(len(here), 2) or 1)
    most = (ours + theirs) / 2
    return (both - expected) / (most - expected) if most != expected else 1.0


def pairs_within(labels: Iterable[object]) -> int:
    return sum(comb(count, 2) for count in Counter(labels).values())


# --- a run ---------------------------------------------------------------------------------


class Watched:
    """An index that remembers whom each article met."""

    def __init__(self, index: FingerprintIndex) -> None:
        self._index = index
        self.met: dict[Pair, int] = {}  # and how many slots they share

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def add(
        self,
        article_id: str,
        revision: int,
        slots: Sequence[bytes],
        *,
        continues: bool,
        arrival: int | None = None,
    ) -> Placement:
        placement = self._index.add(
            article_id, revision, slots, continues=continues, arrival=arrival
        )
        for candidate in placement.candidates:
            self.met[pair(article_id, candidate.id)] = candidate.shared
        return placement


def judge(name: str, documents: Sequence[Row], truth: Truth, services: Services) -> None:
    """Submit the documents and print what came of it."""
    watched = Watched(services.index)
    services = replace(services, index=watched)
    answers: dict[str, Answer] = {}
    spent: list[float] = []
    for document in documents:
        submission = Submission(
            text=document["text"],
            title=document["title"],
            source=document["source"],
            published_at=datetime.fromisoformat(document["published"]).replace(tzinfo=UTC),
        )
        start = time.process_time()
        try:
            answers[document["id"]] = submit(services, submission, document["id"])
        except CleaningError as error:
            print(f"{document['id']} is refused: {error}")
        spent.append(1000 * (time.process_time() - start))
    matches = {
        pair(found, match.id): (found, match)
        for found, answer in answers.items()
        if answer.record.outcome
        for match in answer.record.outcome.matches
    }
    related = {found: match.relation for found, (_, match) in matches.items()}
    reported = {found for found, relation in related.items() if relation in FLAGGED}
    raw = [(document["id"], document["text"]) for document in documents]
    cleaned = [(found, answer.record.cleaned.text) for found, answer in answers.items()]
    print_scores(
        f"wire-{name}: {len(documents):,} articles, {len(truth.copies):,} pairs of copies",
        {
            "Copydesk": reported,
            "Copydesk's candidates": set(watched.met),
            "datasketch MinHashLSH": datasketch_pairs(raw),
            "the same on cleaned texts": datasketch_pairs(cleaned),
        },
        truth,
    )
    ours = {
        found: answer.record.outcome.story_id
        for found, answer in answers.items()
        if found in truth.stories and answer.record.outcome
    }
    rand = adjusted_rand(list(ours.values()), [truth.stories[found] for found in ours])
    p50, p95, total = percentile(spent, 0.5), percentile(spent, 0.95), sum(spent)
    print(
        f"\nStories: adjusted Rand index {rand:.3f} over {len(ours):,} articles."
        f"\nCPU ms an article: p50 {p50:.1f}, p95 {p95:.1f}, mean {total / len(documents):.1f}."
    )
    print_relations(related, truth)
    print_updates(related, truth)
    print_passages(matches, answers, truth)
    print_missed(reported, watched.met.keys(), truth)
    print_candidates(watched.met, reported)
    print_false(reported, truth)


def print_scores(title: str, runs: Mapping[str, set[Pair]], truth: Truth) -> None:
    rows = []
    for name, found in runs.items():
        of = score(found, truth)
        rows.append((name, len(found), of.precision, of.recall, of.f1))
    print_table(title, ("who", "pairs reported", "precision", "recall", "F1"), rows)


def print_relations(reported: Mapping[Pair, Relation], truth: Truth) -> None:
    relations = tuple(Relation)
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for found in reported.keys() | truth.pairs.keys():
        row = truth.pairs.get(found)
        counted[row["rel"] if row else "(not listed)"][reported.get(found, "")] += 1
    print_table(
        "What pairs are, and the relation that was reported",
        ("truth", *relations, "nothing"),
        [
            (rel, *(counts[relation] for relation in relations), counts[""] or None)
            for rel, counts in sorted(counted.items())
        ],
    )


def print_passages(
    matches: Mapping[Pair, tuple[str, Match]], answers: Mapping[str, Answer], truth: Truth
) -> None:
    """Pairs that share a passage and no more, and whether what is shown stands in both."""
    blocks = Counter(
        (source, block.key)
        for answer in answers.values()
        if (source := answer.record.submission.source)
        for block in answer.record.cleaned.blocks
        if block.is_compared
    )
    shown = furniture = apart = 0
    for (article, other), (later, match) in matches.items():
        if match.relation is not Relation.PASSAGE:
            continue
        here, there = (
            answers[found].record
            for found in ((article, other) if later == article else (other, article))
        )
        for passage in match.passages:
            shown += 1
            one, two = text_at(here, passage.here), text_at(there, passage.there)
            apart += words(for_comparing(one)) != words(for_comparing(two))
            furniture += is_furniture(here, one, blocks) or is_furniture(there, two, blocks)
    found = {found for found, (_, match) in matches.items() if match.relation is Relation.PASSAGE}
    print_table(
        "Passages in two stories",
        (
            "pairs",
            "found",
            "recall",
            "pairs shown",
            "passages shown",
            "not in both",
            "furniture",
            "precision",
        ),
        [
            (
                len(truth.passages),
                len(found & truth.passages),
                len(found & truth.passages) / len(truth.passages) if truth.passages else None,
                len(found),
                shown,
                apart,
                furniture,
                (shown - apart - furniture) / shown if shown else None,
            )
        ],
    )


def text_at(record: ArticleRecord, place: Place) -> str:
    cleaned = record.cleaned
    text = cleaned.text if place.block is None else cleaned.blocks[place.block].text
    return text[place.start : place.end]


def is_furniture(record: ArticleRecord, text: str, blocks: Mapping[tuple[str, str], int]) -> bool:
    """Whether a passage stands in a block that FURNITURE articles of the source have."""
    source = record.submission.source or ""
    return any(
        blocks[source, block.key] >= FURNITURE
        for block in record.cleaned.blocks
        if text in block.text
    )


def print_updates(related: Mapping[Pair, Relation], truth: Truth) -> None:
    """Updates have other numbers, as templates have, and are copies nevertheless."""
    updates = [found for found, row in truth.pairs.items() if row["recipe"] == "update"]
    counted = Counter(related.get(found, "nothing") for found in updates)
    copies = sum(count for relation, count in counted.items() if relation in FLAGGED)
    print_table(
        "Updates with other numbers",
        ("pairs", "called copies", "revision", "recurring"),
        [(len(updates), copies, counted[Relation.REVISION], counted[Relation.RECURRING])],
    )


def print_missed(reported: set[Pair], met: AbstractSet[Pair], truth: Truth) -> None:
    every = Counter(map(truth.recipe, truth.copies))
    missed = Counter(map(truth.recipe, truth.copies - reported))
    unmet = Counter(map(truth.recipe, truth.copies - met))
    print_table(
        "Copies missed",
        ("recipe", "copies", "missed", "never a candidate", "refused when compared"),
        [
            (recipe, every[recipe], count, unmet[recipe], count - unmet[recipe])
            for recipe, count in missed.most_common()
        ],
    )


def print_candidates(met: Mapping[Pair, int], reported: set[Pair]) -> None:
    """How many slots it takes to be worth comparing."""
    steps = (1, 2, 3, 5, 10, 20, 50)
    every = Counter(max(step for step in steps if step <= shared) for shared in met.values())
    copies = Counter(max(step for step in steps if step <= met.get(p, 1)) for p in reported)
    print_table(
        "Candidates by the slots that they share",
        ("slots, at least", "compared", "copies"),
        [(step, every[step], copies[step]) for step in steps],
    )


def print_false(reported: set[Pair], truth: Truth) -> None:
    hard = Counter(
        truth.recipe(found) for found, row in truth.pairs.items() if row["rel"] == "none"
    )
    false = reported - truth.copies - truth.passages
    listed = Counter(truth.recipe(found) for found in false if found in truth.pairs)
    print_table(
        "Hard negatives taken for copies",
        ("class", "pairs", "taken"),
        [(recipe, count, listed[recipe]) for recipe, count in sorted(hard.items())],
    )
    others = Counter(truth.recipe(found) for found in false if found not in truth.pairs)
    taken = len(reported & truth.passages)
    print(f"\nPassage pairs reported as copies (not counted): {taken} of {len(truth.passages)}.")
    print_table("Other pairs taken for copies", ("recipes", "taken"), others.most_common())


# --- the peer ------------------------------------------------------------------------------


def datasketch_pairs(texts: Iterable[tuple[str, str]]) -> set[Pair]:
    """What MinHashLSH finds of five-word shingles, each text asked for before it is added."""
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    found: set[Pair] = set()
    for name, text in texts:
        split = _WORD.findall(text.lower())
        runs = zip(*(split[i:] for i in range(SHINGLE_WORDS)), strict=False)
        minhash = MinHash(num_perm=PERMUTATIONS)
        minhash.update_batch({" ".join(run).encode() for run in runs} or {text.encode()})
        found |= {pair(name, other) for other in lsh.query(minhash)}
        lsh.insert(name, minhash)
    return found

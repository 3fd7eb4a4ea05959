"""What each threshold costs: the archives of `recognise`, judged again with other thresholds.

Every pair that shares a bucket is compared once with each policy; only one threshold differs from
the defaults at a time (and the one that may not be below it).
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from pathlib import Path

from cleaning.fingerprint import Fingerprint
from service.duplicates.model import DEFAULT_POLICY, FLAGGED, Policy, Submission
from service.duplicates.submit import submit
from service.duplicates.verify import hours_between, verify
from service.stores.memory import memory_services
from tests.bench.recognise import DATA, Pair, Row, Truth, Watched, pair, read, score
from tests.bench.table import print_table

VALUES: Mapping[str, Sequence[float]] = {
    "near": (0.15, 0.3, 0.4, 0.5, 0.6, 0.7),
    "contained": (0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "numbers": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    "later_numbers": (0.0, 0.4, 0.6, 0.8, 1.0),
    "same_news": (6.0, 24.0, 48.0, 96.0),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Print one table for each archive; 2 if there is none."""
    parser = argparse.ArgumentParser(prog="thresholds", description=__doc__)
    parser.add_argument("archives", nargs="*", default=["a"], help="a, b, c (a)")
    parser.add_argument("--data", type=Path, default=DATA, help="where wire-X-*.jsonl.gz lie")
    parser.add_argument("--first", type=int, metavar="N", help="only the N first articles")
    options = parser.parse_args(argv)
    for name in options.archives:
        files = [options.data / f"wire-{name}-{kind}.jsonl.gz" for kind in ("documents", "pairs")]
        if not all(file.exists() for file in files):
            print(f"wire-{name} is not in {options.data.name}: see the benchmark `recognise`")
            return 2
        documents = sorted(read(files[0]), key=itemgetter("published"))[: options.first]
        known = {document["id"] for document in documents}
        pairs = [row for row in read(files[1]) if row["a"] in known and row["b"] in known]
        judge(name, documents, Truth(documents, pairs))
    return 0


def judge(name: str, documents: Sequence[Row], truth: Truth) -> None:
    """Submit the documents, and print what each policy calls copies of the pairs that met."""
    services = memory_services()
    watched = Watched(services.index)
    services = replace(services, index=watched)
    records = {
        document["id"]: submit(
            services,
            Submission(
                text=document["text"],
                title=document["title"],
                source=document["source"],
                published_at=datetime.fromisoformat(document["published"]).replace(tzinfo=UTC),
            ),
            document["id"],
        ).record
        for document in documents
    }

    @cache
    def fingerprint(article: str) -> Fingerprint:
        return Fingerprint(records[article].cleaned.compared_text)

    def is_flagged(found: Pair, policy: Policy) -> bool:
        one, two = found
        hours = hours_between(records[one].cleaned.published_at, records[two].cleaned.published_at)
        likeness = verify(fingerprint(one), fingerprint(two), policy, hours)
        return likeness is not None and likeness.relation in FLAGGED

    negatives = {found for found, row in truth.pairs.items() if row["rel"] == "none"}
    updates = {found for found, row in truth.pairs.items() if row["recipe"] == "update"}
    rows: list[tuple[object, ...]] = []
    for threshold, value, policy in policies():
        reported = {pair(*found) for found in watched.met if is_flagged(found, policy)}
        of = score(reported, truth)
        rows.append(
            (
                threshold,
                f"{value:g}" + (" (default)" if policy == DEFAULT_POLICY else ""),
                of.precision,
                of.recall,
                len(reported & negatives) / len(negatives) if negatives else None,
                len(reported & updates) / len(updates) if updates else None,
                len(reported & truth.passages),
            )
        )
    print_table(
        f"wire-{name}: {len(documents):,} articles, {len(truth.copies):,} pairs of copies, "
        f"{len(negatives):,} hard negatives, {len(updates):,} updates",
        (
            *("threshold", "value", "precision", "recall", "hard negatives taken"),
            *("updates called copies", "passages called copies"),
        ),
        rows,
    )


def policies() -> Iterator[tuple[str, float, Policy]]:
    """The defaults with one threshold changed, and `near` and `contained` in their order."""
    for threshold, values in VALUES.items():
        for value in values:
            changed = {threshold: value}
            if threshold == "near":
                changed["contained"] = max(value, DEFAULT_POLICY.contained)
            if threshold == "contained":
                changed["near"] = min(value, DEFAULT_POLICY.near)
            yield threshold, value, replace(DEFAULT_POLICY, **changed)  # type: ignore[arg-type]

"""What cleaning must reach on real pages: `./dev floors` raises the floors to what is measured.

A floor is what was measured, less a margin. It only ever rises, unless `--lower` is given; then
the commit says why.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from cleaning.errors import CleaningError
from cleaning.pipeline import clean
from tests.bench.teasers import cases_of, figures, judge_all
from tests.quality.scoring import (
    DATA,
    FILES,
    PageScore,
    pages,
    quality,
    score_facts,
    score_page,
    unseen_models,
)

FLOORS = Path(__file__).with_name("floors.json")
# Less so much: rounding on another processor may turn a block, and with it one page of a hundred.
MARGIN = 0.004
MARGIN_OF_SHARES = 0.012
# Teasers put into so many articles.
TEASERS, ARTICLES = "teasers", 100
NAMES = (*FILES, TEASERS)
# With metadata, each page is judged by these too.
Judged = tuple[PageScore, tuple[bool, bool, bool] | None]


def main() -> int:
    """Measure, print, and write the floors; 1 if one would have to be lowered and may not be."""
    parser = argparse.ArgumentParser(prog="floors", description=__doc__)
    parser.add_argument("--lower", action="store_true", help="lower floors too")
    lower = parser.parse_args().lower
    old = json.loads(FLOORS.read_text("utf-8")) if FLOORS.exists() else {}
    new: dict[str, dict[str, float]] = {}
    failed = 0
    for name in NAMES:
        for what, value in measured(name).items():
            floor = old.get(name, {}).get(what, 0.0)
            reached = round(value - (MARGIN if what == "f1" else MARGIN_OF_SHARES), 4)
            print(f"{name} {what}: {value:.4f}, floor {floor:.4f}")
            failed |= value < floor and not lower
            new.setdefault(name, {})[what] = reached if lower else max(floor, reached)
    FLOORS.write_text(json.dumps(new, indent=1) + "\n", "utf-8")
    return int(failed)


def measured(name: str) -> dict[str, float]:
    """The figures of one data file, or of the teasers put into articles, by their names in
    `floors.json`; more is better."""
    if name == TEASERS:
        fates = list(judge_all(cases_of(ARTICLES, 1, seed=1)))
        told = {what: share or 0.0 for what, (share, _) in figures(fates)}
        return {
            what: 1 - share if what.startswith(("body", "untouched")) else share
            for what, share in told.items()
        }
    judged = list(_judge_all(name))
    whole = quality([score for score, _ in judged])
    found = {"f1": whole.f1}
    if judged[0][0].segments is None:
        found["exact"] = whole.exact
    facts = [fact for _, fact in judged if fact is not None]
    if facts:
        for number, what in enumerate(("title", "authors", "day")):
            found[what] = sum(fact[number] for fact in facts) / len(facts)
    return found


def judge(row: dict[str, Any]) -> Judged:
    """One page, cleaned by a model that has not seen its publisher."""
    with unseen_models(row["url"]):
        try:
            cleaned = clean(row["html"], content_type="text/html", url=row["url"] or None)
        except CleaningError:
            return score_page("", row), (False, False, False) if row["date"] else None
    facts = None
    if row["date"]:
        day = cleaned.published_at.isoformat()[:10] if cleaned.published_at else None
        facts = score_facts(row, cleaned.title, cleaned.authors, day)
    return score_page(cleaned.text, row), facts


def _judge_all(name: str) -> Iterator[Judged]:
    with ProcessPoolExecutor(2) as pool:
        yield from pool.map(judge, pages(name), chunksize=8)


def present() -> bool:
    """Whether the real pages are at hand."""
    return all((DATA / f"{name}.jsonl.gz").exists() for name in FILES)


if __name__ == "__main__":
    sys.exit(main())

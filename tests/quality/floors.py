"""What extraction must reach on real pages: `./dev floors` raises the floors to what is measured.

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
from unittest.mock import patch

from cleaning import page_verdicts
from cleaning.errors import CleaningError
from cleaning.pipeline import clean
from tests.quality.scoring import (
    DATA,
    FILES,
    PageScore,
    fold_of,
    pages,
    quality,
    score_facts,
    score_page,
    unseen_model,
)

FLOORS = Path(__file__).with_name("floors.json")
# Less so much: rounding on another processor may turn a block, and with it one page of a hundred.
MARGIN = 0.004
MARGIN_OF_SHARES = 0.012
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
    for name in FILES:
        for what, value in measured(name).items():
            floor = old.get(name, {}).get(what, 0.0)
            reached = round(value - (MARGIN if what == "f1" else MARGIN_OF_SHARES), 4)
            print(f"{name} {what}: {value:.4f}, floor {floor:.4f}")
            failed |= value < floor and not lower
            new.setdefault(name, {})[what] = reached if lower else max(floor, reached)
    FLOORS.write_text(json.dumps(new, indent=1) + "\n", "utf-8")
    return int(failed)


def measured(name: str) -> dict[str, float]:
    """The figures of one data file, by their names in `floors.json`."""
    judged = list(_judge_all(name))
    whole = quality([score for score, _ in judged])
    figures = {"f1": whole.f1}
    if judged[0][0].segments is None:
        figures["exact"] = whole.exact
    facts = [fact for _, fact in judged if fact is not None]
    if facts:
        for number, what in enumerate(("title", "authors", "day")):
            figures[what] = sum(fact[number] for fact in facts) / len(facts)
    return figures


def judge(row: dict[str, Any]) -> Judged:
    """One page, cleaned by a model that has not seen its publisher."""
    model = unseen_model(fold_of(row["url"]))
    with patch.object(page_verdicts, "page_model", lambda: model):
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

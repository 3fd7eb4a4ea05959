"""How much of the article's text page structure alone finds, and what each stage costs.

Body text is judged as four-word shingles, counted with their multiplicity: precision and recall
for each page, averaged over pages (a page without a result counts in recall only), F1 of the two
averages. What is judged is every block that structure kept, without the title.
"""

import argparse
import gzip
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from cleaning import page
from cleaning.errors import CleaningError
from cleaning.model import Document

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "articles-news.jsonl.gz"
_WORD = re.compile(r"\w+")
# The steps of `page.read_page` in their order; _document includes BeautifulSoup.
STAGES = (
    "_parse", "read_facts", "read_parts", "_hollow_out", "BeautifulSoup", "_document",
)  # fmt: skip
T = TypeVar("T")


def main(argv: Sequence[str] | None = None) -> int:
    """Print quality and cost over one data file; 2 if there is none."""
    parser = argparse.ArgumentParser(prog="extraction", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=DATA, help="gzipped JSON lines")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="name the N worst pages")
    arguments = parser.parse_args(argv)
    if not arguments.file.exists():
        print(f"{arguments.file} is absent; name a file of lines with html, url, title and gold")
        return 2
    costs: dict[str, list[float]] = {}
    scores: list[tuple[float | None, float, str]] = []
    with ExitStack() as patches, gzip.open(arguments.file, "rt", encoding="utf-8") as lines:
        for stage in STAGES:
            original = getattr(page, stage)
            patches.enter_context(patch.object(page, stage, partial(timed, costs, stage, original)))
        for row in map(json.loads, lines):
            try:
                document = timed(costs, "all", page.read_page, row["html"], url=row["url"])
            except CleaningError as error:
                print(row["url"], error)
                document = Document("html", "", ())
            if row["gold"]:
                found = precision_and_recall(body(document, row["title"]), row["gold"])
                scores.append((*found, row["url"]))
    report(scores, costs, arguments.worst)
    return 0


def report(
    scores: Sequence[tuple[float | None, float, str]], costs: dict[str, list[float]], worst: int
) -> None:
    if scores:
        precision = statistics.mean([p for p, _, _ in scores if p is not None] or [0.0])
        recall = statistics.mean(r for _, r, _ in scores)
        f1 = 2 * precision * recall / ((precision + recall) or 1.0)
        print(f"{len(scores)} pages: F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}")
        for p, r, url in sorted(scores, key=lambda score: (score[0] or 0) + score[1])[:worst]:
            print(f"  precision {p or 0:.2f}, recall {r:.2f}  {url}")
    print("CPU ms per page      p50      p95")
    for stage, times in costs.items():
        p50, p95 = statistics.median(times), percentile_95(times)
        print(f"  {stage.strip('_'):15} {p50:7.2f} {p95:8.2f}")


def percentile_95(values: Sequence[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def body(document: Document, title: str) -> str:
    """The kept text, the title apart."""
    titles = {folded(t) for t in (title, *document.titles) if t}
    return "\n".join(
        block.text
        for block in document.blocks
        if (block.verdict is None or block.verdict.kept) and folded(block.text) not in titles
    )


def precision_and_recall(found: str, gold: str) -> tuple[float | None, float]:
    """Of the shingles in the two texts. Precision is None where nothing was found."""
    have, want = shingles(found), shingles(gold)
    shared = (have & want).total()
    return (shared / have.total() if have else None), (shared / want.total() if want else 1.0)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(zip(*(words[i:] for i in range(4)), strict=False))


def folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def timed(
    costs: dict[str, list[float]],
    stage: str,
    work: Callable[..., T],
    /,
    *args: Any,
    **kwargs: Any,
) -> T:
    """Do the work, and note its CPU time in ms."""
    start = time.process_time()
    result = work(*args, **kwargs)
    costs.setdefault(stage, []).append(1000 * (time.process_time() - start))
    return result


if __name__ == "__main__":
    sys.exit(main())

"""How well and how fast the article is found in real pages, beside the best open extractors.

Everything is measured in one run, page by page: Copydesk's whole cleaning, with a page model that
has not seen the page's publisher, then each peer, in a process of its own. How quality is counted:
tests/quality/scoring.py. Intervals are bootstrapped over pages, differences are paired by page.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cleaning import page, page_verdicts, pipeline
from cleaning.errors import CleaningError
from cleaning.model import CleanedArticle
from tests.bench.table import percentile, print_table
from tests.hostile import GENERATORS
from tests.quality.scoring import (
    DATA,
    FILES,
    PageScore,
    interval,
    pages,
    quality,
    score_facts,
    score_page,
    unseen_models,
    without_title,
)

OURS = "Copydesk"
FLAT_AFTER, PAGES_FOR_MEMORY = 500, 2000
HOSTILE_SIZE = 2_000_000
# The steps that a page goes through, and where they are called.
STAGES = {
    "read_source": pipeline, "parse_page": page, "read_facts": page, "cut_visible": page,
    "measure": page_verdicts, "judge_page": page, "read_prose": page, "BeautifulSoup": "prose",
    "_document": page, "read_page": pipeline, "choose_title": pipeline, "judge": pipeline,
    "article_metadata": pipeline, "find_repeats": pipeline,
}  # fmt: skip


@dataclass
class Measured:
    """What one tool did on the pages of one file."""

    scores: list[PageScore] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    facts: list[tuple[bool, bool, bool]] = field(default_factory=list)  # title, authors, day


def main(argv: Sequence[str] | None = None) -> int:
    """Print quality and cost over the data files; 2 if there are none."""
    parser = argparse.ArgumentParser(prog="extraction", description=__doc__)
    parser.add_argument("files", nargs="*", default=FILES, metavar="FILE", help=", ".join(FILES))
    parser.add_argument("--data", type=Path, default=DATA, help="where the files lie")
    parser.add_argument("--peers", type=Path, help="a Python that has the peers installed")
    parser.add_argument("--pages", type=int, help="of each file at most so many")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="name the N worst pages")
    parser.add_argument("--memory", action="store_true", help="how memory grows over 2,000 pages")
    parser.add_argument("--hostile", action="store_true", help="pages that are made to hurt")
    arguments = parser.parse_args(argv)
    if arguments.hostile:
        print_hostile()
        return 0
    absent = [
        name for name in arguments.files if not (arguments.data / f"{name}.jsonl.gz").exists()
    ]
    if absent:
        print(f"{', '.join(absent)}: not in {arguments.data}; --data names the folder")
        return 2
    if arguments.memory:
        print_memory(arguments.files, arguments.data)
        return 0
    costs: dict[str, list[float]] = {}
    with peers(arguments.peers) as ask:
        for name in arguments.files:
            rows = list(pages(name, arguments.data))[: arguments.pages]
            measured = measure(rows, ask, costs)
            print_quality(name, measured)
            print_speed(name, measured)
            print_metadata(name, measured)
            for row, score in worst(rows, measured[OURS].scores)[: arguments.worst]:
                print(f"  {row['url'][:100]}: {score}")
    print_stages(costs)
    return 0


def measure(
    rows: Sequence[dict[str, Any]], ask: "Peers", costs: dict[str, list[float]]
) -> dict[str, Measured]:
    """Every tool on every page."""
    found: dict[str, Measured] = {}
    for number, row in enumerate(rows):
        progress(f"{number + 1} of {len(rows)}")
        with unseen_models(row["url"]):
            start = time.process_time()
            cleaned = clean(row)
            ms = 1000 * (time.process_time() - start)
            with timed_stages(costs):
                clean(row)
        answers = {OURS: {**told(cleaned), "ms": ms}, **ask(row)}
        titles = [title for title in (row["title"], cleaned and cleaned.title) if title]
        for tool, answer in answers.items():
            own = found.setdefault(tool, Measured())
            own.ms.append(answer["ms"])
            if tool not in METADATA_ONLY:
                text = answer.get("text") or ""
                own.scores.append(
                    score_page(text if tool == OURS else without_title(text, titles), row)
                )
            if row["date"]:
                own.facts.append(
                    score_facts(
                        row, answer.get("title"), answer.get("authors") or (), answer.get("day")
                    )
                )
    progress("")
    return found


METADATA_ONLY = frozenset({"trafilatura metadata", "htmldate"})


def clean(row: dict[str, Any]) -> CleanedArticle | None:
    try:
        return pipeline.clean(row["html"], content_type="text/html", url=row["url"] or None)
    except CleaningError:
        return None


def told(cleaned: CleanedArticle | None) -> dict[str, Any]:
    """What a cleaned article says, in the peers' form."""
    if cleaned is None:
        return {}
    day = cleaned.published_at.isoformat()[:10] if cleaned.published_at else None
    return {"text": cleaned.text, "title": cleaned.title, "authors": cleaned.authors, "day": day}


# --- peers ---------------------------------------------------------------------------------


class Peers:
    """The peers' process, if there is one."""

    def __init__(self, python: Path | None) -> None:
        self.process = python and subprocess.Popen(
            [python, Path(__file__).with_name("extraction_peers.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self.process:
            assert self.process.stdout is not None
            self.process.stdout.readline()  # ready

    def __call__(self, row: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """What each peer finds on a page."""
        if not self.process:
            return {}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"html": row["html"], "url": row["url"]}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, dict[str, Any]] = json.loads(self.process.stdout.readline())
        return answer


@contextmanager
def peers(python: Path | None) -> Iterator[Peers]:
    asked = Peers(python)
    try:
        yield asked
    finally:
        if asked.process:
            asked.process.communicate()


# --- tables --------------------------------------------------------------------------------


def print_quality(name: str, measured: dict[str, Measured]) -> None:
    ours = measured[OURS].scores
    rows = []
    for tool, own in measured.items():
        if not own.scores:
            continue
        all_pages = quality(own.scores)
        low, high = interval(own.scores)
        behind = interval(ours, own.scores) if tool != OURS else None
        rows.append(
            (
                tool,
                all_pages.f1,
                f"{low:.3f}–{high:.3f}",
                f"{behind[0]:+.3f} to {behind[1]:+.3f}" if behind else "",
                all_pages.precision,
                all_pages.recall,
                None if ours[0].segments else all_pages.exact,
            )
        )
    head = ("tool", "F1", "95 %", "Copydesk ahead by, 95 %", "precision", "recall", "exact")
    print_table(f"{name}, {len(ours)} pages", head, rows)


def print_speed(name: str, measured: dict[str, Measured]) -> None:
    base = measured.get("trafilatura")
    rows = []
    for tool, own in measured.items():
        p50, p95 = statistics.median(own.ms), percentile(own.ms, 0.95)
        ratios = (p50 / statistics.median(base.ms), p95 / percentile(base.ms, 0.95)) if base else ()
        rows.append((tool, p50, p95, *(ratios or (None, None))))
    head = ("tool", "CPU ms p50", "p95", "to trafilatura's p50", "to its p95")
    print_table(f"{name}, CPU a page", head, rows)


def print_metadata(name: str, measured: dict[str, Measured]) -> None:
    rows = [
        (tool, *map(statistics.mean, zip(*own.facts, strict=True)))
        for tool, own in measured.items()
        if own.facts and tool in {OURS, "newspaper4k", *METADATA_ONLY}
    ]
    if rows:
        head = ("tool", "title exact", "authors exact", "day exact")
        print_table(f"{name}, metadata", head, rows)


def print_stages(costs: dict[str, list[float]]) -> None:
    rows = [
        (stage.strip("_"), statistics.median(ms), percentile(ms, 0.95))
        for stage, ms in costs.items()
    ]
    print_table(
        "CPU ms of each stage (one inside another counts in both)", ("stage", "p50", "p95"), rows
    )


def worst(
    rows: Sequence[dict[str, Any]], scores: Sequence[PageScore]
) -> list[tuple[dict[str, Any], PageScore]]:
    return sorted(
        zip(rows, scores, strict=True), key=lambda pair: (pair[1].precision or 0) + pair[1].recall
    )


def print_memory(names: Sequence[str], data: Path) -> None:
    """Resident memory while the same pages are cleaned again and again: what grows is a leak, and
    not the largest page so far."""
    rows = []
    for count in range(FLAT_AFTER, PAGES_FOR_MEMORY + 1, FLAT_AFTER):
        every = (row for name in names for row in pages(name, data))
        for row in islice(every, FLAT_AFTER):
            clean(row)
        rows.append((count, resident_mb()))
    print_table("memory of the process", ("pages", "MB"), rows)


def print_hostile() -> None:
    """Two megabytes of each hostile page, in a process of its own."""
    rows = []
    for name in GENERATORS:
        code = f"from tests.hostile import main; main({name!r}, {HOSTILE_SIZE})"
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        told = json.loads(ran.stdout)
        answer = told["refused"] or ("kept whole" if told["kept"] else "text lost")
        rows.append((name, told["seconds"], told["megabytes"], answer))
    print_table("2 MB of hostile pages", ("page", "CPU s", "peak MB", "answer"), rows)


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@contextmanager
def timed_stages(
    costs: dict[str, list[float]], stages: Mapping[str, Any] = STAGES
) -> Iterator[None]:
    """Note the CPU time of each stage in ms. `stages`: its function -> the module that calls it."""
    from cleaning import page_prose  # noqa: PLC0415

    with ExitStack() as patches:
        for stage, module in stages.items():
            where = page_prose if module == "prose" else module
            original = getattr(where, stage)
            patches.enter_context(
                patch.object(where, stage, partial(timed, costs, stage, original))
            )
        yield


def timed(
    costs: dict[str, list[float]], stage: str, work: Any, /, *args: Any, **kwargs: Any
) -> Any:
    start = time.process_time()
    result = work(*args, **kwargs)
    costs.setdefault(stage, []).append(1000 * (time.process_time() - start))
    return result


def progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""What cleaning costs: each stage on articles, and the whole on ever longer texts.

Stages are the steps of `cleaning.pipeline.clean`. Times are CPU times. The longer texts are made
up; their time should grow as they do, so growth is told as the time's growth by the text's: 1 is
linear; from a size to one ten times as large, 10 is quadratic.
"""

import argparse
import gzip
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from math import log
from pathlib import Path
from unittest.mock import patch

from cleaning import pipeline
from cleaning.errors import CleaningError
from cleaning.fingerprint import Fingerprint
from tests.bench.extraction import timed
from tests.bench.table import percentile, print_table
from tests.builders import prose

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
DATA = ROOT.parent / "shared" / "data" / "articles-news.jsonl.gz"
STAGES = (
    "read_source", "read_page", "read_text", "choose_title", "Draft", "judge", "decided_blocks",
    "article_metadata", "find_repeats", "compose_article",
)  # fmt: skip
SIZES = (10_000, 100_000, 1_000_000, 4_000_000)
SETTLED = 100_000  # characters; below, costs that do not grow hide how the others do
# Beyond, time is not in proportion to the text any more; below, it may be noise.
LINEAR = 1.5

Costs = dict[str, list[float]]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="clean", description=__doc__)
    parser.add_argument("--file", type=Path, default=DATA, help="gzipped JSON lines: html, gold")
    parser.add_argument("--pages", type=int, default=116, help="read so many lines (%(default)s)")
    parser.add_argument(
        "--largest", type=int, default=SIZES[-1], help="longest text, in characters (%(default)s)"
    )
    parser.add_argument(
        "--limit-s", type=float, default=20.0, help="skip texts likely to take longer (%(default)s)"
    )
    options = parser.parse_args(argv)
    print_stages("samples", samples())
    if options.file.exists():
        with gzip.open(options.file, "rt", encoding="utf-8") as lines:
            rows = [row for row, _ in zip(map(json.loads, lines), range(options.pages))]  # noqa: B905
        print_stages(
            "texts of news pages",
            [(f"{row['title']}\n\n{paragraphs(row['gold'])}", {}) for row in rows if row["gold"]],
        )
        print_stages(
            "news pages",
            [(row["html"], {"content_type": "text/html", "url": row["url"]}) for row in rows],
        )
    else:
        print(f"\n{options.file.name} is absent: name a file of lines with html and gold (--file)")
    print_growth([size for size in SIZES if size <= options.largest], options.limit_s)
    return 0


def paragraphs(gold: str) -> str:
    return "\n\n".join(line for line in gold.splitlines() if line.strip())


def samples() -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    for entry in json.loads((SAMPLES / "samples.json").read_text("utf-8")):
        file = SAMPLES / entry["file"]
        kind = "text/html" if file.suffix == ".html" else "text/plain"
        stated = {name: entry[name] for name in ("url", "title") if entry.get(name)}
        found.append((file.read_text("utf-8"), {"content_type": kind, **stated}))
    return found


# --- stages --------------------------------------------------------------------------------


def print_stages(name: str, sources: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    """Clean every source twice; what is printed is the second time, when caches are warm."""
    if not sources:
        return
    cold: Costs = {}
    for source, stated in sources:
        cleaned(cold, source, stated)
    costs: Costs = {}
    refused = sum(cleaned(costs, source, stated) is None for source, stated in sources)
    whole = sum(costs["whole"])
    length = percentile([len(source) for source, _ in sources], 0.5)
    print_table(
        f"{len(sources)} {name}, half of them over {length:,.0f} characters; refused: {refused}",
        ("stage", "p50 ms", "p95 ms", "max ms", "share of all"),
        [
            (
                stage.strip("_"),
                percentile(costs[stage], 0.5),
                percentile(costs[stage], 0.95),
                max(costs[stage]),
                f"{sum(costs[stage]) / whole:.0%}",
            )
            for stage in (*STAGES, "whole")
            if stage in costs
        ],
    )
    print(
        f"\nThe first time, with cold caches: {sum(cold['whole']) / whole:.1f} times as long, the "
        f"slowest {max(cold['whole']):,.0f} ms."
    )


def cleaned(costs: Costs, source: str, stated: Mapping[str, str]) -> str | None:
    """Clean a source, noting what each stage takes; None if it is refused."""
    with ExitStack() as patches:
        for stage in STAGES:
            measured = partial(timed, costs, stage, getattr(pipeline, stage))
            patches.enter_context(patch.object(pipeline, stage, measured))
        try:
            return timed(costs, "whole", pipeline.clean, source, **stated).text
        except CleaningError:
            return None


# --- growth --------------------------------------------------------------------------------


def print_growth(sizes: Sequence[int], limit_s: float) -> None:
    rows = []
    for name, make in SHAPES.items():
        spent: list[float] = []
        slowest = ""
        for size in sizes:
            if expected_ms(spent, sizes) > 1000 * limit_s:
                break
            source, kind = make(size)
            costs: Costs = {}
            start = time.process_time()
            text = cleaned(costs, source, {"content_type": kind})
            timed(costs, "fingerprint", slots, text or "")
            spent.append(1000 * (time.process_time() - start))
            costs.pop("whole", None)
            slowest = max(costs, key=lambda stage: costs[stage][0]) if text else "refused"
        growth = worst_growth(spent, sizes)
        rows.append(
            (
                name,
                *(spent[i] if i < len(spent) else None for i in range(len(sizes))),
                growth,
                slowest.strip("_"),
                "" if growth is None or growth < LINEAR else "not linear",
            )
        )
    print_table(
        f"Cleaning and fingerprint of longer texts, CPU ms (growth: the worst step from "
        f"{SETTLED:,} characters on; a text is skipped that is likely to take {limit_s:.0f} s)",
        ("text", *(f"{size:,}" for size in sizes), "growth", "slowest at the end", ""),
        rows,
    )


def expected_ms(spent: Sequence[float], sizes: Sequence[int]) -> float:
    """What the next size will take if it goes on as from the last but one to the last."""
    if len(spent) < 2:
        return 0.0
    before, last, coming = sizes[len(spent) - 2 : len(spent) + 1]
    power = log(spent[-1] / spent[-2]) / log(last / before)
    return float(spent[-1] * (coming / last) ** power)


def worst_growth(spent: Sequence[float], sizes: Sequence[int]) -> float | None:
    steps = [
        (spent[i] / spent[i - 1]) / (sizes[i] / sizes[i - 1])
        for i in range(1, len(spent))
        if sizes[i - 1] >= SETTLED
    ]
    return max(steps, default=None)


def slots(text: str) -> tuple[bytes, ...]:
    return Fingerprint(text).slots


Source = tuple[str, str]


def many_paragraphs(size: int) -> Source:
    return sentences(size, "\n\n"), "text/plain"


def one_paragraph(size: int) -> Source:
    return sentences(size, " "), "text/plain"


def short_lines(size: int) -> Source:
    words = sentences(size, " ").split()
    return "\n".join(" ".join(words[i : i + 5]) for i in range(0, len(words), 5)), "text/plain"


def one_paragraph_again_and_again(size: int) -> Source:
    said = prose(1).replace("\n\n", " ")
    return "\n\n".join([prose(2, 1), *[said] * (size // len(said))]), "text/plain"


def page(size: int) -> Source:
    said = sentences(size * 99 // 100, "\n").split("\n")
    body = "\n".join(f"<p>{' '.join(said[i : i + 4])}</p>" for i in range(0, len(said), 4))
    return f"<html><head><title>Made up</title></head><body>{body}</body></html>", "text/html"


def sentences(size: int, between: str) -> str:
    """Made-up sentences, none twice, up to this many characters in all."""
    parts: list[str] = []
    length = 0
    for seed in count(1):
        for said in prose(seed, 100).split("\n\n"):
            length += len(said) + len(between)
            if parts and length > size:
                return between.join(parts)
            parts.append(said)
    return ""


SHAPES: Mapping[str, Callable[[int], Source]] = {
    "many paragraphs": many_paragraphs,
    "one paragraph": one_paragraph,
    "short lines": short_lines,
    "one paragraph repeated": one_paragraph_again_and_again,
    "page": page,
}

"""What is removed of teasers, furniture and titles that were put into articles, and what of the
articles themselves: `./dev bench teasers`.

Cases are made by `tests.quality.teaser_cases` from real articles, teasers and furniture of other
publishers than the models at work have learned from.
"""

import argparse
import random
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cleaning import off_topic, pipeline
from cleaning.errors import NothingLeft
from cleaning.pipeline import clean
from tests.bench import statements
from tests.bench.extraction import Peers, peers, timed_stages
from tests.bench.table import percentile, print_table
from tests.quality.scoring import DATA, one_line, unseen_models
from tests.quality.teaser_cases import (
    FILES,
    LAYOUTS,
    Case,
    Maker,
    Piece,
    articles,
    removed_pieces,
)

# The steps that judge a text, and where they are called.
STEPS = {
    "judge_blocks": off_topic, "is_mixed": off_topic, "find_copies": off_topic,
    "judge": pipeline, "read_wire_copy": pipeline, "find_repeats": pipeline,
}  # fmt: skip
COST_CASES = 300


@dataclass(frozen=True)
class Fate:
    """What became of one piece of one case."""

    case: int
    layout: str
    language: str
    is_control: bool
    piece: Piece
    removed: bool
    rule: str | None = None

    @property
    def is_html(self) -> bool:
        """Whether the case was a page."""
        return self.layout in {"page", "own page"}


def main(options: Sequence[str]) -> int:
    """Make the cases, clean them, print the tables."""
    parser = argparse.ArgumentParser(prog="./dev bench teasers", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other cases")
    parser.add_argument("--cases", type=int, default=1, help="cases an article and layout")
    parser.add_argument("--articles", type=int, default=400, help="articles, drawn at random")
    parser.add_argument("--lost", action="store_true", help="print the body blocks that were lost")
    parser.add_argument("--missed", action="store_true", help="print what was not removed")
    parser.add_argument("--peers", type=Path, help="a Python that has the peers installed")
    chosen = parser.parse_args(options)
    if not DATA.exists():
        print(f"{DATA} is absent: the articles lie there")
        return 2
    cases = list(cases_of(chosen.articles, chosen.cases, chosen.seed))
    fates = list(judge_all(cases))
    print_figures(fates)
    with peers(chosen.peers) as ask:
        print_peers([case for case in cases if case.is_html and not case.is_control], fates, ask)
    print_cost(case for case in cases if case.layout == LAYOUTS[0])
    for fate in fates:
        is_lost = fate.piece.kind == "body" and fate.removed and fate.layout != "own page"
        if (chosen.lost and is_lost) or (
            chosen.missed and fate.piece.kind not in {"body", "title"} and not fate.removed
        ):
            about = " ".join(fate.piece.about.values())
            print(f"{fate.layout} {fate.piece.kind} [{about}] {fate.rule}: {fate.piece.text[:100]}")
    return statements.main(["--seed", str(chosen.seed)])


def cases_of(count: int, number: int, seed: int) -> Iterator[Case]:
    """The cases of `count` articles, `number` in each layout."""
    among = list(articles(FILES))
    maker = Maker(among, seed)
    drawn = random.Random(seed).sample(among, min(count, len(among)))
    for article in drawn:
        yield from maker.cases(article, number)


def judge_all(cases: Iterable[Case]) -> Iterator[Fate]:
    """Clean every case, and say what became of each piece."""
    with ProcessPoolExecutor(2) as pool:
        for found in pool.map(judge, enumerate(cases), chunksize=16):
            yield from found


def judge(numbered: tuple[int, Case]) -> list[Fate]:
    """One case, cleaned by models that have not seen its publishers."""
    number, case = numbered
    with unseen_models(case.article.url):
        try:
            cleaned = clean(
                case.source,
                content_type="text/html" if case.is_html else "text/plain",
                url=case.article.url if case.layout == "own page" else None,
            )
        except NothingLeft:
            return []
    return [
        Fate(number, case.layout, case.article.language, case.is_control, piece, *fate)
        for piece, fate in zip(case.pieces, removed_pieces(case, cleaned), strict=True)
        if fate is not None
    ]


def print_figures(fates: Sequence[Fate]) -> None:
    """The table of the product's aims, and teasers by their kind."""
    text = [fate for fate in fates if not fate.is_html]
    page = [fate for fate in fates if fate.is_html and not fate.is_control]
    print_table("All", ("what", "share", "of"), [(what, *told) for what, told in figures(fates)])
    rows = []
    for name, group in (("plain text", text), ("HTML", page)):
        rows += [
            (f"{name}: {value}", *removed(group, _about(what, value)))
            for what, values in (
                ("topic", ("other", "related")),
                ("form", ("headline, lead", "headline and lead in one", "headline")),
                ("cue", ("cue", "no cue")),
            )
            for value in values
        ]
        rows += [
            (
                f"{name}: {language}",
                *removed([f for f in group if _of_language(f, language)], _is("teaser")),
            )
            for language in ("English", "not English", "de", "zh")
        ]
        rows.append(
            (
                f"{name}: body lost, not English",
                *removed([f for f in group if _of_language(f, "not English")], _is("body")),
            )
        )
    print_table("Teaser blocks removed, by kind", ("what", "share", "of"), rows)


def figures(fates: Sequence[Fate]) -> list[tuple[str, tuple[float | None, int]]]:
    """The figures that the product aims at, and of how many they are a share."""
    text = [fate for fate in fates if not fate.is_html]
    page = [fate for fate in fates if fate.is_html and not fate.is_control]
    return [
        ("teaser blocks removed, plain text", removed(text, _is("teaser"))),
        ("teaser blocks removed, class-less HTML", removed(page, _is("teaser"))),
        ("- in a bare page", removed(page, _is("teaser", layout="page"))),
        ("- in the article's own page", removed(page, _is("teaser", layout="own page"))),
        ("chrome lines removed, plain text", removed(text, _is("chrome"))),
        ("- worded", removed(text, _is("chrome", source="wordings"))),
        ("- taken from real pages", removed(text, _is("chrome", source="pages"))),
        ("extra titles removed", _extra_titles(text)),
        ("body blocks lost, with injection", removed(text, _is("body", control=False))),
        ("body blocks lost, untouched", removed(text, _is("body", control=True))),
        ("body blocks lost, bare page", removed(page, _is("body", layout="page"))),
        ("untouched articles cut", _cut(text)),
    ]


def print_peers(cases: Sequence[Case], fates: Sequence[Fate], ask: Peers) -> None:
    """What other tools remove of the teasers in the same pages, and of the articles with them: a
    piece is there if its text stands in what a tool returns."""
    gone: dict[str, dict[str, list[bool]]] = {}
    for case in cases:
        for tool, answer in ask({"html": case.source, "url": case.article.url}).items():
            text = one_line(answer.get("text") or "")
            for piece in case.pieces:
                kinds = gone.setdefault(tool, {}).setdefault(piece.kind, [])
                kinds.append(one_line(piece.text) not in text)
    ours = [fate for fate in fates if fate.is_html and not fate.is_control]
    rows = [("Copydesk", removed(ours, _is("teaser"))[0], removed(ours, _is("body"))[0])]
    rows += [
        (tool, statistics.mean(kinds["teaser"]), statistics.mean(kinds["body"]))
        for tool, kinds in gone.items()
        if kinds.get("body") and not all(kinds["body"])
    ]
    print_table("The same pages, other tools", ("tool", "teasers removed", "body lost"), rows)


def print_cost(cases: Iterable[Case]) -> None:
    """CPU ms that the judging of an article's text takes, by step."""
    costs: dict[str, list[float]] = {}
    for case in islice(cases, COST_CASES):
        with timed_stages(costs, STEPS):
            clean(case.source, content_type="text/plain")
    rows = [(step, statistics.median(ms), percentile(ms, 0.95)) for step, ms in costs.items()]
    print_table("CPU ms an article", ("step", "p50", "p95"), rows)


def removed(fates: Iterable[Fate], belongs: Callable[[Fate], bool]) -> tuple[float | None, int]:
    """The share of the pieces that belong which was removed, and how many belong."""
    chosen = [fate.removed for fate in fates if belongs(fate)]
    return (sum(chosen) / len(chosen) if chosen else None, len(chosen))


def _extra_titles(fates: Iterable[Fate]) -> tuple[float | None, int]:
    """Of the titles of a case one may stay, whichever it is."""
    extra: Counter[int] = Counter()
    kept: Counter[int] = Counter()
    for fate in fates:
        extra[fate.case] += fate.piece.kind == "title again"
        kept[fate.case] += fate.piece.kind in {"title", "title again"} and not fate.removed
    left = sum(min(extra[case], max(kept[case] - 1, 0)) for case in extra)
    return (1 - left / extra.total() if extra.total() else None, extra.total())


def _is(
    kind: str, *, layout: str | None = None, control: bool | None = None, source: str | None = None
) -> Callable[[Fate], bool]:
    return lambda fate: (
        fate.piece.kind == kind
        and layout in {None, fate.layout}
        and control in {None, fate.is_control}
        and source in {None, fate.piece.about.get("from")}
    )


def _about(what: str, value: str) -> Callable[[Fate], bool]:
    return lambda fate: fate.piece.kind == "teaser" and fate.piece.about[what] == value


def _of_language(fate: Fate, language: str) -> bool:
    return fate.language == {"English": "en"}.get(language, language) or (
        language == "not English" and fate.language != "en"
    )


def _cut(fates: Iterable[Fate]) -> tuple[float | None, int]:
    cut: dict[int, bool] = {}
    for fate in fates:
        if fate.is_control and fate.piece.kind == "body":
            cut[fate.case] = cut.get(fate.case, False) or fate.removed
    return (sum(cut.values()) / len(cut) if cut else None, len(cut))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

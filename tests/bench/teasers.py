"""What is removed of teasers, furniture and titles that were put into articles, and what of the
articles themselves: `./dev bench teasers`.

Cases are made by `tests.quality.teaser_cases` from real articles, teasers and furniture of other
publishers than the models at work have learned from.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from unittest.mock import patch

from cleaning import page_verdicts, text_model
from cleaning.errors import NothingLeft
from cleaning.pipeline import clean
from tests.bench.table import print_table
from tests.quality.scoring import unseen_model, unseen_text_model
from tests.quality.teaser_cases import FILES, Article, Case, Maker, Piece, articles, removed_pieces


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


def main(options: Sequence[str]) -> int:
    """Make the cases, clean them, print the tables."""
    parser = argparse.ArgumentParser(prog="./dev bench teasers", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other cases")
    parser.add_argument("--cases", type=int, default=1, help="cases an article and layout")
    parser.add_argument("--articles", type=int, default=400, help="articles, drawn at random")
    parser.add_argument("--lost", action="store_true", help="print the body blocks that were lost")
    parser.add_argument("--missed", action="store_true", help="print what was not removed")
    chosen = parser.parse_args(options)
    fates = list(judge_all(cases_of(chosen.articles, chosen.cases, chosen.seed)))
    print_figures(fates)
    for fate in fates:
        is_lost = fate.piece.kind == "body" and fate.removed and fate.layout != "own page"
        if (chosen.lost and is_lost) or (
            chosen.missed and fate.piece.kind not in {"body", "title"} and not fate.removed
        ):
            about = " ".join(fate.piece.about.values())
            print(f"{fate.layout} {fate.piece.kind} [{about}] {fate.rule}: {fate.piece.text[:100]}")
    return 0


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
    with unseen(case.article):
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


def unseen(article: Article) -> ExitStack:
    """The models of the article's fold in the place of those that ship."""
    stack = ExitStack()
    page = unseen_model(article.fold)
    text = unseen_text_model(article.fold)
    stack.enter_context(patch.object(page_verdicts, "page_model", lambda: page))
    stack.enter_context(patch.object(text_model, "page_model", lambda: page))
    stack.enter_context(patch.object(text_model, "text_model", lambda: text))
    return stack


def print_figures(fates: Sequence[Fate]) -> None:
    """The table of the product's aims, and teasers by their kind."""
    text = [fate for fate in fates if fate.layout not in {"page", "own page"}]
    page = [fate for fate in fates if fate.layout in {"page", "own page"} and not fate.is_control]
    rows = [
        ("teaser blocks removed, plain text", *removed(text, _is("teaser"))),
        ("teaser blocks removed, class-less HTML", *removed(page, _is("teaser"))),
        ("- in a bare page", *removed(page, _is("teaser", layout="page"))),
        ("- in the article's own page", *removed(page, _is("teaser", layout="own page"))),
        ("chrome lines removed, plain text", *removed(text, _is("chrome"))),
        ("- worded", *removed(text, _is("chrome", source="wordings"))),
        ("- taken from real pages", *removed(text, _is("chrome", source="pages"))),
        ("extra titles removed", *removed(text, _is("title again"))),
        ("body blocks lost, with injection", *removed(text, _is("body", control=False))),
        ("body blocks lost, untouched", *removed(text, _is("body", control=True))),
        ("body blocks lost, bare page", *removed(page, _is("body", layout="page"))),
        ("untouched articles cut", *_cut(text)),
    ]
    print_table("All", ("what", "share", "of"), rows)
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


def removed(fates: Iterable[Fate], belongs: Callable[[Fate], bool]) -> tuple[float | None, int]:
    """The share of the pieces that belong which was removed, and how many belong."""
    chosen = [fate.removed for fate in fates if belongs(fate)]
    return (sum(chosen) / len(chosen) if chosen else None, len(chosen))


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

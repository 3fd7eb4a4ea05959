"""The made cases are what they claim to be: what is told twice really stands in both blocks."""

import gzip
import json
from pathlib import Path
from random import Random

import pytest

from cleaning.phrases import key
from tests.bench.statements import (
    ALTERATIONS,
    FILES,
    Article,
    Case,
    covered,
    main,
    make_case,
    measure_statements,
    read_articles,
    statements,
)
from tests.builders import prose


def an_article(seed: int) -> Article:
    return Article(
        f"https://{seed}.example/", "made", tuple(prose(seed).split("\n\n")), "en", "English"
    )


ARTICLES = [an_article(seed) for seed in range(1, 5)]


@pytest.mark.parametrize("kind", ALTERATIONS)
def test_the_words_told_twice_stand_where_the_case_says(kind: str) -> None:
    case = make_case(ARTICLES[0], kind, Random(1), ARTICLES[1:])
    assert case is not None
    assert case.first != case.again
    assert len(case.places) >= 5
    for there, here in case.places:
        word = case.texts[case.first][there:].split()[0]
        assert key(word) == key(case.texts[case.again][here:].split()[0])


def test_what_is_altered_differs_from_what_was_said() -> None:
    for kind in ("cut", "reordered", "insertion", "quoted in pieces", "paraphrased"):
        case = make_case(ARTICLES[0], kind, Random(1), ARTICLES[1:])
        assert case is not None
        said = statements(case.texts[case.first])
        assert not any(key(statement) in key(case.texts[case.again]) for statement in said)


def test_the_words_are_covered_only_if_the_blocks_are_linked() -> None:
    case = make_case(ARTICLES[0], "word for word", Random(1), ARTICLES[1:])
    assert case is not None
    assert covered(case) == 1
    texts = list(case.texts)
    texts[case.again] = prose(99, 1)
    assert covered(Case("", "", tuple(texts), case.first, case.again, case.places)) == 0


def test_every_kind_is_measured_alone_and_with_the_others() -> None:
    rows = measure_statements(ARTICLES)
    assert {row.kind for row in rows} == {*ALTERATIONS, "all"}
    (whole,) = [row for row in rows if row.kind == "all" and row.group is None]
    assert whole.cases == sum(row.cases for row in rows if row.kind != "all" and row.group is None)
    assert whole.found > whole.cases / 2


def test_publishers_are_told_of_in_one_half_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in FILES:
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as lines:
            for seed in range(8):
                row = {"url": f"https://www.{seed}.example/{name}", "gold": prose(seed)}
                lines.write(json.dumps(row) + "\n")
    tuned, held_out = (read_articles(half, tmp_path) for half in ("tuned", "held out"))
    assert len(tuned) + len(held_out) == 8 * len(FILES)
    assert not {a.url for a in tuned} & {a.url for a in held_out}
    assert main(["--data", str(tmp_path), "--links"]) == 0
    printed = capsys.readouterr().out
    assert "| paraphrased " in printed
    assert "articles-news.jsonl.gz" in printed


def test_without_articles_it_is_told_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path / "none")]) == 0
    assert "is absent" in capsys.readouterr().out

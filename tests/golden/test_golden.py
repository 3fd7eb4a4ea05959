import json

import pytest

from tests.golden.rewrite import HERE, Case, cases, kept_text, verdicts

CASES = pytest.mark.parametrize("case", cases(), ids=lambda case: case.directory.name)


@CASES
def test_the_kept_text_is_as_expected(case: Case) -> None:
    assert kept_text(case.clean()) == (case.directory / "expected.txt").read_text("utf-8")


@CASES
def test_the_verdicts_are_as_expected(case: Case) -> None:
    expected = json.loads((case.directory / "verdicts.json").read_text("utf-8"))
    assert verdicts(case.clean()) == expected


@CASES
def test_the_case_says_why_it_is_there(case: Case) -> None:
    assert len((case.directory / "why.txt").read_text("utf-8").split()) > 8


def test_every_directory_is_a_case() -> None:
    directories = [path for path in HERE.iterdir() if path.is_dir() and path.name[0] not in "_."]
    assert sorted(directories) == [case.directory for case in cases()]
    assert len(directories) >= 10

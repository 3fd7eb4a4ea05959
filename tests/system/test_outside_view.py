"""The tests of this directory see the service as its users do: they may start it and speak to it,
not look inside."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

INSIDE = {"cleaning", "service"}


def modules() -> list[Path]:
    """The modules of this directory, and those of other tests that they import."""
    root = Path(__file__).parents[2]
    found = sorted(Path(__file__).parent.glob("*.py"))
    for path in found:
        for name in imported(path):
            other = root.joinpath(*name.split(".")).with_suffix(".py")
            if name.startswith("tests.") and other.is_file() and other not in found:
                found.append(other)
    return found


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.name)
def test_a_system_test_imports_nothing_of_what_it_tests(path: Path) -> None:
    assert [name for name in imported(path) if name.split(".")[0] in INSIDE] == []

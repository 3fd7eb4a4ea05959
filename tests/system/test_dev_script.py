"""`./dev` as a person meets it: what it says, and what it does where something is missing.

A stand-in for Python makes the venv, so that nothing is downloaded and no test takes long.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ("dev", "pyproject.toml", "requirements.lock", "requirements-dev.lock")
VERBS = (
    "demo", "serve", "test", "check", "format", "bench", "golden", "floors", "train", "lock",
)  # fmt: skip

# Answers as Python {version} would. `-m venv` makes a .venv whose python is this file again, and
# every call is noted in `calls`; `-m pip` fails while a file `no-index` stands there.
STAND_IN = """#!/bin/sh
here={here}
case "$1 ${{2-}}" in
"-V ") echo "Python {version}.1" ;;
"-c import sys; sys.exit("*) exit {too_old} ;;
"-c import ensurepip"*) exit {no_venv} ;;
"-c import sys; print("*) echo "python{version}" ;;
"-m venv")
    echo "venv" >>"$here/calls"
    for venv; do :; done
    rm -rf "$venv" && mkdir -p "$venv/bin" && cp "$0" "$venv/bin/python"
    ;;
"-m pip")
    echo "$*" >>"$here/calls"
    [ ! -e "$here/no-index" ] || {{ echo "the index is out of reach"; exit 1; }}
    ;;
*) pwd; printf '<%s>' "$@" ;;
esac
"""


def stand_in(
    directory: Path, *, version: str = "3.12", too_old: bool = False, no_venv: bool = False
) -> str:
    python = directory / "stand-in"
    python.write_text(
        STAND_IN.format(here=directory, version=version, too_old=int(too_old), no_venv=int(no_venv))
    )
    python.chmod(0o755)
    return str(python)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy without git, in a directory whose name has spaces."""
    root = tmp_path / "a copy desk"
    root.mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, root)
    return root


def dev(
    root: Path, *arguments: str, python: str = sys.executable, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "dev"), *arguments],
        cwd=cwd or root,
        env=os.environ | {"COPYDESK_PYTHON": python, "HOME": "/proc"},
        check=False,
        capture_output=True,
        text=True,
    )


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


def test_it_is_a_script_for_any_posix_shell() -> None:
    assert (ROOT / "dev").read_text().startswith("#!/bin/sh\n")
    shell = shutil.which("dash") or "sh"
    subprocess.run([shell, "-n", str(ROOT / "dev")], check=True)


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_without_a_verb_it_lists_them_and_installs_nothing(
    checkout: Path, arguments: tuple[str, ...]
) -> None:
    answer = dev(checkout, *arguments)
    assert answer.returncode == 0
    listed = {line.split()[0] for line in answer.stdout.splitlines() if line.startswith("  ")}
    assert listed == set(VERBS)
    assert not (checkout / ".venv").exists()


def test_an_unknown_verb_is_named_and_the_known_ones_listed(checkout: Path) -> None:
    answer = dev(checkout, "dance")
    assert answer.returncode == 2
    assert "'dance'" in answer.stderr
    assert "demo" in answer.stderr
    assert answer.stdout == ""


def test_a_python_without_its_venv_module_is_told_which_package_to_install(
    checkout: Path, tmp_path: Path
) -> None:
    python = stand_in(tmp_path, version="3.13", no_venv=True)
    answer = dev(checkout, "demo", python=python)
    assert answer.returncode == 1
    assert "apt install python3.13-venv" in answer.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_is_refused(checkout: Path, tmp_path: Path) -> None:
    answer = dev(checkout, "demo", python=stand_in(tmp_path, too_old=True))
    assert answer.returncode == 1
    assert "Python 3.11 or newer is needed" in answer.stderr


def test_a_python_that_does_not_exist_is_refused(checkout: Path) -> None:
    answer = dev(checkout, "demo", python="/nowhere/python")
    assert answer.returncode == 1
    assert "/nowhere/python" in answer.stderr


def test_the_demo_needs_only_the_runtime_lock_and_installs_it_once(
    checkout: Path, tmp_path: Path
) -> None:
    python = stand_in(tmp_path)
    first = dev(checkout, "demo", "my file.txt", python=python, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stderr.count("\n") == 1
    assert first.stdout == f"{tmp_path}\n<{checkout}/scripts/demo.py><my file.txt>"
    assert calls(tmp_path) == [
        "venv",
        f"-m pip install --require-hashes -r {checkout}/requirements.lock",
        f"-m pip install --no-deps --no-build-isolation -e {checkout}",
    ]
    again = dev(checkout, "demo", python=python)
    assert again.stderr == ""
    assert len(calls(tmp_path)) == 3


def test_the_tests_add_the_development_lock_which_serves_the_demo_too(
    checkout: Path, tmp_path: Path
) -> None:
    python = stand_in(tmp_path)
    dev(checkout, "demo", python=python)
    answer = dev(checkout, "test", "-k", "a name", python=python, cwd=tmp_path)
    assert answer.stdout == f"{checkout}\n<-m><pytest><-k><a name>"
    assert calls(tmp_path)[3:] == [
        f"-m pip install --require-hashes -r {checkout}/requirements-dev.lock"
    ]
    assert dev(checkout, "demo", python=python).stderr == ""


@pytest.mark.parametrize("changed", ["requirements-dev.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_makes_the_venv_anew(
    checkout: Path, tmp_path: Path, changed: str
) -> None:
    python = stand_in(tmp_path)
    dev(checkout, "test", python=python)
    file = checkout / changed
    file.write_text("# changed\n" + file.read_text())
    dev(checkout, "test", python=python)
    assert calls(tmp_path).count("venv") == 2


def test_changed_settings_of_a_tool_leave_the_venv_alone(checkout: Path, tmp_path: Path) -> None:
    python = stand_in(tmp_path)
    dev(checkout, "test", python=python)
    with (checkout / "pyproject.toml").open("a") as file:
        file.write("\n[tool.other]\n")
    dev(checkout, "test", python=python)
    assert calls(tmp_path).count("venv") == 1


def test_another_python_or_another_place_makes_the_venv_anew(
    checkout: Path, tmp_path: Path
) -> None:
    dev(checkout, "test", python=stand_in(tmp_path))
    dev(checkout, "test", python=stand_in(tmp_path, version="3.13"))
    assert calls(tmp_path).count("venv") == 2
    moved = checkout.rename(tmp_path / "moved")
    dev(moved, "test", python=stand_in(tmp_path, version="3.13"))
    assert calls(tmp_path).count("venv") == 3


def test_a_failed_installation_says_why_and_the_next_run_mends_it(
    checkout: Path, tmp_path: Path
) -> None:
    python = stand_in(tmp_path)
    (tmp_path / "no-index").touch()
    failed = dev(checkout, "demo", python=python)
    assert failed.returncode == 1
    assert "the index is out of reach" in failed.stderr
    (tmp_path / "no-index").unlink()
    mended = dev(checkout, "demo", python=python)
    assert mended.returncode == 0, mended.stderr
    assert calls(tmp_path).count("venv") == 2


def test_a_failed_addition_to_the_runtime_lock_leaves_no_venv_that_passes_for_whole(
    checkout: Path, tmp_path: Path
) -> None:
    python = stand_in(tmp_path)
    dev(checkout, "demo", python=python)
    (tmp_path / "no-index").touch()
    assert dev(checkout, "test", python=python).returncode == 1
    (tmp_path / "no-index").unlink()
    assert dev(checkout, "demo", python=python).returncode == 0
    assert calls(tmp_path).count("venv") == 2


def test_both_locks_pin_the_same_versions_by_hash_and_name_no_index() -> None:
    runtime, development = (
        (ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock")
    )
    pins = {line for line in runtime.splitlines() if "==" in line}
    assert pins <= set(development.splitlines())
    for lock in (runtime, development):
        assert "://" not in lock
        assert not [line for line in lock.splitlines() if line.startswith("-")]
        assert lock.count("==") <= lock.count("--hash=sha256:")

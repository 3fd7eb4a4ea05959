"""Batch jobs ship these packages to machines that have no web server and no Redis."""

import json
import subprocess
import sys

import pytest

HEAVY = ("flask", "redis", "gunicorn", "pyspark", "click", "rich")


def loaded_by(script: str) -> set[str]:
    """The modules that a fresh process has loaded after a script."""
    script = (
        f"import json, sys; {script}; print(json.dumps([m for m in sys.modules if sys.modules[m]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    )
    return set(json.loads(done.stdout))


def test_cleaning_loads_nothing_of_the_server_and_the_stores() -> None:
    loaded = loaded_by("import cleaning.pipeline")
    packages = {name.partition(".")[0] for name in loaded}
    assert "cleaning" in packages
    assert packages.isdisjoint({*HEAVY, "service"})


@pytest.mark.parametrize("module", ["cleaning.fingerprint", "service.duplicates.submit"])
def test_the_pure_core_runs_where_server_and_stores_are_not_installed(module: str) -> None:
    # Not "is not loaded": datasketch loads redis itself where it finds it.
    loaded = loaded_by(f"sys.modules.update(dict.fromkeys({HEAVY})); import {module}")
    assert module in loaded
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(HEAVY)


def test_the_use_cases_load_none_of_our_stores() -> None:
    loaded = loaded_by("import service.duplicates.submit, service.duplicates.review")
    own = {name for name in loaded if name.startswith("service.")}
    assert {name for name in own if not name.startswith("service.duplicates")} == set()

"""Hostile pages and texts are answered in bounded time and memory, and lose nothing below the caps.

Each runs in a process of its own, where its memory can be told apart. How fast exactly is for
`./dev bench extraction --hostile`; what is tested is that nothing explodes.
"""

import json
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleaning.errors import CleaningError
from cleaning.pipeline import clean
from tests.hostile import GENERATORS, PAGES, TOKEN, measure

SIZE = 2_000_000
CPU_SECONDS, MEGABYTES = 4, 300


@pytest.mark.parametrize("name", GENERATORS)
def test_two_megabytes_of_it_are_answered(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", f"from tests.hostile import main; main({name!r}, {SIZE})"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    told = json.loads(ran.stdout)
    assert told["seconds"] < CPU_SECONDS
    assert told["megabytes"] < MEGABYTES
    assert told["refused"] or told["kept"], told


@given(st.sampled_from(sorted(GENERATORS)), st.integers(0, 20_000))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_at_any_size_the_token_is_kept_or_the_page_refused(name: str, size: int) -> None:
    told = measure(name, size)
    assert told["refused"] or told["kept"], told


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "utf-16", "gbk", "utf-7", "x", "cp1252"]))
@settings(max_examples=300, deadline=None)
def test_no_bytes_and_no_claim_about_them_crash(content: bytes, charset: str) -> None:
    for kind in ("text/html", "text/plain"):
        with suppress(CleaningError):
            assert clean(content, content_type=f"{kind}; charset={charset}").text


@given(st.lists(st.sampled_from(sorted(PAGES)), min_size=2, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_after_the_other_they_are_answered_too(names: list[str]) -> None:
    page = b"".join(PAGES[name](2_000) for name in names)
    with suppress(CleaningError):
        assert TOKEN in clean(page, content_type="text/html").source

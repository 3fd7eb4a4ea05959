import contextlib
import time

import pytest

from cleaning.errors import NothingLeft
from cleaning.pipeline import clean

CHARACTERS = 300_000


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "!",
            "- ",
            ". ",
            "» ",
            '."',
            "a ",
            "Aa ",
            "1 ",
            "x -a",
            "A, ",
            "’s ",
            "伊",
            "!\n",
            "again ",
        ),
        *("again\n", "。", "Again. ", '"Again. ', "1 May 2019 ", "It is a line of words.\n"),
    ],
)
def test_a_long_text_of_one_pattern_is_cleaned_in_linear_time(pattern: str) -> None:
    text = (pattern * CHARACTERS)[:CHARACTERS]
    started = time.process_time()
    with contextlib.suppress(NothingLeft):
        assert clean(text, content_type="text/plain").source == text
    assert time.process_time() - started < 3

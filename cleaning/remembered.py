"""Results that are asked for again while an article is cleaned; of long texts one is held."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_Result = TypeVar("_Result")
# A paragraph has 1,200 characters at most. A thousand texts of megabytes would stay for ever, and
# of those an article has few.
_LONGEST, _MOST = 2_000, 1_024


def remembered(function: Callable[[str], _Result]) -> Callable[[str], _Result]:
    """The same function of a text, which knows its last results, and the last one of a long
    text."""
    known, last = lru_cache(_MOST)(function), lru_cache(1)(function)

    @wraps(function)
    def result(text: str) -> _Result:
        return known(text) if len(text) <= _LONGEST else last(text)

    return result

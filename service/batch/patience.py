"""How a long command bears a Redis that is away for a moment."""

import time
from collections.abc import Callable
from typing import TypeVar

from service.duplicates.errors import StoreUnavailable

PATIENCE_SECONDS = 10.0  # an own Redis is back in one, a restarted one in a few
PAUSE_SECONDS = 0.2

_Result = TypeVar("_Result")


def patiently(call: Callable[[], _Result]) -> _Result:
    """Call, again and again while Redis is away. The call must bear being repeated.

    Raises StoreUnavailable when it has been away for PATIENCE_SECONDS.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return call()
        except StoreUnavailable:
            if time.monotonic() > until:
                raise
        time.sleep(PAUSE_SECONDS)

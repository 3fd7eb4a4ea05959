"""Ctrl-C and the progress of a long command."""

import os
import signal

import pytest

from service import cli


class _Loses:
    """Hears a Ctrl-C where Python lets no exception escape from."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(100):  # a signal is dealt with between two steps
            pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_ctrl_c_whose_exception_is_lost_ends_the_command_at_the_next_step() -> None:
    before = signal.getsignal(signal.SIGINT)
    with cli._Progress.shown("import", 3) as progress:
        progress.advance("")
        _Loses()
        with pytest.raises(KeyboardInterrupt):
            progress.advance("")
    assert signal.getsignal(signal.SIGINT) is before

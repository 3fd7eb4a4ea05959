"""Under CI a skipped test is a failure.

On a developer's machine a test may skip, with a line on how to get what is missing. Under CI
everything has been installed beforehand, so a skip means that something is no longer tested.
"""

import os

import pytest

from service.stores.own_redis import servers


@pytest.fixture(scope="session")
def redis_server() -> str:
    """The program of a Redis server of this machine."""
    return servers()[0]


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return
    for skipped in reporter.stats.get("skipped", []):
        reporter.ensure_newline()
        reporter.line(f"FAILED {skipped.nodeid} was skipped, which under CI is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import Launcher, Service


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    found = Launcher(tmp_path)
    yield found
    found.end_all()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all tests of a module, none of which may end it."""
    launcher = Launcher(tmp_path_factory.mktemp("service"))
    yield launcher.start("--workers", "2")
    launcher.end_all()

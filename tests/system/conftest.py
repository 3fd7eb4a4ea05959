from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import Launcher


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    found = Launcher(tmp_path)
    yield found
    found.end_all()

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.duplicates.ports import Services
from service.settings import Settings
from service.stores.own_redis import OwnRedis
from service.wiring import open_services


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with OwnRedis(tmp_path_factory.mktemp("redis")) as redis:
        yield redis.url


@pytest.fixture
def services(redis_url: str, tmp_path: Path) -> Services:
    """Services on a namespace of their own, which is empty."""
    settings = Settings(namespace=tmp_path.name[-32:])
    return open_services(settings.model_copy(update={"redis_url": SecretStr(redis_url)}))

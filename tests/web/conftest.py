from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from service.app import create_app
from service.duplicates.errors import StoreUnavailable
from service.duplicates.ports import Services
from service.settings import Settings
from service.stores.memory import memory_services
from tests.web.builders import STORY, an_article

KEY = "a-key-of-at-least-sixteen-characters"


class Unreachable:
    """A store whose server is gone. Its complaint must stay out of every answer."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def fail(*_: object, **__: object) -> Any:
            raise StoreUnavailable("redis://:hunter2@10.0.0.1:6379 refused")

        return fail


@pytest.fixture
def services() -> Services:
    return memory_services()


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services, Settings()).test_client()


@pytest.fixture
def keyed(services: Services) -> FlaskClient:
    """A service with an API key."""
    return create_app(services, Settings(api_key=SecretStr(KEY))).test_client()


@pytest.fixture
def storeless() -> FlaskClient:
    """A service that cannot reach its stores."""
    down: Any = Unreachable()
    return create_app(Services(down, down, down, down, down), Settings()).test_client()


@pytest.fixture
def flag_id(client: FlaskClient) -> str:
    """An open flag: `copy` stands near `quay`."""
    client.post("/v1/articles", json=an_article())
    revised = STORY + "\n\nThe council meets again in the second week of May."
    answer = client.post(
        "/v1/articles", json=an_article(id="copy", title="Quay closed to freight", text=revised)
    )
    flags = answer.get_json()["flags"]
    assert [flag["state"] for flag in flags] == ["open"]
    found: str = flags[0]["id"]
    return found

import inspect
import logging

import pytest
from flask.testing import FlaskClient

from cleaning import errors as cleaning_errors
from service.app import create_app
from service.duplicates import errors as service_errors
from service.duplicates.ports import Services
from service.settings import Settings
from service.stores.memory import memory_services
from service.web import refusals
from service.web.errors import KINDS
from tests.web.builders import an_article, is_problem

BASES = {refusals.Refusal, service_errors.ServiceError}
# It is answered as the error of the cleaner that it carries.
CARRIERS = {refusals.UnusableSource}


def test_every_error_raised_on_purpose_has_its_status_and_code() -> None:
    raised = {
        member
        for module in (cleaning_errors, service_errors, refusals)
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Exception)
    }
    assert raised - BASES - CARRIERS <= set(KINDS)


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in KINDS.values()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/articles", an_article()),
        ("GET", "/v1/articles/quay", None),
        ("DELETE", "/v1/articles/quay", None),
        ("POST", "/v1/articles/quay/blocks/0/restore", None),
        ("POST", "/v1/articles/quay/blocks/0/remove", None),
        ("POST", "/v1/clean", an_article(source="Courier")),
        ("GET", "/v1/sites", None),
        ("GET", "/v1/sites/x/rules", None),
        ("POST", "/v1/sites/x/rules", {"article": "quay", "block": 0, "kept": False}),
        ("DELETE", "/v1/sites/x/rules/y", None),
        ("GET", "/v1/flags", None),
        ("GET", "/v1/flags/x", None),
        ("POST", "/v1/flags/x/decision", {"decision": "duplicate"}),
        ("GET", "/readyz", None),
    ],
)
def test_without_its_store_the_service_says_so_and_when_to_come_back(
    storeless: FlaskClient, method: str, path: str, body: object
) -> None:
    response = storeless.open(path, method=method, json=body)
    assert is_problem(response, 503)
    assert response.headers["Retry-After"] == "5"
    assert "hunter2" not in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/review",
        "/review/flags/x",
        "/review/article?id=quay",
        "/review/sites",
        "/review/site?name=x",
        "/review/site/preview?article=quay&block=0&kept=no",
    ],
)
def test_without_its_store_a_page_says_so_too(storeless: FlaskClient, path: str) -> None:
    response = storeless.get(path)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "The store does not answer" in response.text
    assert "hunter2" not in response.text


def test_without_its_store_the_process_is_alive_and_cleans(storeless: FlaskClient) -> None:
    assert storeless.get("/healthz").status_code == 200
    assert storeless.post("/v1/clean", json=an_article()).status_code == 200


def test_without_its_store_nothing_is_known_of_a_site(storeless: FlaskClient) -> None:
    response = storeless.post("/v1/clean", json=an_article(source="Courier"))
    assert response.status_code == 503
    assert "hunter2" not in response.text


@pytest.mark.parametrize("path", ["/v1/flags", "/review"])
def test_what_nobody_foresaw_is_logged_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    services: Services = memory_services()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("the secret is hunter2")

    monkeypatch.setattr(services.flags, "page", broken)
    with caplog.at_level(logging.ERROR):
        response = create_app(services, Settings()).test_client().get(path)

    assert response.status_code == 500
    assert "hunter2" not in response.text
    assert "unforeseen" in caplog.text
    assert "ZeroDivisionError" in caplog.text

"""Whatever is sent, the answer is the sender's fault or a result: never a 500."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.app import create_app
from service.settings import Settings
from service.stores.memory import memory_services
from tests.web.builders import STORY, an_article

ADDRESSES = [
    *("/v1/articles", "/v1/clean", "/v1/flags/x/decision", "/v1/sites/x/rules"),
    "/v1/thresholds/simulate",
]
METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
FIELDS = [
    *("id", "url", "title", "html", "text", "source", "published_at", "language", "decision"),
    *("article", "block", "kept", "by", "preview", "limit"),
    *("near_threshold", "contained_threshold", "same_news_hours", "articles", "examples"),
]

# Half surrogates included: JSON can write them.
any_text = st.text(st.characters(codec=None), max_size=60)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
near_article = st.dictionaries(st.sampled_from(FIELDS), any_json | any_text, max_size=6)
any_header = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40)
no_deadline = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app(memory_services(), Settings()).test_client()


def is_expected(client: FlaskClient, method: str, path: str, **sent: Any) -> bool:
    response = client.open(path, method=method, **sent)
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and path.startswith("/v1"):
        assert response.content_type == "application/problem+json"
    return True


@pytest.mark.parametrize("path", ADDRESSES)
@given(raw=st.binary(max_size=200))
@no_deadline
def test_any_bytes(client: FlaskClient, path: str, raw: bytes) -> None:
    assert is_expected(client, "POST", path, data=raw, content_type="application/json")


@pytest.mark.parametrize("path", ADDRESSES)
@given(value=any_json | near_article)
@no_deadline
def test_any_json(client: FlaskClient, path: str, value: Any) -> None:
    raw = json.dumps(value).encode()
    assert is_expected(client, "POST", path, data=raw, content_type="application/json")


@pytest.mark.parametrize("field", ["text", "html"])
@given(source=st.text(max_size=400))
@no_deadline
def test_any_source(client: FlaskClient, field: str, source: str) -> None:
    assert is_expected(client, "POST", "/v1/articles", json={field: source})
    assert is_expected(client, "POST", "/v1/articles", json={field: f"{STORY}\n\n{source}"})


@given(article_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
@no_deadline
def test_any_id_that_is_taken_is_found_again(client: FlaskClient, article_id: str) -> None:
    posted = client.post("/v1/articles", json=an_article(id=article_id))
    assert posted.status_code in {200, 201, 422}
    if posted.status_code != 422:
        found = client.get(posted.headers["Location"])
        assert found.get_json()["id"] == article_id


@given(path=st.binary(max_size=60), method=st.sampled_from(METHODS))
@no_deadline
def test_any_path(client: FlaskClient, path: bytes, method: str) -> None:
    for prefix in (
        *("/", "/v1/articles/", "/v1/flags/", "/v1/sites/", "/review/", "/review/flags/"),
        *("/review/site/", "/static/"),
    ):
        assert is_expected(client, method, prefix + quote(path, safe="/"))


@given(query=st.text(max_size=60))
@no_deadline
def test_any_query(client: FlaskClient, query: str) -> None:
    for path in (
        *("/v1/flags", "/v1/sites", "/v1/articles/x", "/v1/sites/x/rules", "/review"),
        *("/review/sites", "/review/article", "/review/site", "/review/site/preview"),
        "/review/thresholds",
    ):
        assert is_expected(client, "GET", path, query_string=query)


@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["Authorization", "Content-Encoding", "Cookie", "Host", "Origin", "X-API-Key"]
        ),
        any_header,
    )
)
@no_deadline
def test_any_headers(client: FlaskClient, headers: dict[str, str]) -> None:
    for path in ("/v1/clean", "/review/flags/x/decision"):
        assert is_expected(client, "POST", path, json=an_article(), headers=headers)


@given(value=st.text(max_size=20) | st.floats().map(str) | st.integers().map(str))
@no_deadline
def test_any_threshold(client: FlaskClient, value: str) -> None:
    for name in ("near_threshold", "same_news_hours", "articles", "examples"):
        assert is_expected(client, "GET", "/review/thresholds", query_string={name: value})


@given(fields=st.dictionaries(st.text(max_size=12), st.text(max_size=60), max_size=5))
@no_deadline
def test_any_form(client: FlaskClient, fields: dict[str, str]) -> None:
    for form in (
        *("flags/x/decision", "flags/x/restore", "article/block"),
        *("site/rules", "site/withdraw"),
    ):
        assert is_expected(client, "POST", f"/review/{form}", data=fields)


@given(
    site=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    index=st.integers(0, 6),
    kept=st.booleans(),
)
@no_deadline
def test_any_site_has_rules(client: FlaskClient, site: str, index: int, kept: bool) -> None:  # noqa: FBT001
    sent = an_article(id="of a site", source=site)
    assert is_expected(client, "POST", "/v1/articles", json=sent)
    path = f"/v1/sites/{quote(site, safe='')}/rules"
    rule = {"article": "of a site", "block": index, "kept": kept}
    assert is_expected(client, "POST", path, json={**rule, "preview": True})
    assert is_expected(client, "POST", path, json=rule)
    assert is_expected(client, "GET", path)
    for name in ("id", "article", "name"):
        query = {name: "of a site" if name != "name" else site, "block": index, "kept": "no"}
        for page in ("article", "site", "site/preview"):
            assert is_expected(client, "GET", f"/review/{page}", query_string=query)

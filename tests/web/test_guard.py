import base64

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from werkzeug.test import TestResponse

from service.app import create_app
from service.duplicates.ports import Services
from service.settings import Settings
from tests.web.builders import an_article, is_problem
from tests.web.conftest import KEY


def basic(name: str, password: str) -> dict[str, str]:
    sent = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {sent}"}


def ask(client: FlaskClient, path: str = "/v1/flags", **environ: str) -> TestResponse:
    return client.get(path, environ_overrides=environ)


# --- without a key -------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_without_a_key_this_machine_is_answered(client: FlaskClient, address: str) -> None:
    assert ask(client, REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.7", "2001:db8::1", "::ffff:10.0.0.7", "", "unix"])
def test_without_a_key_nobody_else_is_answered_and_told_the_cure(
    client: FlaskClient, address: str
) -> None:
    response = ask(client, REMOTE_ADDR=address)
    assert is_problem(response, 403)
    assert "COPYDESK_API_KEY" in response.get_json()["detail"]
    assert ask(client, "/review", REMOTE_ADDR=address).status_code == 403
    assert ask(client, "/static/copydesk.css", REMOTE_ADDR=address).status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1:1",
        "127.0.0.2",
        "127.255.255.254:8000",
        "[::1]",
        "[::1]:65535",
        "[::ffff:127.0.0.1]:8000",
    ],
)
def test_names_of_this_machine_are_answered(client: FlaskClient, host: str) -> None:
    assert ask(client, HTTP_HOST=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "10.0.0.7",
        "127.1",
        "localhost:port",
        "localhost, evil.example",
        "local host",
        "evil@localhost",
        "[::2]",
        "",
    ],
)
def test_other_names_are_refused_because_a_page_elsewhere_could_own_them(
    client: FlaskClient, host: str
) -> None:
    response = ask(client, HTTP_HOST=host)
    assert is_problem(response, 421)
    assert "COPYDESK_ALLOWED_HOSTS" in response.get_json()["detail"]


@pytest.mark.parametrize("has_key", [True, False])
def test_further_names_may_be_allowed(services: Services, has_key: bool) -> None:  # noqa: FBT001
    key = SecretStr(KEY) if has_key else None
    settings = Settings(api_key=key, allowed_hosts=("desk.example",))
    client = create_app(services, settings).test_client()
    headers = {"X-API-Key": KEY}
    for host, status in (("desk.example", 200), ("localhost", 200), ("evil.example", 421)):
        response = client.get("/v1/flags", headers={**headers, "Host": host})
        assert response.status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_supervisors_are_answered_from_anywhere_by_any_name(
    client: FlaskClient, keyed: FlaskClient, path: str
) -> None:
    for each in (client, keyed):
        response = ask(each, path, REMOTE_ADDR="10.0.0.7", HTTP_HOST="10.0.0.8:8000")
        assert response.status_code == 200
        assert response.get_json()["status"]


# --- with a key ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"Authorization": f"bearer {KEY}"},
        {"X-API-Key": KEY},
    ],
)
def test_with_the_key_everybody_is_answered(keyed: FlaskClient, headers: dict[str, str]) -> None:
    response = keyed.get(
        "/v1/flags",
        headers={**headers, "Host": "any.example"},
        environ_overrides={"REMOTE_ADDR": "10.0.0.7"},
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {KEY}x"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": KEY},
        {"Authorization": "Basic !!!"},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": ""},
        {"X-API-Key": "schlüssel"},
        basic("ada", KEY),
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/flags"), ("POST", "/v1/articles")])
def test_without_the_key_the_api_answers_401(
    keyed: FlaskClient, headers: dict[str, str], method: str, path: str
) -> None:
    response = keyed.open(path, method=method, headers=headers)
    assert is_problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("headers", [{}, basic("ada", "wrong"), {"X-API-Key": KEY}], ids=str)
def test_without_the_key_a_page_asks_the_browser_for_it(
    keyed: FlaskClient, headers: dict[str, str]
) -> None:
    response = keyed.get("/review", headers=headers)
    assert response.status_code == 401
    assert response.mimetype == "text/html"
    assert response.headers["WWW-Authenticate"].startswith("Basic")


def test_the_name_given_with_the_key_is_who_decides(keyed: FlaskClient) -> None:
    keyed.post("/v1/articles", json=an_article(), headers={"X-API-Key": KEY})
    revised = an_article(id="copy", text=an_article()["text"] + "\n\nThe council meets in May.")
    answer = keyed.post("/v1/articles", json=revised, headers={"X-API-Key": KEY})
    flag_id = answer.get_json()["flags"][0]["id"]
    ada = basic("Ada Müller", KEY)
    page = keyed.get(f"/review/flags/{flag_id}", headers=ada).text
    assert "Signed in as <bdi>Ada Müller</bdi>" in page
    assert 'name="by"' not in page
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    response = keyed.post(
        f"/review/flags/{flag_id}/decision",
        data={"csrf_token": token, "decision": "duplicate", "version": "1", "by": "Mallory"},
        headers=ada,
    )

    assert response.status_code == 303
    flag = keyed.get(f"/v1/flags/{flag_id}", headers={"X-API-Key": KEY}).get_json()
    assert flag["history"][-1]["by"] == "Ada Müller"


# --- Origin --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "origin"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost", "http://localhost"),
        ("http://localhost:80", "http://localhost"),
        ("https://localhost", "https://localhost:443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_request_from_our_own_page_passes(client: FlaskClient, base: str, origin: str) -> None:
    response = client.post(
        "/v1/clean", json=an_article(), base_url=base, headers={"Origin": origin}
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://localhost",
        "http://localhost:8001",
        "https://localhost:8000",
        "http://localhost:8000.evil.example",
        "http://localhost:8000/",
        "localhost:8000",
    ],
)
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/clean", "/v1/flags/x/decision"])
def test_a_request_from_a_page_elsewhere_is_refused(
    client: FlaskClient, path: str, origin: str
) -> None:
    response = client.post(
        path,
        json=an_article(),
        base_url="http://localhost:8000",
        headers={"Origin": origin},
    )
    assert is_problem(response, 403)
    assert response.get_json()["code"] == "origin_refused"


def test_a_form_from_a_page_elsewhere_is_refused_with_a_page(
    client: FlaskClient, flag_id: str
) -> None:
    response = client.post(
        f"/review/flags/{flag_id}/decision", headers={"Origin": "http://evil.example"}
    )
    assert response.status_code == 403
    assert response.mimetype == "text/html"


# --- headers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/review", "/review/none", "/v1/flags", "/v1/none", "/healthz", "/static/copydesk.css"]
)
def test_every_answer_carries_the_protecting_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert ("no-store" in headers["Cache-Control"]) is not path.startswith("/static")


def test_answers_without_a_key_carry_the_headers_too(keyed: FlaskClient) -> None:
    assert "Content-Security-Policy" in keyed.get("/v1/flags").headers

import json

import pytest
from flask.testing import FlaskClient

from tests.web.builders import STORY, an_article, is_problem


def decide(client: FlaskClient, flag_id: str, **fields: object):  # type: ignore[no-untyped-def]  # noqa: ANN201
    raw = json.dumps({"decision": "duplicate", **fields}).encode()
    return client.post(f"/v1/flags/{flag_id}/decision", data=raw, content_type="application/json")


def test_flags_are_listed_with_their_evidence(client: FlaskClient, flag_id: str) -> None:
    page = client.get("/v1/flags?state=open").get_json()

    assert page["total"] == 1
    assert page["after"] is None
    (flag,) = page["flags"]
    assert flag["id"] == flag_id
    assert (flag["article"], flag["other"], flag["relation"]) == ("copy", "quay", "near")
    assert flag["match"]["shared_words"] > 100


def test_flags_are_listed_page_by_page(client: FlaskClient) -> None:
    for number in range(5):
        text = f"{STORY}\n\nThis is what reporter number {number} saw."
        client.post("/v1/articles", json=an_article(id=f"take{number}", text=text))
    everything = [flag["id"] for flag in client.get("/v1/flags").get_json()["flags"]]
    assert len(everything) == 10

    seen: list[str] = []
    query = "/v1/flags?limit=3"
    while query:
        page = client.get(query).get_json()
        assert page["total"] == 10
        seen += [flag["id"] for flag in page["flags"]]
        query = f"/v1/flags?limit=3&after={page['after']}" if page["after"] else ""
    assert seen == everything


@pytest.mark.parametrize("state", ["decided", "withdrawn"])
def test_flags_in_other_states_are_left_out(client: FlaskClient, flag_id: str, state: str) -> None:
    assert flag_id
    assert client.get(f"/v1/flags?state={state}").get_json()["flags"] == []


def test_a_decision_is_recorded_with_who_and_why(client: FlaskClient, flag_id: str) -> None:
    answer = decide(client, flag_id, by="Ada", note="same wire copy", version=1)

    assert answer.status_code == 200
    flag = answer.get_json()
    assert (flag["state"], flag["decision"], flag["version"]) == ("decided", "duplicate", 2)
    line = flag["history"][-1]
    assert (line["by"], line["note"]) == ("Ada", "same wire copy")
    assert (line["before"], line["after"]) == ("open", "decided")
    assert client.get(f"/v1/flags/{flag_id}").get_json() == flag


def test_a_flag_on_a_later_edition_says_what_has_changed(client: FlaskClient) -> None:
    edition = STORY.replace("112", "130").replace("\n\nThe mayor", " The mayor")
    edition += "\n\nThe last freighter will leave on Friday, the harbour master said."
    client.post("/v1/articles", json=an_article(source="Post"))
    client.post("/v1/articles", json=an_article(id="later", source="Post", text=edition))
    (listed,) = client.get("/v1/flags").get_json()["flags"]
    assert listed["relation"] == "revision"

    changes = client.get(f"/v1/flags/{listed['id']}").get_json()["changes"]
    assert changes["summary"] == "1 paragraph added, 1 changed, 1 figure changed"
    assert changes["added"] == ["The last freighter will leave on Friday, the harbour master said."]
    assert changes["numbers"] == [
        {"before": "112", "after": "130", "context": "most of her 130 workers would follow"}
    ]
    assert [part["fate"] for part in changes["changed"][0]] == ["same", "removed", "added", "same"]
    assert (changes["title"], changes["removed"], changes["moved"]) == (None, [], 0)


def test_a_flag_on_another_copy_has_no_changes(client: FlaskClient, flag_id: str) -> None:
    assert client.get(f"/v1/flags/{flag_id}").get_json()["changes"] is None


def test_a_decision_may_be_reopened_and_changed(client: FlaskClient, flag_id: str) -> None:
    decide(client, flag_id)
    assert decide(client, flag_id, decision="reopen").get_json()["state"] == "open"
    assert decide(client, flag_id, decision="not_duplicate").get_json()["version"] == 4


def test_who_sends_no_name_is_called_api(client: FlaskClient, flag_id: str) -> None:
    assert decide(client, flag_id).get_json()["history"][-1]["by"] == "api"


def test_a_decision_on_an_older_version_is_refused(client: FlaskClient, flag_id: str) -> None:
    decide(client, flag_id, by="Ada", version=1)
    response = decide(client, flag_id, decision="not_duplicate", by="Bo", version=1)

    assert is_problem(response, 409)
    assert response.get_json()["code"] == "stale_decision"
    assert client.get(f"/v1/flags/{flag_id}").get_json()["decision"] == "duplicate"


def test_the_same_decision_again_changes_nothing(client: FlaskClient, flag_id: str) -> None:
    first = decide(client, flag_id, by="Ada", version=1)
    again = decide(client, flag_id, by="Ada", version=1)
    assert again.status_code == 200
    assert again.get_json() == first.get_json()


def test_a_withdrawn_flag_cannot_be_decided(client: FlaskClient, flag_id: str) -> None:
    other = "A completely different report, on the price of herring in Skarvik this week."
    client.post("/v1/articles", json=an_article(id="copy", text=other))
    assert client.get(f"/v1/flags/{flag_id}").get_json()["state"] == "withdrawn"

    response = decide(client, flag_id)
    assert is_problem(response, 409)
    assert response.get_json()["code"] == "illegal_decision"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"decision": "maybe"}, "decision"),
        ({"decision": None}, "decision"),
        ({"decision": 1}, "decision"),
        ({"decision": []}, "decision"),
        ({"by": ""}, "by"),
        ({"by": "  "}, "by"),
        ({"by": "x" * 129}, "by"),
        ({"by": 7}, "by"),
        ({"by": "a\nb"}, "by"),
        ({"by": "\ud800"}, "by"),
        ({"by": "service"}, "by"),
        ({"by": " Service"}, "by"),
        ({"by": "Copydesk"}, "by"),
        ({"by": "COPYDESK "}, "by"),
        ({"by": "\uff23opydesk"}, "by"),
        ({"note": "x" * 1_001}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"version": "1"}, "version"),
        ({"version": True}, "version"),
        ({"version": 1.5}, "version"),
        ({"version": 0}, "version"),
        ({"version": 2**53}, "version"),
        ({"colour": "red"}, "colour"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_wrong_field_of_a_decision_is_named(
    client: FlaskClient, flag_id: str, fields: dict[str, object], field: str
) -> None:
    assert is_problem(decide(client, flag_id, **fields), 422, field)
    assert client.get(f"/v1/flags/{flag_id}").get_json()["version"] == 1


@pytest.mark.parametrize("value", [[], "duplicate", None, 1])
def test_a_decision_that_is_not_an_object_is_refused(
    client: FlaskClient, flag_id: str, value: object
) -> None:
    response = client.post(
        f"/v1/flags/{flag_id}/decision",
        data=json.dumps(value),
        content_type="application/json",
    )
    assert is_problem(response, 422, "body")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=closed", "state"),
        ("state=", "state"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=five", "limit"),
        ("limit=5.0", "limit"),
        ("limit=1_0", "limit"),
        ("limit=²", "limit"),
        ("limit=" + "9" * 5_000, "limit"),
        ("after=", "after"),
        ("after=" + "x" * 129, "after"),
        ("limit=1&limit=2", "limit"),
        ("page=2", "page"),
    ],
    ids=lambda value: value[:20],
)
@pytest.mark.parametrize("path", ["/v1/flags", "/review"])
def test_a_wrong_parameter_is_named(client: FlaskClient, path: str, query: str, field: str) -> None:
    response = client.get(f"{path}?{query}")
    if path == "/review":
        assert response.status_code == 422
        assert f"<code>{field}</code>" in response.text
    else:
        assert is_problem(response, 422, field)


@pytest.mark.parametrize("after", ["none", "%FF", "%00"])
def test_a_list_from_behind_an_unknown_flag_is_not_found(
    client: FlaskClient, flag_id: str, after: str
) -> None:
    assert client.get(f"/v1/flags?after={flag_id}").status_code == 200
    assert is_problem(client.get(f"/v1/flags?after={after}"), 404, "after")
    page = client.get(f"/review?after={after}")
    assert page.status_code == 404
    assert "<code>after</code>" in page.text
    assert 'href="/review"' in page.text


@pytest.mark.parametrize("path", ["/v1/flags/none", "/v1/flags/%FF", "/v1/flags/%00"])
def test_an_unknown_flag_is_not_found(client: FlaskClient, path: str) -> None:
    assert is_problem(client.get(path), 404)
    response = client.post(f"{path}/decision", json={"decision": "duplicate"})
    assert is_problem(response, 404)

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.web import thresholds_api
from tests.web.builders import STORY, an_article, is_problem

STRICT = {"near_threshold": 0.97, "contained_threshold": 0.98}


def simulated(client: FlaskClient, **sent: Any) -> TestResponse:
    return client.post("/v1/thresholds/simulate", json=sent)


def tried(client: FlaskClient, **query: Any) -> TestResponse:
    return client.get("/review/thresholds", query_string=query)


@pytest.fixture
def cut_id(client: FlaskClient, flag_id: str) -> str:
    """A second flag, on an article that stands in `quay`; `flag_id` is on `copy` and `quay`."""
    assert flag_id
    parts = STORY.split("\n\n")
    body = "\n\n".join([*parts[:3], "What this will cost the town nobody could say on Tuesday."])
    answer = client.post("/v1/articles", json=an_article(id="cut", text=body)).get_json()
    return next(flag["id"] for flag in answer["flags"] if flag["other"] == "quay")


def test_an_empty_archive_is_answered_with_zeros(client: FlaskClient) -> None:
    answer = simulated(client, near_threshold=0.3)
    assert answer.status_code == 200
    found = answer.get_json()
    assert found["flags"] == {"present": 0, "proposed": 0, "new": 0, "gone": 0, "changed": 0}
    assert found["looked_at"]["since"] is None
    assert found["decisions"]["precision"]["proposed"]["share"] is None
    assert found["notes"]


def test_what_is_not_named_stays_as_it_is(client: FlaskClient, flag_id: str) -> None:
    assert flag_id
    found = simulated(client).get_json()
    assert found["present"] == found["proposed"]
    assert set(found["present"]) == {
        *("near_threshold", "contained_threshold", "numbers_threshold"),
        *("later_numbers_threshold", "same_news_hours"),
    }
    assert found["moves"] == []
    assert found["looked_at"]["complete"] is True
    assert (found["looked_at"]["articles"], found["looked_at"]["of"]) == (2, 2)


def test_flags_that_would_go_are_told_with_their_scores(
    client: FlaskClient, flag_id: str, cut_id: str
) -> None:
    client.post(f"/v1/flags/{flag_id}/decision", json={"decision": "not_duplicate", "by": "Ada"})
    client.post(f"/v1/flags/{cut_id}/decision", json={"decision": "duplicate", "by": "Ada"})
    before = [client.get(f"/v1/flags/{found}").get_json() for found in (flag_id, cut_id)]

    found = simulated(client, **STRICT).get_json()

    gone = {pair["flag"]: pair for pair in found["examples"]["gone"]}
    assert gone[cut_id]["article"] == "cut"
    assert gone[cut_id]["decision"] == "duplicate"
    assert 0.3 < gone[cut_id]["containment"] <= gone[cut_id]["contained_in"] < 0.97
    decided = found["decisions"]
    assert decided["confirmed"] == {"total": 1, "kept": 0, "lost": 1}
    assert decided["rejected"]["total"] == 1
    assert [pair["flag"] for pair in decided["lost"]] == [cut_id]
    assert decided["recall"]["present"] == {
        **decided["recall"]["present"],
        "share": 1.0,
        "hits": 1,
        "of": 1,
        "high": 1.0,
    }
    assert decided["recall"]["proposed"]["share"] == 0.0
    assert any("only 2 decisions" in note for note in found["notes"])
    assert [client.get(f"/v1/flags/{found}").get_json() for found in (flag_id, cut_id)] == before


def test_as_many_examples_are_told_as_were_asked_for(client: FlaskClient, cut_id: str) -> None:
    assert cut_id
    found = simulated(client, **STRICT, examples=0).get_json()
    assert found["flags"]["gone"] > 0
    assert found["examples"] == {"new": [], "gone": [], "changed": []}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"near": 0.5}, "near"),
        ({"near_threshold": 0}, "near_threshold"),
        ({"near_threshold": "0.5"}, "near_threshold"),
        ({"near_threshold": True}, "near_threshold"),
        ({"near_threshold": 0.6}, "near_threshold"),
        ({"contained_threshold": 0.4}, "contained_threshold"),
        ({"near_threshold": 0.9, "contained_threshold": 0.8}, "contained_threshold"),
        ({"contained_threshold": 1.01}, "contained_threshold"),
        ({"numbers_threshold": -0.1}, "numbers_threshold"),
        ({"later_numbers_threshold": 2}, "later_numbers_threshold"),
        ({"same_news_hours": -1}, "same_news_hours"),
        ({"articles": 0}, "articles"),
        ({"articles": 5001}, "articles"),
        ({"articles": 2.5}, "articles"),
        ({"examples": 201}, "examples"),
    ],
)
def test_what_cannot_be_tried_is_refused_by_its_name(
    client: FlaskClient, sent: dict[str, Any], field: str
) -> None:
    assert is_problem(simulated(client, **sent), 422, field)


def test_a_body_that_is_no_object_is_refused(client: FlaskClient) -> None:
    assert is_problem(client.post("/v1/thresholds/simulate", json=[]), 422, "body")


def test_without_a_store_nothing_is_known(storeless: FlaskClient) -> None:
    assert is_problem(simulated(storeless), 503)
    assert storeless.get("/review/thresholds?near_threshold=0.5").status_code == 503


def test_when_the_time_is_over_the_answer_says_so(
    client: FlaskClient, flag_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert flag_id
    monkeypatch.setattr(thresholds_api, "SECONDS", -1.0)
    found = simulated(client).get_json()
    assert found["looked_at"]["complete"] is False
    assert "time was over" in found["notes"][0]


# --- the page ------------------------------------------------------------------------------


def test_the_form_holds_the_present_thresholds_and_compares_nothing(client: FlaskClient) -> None:
    page = tried(client).text
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    assert values["near_threshold"] == "0.5"
    assert values["same_news_hours"] == "48"
    assert "Flags raised" not in page
    assert 'href="/review/thresholds"' in client.get("/review").text


def test_the_page_links_the_flags_that_would_go(
    client: FlaskClient, flag_id: str, cut_id: str
) -> None:
    client.post(f"/v1/flags/{cut_id}/decision", json={"decision": "duplicate", "by": "Ada"})
    page = tried(client, **STRICT, articles=10).text
    lost = page.partition("Confirmed copies that would be lost")[2].partition("<h2")[0]
    assert f'href="/review/flags/{cut_id}"' in lost
    assert flag_id not in lost
    assert 'name="near_threshold" value="0.97"' in page
    assert "only one decision" in page
    assert "Of 1 confirmed copies, flagged" in page
    assert "1 lost" in page
    assert "21\N{NO-BREAK SPACE}% to 100\N{NO-BREAK SPACE}%" in page


def test_the_page_links_the_articles_of_new_flags(client: FlaskClient, cut_id: str) -> None:
    assert cut_id
    odd = "\n\n".join(
        [STORY.split("\n\n")[2], *(f"Sentence {n} tells of {n} other boats." for n in range(12))]
    )
    client.post("/v1/articles", json=an_article(id="odd", text=odd))
    page = tried(client, near_threshold=0.1, contained_threshold=0.1).text
    new = page.partition(">New flags")[2]
    assert 'href="/review/article?id=odd"' in new
    assert 'href="/review/article?id=quay"' in new


def test_an_empty_field_stands_for_the_present_value(client: FlaskClient) -> None:
    assert tried(client, near_threshold="", contained_threshold=".9").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"near_threshold": "x<script>"},
        {"near_threshold": "0.9"},
        {"numbers_threshold": "1e400"},
        {"articles": "0"},
        {"surprise": "1"},
    ],
)
def test_a_mistake_in_the_form_is_shown_beside_what_was_written(
    client: FlaskClient, query: dict[str, str]
) -> None:
    answer = tried(client, **query)
    (name, value) = next(iter(query.items()))
    assert answer.status_code == 422
    alert = answer.text.partition('role="alert"')[2].partition("</div>")[0]
    assert f"<code>{name}</code>" in alert
    assert "<script" not in answer.text
    if name != "surprise" and "<" not in value:
        assert f'name="{name}" value="{value}"' in answer.text

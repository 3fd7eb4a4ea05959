"""`/v1/stories` and `/review/stories`."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.web.builders import OTHER_STORY, STORY, an_article, is_problem
from tests.web.test_review_pages import HOSTILE

PAGE = "/review/stories/s1"


@pytest.fixture(autouse=True)
def articles(client: FlaskClient) -> None:
    again = STORY + "\n\nThe council meets again in the second week of May."
    client.post("/v1/articles", json=an_article(source="AP", title=None))
    client.post("/v1/articles", json=an_article(id="copy", text=f"LONDON (AP) - {again}"))
    client.post("/v1/articles", json=an_article(id="a/3", text=again))
    client.post("/v1/articles", json=an_article(id="choir", text=OTHER_STORY, title="Choir"))


def story(client: FlaskClient, story_id: str = "s1", query: str = "") -> Any:
    answer = client.get(f"/v1/stories/{story_id}{query}")
    assert answer.status_code == 200
    return answer.get_json()


def decide(client: FlaskClient, what: str, story_id: str = "s1", **fields: object) -> TestResponse:
    return client.post(f"/v1/stories/{story_id}/{what}", json=fields)


def members(shown: Any) -> list[str]:
    return [member["id"] for member in shown["members"]]


# --- the API -------------------------------------------------------------------------------


def test_a_story_is_shown_with_its_members_and_evidence(client: FlaskClient) -> None:
    shown = story(client)
    assert members(shown) == ["quay", "copy", "a/3"]
    assert (shown["id"], shown["original"], shown["chosen"]) == ("s1", "quay", False)
    assert shown["total"] == 3
    assert shown["weakest_link"]["other"] == "quay"
    assert shown["weakest_link"]["article"] in {"copy", "a/3"}
    assert shown["likely_source"] == {
        "article": "quay",
        "agency": "AP",
        "field": "source",
        "value": "AP",
        "credited_by": ["copy"],
    }
    assert shown["members"][0]["like"] is None
    assert (shown["members"][1]["like"], shown["members"][1]["relation"]) == ("quay", "near")
    assert (shown["history"], shown["version"], shown["after"]) == ([], 0, None)


def test_members_are_listed_page_by_page(client: FlaskClient) -> None:
    first = story(client, query="?limit=2")
    assert (members(first), first["total"]) == (["quay", "copy"], 3)
    assert members(story(client, query=f"?limit=2&after={first['after']}")) == ["a/3"]


def test_an_article_names_its_story_and_what_stands_for_it(client: FlaskClient) -> None:
    decide(client, "original", article="copy")
    article = client.get("/v1/articles/a/3").get_json()
    assert (article["story_id"], article["story_original"]) == ("s1", "copy")
    assert article["duplicate_of"] == "quay"
    choir = client.get("/v1/articles/choir").get_json()
    assert (choir["story_id"], choir["story_original"]) == ("s4", "choir")
    decide(client, "merge", "s4", into="s1")
    choir = client.get("/v1/articles/choir").get_json()
    assert (choir["story_id"], choir["story_original"]) == ("s1", "copy")
    decide(client, "undo", decision=1)
    choir = client.get("/v1/articles/choir").get_json()
    assert choir["story_original"] == "quay"


def test_an_article_is_split_off_and_comes_back(client: FlaskClient) -> None:
    answer = decide(client, "split", article="copy", by="Ada", version=0)
    assert answer.status_code == 200
    shown = answer.get_json()
    assert (members(shown), shown["apart"], shown["version"]) == (["quay"], ["copy"], 1)
    assert members(story(client, "s2")) == ["copy", "a/3"]  # the third is more like the second
    assert [(line["action"], line["by"]) for line in shown["history"]] == [("split", "Ada")]
    undone = decide(client, "undo", by="Bo", version=1).get_json()
    assert members(undone) == ["quay", "copy", "a/3"]
    assert undone["history"][0]["undone_by"] == "Bo"


def test_stories_are_merged_and_parted(client: FlaskClient) -> None:
    whole = decide(client, "merge", "s4", into="s1", by="Ada").get_json()
    assert (whole["id"], whole["parts"], whole["total"]) == ("s1", ["s4"], 4)
    part = story(client, "s4")
    assert (part["into"], members(part)) == ("s1", ["choir"])
    assert is_problem(decide(client, "split", "s4", article="choir"), 422, "story")
    assert decide(client, "undo", "s4").get_json()["into"] is None
    assert story(client)["parts"] == []


def test_a_decision_on_an_older_version_is_refused(client: FlaskClient) -> None:
    decide(client, "split", article="copy", version=0)
    assert is_problem(decide(client, "split", article="quay", version=7), 409)
    assert is_problem(decide(client, "merge", into="s4", version=0), 409)


@pytest.mark.parametrize("name", ["s3", "s99", "s01", "x", "s" + "9" * 40, "%00", "s1%2Fs2"])
def test_a_story_that_there_is_not(client: FlaskClient, name: str) -> None:
    assert is_problem(client.get(f"/v1/stories/{name}"), 404)
    assert is_problem(client.post(f"/v1/stories/{name}/undo", json={}), 404)
    assert client.get(f"/review/stories/{name}").status_code == 404


@pytest.mark.parametrize(
    ("what", "fields", "field"),
    [
        ("split", {}, "article"),
        ("split", {"article": 5}, "article"),
        ("split", {"article": ""}, "article"),
        ("split", {"article": "nobody"}, "article"),
        ("split", {"article": "quay"}, "article"),
        ("split", {"article": "choir"}, "article"),
        ("split", {"article": "copy", "by": "service"}, "by"),
        ("split", {"article": "copy", "version": -1}, "version"),
        ("split", {"article": "copy", "version": "0"}, "version"),
        ("split", {"article": "copy", "note": "x"}, "note"),
        ("original", {"article": "choir"}, "article"),
        ("merge", {}, "into"),
        ("merge", {"into": "s1"}, "into"),
        ("merge", {"into": "s3"}, "into"),
        ("merge", {"into": "\x00"}, "into"),
        ("undo", {}, "decision"),
        ("undo", {"decision": 0}, "decision"),
        ("undo", {"decision": 9}, "decision"),
    ],
)
def test_what_cannot_be_decided_names_the_field(
    client: FlaskClient, what: str, fields: dict[str, Any], field: str
) -> None:
    assert is_problem(decide(client, what, **fields), 422, field)
    assert story(client)["version"] == 0


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?limit=0", "?limit=1000", "?page=1"])
def test_a_wrong_query_names_the_field(client: FlaskClient, query: str) -> None:
    assert is_problem(client.get(f"/v1/stories/s1{query}"), 422, query[1:].partition("=")[0])


def test_without_its_stores_a_story_is_not_known(storeless: FlaskClient) -> None:
    assert is_problem(storeless.get("/v1/stories/s1"), 503)
    assert is_problem(storeless.post("/v1/stories/s1/split", json={"article": "a"}), 503)


# --- the pages -----------------------------------------------------------------------------


def token(html: str) -> str:
    return str(re.findall(r'name="csrf_token" value="([^"]+)"', html)[0])


def press(client: FlaskClient, what: str, page: str = PAGE, **fields: object) -> TestResponse:
    html = client.get(page).text
    version = re.findall(r'name="version" value="(\d+)"', html)[0]
    sent = {"csrf_token": token(html), "version": version, "by": "Ada", **fields}
    return client.post(f"{page}/{what}", data=sent)


def test_the_page_of_a_story_shows_what_is_known(client: FlaskClient) -> None:
    html = client.get(PAGE).text
    assert "3 articles" in html
    assert "The weakest link is between" in html
    assert "is AP’s own" in html
    assert html.count('type="radio"') == 3
    assert 'href="/review/article?id=a/3"' in html or "id=a%2F3" in html


def test_articles_and_flags_lead_to_their_story(client: FlaskClient) -> None:
    assert f'href="{PAGE}"' in client.get("/review/article?id=copy").text
    flag = client.get("/v1/articles/copy").get_json()["flags"][0]["id"]
    assert f'href="{PAGE}"' in client.get(f"/review/flags/{flag}").text


def test_the_forms_decide_and_take_back(client: FlaskClient) -> None:
    assert press(client, "original", article="copy").headers["Location"] == PAGE
    assert "chosen by a person" in client.get(PAGE).text
    assert press(client, "split", article="a/3").status_code == 303
    assert story(client)["apart"] == ["a/3"]
    for line in story(client)["history"]:
        assert press(client, "undo", decision=line["number"]).status_code == 303
    assert members(story(client)) == ["quay", "copy", "a/3"]
    assert press(client, "merge", into=" s4 ").headers["Location"] == "/review/stories/s4"
    part = client.get(PAGE).text
    assert "part of" in part
    assert 'type="radio"' not in part
    history = story(client)["history"]
    assert [line["by"] for line in history] == ["Ada"] * 3


@pytest.mark.parametrize(
    ("what", "fields", "said"),
    [
        ("split", {}, "The article is missing"),
        ("split", {"article": "quay"}, "The article founds the story"),
        ("split", {"article": "copy", "by": " "}, "Your name is missing"),
        ("split", {"article": "copy", "version": ""}, "The form is missing"),
        ("merge", {"into": "nowhere"}, "The other story there is no story"),
        ("undo", {}, "The decision is missing"),
    ],
)
def test_a_mistake_in_a_form_is_told_on_the_page(
    client: FlaskClient, what: str, fields: dict[str, str], said: str
) -> None:
    answer = press(client, what, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert story(client)["version"] == 0


def test_a_form_that_was_overtaken_is_shown_again(client: FlaskClient) -> None:
    answer = press(client, "split", article="copy", version="7")
    assert answer.status_code == 409
    assert "Somebody else has decided" in answer.text


def test_a_form_without_its_token_changes_nothing(client: FlaskClient) -> None:
    for what in ("split", "original", "merge", "undo"):
        sent = {"version": "0", "by": "Ada", "article": "copy", "into": "s4"}
        assert client.post(f"{PAGE}/{what}", data=sent).status_code == 400
    assert story(client)["version"] == 0


def test_hostile_text_is_shown_as_text(client: FlaskClient) -> None:
    sent = an_article(id=HOSTILE, title=HOSTILE, source=HOSTILE, text=f"{STORY}\n\n{HOSTILE}")
    assert client.post("/v1/articles", json=sent).status_code == 201
    html = client.get(PAGE).text
    assert HOSTILE not in html
    assert "4 articles" in html

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.web.builders import CHROME, OTHER_STORY, STORY, an_article, is_problem

BOX = "Readers of the Quay Gazette have sent 4,000 letters to the harbour office since spring."
SITE = "quay.example"
RULES = f"/v1/sites/{SITE}/rules"


@pytest.fixture(autouse=True)
def articles(client: FlaskClient) -> None:
    """Two articles of one site that end with one box, and one of another site."""
    for number, story in enumerate((STORY, OTHER_STORY)):
        sent = an_article(
            id=f"a{number}",
            title=f"What became of it, part {number}",
            text=f"{CHROME}\n\n{story}\n\n{BOX}",
            url=f"https://www.{SITE}/{number}",
        )
        assert client.post("/v1/articles", json=sent).status_code == 201
    client.post("/v1/articles", json=an_article(id="siteless"))


def box_of(client: FlaskClient, article_id: str = "a0") -> int:
    blocks = client.get(f"/v1/articles/{article_id}?blocks=true").get_json()["blocks"]
    (index,) = (block["index"] for block in blocks if block["text"] == BOX)
    assert blocks[index]["index"] == index
    return int(index)


def make(client: FlaskClient, site: str = SITE, **fields: Any):  # type: ignore[no-untyped-def]  # noqa: ANN201
    asked = {"article": "a0", "block": box_of(client), "kept": False, "by": "Ada", **fields}
    sent = {name: value for name, value in asked.items() if value is not None}
    return client.post(f"/v1/sites/{quote(site, safe='')}/rules", json=sent)


def test_a_block_is_removed_by_hand_and_put_back(client: FlaskClient) -> None:
    before = client.get("/v1/articles/a0").get_json()
    path = f"/v1/articles/a0/blocks/{box_of(client)}"
    removed = client.post(f"{path}/remove")
    assert removed.status_code == 200
    assert BOX not in removed.get_json()["text"]
    rules = {each["text"]: each["rule"] for each in removed.get_json()["removed"]}
    assert rules[BOX] == "removed"
    assert client.post(f"{path}/remove", json={}).get_json() == removed.get_json()
    assert client.post(f"{path}/restore").get_json() == before


@pytest.mark.parametrize(
    ("index", "status"), [("99", 404), ("-1", 422), ("one", 422), ("9" * 5_000, 422), ("²", 422)]
)
def test_a_block_that_is_not_there_is_not_removed(
    client: FlaskClient, index: str, status: int
) -> None:
    assert is_problem(client.post(f"/v1/articles/a0/blocks/{index}/remove"), status)


def test_the_last_text_and_the_title_are_not_removed(client: FlaskClient) -> None:
    title = "Council closes the eastern quay"
    one = an_article(id="one", text=f"{title}\n\n{STORY.split(chr(10))[0]}", title=title)
    client.post("/v1/articles", json=one)
    before = client.get("/v1/articles/one").get_json()
    for index in (0, 1):
        response = client.post(f"/v1/articles/one/blocks/{index}/remove")
        assert is_problem(response, 409, "index")
        assert response.get_json()["code"] == "unremovable_block"
    assert client.get("/v1/articles/one").get_json() == before


def test_the_blocks_of_an_article_are_shown_to_who_asks(client: FlaskClient) -> None:
    plain = client.get("/v1/articles/a0").get_json()
    full = client.get("/v1/articles/a0?blocks=true").get_json()
    assert full == {**plain, "blocks": full["blocks"]}
    kept = [block["text"] for block in full["blocks"] if block["kept"]]
    assert "\n\n".join(kept) == full["text"]
    assert client.get("/v1/articles/a0?blocks=false").get_json() == plain
    assert is_problem(client.get("/v1/articles/a0?blocks=1"), 422, "blocks")


def test_a_preview_changes_nothing(client: FlaskClient) -> None:
    before = client.get("/v1/articles/a0").get_json()
    response = make(client, preview=True)
    assert response.status_code == 200
    preview = response.get_json()
    assert (preview["made"], preview["looked_at"], preview["changes"]) == (False, 2, 2)
    newest = preview["articles"][0]
    assert (newest["article"], newest["changes"], newest["refused"]) == ("a1", True, False)
    (block,) = newest["blocks"]
    assert (block["text"], block["kept"]) == (BOX, False)
    assert newest["characters_before"] - newest["characters_after"] == len(BOX) + 2
    assert client.get("/v1/articles/a0").get_json() == before
    assert client.get(RULES).get_json() == {"site": SITE, "looked_at": 2, "rules": []}
    assert client.get("/v1/sites").get_json() == {"sites": [], "after": None}
    assert make(client, preview=True, limit=1).get_json()["looked_at"] == 1


def test_a_rule_is_made_listed_counted_and_withdrawn(client: FlaskClient) -> None:
    made = make(client)
    assert made.status_code == 201
    assert made.get_json()["made"]
    assert BOX not in client.get("/v1/articles/a1").get_json()["text"]

    (rule,) = client.get(RULES).get_json()["rules"]
    assert (rule["kept"], rule["text"], rule["decides_in"]) == (False, BOX, 2)
    (line,) = rule["history"]
    assert (line["by"], line["kept"], line["article"]) == ("Ada", False, "a0")
    assert client.get("/v1/sites").get_json()["sites"] == [SITE]

    withdrawn = client.delete(f"{RULES}/{rule['key']}?by=Bo")
    assert withdrawn.status_code == 200
    assert BOX in client.get("/v1/articles/a1").get_json()["text"]
    (after,) = client.get(RULES).get_json()["rules"]
    assert (after["kept"], after["decides_in"]) == (None, 0)
    assert [each["by"] for each in after["history"]] == ["Ada", "Bo"]
    assert withdrawn.get_json()["history"] == after["history"]


def test_what_is_only_cleaned_is_cleaned_by_the_rules_too(client: FlaskClient) -> None:
    make(client)
    sent = {"text": f"{STORY}\n\n{BOX}", "url": f"https://{SITE}/x"}
    assert BOX not in client.post("/v1/clean", json=sent).get_json()["text"]


def test_a_client_that_gives_no_name_is_called_api(client: FlaskClient) -> None:
    assert make(client, by=None).get_json()["rule"]["history"][0]["by"] == "api"


@pytest.mark.parametrize("source", ["Ousel / Evening Gazette", "日本", "a?b#c", " Two  Words "])
def test_a_site_of_any_name_has_rules(client: FlaskClient, source: str) -> None:
    sent = an_article(id="s", text=f"{STORY}\n\n{BOX}", source=source)
    client.post("/v1/articles", json=sent)
    made = make(client, source, article="s", block=box_of(client, "s"))
    assert made.status_code == 201
    path = f"/v1/sites/{quote(source, safe='')}/rules"
    (rule,) = client.get(path).get_json()["rules"]
    assert client.delete(f"{path}/{rule['key']}").status_code == 200


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"article": "none"}, "article"),
        ({"article": "siteless"}, "article"),
        ({"article": ""}, "article"),
        ({"article": None}, "article"),
        ({"article": "x" * 513}, "article"),
        ({"block": 99}, "block"),
        ({"block": -1}, "block"),
        ({"block": 10**30}, "block"),
        ({"block": "1"}, "block"),
        ({"block": 1.0}, "block"),
        ({"block": None}, "block"),
        ({"kept": None}, "kept"),
        ({"kept": "no"}, "kept"),
        ({"by": "service"}, "by"),
        ({"by": " "}, "by"),
        ({"preview": 1}, "preview"),
        ({"limit": 5}, "limit"),
        ({"limit": 0, "preview": True}, "limit"),
        ({"limit": 101, "preview": True}, "limit"),
        ({"site": SITE}, "site"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_field(
    client: FlaskClient, changed: dict[str, Any], field: str
) -> None:
    asked = {"article": "a0", "block": box_of(client), "kept": False, **changed}
    sent = {name: value for name, value in asked.items() if value is not None}
    response = client.post(RULES, json=sent)
    assert is_problem(response, 422, field)
    assert client.get(RULES).get_json()["rules"] == []


def test_an_article_of_another_site_is_refused(client: FlaskClient) -> None:
    response = make(client, "other.example")
    assert is_problem(response, 422, "article")
    assert response.get_json()["code"] == "illegal_rule"


def test_what_is_not_there_cannot_be_withdrawn(client: FlaskClient) -> None:
    response = client.delete(f"{RULES}/none")
    assert is_problem(response, 404)
    assert response.get_json()["code"] == "rule_not_found"
    assert is_problem(client.delete(f"{RULES}/none?by=service"), 422, "by")
    assert is_problem(client.delete(f"{RULES}/none", json={"by": "Ada"}), 422, "body")


def test_sites_are_listed_page_by_page(client: FlaskClient) -> None:
    for name in ("b", "c", "d"):
        sent = an_article(id=name, text=f"{STORY}\n\n{BOX}", source=name)
        client.post("/v1/articles", json=sent)
        make(client, name, article=name, block=box_of(client, name))
    first = client.get("/v1/sites?limit=2").get_json()
    assert first == {"sites": ["b", "c"], "after": "c"}
    second = client.get("/v1/sites?limit=2&after=c").get_json()
    assert second == {"sites": ["d"], "after": None}
    assert is_problem(client.get("/v1/sites?limit=no"), 422, "limit")
    assert is_problem(client.get("/v1/sites?page=2"), 422, "page")

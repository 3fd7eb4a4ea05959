import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.duplicates.ports import Services
from service.duplicates.submit import submit
from service.settings import Settings
from service.web.wording import WARNINGS
from tests.builders import an_article as a_submission
from tests.builders import prose
from tests.web.builders import CHROME, OTHER_STORY, STORY, an_article
from tests.web.test_review_pages import HOSTILE, Tags

BOX = "Readers of the Quay Gazette have sent 4,000 letters to the harbour office since spring."
SITE = "quay.example"
ARTICLE = "/review/article?id=a0"


@pytest.fixture(autouse=True)
def articles(client: FlaskClient) -> None:
    for number, story in enumerate((STORY, OTHER_STORY)):
        sent = an_article(
            id=f"a{number}",
            title=f"What became of it, part {number}",
            text=f"{CHROME}\n\n{story}\n\n{BOX}",
            url=f"https://www.{SITE}/{number}",
        )
        client.post("/v1/articles", json=sent)


def forms(html: str) -> list[dict[str, str]]:
    """The hidden fields of each form, in order."""
    return [
        dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
        for form in re.findall(r"<form[^>]*>.*?</form>", html, re.DOTALL)
    ]


def form_of(html: str, **wanted: str) -> dict[str, str]:
    return next(form for form in forms(html) if wanted.items() <= form.items())


def decide(client: FlaskClient, number: int, /, **changed: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    fields = form_of(client.get(ARTICLE).text, index=str(number))
    return client.post("/review/article/block", data={**fields, **changed})


def preview_of(client: FlaskClient, index: int = 5, kept: str = "no") -> str:
    return client.get(f"/review/site/preview?article=a0&block={index}&kept={kept}").text


def make(client: FlaskClient, **changed: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    fields = form_of(preview_of(client), article="a0")
    return client.post("/review/site/rules", data={**fields, "by": "Ada", **changed})


# --- one article ---------------------------------------------------------------------------


def test_every_block_is_shown_with_what_became_of_it(client: FlaskClient) -> None:
    page = client.get(ARTICLE).text
    assert "5 of 6 blocks kept" in page
    assert "Removed by <code>breadcrumb</code>" in page
    assert "it is a path" in page
    assert [form["action"] for form in forms(page)] == ["restore", *["remove"] * 5]
    assert BOX in page


@pytest.mark.parametrize(
    ("index", "deed", "undo"),
    [(5, "Block removed", "Undo: put it back"), (0, "Block restored", "Undo: remove it again")],
)
def test_a_block_is_decided_and_the_decision_undone(
    client: FlaskClient, index: int, deed: str, undo: str
) -> None:
    before = client.get("/v1/articles/a0").get_json()
    done = decide(client, index)
    assert done.status_code == 303
    page = client.get(done.headers["Location"]).text
    assert deed in page
    assert "by a person" in page
    assert undo in page
    assert client.get("/v1/articles/a0").get_json()["text"] != before["text"]

    decide(client, index)
    after = client.get(ARTICLE).text
    assert "by a person" not in after
    assert client.get("/v1/articles/a0").get_json() == before


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"index": "3"}, 409),
        ({"index": "999"}, 409),
        ({"key": "another"}, 409),
        ({"index": "one"}, 422),
        ({"index": ""}, 422),
        ({"action": "burn"}, 422),
        ({"id": "none"}, 404),
        ({"id": ""}, 422),
    ],
)
def test_a_block_that_is_another_one_by_now_is_left_alone(
    client: FlaskClient, changed: dict[str, str], status: int
) -> None:
    before = client.get("/v1/articles/a0").get_json()
    response = decide(client, 5, **changed)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert client.get("/v1/articles/a0").get_json() == before


def test_who_removes_the_last_text_is_told_why_not(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article(id="a0", title=None, text=BOX))
    response = decide(client, 0)
    assert response.status_code == 409
    assert "Nothing was changed" in response.text
    assert "no text would be left" in response.text


def test_a_title_is_shown_without_a_button(client: FlaskClient) -> None:
    sent = an_article(id="t", text=f"A Title\n\n{STORY}", title="A Title")
    client.post("/v1/articles", json=sent)
    page = client.get("/review/article?id=t").text
    assert [form["index"] for form in forms(page)] == ["1", "2", "3", "4"]


def test_a_warning_is_told_in_words(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article(id="w", title=None, text=BOX))
    assert "No title was found." in client.get("/review/article?id=w").text
    assert "No title was found." not in client.get(ARTICLE).text


def test_every_warning_has_its_words() -> None:
    assert {"no_title", "mixed"} == set(WARNINGS)


def test_a_statement_told_twice_is_linked_both_ways_with_its_words_marked(
    client: FlaskClient,
) -> None:
    again = (
        "“The repairs would take three years and cost 48 million crowns, more than the town "
        "collects in taxes in a good year,” the <engineers> wrote."
    )
    client.post("/v1/articles", json=an_article(id="t", text=f"{STORY}\n\n{again}"))
    page = client.get("/review/article?id=t").text
    words = "repairs would take three years and cost 48 million crowns, more than the town"
    assert len(re.findall(rf"<mark>[^<]*{words}[^<]*</mark>", page)) == 2
    assert re.search(r'Says again what <a href="#block-1">block 1</a> says\s+\(21 words', page)
    assert re.search(r'Said again in <a href="#block-4">block 4</a>', page)
    assert "the &lt;engineers&gt; wrote" in page
    assert "<mark>" not in client.get(ARTICLE).text


def test_what_an_article_shares_with_others_is_quoted(client: FlaskClient) -> None:
    statement = f"“{prose(50, 2).replace(chr(10), ' ')}” the <mayor> said."
    for name, seed in (("first", 1), ("second", 2)):
        text = f"{prose(seed)}\n\n{statement}"
        client.post("/v1/articles", json=an_article(id=name, text=text, title=None))
    page = client.get("/review/article?id=second").text
    assert "Share a passage" in page
    assert 'href="/review/article?id=first"' in page
    quoted = re.search(r"<blockquote[^>]*>([^<]+)</blockquote>", page)
    assert quoted
    assert quoted[1].split()[:12] == prose(50, 2).split()[:12]
    assert "<mayor>" not in page
    assert "Related articles" not in client.get("/review/article?id=first").text


def test_a_revised_article_shows_what_has_changed(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article(id="t", title=None))
    text = STORY.replace("cost 48 million", "<cost> 52 million")
    client.post("/v1/articles", json=an_article(id="t", title=None, text=text))
    page = client.get("/review/article?id=t").text
    assert re.search(r"What has changed since\s+revision 1", page)
    assert "1 paragraph changed, 1 figure changed." in page
    assert "<del>48</del> → <ins>52</ins>" in page
    assert "&lt;cost&gt;" in page
    assert "<cost>" not in page
    assert "What has changed" not in client.get(ARTICLE).text


def test_an_article_of_no_site_offers_no_rule(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article(id="t"))
    page = client.get("/review/article?id=t").text
    assert "no rule for its site can be made" in page
    assert "/review/site/preview" not in page


def test_a_flag_leads_to_its_articles(client: FlaskClient) -> None:
    (flag,) = client.post("/v1/articles", json=an_article(id="copy")).get_json()["flags"]
    page = client.get(f"/review/flags/{flag['id']}").text
    assert "/review/article?id=a0" in page
    assert "/review/article?id=copy" in page
    assert f"/review/flags/{flag['id']}" in client.get("/review/article?id=copy").text


# --- rules for a site ----------------------------------------------------------------------


def test_a_preview_shows_what_would_change_and_changes_nothing(client: FlaskClient) -> None:
    page = " ".join(preview_of(client).split())
    assert "Always remove this block on <bdi>quay.example</bdi>?" in page
    assert "<strong>2</strong> of the last 2 articles of this site would change" in page
    assert "Block 4 goes" in page
    length = len(client.get("/v1/articles/a0").get_json()["text"])
    assert f"{length:,} → {length - len(BOX) - 2:,}" in page
    assert BOX in client.get("/v1/articles/a1").get_json()["text"]
    assert client.get(f"/v1/sites/{SITE}/rules").get_json()["rules"] == []


def test_a_rule_is_made_shown_and_withdrawn(client: FlaskClient) -> None:
    made = make(client)
    assert made.status_code == 303
    page = " ".join(client.get(made.headers["Location"]).text.split())
    assert "The rule holds. 2 articles changed." in page
    assert "<strong>Always removed</strong> · decides in 2 of the last 2 articles" in page
    assert "<bdi>Ada</bdi>" in page
    assert "/review/article?id=a1" in page
    assert BOX not in client.get("/v1/articles/a1").get_json()["text"]
    assert f"/review/site?name={SITE}" in client.get("/review/sites").text
    assert "Removed by <code>site_rule</code>" in client.get(ARTICLE).text

    withdraw = {**form_of(client.get(made.headers["Location"]).text, site=SITE), "by": "Bo"}
    done = client.post("/review/site/withdraw", data=withdraw)
    assert done.status_code == 303
    after = client.get(done.headers["Location"]).text
    assert "<strong>Withdrawn</strong>" in after
    assert "<bdi>Bo</bdi>" in after
    assert "<bdi>Ada</bdi>" in after
    assert BOX in client.get("/v1/articles/a1").get_json()["text"]


@pytest.mark.parametrize("by", ["", " ", "service", "x" * 129])
def test_a_rule_is_nobodys(client: FlaskClient, by: str) -> None:
    response = make(client, by=by)
    assert response.status_code == 422
    assert "Your decision was not recorded" in response.text
    assert "Your name" in response.text
    assert client.get(f"/v1/sites/{SITE}/rules").get_json()["rules"] == []


def test_a_withdrawal_is_nobodys_either(client: FlaskClient) -> None:
    made = make(client)
    fields = form_of(client.get(made.headers["Location"]).text, site=SITE)
    response = client.post("/review/site/withdraw", data={**fields, "by": ""})
    assert response.status_code == 422
    assert "Your name is missing" in response.text


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"key": "another"}, 409),
        ({"block": "2"}, 409),
        ({"block": "x"}, 422),
        ({"kept": "maybe"}, 422),
        ({"article": "none"}, 404),
    ],
)
def test_a_rule_is_made_only_of_the_block_that_was_seen(
    client: FlaskClient, changed: dict[str, str], status: int
) -> None:
    assert make(client, **changed).status_code == status
    assert client.get(f"/v1/sites/{SITE}/rules").get_json()["rules"] == []


def test_a_rule_that_is_not_there_is_not_withdrawn(client: FlaskClient) -> None:
    fields = {**form_of(client.get(ARTICLE).text, id="a0"), "site": SITE, "key": "none"}
    response = client.post("/review/site/withdraw", data={**fields, "by": "Ada"})
    assert response.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/review/article",
        "/review/site",
        "/review/site/preview",
        "/review/site/preview?article=a0&block=x&kept=no",
        "/review/site/preview?article=a0&block=1&kept=1",
        "/review/sites?limit=x",
    ],
)
def test_a_wrong_address_says_what_is_missing(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 422
    assert "<li><code>" in response.text


def test_a_site_of_which_nothing_is_known_says_so(client: FlaskClient) -> None:
    page = client.get("/review/site?name=silent.example").text
    assert "No rule was made for this site" in page
    assert "None is remembered" in page
    assert "No site has a rule yet" in client.get("/review/sites").text


@pytest.mark.parametrize("path", ["article/block", "site/rules", "site/withdraw"])
def test_a_form_without_our_token_is_refused(client: FlaskClient, path: str) -> None:
    fields = {**form_of(preview_of(client), article="a0"), "by": "Ada", "id": "a0", "index": "5"}
    fields |= {"action": "remove", "site": SITE, "csrf_token": "forged"}
    before = client.get("/v1/articles/a0").get_json()
    response = client.post(f"/review/{path}", data=fields)
    assert response.status_code == 400
    assert "This form has expired" in response.text
    assert client.get("/v1/articles/a0").get_json() == before


def test_hostile_text_is_escaped_on_every_page(services: Services) -> None:
    client = create_app(services, Settings()).test_client()
    source = "x" + HOSTILE
    text = f"{STORY}\n\n{HOSTILE} {BOX}"
    submit(services, a_submission(text, title="t" + HOSTILE, source=source), "h" + HOSTILE)
    values: dict[str, Any] = {"id": "h" + HOSTILE, "article": "h" + HOSTILE}
    page = client.get("/review/article", query_string=values).text
    block = len(forms(page)) - 1
    preview = client.get(
        "/review/site/preview", query_string={**values, "block": block, "kept": "no"}
    ).text
    hidden = form_of(preview, kept="no")
    made = client.post(
        "/review/site/rules",
        data={**hidden, "article": values["article"], "by": "by" + HOSTILE},
    )
    assert made.status_code == 303
    site = client.get("/review/site", query_string={"name": source}).text
    for html in (page, preview, site, client.get("/review/sites").text):
        assert html.count("&lt;script&gt;") >= 2 or html.count("%3Cscript%3E") >= 1
        tags = Tags(html)
        assert not tags.names & {"script", "img", "iframe", "style", "object", "svg"}
        assert not {name for name in tags.attributes if name.startswith("on")}

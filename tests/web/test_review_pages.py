import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from cleaning.model import Block, CleanedArticle, Role
from service.app import create_app
from service.duplicates import flags as transitions
from service.duplicates.model import DEFAULT_POLICY, Match, Relation, Submission
from service.duplicates.ports import Services
from service.settings import Settings
from tests.web.builders import CHROME, STORY, an_article

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'>&amp;"
NOON = datetime(2025, 3, 4, 12, tzinfo=UTC)


class Tags(HTMLParser):
    """Which elements and attributes a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action"}]


def fields_of(html: str, action_ends: str = "/decision") -> dict[str, str]:
    """Return the hidden fields of the first form that is sent to such an address."""
    form = re.search(rf'<form[^>]*action="[^"]*{action_ends}".*?</form>', html, re.DOTALL)
    assert form is not None
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def decide(client: FlaskClient, flag_id: str, **changed: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    page = client.get(f"/review/flags/{flag_id}").text
    fields = {**fields_of(page), "decision": "duplicate", "by": "Ada", **changed}
    return client.post(f"/review/flags/{flag_id}/decision", data=fields)


def hostile_flag(services: Services) -> str:
    """Store two articles in which everything that can be hostile is."""
    match = Match("first" + HOSTILE, 1, Relation.NEAR, 0.8, 0.9, 0.85, 12)
    for article_id in (match.id, "second" + HOSTILE):
        words = f"{HOSTILE} the same dozen words stand in both of these articles, all of them"
        kept = Block(words, kept=True, role=Role.BODY, start=0, end=len(words), key="k" + HOSTILE)
        removed = replace(
            kept, kept=False, rule="rule" + HOSTILE, reasons=("because " + HOSTILE,), score=0.9
        )
        cleaned = CleanedArticle(
            title="title" + HOSTILE,
            text=words,
            published_at=None,
            updated_at=None,
            authors=(HOSTILE,),
            site=HOSTILE,
            agency="agency" + HOSTILE,
            language='en" onclick="alert(1)',
            canonical_url="javascript:alert(1)",
            blocks=(kept, removed),
            source=words,
        )
        submission = Submission(text=words, source="source" + HOSTILE, url="javascript:alert(1)")
        services.articles.begin(article_id, article_id, submission, cleaned, NOON, continues=False)
    flag = transitions.open_flag("second" + HOSTILE, match, DEFAULT_POLICY, NOON)
    assert services.flags.put(flag, seen=0)
    return flag.id


# --- the queue -----------------------------------------------------------------------------


def test_the_front_door_leads_to_the_queue(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/review"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("open", "Nothing waits for you"),
        ("decided", "Nothing has been decided"),
        ("withdrawn", "No flag was withdrawn"),
    ],
)
def test_an_empty_queue_says_what_would_be_there(
    client: FlaskClient, state: str, sentence: str
) -> None:
    assert sentence in client.get(f"/review?state={state}").text


def test_the_queue_shows_both_titles_and_the_relation(client: FlaskClient, flag_id: str) -> None:
    page = client.get("/review").text
    assert f"/review/flags/{flag_id}" in page
    assert "Council closes the eastern quay" in page
    assert "Quay closed to freight" in page
    assert "Nearly the same" in page


def test_a_later_edition_shows_what_has_changed(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article(source="Post"))
    text = STORY.replace("112", "130") + "\n\nThe <last> freighter will leave on Friday, he said."
    later = an_article(id="later", source="Post", title="Quay <closed> to freight", text=text)
    (flag,) = client.post("/v1/articles", json=later).get_json()["flags"]

    assert "Later edition" in client.get("/review").text
    page = client.get(f"/review/flags/{flag['id']}").text
    assert "The later article is a new edition of the earlier one." in page
    assert "1 paragraph added, 1 changed, 1 figure changed, new headline." in page
    assert "<del>112</del> → <ins>130</ins>" in page
    assert "<ins>Quay &lt;closed&gt; to freight</ins>" in page
    assert "<ins>The &lt;last&gt; freighter will leave on Friday, he said.</ins>" in page
    assert "What has changed" in page


def test_another_copy_shows_no_changes(client: FlaskClient, flag_id: str) -> None:
    assert "What has changed" not in client.get(f"/review/flags/{flag_id}").text


def test_the_evidence_is_shown_in_full(client: FlaskClient) -> None:
    text = f"OSLO (Reuters) - {STORY}"
    client.post("/v1/articles", json=an_article(text=text, published_at="2025-03-04T10:00:00Z"))
    copy = an_article(
        id="copy", text=f"{text}\n\nNobody spoke.", published_at="2025-03-04T13:30:00Z"
    )
    (flag,) = client.post("/v1/articles", json=copy).get_json()["flags"]
    page = client.get(f"/review/flags/{flag['id']}").text
    shown = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd><strong>([^<]+)</strong>", page))
    assert set(shown) == {
        "alike (Jaccard)",
        "of the earlier is in the later",
        "of the later is in the earlier",
        "shared",
        "longest passage",
        "of the numbers agree",
        "hours between, at least",
        "credited by both",
    }
    assert (shown["hours between, at least"], shown["credited by both"]) == ("3.5", "Reuters")


def test_the_queue_goes_on_page_by_page(client: FlaskClient) -> None:
    for number in range(11):
        text = f"{STORY}\n\nThis is what reporter number {number} saw."
        client.post("/v1/articles", json=an_article(id=f"take{number}", text=text))

    first = client.get("/review").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = client.get(following[1].replace("&amp;", "&")).text

    shown = [set(re.findall(r"/review/flags/(\w+)", page)) for page in (first, second)]
    assert [len(ids) for ids in shown] == [50, 5]
    assert not shown[0] & shown[1]
    assert 'rel="next"' not in second


def test_evidence_that_comes_later_leaves_a_decision_to_who_made_it(
    client: FlaskClient, flag_id: str
) -> None:
    decide(client, flag_id, by="Ada")
    text = f"{STORY}\n\nThe council meets again in May, and the mayor will be there."
    client.post("/v1/articles", json=an_article(id="copy", text=text))
    decision, evidence = client.get(f"/v1/flags/{flag_id}").get_json()["history"][-2:]
    assert (decision["by"], evidence["by"]) == ("Ada", "service")

    page = client.get("/review?state=decided").text

    assert "by <bdi>Ada</bdi>" in page
    assert f'datetime="{decision["at"]}"' in page
    assert "<bdi>Copydesk</bdi>" not in page


# --- one flag ------------------------------------------------------------------------------


def test_both_articles_stand_side_by_side_with_the_shared_passages_marked(
    client: FlaskClient, flag_id: str
) -> None:
    page = client.get(f"/review/flags/{flag_id}").text
    earlier, later = re.findall(r"<article.*?</article>", page, re.DOTALL)
    for column in (earlier, later):
        marked = " ".join(re.findall(r"<mark>(.*?)</mark>", column, re.DOTALL))
        assert "Ingrid Solheim, who runs the largest" in marked
        assert "second week of May" not in marked
    assert "second week of May" in later
    assert "Both articles share most of the longer text." in page


def test_a_removed_block_is_shown_in_its_place_and_can_be_restored(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article())
    text = f"{CHROME}\n\n{STORY}\n\nThe council meets again in the second week of May."
    flag_id = client.post("/v1/articles", json=an_article(id="copy", text=text)).get_json()[
        "flags"
    ][0]["id"]
    page = client.get(f"/review/flags/{flag_id}").text
    assert page.index("1 block removed here") < page.index('id="later-1"')

    response = client.post(f"/review/flags/{flag_id}/restore", data=fields_of(page, "/restore"))

    assert response.status_code == 303
    after = client.get(response.headers["Location"]).text
    assert "Block restored" in after
    assert "removed here" not in after
    assert client.get("/v1/articles/copy").get_json()["removed"] == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"index": "3"}, 409),
        ({"index": "999"}, 409),
        ({"key": "another"}, 409),
        ({"index": "one"}, 422),
        ({"index": "9" * 5_000}, 422),
        ({"side": "middle"}, 422),
    ],
)
def test_a_block_that_is_another_one_by_now_is_not_restored(
    client: FlaskClient, changed: dict[str, str], status: int
) -> None:
    client.post("/v1/articles", json=an_article())
    text = f"{CHROME}\n\n{STORY}\n\nThe council meets again in the second week of May."
    flag_id = client.post("/v1/articles", json=an_article(id="copy", text=text)).get_json()[
        "flags"
    ][0]["id"]
    fields = fields_of(client.get(f"/review/flags/{flag_id}").text, "/restore")

    response = client.post(f"/review/flags/{flag_id}/restore", data={**fields, **changed})

    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert len(client.get("/v1/articles/copy").get_json()["removed"]) == 1


def test_a_decision_is_recorded_confirmed_and_shown(client: FlaskClient, flag_id: str) -> None:
    response = decide(client, flag_id, decision="not_duplicate", note="two different quays")

    assert response.status_code == 303
    page = client.get(response.headers["Location"]).text
    assert "Recorded: not a duplicate." in page
    assert "two different quays" in page
    assert "Recorded" not in client.get(response.headers["Location"]).text
    flag = client.get(f"/v1/flags/{flag_id}").get_json()
    assert (flag["decision"], flag["history"][-1]["by"]) == ("not_duplicate", "Ada")
    assert "Reopen" in page
    assert "Nothing waits for you" in client.get("/review").text


def test_a_moderators_name_is_remembered(client: FlaskClient, flag_id: str) -> None:
    decide(client, flag_id, by="Ada Quill")
    assert 'value="Ada Quill"' in client.get(f"/review/flags/{flag_id}").text


def test_of_two_moderators_the_slower_one_sees_what_the_other_did(
    client: FlaskClient, flag_id: str
) -> None:
    stale = fields_of(client.get(f"/review/flags/{flag_id}").text)
    decide(client, flag_id, by="Ada", decision="duplicate")

    response = client.post(
        f"/review/flags/{flag_id}/decision",
        data={**stale, "by": "Bo", "decision": "not_duplicate", "note": "kept for later"},
    )

    assert response.status_code == 409
    assert "Your decision was not recorded" in response.text
    assert "<bdi>Ada</bdi>" in response.text
    assert 'value="kept for later"' in response.text
    fresh = fields_of(response.text)
    again = client.post(
        f"/review/flags/{flag_id}/decision",
        data={**fresh, "by": "Bo", "decision": "not_duplicate"},
    )
    assert again.status_code == 303
    assert client.get(f"/v1/flags/{flag_id}").get_json()["decision"] == "not_duplicate"


def test_who_was_slower_than_new_evidence_is_told_whose_decision_stands(
    client: FlaskClient, flag_id: str
) -> None:
    decide(client, flag_id, by="Ada")
    stale = fields_of(client.get(f"/review/flags/{flag_id}").text)
    text = f"{STORY}\n\nThe council meets again in May, and the mayor will be there."
    client.post("/v1/articles", json=an_article(id="copy", text=text))
    response = client.post(
        f"/review/flags/{flag_id}/decision",
        data={**stale, "by": "Bo", "decision": "not_duplicate"},
    )
    assert response.status_code == 409
    said = " ".join(response.text.split())
    assert "changed by <bdi>Copydesk</bdi>" in said
    assert "<strong>duplicate</strong>, decided by <bdi>Ada</bdi>." in said


def test_a_form_sent_twice_changes_nothing_more(client: FlaskClient, flag_id: str) -> None:
    fields = fields_of(client.get(f"/review/flags/{flag_id}").text)
    fields |= {"by": "Ada", "decision": "duplicate"}
    for _ in range(2):
        response = client.post(f"/review/flags/{flag_id}/decision", data=fields)
        assert response.status_code == 303
    assert client.get(f"/v1/flags/{flag_id}").get_json()["version"] == 2


def test_a_withdrawn_flag_offers_no_decision(client: FlaskClient, flag_id: str) -> None:
    fields = fields_of(client.get(f"/review/flags/{flag_id}").text)
    other = "A completely different report, on the price of herring in Skarvik this week."
    client.post("/v1/articles", json=an_article(id="copy", text=other))

    page = client.get(f"/review/flags/{flag_id}").text
    assert "nothing to decide" in page
    assert 'value="duplicate"' not in page
    late = client.post(
        f"/review/flags/{flag_id}/decision",
        data={**fields, "by": "Ada", "decision": "duplicate"},
    )
    assert late.status_code == 409
    assert "There is nothing left to decide" in late.text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"by": " "}, "Your name is missing"),
        ({"by": "x" * 129}, "Your name must have at most 128"),
        ({"by": "service"}, "Your name is what the service calls itself"),
        ({"by": "copydesk"}, "Your name is what the service calls itself"),
        ({"note": "x" * 1_001}, "The note must have at most 1,000"),
        ({"decision": "maybe"}, "The decision"),
        ({"version": "x"}, "The form is missing"),
        ({"version": "9" * 5_000}, "The form is missing"),
    ],
)
def test_a_wrong_form_is_shown_again_with_what_was_written(
    client: FlaskClient, flag_id: str, changed: dict[str, str], says: str
) -> None:
    response = decide(client, flag_id, **{"note": "my note", **changed})
    assert response.status_code == 422
    assert says in response.text
    if "note" not in changed:
        assert 'value="my note"' in response.text
    assert client.get(f"/v1/flags/{flag_id}").get_json()["version"] == 1


def test_enter_in_a_text_field_decides_nothing(client: FlaskClient, flag_id: str) -> None:
    page = client.get(f"/review/flags/{flag_id}").text
    form = page[page.index("/decision") :]
    assert form.index("<button") == form.index('<button type="submit" disabled hidden>')


@pytest.mark.parametrize("path", ["/review/flags/none", "/review/flags/%FF", "/review/nothing"])
def test_what_is_not_there_gets_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert 'href="/review"' in response.text


# --- hostile text --------------------------------------------------------------------------


def test_hostile_text_is_escaped_everywhere(services: Services) -> None:
    client = create_app(services, Settings()).test_client()
    flag_id = hostile_flag(services)
    decide(client, flag_id, by="by" + HOSTILE, note="note" + HOSTILE)

    for path in ("/review?state=decided", f"/review/flags/{flag_id}"):
        page = client.get(path).text
        assert page.count("&lt;script&gt;") >= 2
        tags = Tags(page)
        assert not tags.names & {"script", "img", "iframe", "style", "object", "svg"}
        assert not {name for name in tags.attributes if name.startswith("on")}
        assert not [link for link in tags.links if "javascript:" in link]


def test_what_names_rules_and_reasons_is_shown_escaped(services: Services) -> None:
    client = create_app(services, Settings()).test_client()
    page = client.get(f"/review/flags/{hostile_flag(services)}").text
    for part in ("rule", "because ", "title", "source", "agency", "first", "second"):
        assert f"{part}&lt;script&gt;" in page


def test_only_web_addresses_become_links(client: FlaskClient) -> None:
    address = "https://quay.example/a?b=1&c=2"
    client.post("/v1/articles", json=an_article(url=address))
    copy = client.post("/v1/articles", json=an_article(id="copy")).get_json()
    page = client.get(f"/review/flags/{copy['flags'][0]['id']}").text
    assert re.search(
        r'<a [^>]*href="https://quay.example/a\?b=1&amp;c=2" rel="[^"]*noopener[^"]*"', page
    )


def test_text_that_turns_the_direction_stays_in_its_box(client: FlaskClient) -> None:
    turned = an_article(title="\u202eabc", text=STORY.replace("Engineers", "\u202eEngineers"))
    client.post("/v1/articles", json=turned)
    copy = client.post("/v1/articles", json={**turned, "id": "copy"}).get_json()
    page = client.get(f"/review/flags/{copy['flags'][0]['id']}").text
    for found in re.finditer("\u202e", page):
        opening = page.rindex("<", 0, found.start())
        while page.startswith(("<mark", "</mark"), opening):
            opening = page.rindex("<", 0, opening)
        assert re.match(r'<(\w+)[^>]*dir="auto"|<bdi', page[opening:])


# --- forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["decision", "restore"])
@pytest.mark.parametrize("token", [None, "", "forged", "IjEi.aaaa.bbbb"])
def test_a_form_without_our_token_is_refused_with_a_way_on(
    client: FlaskClient, flag_id: str, form: str, token: str | None
) -> None:
    fields = {"decision": "duplicate", "by": "Ada", "version": "1"}
    if token is not None:
        fields["csrf_token"] = token
    response = client.post(f"/review/flags/{flag_id}/{form}", data=fields)

    assert response.status_code == 400
    assert "This form has expired" in response.text
    assert f'href="/review/flags/{flag_id}"' in response.text
    assert client.get(f"/v1/flags/{flag_id}").get_json()["version"] == 1


def test_a_token_of_another_session_is_refused(
    services: Services, client: FlaskClient, flag_id: str
) -> None:
    fields = fields_of(client.get(f"/review/flags/{flag_id}").text)
    stranger = create_app(services, Settings()).test_client()
    stranger.get(f"/review/flags/{flag_id}")
    response = stranger.post(
        f"/review/flags/{flag_id}/decision",
        data={**fields, "decision": "duplicate", "by": "Ada"},
    )
    assert response.status_code == 400


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    client: FlaskClient,
    flag_id: str,
    scheme: str,
    is_secure: bool,  # noqa: FBT001
) -> None:
    response = client.get(f"/review/flags/{flag_id}", base_url=f"{scheme}://localhost")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("copydesk=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert ("Secure" in cookie) is is_secure

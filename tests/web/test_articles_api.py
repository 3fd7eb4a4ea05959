import json
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from service.app import create_app
from service.settings import Settings
from service.stores.memory import memory_services
from tests.builders import prose
from tests.web.builders import CHROME, OTHER_STORY, STORY, an_article, is_problem

ANSWERED = {
    "id", "revision", "verdict", "duplicate_of", "story_id", "story_original", "title", "text",
    "published_at", "updated_at", "authors", "site", "agency", "dateline", "wire", "language",
    "canonical_url", "image", "evidence", "warnings", "removed", "repeats", "changes", "matches",
    "flags",
}  # fmt: skip
STRANGE_IDS = [
    "https://news.example/2018/02/06/story?id=3&page=2#top",
    "urn:newsml:example.com:20180206:quay:1",
    "/begins/with/a/slash",
    "//two//slashes//",
    "100% sure",
    "%2F is not a slash",
    "späte Ausgabe – 夕刊",
    "ends with a space ",
    "a/blocks/0/restore",
    "x" * 512,
]


def post(client: FlaskClient, raw: bytes, content_type: str = "application/json"):  # type: ignore[no-untyped-def]  # noqa: ANN201
    return client.post("/v1/articles", data=raw, content_type=content_type)


# --- what goes well ------------------------------------------------------------------------


def test_an_article_is_answered_in_full_with_201_and_its_address(client: FlaskClient) -> None:
    answer = client.post("/v1/articles", json=an_article(published_at="2018-02-06"))

    assert answer.status_code == 201
    assert answer.content_type == "application/json"
    assert answer.headers["Location"] == "/v1/articles/quay"
    article = answer.get_json()
    assert set(article) == ANSWERED
    assert article["id"] == "quay"
    assert article["revision"] == 1
    assert article["verdict"] == "unique"
    assert article["duplicate_of"] is None
    assert article["title"] == "Council closes the eastern quay"
    assert article["published_at"] == "2018-02-06"
    assert "seven fish companies" in article["text"]


def test_a_revision_says_what_it_has_changed(client: FlaskClient) -> None:
    first = client.post("/v1/articles", json=an_article()).get_json()
    assert first["changes"] == []
    revised = an_article(title="Quay stays open", text=STORY.replace("48 million", "52 million"))
    answer = client.post("/v1/articles", json=revised).get_json()

    (changes,) = answer["changes"]
    assert (changes["id"], changes["revision"]) == ("quay", 1)
    assert changes["summary"] == "1 paragraph changed, 1 figure changed, new headline"
    assert changes["title"] == {
        "before": "Council closes the eastern quay",
        "after": "Quay stays open",
    }
    assert [(number["before"], number["after"]) for number in changes["numbers"]] == [("48", "52")]
    assert client.get("/v1/articles/quay").get_json() == answer


def test_an_edition_under_another_id_says_what_it_has_changed(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article(source="Post"))
    later = an_article(id="later", source="Post", text=STORY.replace("48 million", "52 million"))
    answer = client.post("/v1/articles", json=later).get_json()

    assert (answer["verdict"], answer["duplicate_of"]) == ("duplicate", "quay")
    assert answer["matches"][0]["relation"] == "revision"
    (changes,) = answer["changes"]
    assert (changes["id"], changes["revision"]) == ("quay", 1)
    assert changes["summary"] == "1 paragraph changed, 1 figure changed"


def test_both_articles_name_the_agency_that_they_credit(client: FlaskClient) -> None:
    credited = f"OSLO (Reuters) - {STORY}"
    client.post("/v1/articles", json=an_article(text=credited, source="Post"))
    copy = an_article(id="copy", text=f"{credited}\n\nNobody spoke.", source="Herald")
    assert client.post("/v1/articles", json=copy).get_json()["matches"][0]["agency"] == "Reuters"
    plain = client.post("/v1/articles", json=an_article(id="plain", source="Times")).get_json()
    assert {match["agency"] for match in plain["matches"]} == {None}


def test_the_same_id_and_content_again_gets_200_and_the_same_answer(client: FlaskClient) -> None:
    first = client.post("/v1/articles", json=an_article())
    again = client.post("/v1/articles", json=an_article())

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json()


def test_new_content_under_an_id_is_a_revision_and_never_its_own_duplicate(
    client: FlaskClient,
) -> None:
    client.post("/v1/articles", json=an_article())
    revised = client.post("/v1/articles", json=an_article(text=STORY + "\n\nHe gave no date."))

    assert revised.status_code == 201
    assert revised.get_json()["revision"] == 2
    assert revised.get_json()["verdict"] == "unique"
    assert revised.get_json()["matches"] == []


def test_without_an_id_every_post_is_a_new_article(client: FlaskClient) -> None:
    ids = {client.post("/v1/articles", json=an_article(id=None)).get_json()["id"] for _ in range(3)}
    assert len(ids) == 3


def test_a_copy_is_answered_with_its_match_and_its_flag(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article())
    copy = client.post("/v1/articles", json=an_article(id="copy")).get_json()

    assert copy["verdict"] == "duplicate"
    assert copy["duplicate_of"] == "quay"
    (match,) = copy["matches"]
    assert set(match) == {
        "id", "relation", "jaccard", "containment", "contained_in", "shared_words", "passages",
        "longest_passage", "numbers", "hours", "agency",
    }  # fmt: skip
    (passage,) = match["passages"]
    whole = {"start": 0, "end": len(copy["text"].rstrip(".")), "block": None}
    assert (passage["here"], passage["there"]) == (whole, whole)
    assert (match["id"], match["relation"], match["jaccard"]) == ("quay", "exact", 1.0)
    (flag,) = copy["flags"]
    assert set(flag) == {"id", "article", "other", "relation", "state", "decision", "version"}
    assert (flag["article"], flag["other"], flag["state"]) == ("copy", "quay", "decided")


def test_shares_are_rounded_to_four_digits(client: FlaskClient, flag_id: str) -> None:
    assert flag_id
    (match,) = client.get("/v1/articles/copy").get_json()["matches"]
    assert 0.5 < match["jaccard"] < 1
    assert match["jaccard"] == round(match["jaccard"], 4)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ("2018-02-06", "2018-02-06"),
        ("2018-02-06T10:30:00", "2018-02-06T10:30:00+00:00"),
        ("2018-02-06T10:30:00+01:00", "2018-02-06T10:30:00+01:00"),
        ("2018-02-06T10:30Z", "2018-02-06T10:30:00+00:00"),
    ],
)
def test_a_time_keeps_its_zone_and_a_day_gets_no_midnight(
    client: FlaskClient, sent: str, answered: str
) -> None:
    article = client.post("/v1/articles", json=an_article(published_at=sent)).get_json()
    assert article["published_at"] == answered


def test_text_is_answered_in_utf_8_and_not_in_escapes(client: FlaskClient) -> None:
    answer = client.post("/v1/articles", json=an_article(title="Überschwemmung in Kleinmoor"))
    assert "Überschwemmung".encode() in answer.data


@pytest.mark.parametrize("article_id", STRANGE_IDS)
def test_an_article_is_found_under_any_id(client: FlaskClient, article_id: str) -> None:
    posted = client.post("/v1/articles", json=an_article(id=article_id))
    assert posted.status_code == 201

    for address in (f"/v1/articles/{quote(article_id, safe='')}", posted.headers["Location"]):
        found = client.get(address)
        assert found.status_code == 200
        assert found.get_json() == posted.get_json()


@pytest.mark.parametrize("article_id", STRANGE_IDS)
def test_a_removed_block_is_restored_under_any_id(client: FlaskClient, article_id: str) -> None:
    text = f"{CHROME}\n\n{STORY}"
    article = client.post("/v1/articles", json=an_article(id=article_id, text=text)).get_json()
    (removed,) = article["removed"]
    assert set(removed) == {"index", "text", "rule", "score", "start", "end", "reasons"}
    assert text[removed["start"] : removed["end"]] == CHROME
    path = f"/v1/articles/{quote(article_id, safe='')}/blocks/{removed['index']}/restore"

    restored = client.post(path)

    assert restored.status_code == 200
    assert restored.get_json()["removed"] == []
    assert CHROME in restored.get_json()["text"]
    assert client.post(path, json={}).get_json() == restored.get_json()


def test_a_line_of_many_stories_of_a_site_is_removed_with_its_reason(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleaning.off_topic.judge_blocks", lambda *_: ())
    line = "Puzzles and crosswords"
    for number in range(6):
        body = {"id": f"a{number}", "text": f"{prose(number)}\n\n{line}", "source": "Courier"}
        client.post("/v1/articles", json=body)
    body = {"text": f"{prose(9)}\n\n{line}", "url": "https://courier.example/9"}
    assert client.post("/v1/clean", json=body).get_json()["removed"] == []
    body = {"id": "a9", "text": body["text"], "source": "Courier"}
    for path in ("/v1/clean", "/v1/articles"):
        (removed,) = client.post(path, json=body).get_json()["removed"]
        assert (removed["text"], removed["rule"]) == (line, "site_furniture")
        assert removed["reasons"] == ["it stands on 6 other stories of this site"]
    last = len(client.get("/v1/articles/a9?blocks=true").get_json()["blocks"]) - 1
    assert client.post(f"/v1/articles/a9/blocks/{last}/restore").get_json()["removed"] == []


def test_cleaning_alone_shows_every_block_and_stores_nothing(client: FlaskClient) -> None:
    answer = client.post("/v1/clean", json=an_article(text=f"{CHROME}\n\n{STORY}"))

    assert answer.status_code == 200
    cleaned = answer.get_json()
    assert set(cleaned) == (
        ANSWERED
        - {"id", "revision", "verdict", "duplicate_of", "changes", "matches", "flags"}
        - {"story_id", "story_original"}
    ) | {"blocks"}
    assert len(cleaned["blocks"]) == 5
    assert [block["kept"] for block in cleaned["blocks"]] == [False, True, True, True, True]
    assert set(cleaned["blocks"][0]) == {
        "index", "text", "kept", "role", "rule", "score", "start", "end", "reasons",
    }  # fmt: skip
    assert client.get("/v1/articles/quay").status_code == 404


def test_a_statement_told_again_is_answered_as_a_repeat(client: FlaskClient) -> None:
    told = "Later she repeated that her boats would move to Skarvik before the herring season."
    article = client.post("/v1/articles", json=an_article(text=f"{STORY}\n\n{told}"))

    (repeat,) = article.get_json()["repeats"]
    assert (repeat["index"], repeat["of"]) == (4, 2)
    (span,) = repeat["shared"]
    assert (
        told[span["here"]["start"] : span["here"]["end"]] == told[len("Later she repeated ") : -1]
    )
    assert repeat["words"] == 11


def test_a_paragraph_that_stands_twice_is_answered_as_removed(client: FlaskClient) -> None:
    paragraph = STORY.split("\n\n")[2]
    article = client.post("/v1/articles", json=an_article(text=f"{STORY}\n\n{paragraph}"))
    (removed,) = article.get_json()["removed"]
    assert (removed["index"], removed["rule"]) == (4, "repeated_paragraph")


def test_few_words_are_accepted_as_too_short(client: FlaskClient) -> None:
    answer = client.post("/v1/articles", json=an_article(text="The quay is closed."))
    assert answer.status_code == 201
    assert answer.get_json()["verdict"] == "too_short"


def test_html_is_taken_as_well_as_text(client: FlaskClient) -> None:
    paragraphs = "".join(f"<p>{part}</p>" for part in STORY.split("\n\n"))
    html = f"<html><body><article>{paragraphs}</article></body></html>"
    answer = client.post("/v1/articles", json=an_article(text=None, html=html))
    assert answer.status_code == 201
    assert "seven fish companies" in answer.get_json()["text"]


# --- bad input -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "line 1"),
        (b"{", "line 1"),
        (b'{"text": \n tru}', "line 2"),
        (b'{"text": NaN}', "NaN"),
        (b'{"text": -Infinity}', "Infinity"),
        (b'{"text": "a", "text": "b"}', "text"),
        (b'{"text": "\xff"}', "UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "deep"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "deep"),
        (b'{"id": ' + b"1" * 10_000 + b"}", "digits"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_what_is_not_strict_json_is_refused_with_the_place(
    client: FlaskClient, raw: bytes, says: str
) -> None:
    response = post(client, raw)
    assert is_problem(response, 400, "body")
    assert says in response.get_json()["detail"]


@pytest.mark.parametrize("value", [[], "text", 7, None, True, [{"text": STORY}]])
def test_what_is_not_an_object_is_refused(client: FlaskClient, value: object) -> None:
    assert is_problem(post(client, json.dumps(value).encode()), 422, "body")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": 7}, "id"),
        ({"id": ""}, "id"),
        ({"id": "x" * 513}, "id"),
        ({"id": "line\nbreak"}, "id"),
        ({"id": "nul\0"}, "id"),
        ({"id": "\x85"}, "id"),
        ({"id": "\ud800"}, "id"),
        ({"title": ["a"]}, "title"),
        ({"title": "x" * 2_001}, "title"),
        ({"title": "\udfff"}, "title"),
        ({"text": 7}, "text"),
        ({"text": {"a": 1}}, "text"),
        ({"text": STORY + "\ud800"}, "text"),
        ({"text": None, "html": True}, "html"),
        ({"text": None, "html": "<p>\udc00</p>"}, "html"),
        ({"text": None}, "text"),
        ({"html": f"<p>{STORY}</p>"}, "html"),
        ({"source": "x" * 257}, "source"),
        ({"source": False}, "source"),
        ({"url": "x" * 2_049}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "not an address"}, "url"),
        ({"url": 1}, "url"),
        ({"language": "not a language"}, "language"),
        ({"language": "\udcff"}, "language"),
        ({"published_at": 1517875200}, "published_at"),
        ({"published_at": "yesterday"}, "published_at"),
        ({"published_at": "2018-02-30"}, "published_at"),
        ({"published_at": "9999-12-31T23:59:59-14:00"}, "published_at"),
        ({"published_at": "\ud800"}, "published_at"),
        ({"unknown": 1}, "unknown"),
        ({"Title": "a"}, "Title"),
    ],
    ids=lambda value: ascii(value)[:40],
)
@pytest.mark.parametrize("path", ["/v1/articles", "/v1/clean"])
def test_a_wrong_field_is_named(
    client: FlaskClient, path: str, fields: dict[str, object], field: str
) -> None:
    raw = json.dumps(an_article(**fields)).encode()
    response = client.post(path, data=raw, content_type="application/json")
    assert is_problem(response, 422, field)


@pytest.mark.parametrize(
    ("fields", "field", "limit"),
    [
        ({"id": "x" * 513}, "id", 512),
        ({"title": "x" * 2_001}, "title", 2_000),
        ({"source": "x" * 257}, "source", 256),
        ({"url": "https://a.example/" + "x" * 2_048}, "url", 2_048),
    ],
)
def test_a_broken_limit_is_named(
    client: FlaskClient, fields: dict[str, object], field: str, limit: int
) -> None:
    (error,) = client.post("/v1/articles", json=an_article(**fields)).get_json()["errors"]
    assert (error["field"], error["limit"]) == (field, limit)
    assert f"{limit:,}" in error["detail"]


def test_every_wrong_field_is_named_at_once(client: FlaskClient) -> None:
    response = client.post("/v1/articles", json=an_article(id=1, url=2, colour="red"))
    assert {error["field"] for error in response.get_json()["errors"]} == {"id", "url", "colour"}


def test_a_thousand_wrong_fields_make_a_short_answer(client: FlaskClient) -> None:
    response = client.post("/v1/articles", json={f"field{n}": n for n in range(1_000)})
    assert is_problem(response, 422, "field0")
    assert len(response.get_json()["errors"]) == 20
    assert len(response.data) < 8_000


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n\t\n "}, "text"),
        ({"text": None, "html": ""}, "html"),
        ({"text": None, "html": "<html><body></body></html>"}, "html"),
        ({"text": None, "html": "<script>var a = 1</script>"}, "html"),
    ],
)
def test_a_source_of_which_nothing_is_left_is_refused_and_not_stored(
    client: FlaskClient, fields: dict[str, object], field: str
) -> None:
    response = client.post("/v1/articles", json=an_article(**fields))
    assert is_problem(response, 422, field)
    assert response.get_json()["code"] == "nothing_left"
    assert client.get("/v1/articles/quay").status_code == 404


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_body_over_the_limit_is_refused_with_the_limit(is_declared: bool) -> None:  # noqa: FBT001
    app = create_app(memory_services(), Settings(max_body_bytes=2_000))
    raw = json.dumps(an_article()).encode() + b" " * 2_000
    unknown_length = {} if is_declared else {"CONTENT_LENGTH": "", "wsgi.input_terminated": True}

    response = app.test_client().post(
        "/v1/articles", data=raw, content_type="application/json", environ_overrides=unknown_length
    )

    assert is_problem(response, 413, "body")
    (error,) = response.get_json()["errors"]
    assert error["limit"] == 2_000


class BrokenInput:
    """What a WSGI server hands over when the client's chunks make no sense."""

    def read(self, size: int = -1) -> bytes:
        raise EOFError(size)

    readline = readinto = read


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/clean", "/v1/flags/x/decision"])
def test_a_body_that_cannot_be_read_is_the_clients_fault(client: FlaskClient, path: str) -> None:
    response = client.post(
        path,
        content_type="application/json",
        environ_overrides={
            "wsgi.input": BrokenInput(),
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
        },
    )
    assert is_problem(response, 400, "body")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/css", "application/x-www-form-urlencoded", "multipart/form-data", "json"],
)
def test_another_content_type_is_refused(client: FlaskClient, content_type: str) -> None:
    response = post(client, json.dumps(an_article()).encode(), content_type)
    assert is_problem(response, 415, "Content-Type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "application/ld+json"])
def test_every_kind_of_json_is_read(client: FlaskClient, content_type: str) -> None:
    assert post(client, json.dumps(an_article()).encode(), content_type).status_code == 201


def test_a_compressed_body_is_refused(client: FlaskClient) -> None:
    response = client.post("/v1/articles", json=an_article(), headers={"Content-Encoding": "gzip"})
    assert is_problem(response, 415, "Content-Encoding")


@pytest.mark.parametrize("path", ["none", "%FF%FE", "%00", "a%0Ab", "../../etc/passwd"])
def test_an_unknown_article_is_not_found(client: FlaskClient, path: str) -> None:
    assert is_problem(client.get(f"/v1/articles/{path}"), 404)


@pytest.mark.parametrize(
    ("index", "status"),
    [("5", 404), ("999999999", 404), ("-1", 422), ("one", 422), ("9" * 5_000, 422), ("²", 422)],
)
def test_a_block_that_is_not_there_cannot_be_restored(
    client: FlaskClient, index: str, status: int
) -> None:
    client.post("/v1/articles", json=an_article())
    assert is_problem(client.post(f"/v1/articles/quay/blocks/{index}/restore"), status)


def test_nothing_is_restored_in_an_unknown_article(client: FlaskClient) -> None:
    assert is_problem(client.post("/v1/articles/none/blocks/0/restore"), 404)


def test_a_restore_with_a_body_that_nobody_would_read_is_refused(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article())
    response = client.post("/v1/articles/quay/blocks/0/restore", json={"kept": False})
    assert is_problem(response, 422, "body")


@pytest.mark.parametrize("article_id", ["quay", *STRANGE_IDS])
def test_a_deleted_article_is_gone_with_its_flags(client: FlaskClient, article_id: str) -> None:
    client.post("/v1/articles", json=an_article(id=article_id))
    copy = client.post("/v1/articles", json=an_article(id="copy")).get_json()
    assert copy["duplicate_of"] == article_id
    path = f"/v1/articles/{quote(article_id, safe='')}"
    deleted = client.delete(path)
    assert (deleted.status_code, deleted.data) == (204, b"")
    assert is_problem(client.get(path), 404)
    assert is_problem(client.delete(path), 404)
    assert is_problem(client.get(f"/v1/flags/{copy['flags'][0]['id']}"), 404)
    left = client.get("/v1/articles/copy").get_json()
    assert (left["verdict"], left["matches"], left["flags"]) == ("unique", [], [])
    again = client.post("/v1/articles", json=an_article(id=article_id))
    assert (again.status_code, again.get_json()["revision"]) == (201, 1)


def test_a_deletion_with_a_body_that_nobody_would_read_is_refused(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article())
    assert is_problem(client.delete("/v1/articles/quay", json={"only": "flags"}), 422, "body")
    assert client.get("/v1/articles/quay").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/articles", "POST"),
        ("PUT", "/v1/articles/quay", "GET"),
        ("PUT", "/v1/clean", "POST"),
        ("POST", "/v1/flags", "GET"),
        ("POST", "/healthz", "GET"),
    ],
)
def test_a_method_that_is_not_offered_gets_405_with_those_that_are(
    client: FlaskClient, method: str, path: str, allowed: str
) -> None:
    response = client.open(path, method=method)
    assert is_problem(response, 405)
    assert allowed in response.headers["Allow"]


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v2/articles", "/v1/articles/", "/nothing"])
def test_an_unknown_address_is_a_problem_too(client: FlaskClient, path: str) -> None:
    assert is_problem(client.get(path), 404)


def test_two_stories_stay_apart(client: FlaskClient) -> None:
    client.post("/v1/articles", json=an_article())
    other = client.post("/v1/articles", json=an_article(id="choir", text=OTHER_STORY))
    assert other.get_json()["verdict"] == "unique"


# --- the page itself as the body -----------------------------------------------------------

PAGE = f"<html><body><nav>Home News</nav><article><h1>Quay</h1><p>{STORY} Größe</p></article>"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (PAGE.encode(), "text/html"),
        (PAGE.encode(), "text/html; charset=utf-8"),
        (PAGE.encode("latin-1"), "text/html; charset=ISO-8859-1"),
        (PAGE.encode("utf-16"), "text/html"),
        (PAGE.encode(), "Text/HTML;Charset=UTF-7"),
        (PAGE.encode(), "application/xhtml+xml"),
        (f"{STORY} Größe".encode("cp1252"), "text/plain; charset=windows-1252"),
        (f"{STORY} Größe".encode(), "text/plain"),
    ],
)
def test_a_page_or_text_is_taken_as_it_is(
    client: FlaskClient, content: bytes, content_type: str
) -> None:
    answer = client.post(
        "/v1/articles?id=a/1&url=https://news.example/a?b=1%26c=2&source=Wire&title=The quay",
        data=content,
        content_type=content_type,
    )
    assert answer.status_code == 201
    article = answer.get_json()
    assert article["id"] == "a/1"
    assert article["title"] == "The quay"
    assert "Größe" in article["text"]
    assert "Home News" not in article["text"]
    again = client.post("/v1/clean", data=content, content_type=content_type).get_json()
    assert "Größe" in again["text"]


def test_a_page_is_the_same_article_as_its_json(client: FlaskClient) -> None:
    as_json = client.post("/v1/articles", json={"id": "q", "html": PAGE, "source": "Wire"})
    as_page = client.post(
        "/v1/articles?id=q&source=Wire", data=PAGE.encode(), content_type="text/html"
    )
    assert (as_json.status_code, as_page.status_code) == (201, 200)
    assert as_json.get_json() == as_page.get_json()


@pytest.mark.parametrize("path", ["/v1/articles", "/v1/clean"])
@pytest.mark.parametrize(
    ("query", "content", "field"),
    [
        ("?text=x", PAGE.encode(), "text"),
        ("?language=en", PAGE.encode(), "language"),
        ("?id=a&id=b", PAGE.encode(), "id"),
        ("?id=", PAGE.encode(), "id"),
        ("?url=ftp://x", PAGE.encode(), "url"),
        ("?source=" + "x" * 300, PAGE.encode(), "source"),
        ("", b"", "body"),
        ("", b"<p>" + b"\x00\xff\xfe" * 30, "body"),
        ("", b"<a>" * 60_000, "body"),
        ("", b"<nav>Home</nav>", "body"),
    ],
)
def test_what_is_wrong_with_a_page_is_said_by_name(
    client: FlaskClient, path: str, query: str, content: bytes, field: str
) -> None:
    assert is_problem(client.post(path + query, data=content, content_type="text/html"), 422, field)


def test_a_page_in_a_compressed_body_is_refused(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/clean",
        data=PAGE.encode(),
        content_type="text/html",
        headers={"Content-Encoding": "gzip"},
    )
    assert is_problem(answer, 415, "Content-Encoding")


def test_a_foreign_page_cannot_make_a_browser_post_text(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/articles",
        data=STORY.encode(),
        content_type="text/plain",
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 403


def test_the_callers_word_stands_and_the_pages_is_kept_as_evidence(client: FlaskClient) -> None:
    article = client.post("/v1/clean", json={"html": PAGE, "title": "The quay"}).get_json()
    assert article["title"] == "The quay"
    said = [e for e in article["evidence"] if e["field"] == "title"]
    assert {"field": "title", "value": "The quay", "where": "caller", "used": True} in said
    assert {"field": "title", "value": "Quay", "where": "<h1>", "used": False} in said


def test_what_wire_copy_says_about_itself_is_answered(client: FlaskClient) -> None:
    text = f"UPDATE 1-Quay closed\n\n(Adds details)\n\n{STORY} (MORE)\n\nReporting by Jane Doe"
    answer = client.post("/v1/articles", json={"text": text})
    assert answer.get_json()["wire"] == {
        "slugs": ["UPDATE 1", "(Adds details)"],
        "takes": ["(MORE)"],
        "sign_offs": ["Reporting by Jane Doe"],
        "contributors": ["Jane Doe"],
    }

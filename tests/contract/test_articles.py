import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import zstandard
from pydantic import TypeAdapter

from cleaning.model import CleanedArticle
from service.duplicates.errors import StoreMisconfigured
from service.duplicates.model import ArticleRecord, Outcome, Relation, Submission, Verdict
from service.duplicates.ports import ArticleStore, Services
from service.stores.packed_record import SEAL_BYTES
from service.stores.redis_articles import RedisArticles
from service.stores.redis_keys import Keys
from tests.builders import NOW, a_match, an_article, cleaned
from tests.contract.conftest import Clients

OLD_FIELDS: dict[str, Any] = {
    "submission": Submission,
    "cleaned": CleanedArticle,
    "outcome": Outcome,
}


@pytest.fixture
def articles(services: Services) -> ArticleStore:
    return services.articles


def begin(
    articles: ArticleStore, article_id: str = "a", digest: str = "d1", seed: int = 1
) -> ArticleRecord:
    return articles.begin(
        article_id, digest, an_article(seed=seed), cleaned(seed=seed), NOW, continues=False
    )


def an_outcome(arrival: int = 1) -> Outcome:
    matches = (a_match("b", relation=Relation.NEAR),)
    return Outcome(arrival, Verdict.DUPLICATE, "b", "s1", matches)


def test_what_was_begun_can_be_read_again(articles: ArticleStore) -> None:
    record = begin(articles)
    assert articles.get("a") == record
    assert (record.revision, record.version, record.outcome) == (1, 1, None)


def test_an_unknown_article_is_none(articles: ArticleStore) -> None:
    assert articles.get("nobody") is None
    assert articles.get_many([]) == []


def test_the_same_content_again_is_returned_as_it_stands(articles: ArticleStore) -> None:
    record = begin(articles)
    articles.finish(record, an_outcome())
    again = begin(articles)
    assert again == replace(record, arrival=1, outcome=an_outcome())


def test_other_content_is_a_new_pending_revision(articles: ArticleStore) -> None:
    first = begin(articles)
    articles.finish(first, an_outcome())
    second = begin(articles, digest="d2", seed=2)
    assert (second.revision, second.outcome) == (2, None)
    assert second.version > first.version
    assert second.cleaned == replace(cleaned(seed=2), source="")


def test_of_the_revision_before_is_kept_what_was_made_of_it(articles: ArticleStore) -> None:
    first = begin(articles)
    assert first.former is None
    amended = articles.amend(first, cleaned(seed=7), frozenset({"k"}), frozenset())
    assert amended is not None
    for digest, seed, former in (("d2", 2, 7), ("d3", 3, 2)):
        record = begin(articles, digest=digest, seed=seed)
        assert record.former == replace(cleaned(seed=former), source="")
        articles.finish(record, an_outcome())
    found = articles.get("a")
    assert found is not None
    assert found.former == replace(cleaned(seed=2), source="")


def test_the_contents_of_earlier_revisions_are_remembered(articles: ArticleStore) -> None:
    for digest in ("d1", "d2", "d1"):
        begin(articles, digest=digest)
    record = begin(articles, digest="d3")
    assert record.superseded == {"d1", "d2"}
    assert articles.get("a") == record


def test_what_a_person_decided_of_blocks_outlives_a_revision(articles: ArticleStore) -> None:
    decided = frozenset({"k1", "k2"}), frozenset({"k3"})
    record = articles.amend(begin(articles), cleaned(), *decided)
    assert record is not None
    assert (record.restored, record.removed) == decided
    assert articles.get("a") == record
    revised = begin(articles, digest="d2")
    assert (revised.restored, revised.removed) == decided


def test_what_a_person_decided_of_blocks_is_taken_back(articles: ArticleStore) -> None:
    record = articles.amend(begin(articles), cleaned(), frozenset({"k1"}), frozenset({"k3"}))
    assert record is not None
    again = articles.amend(record, cleaned(), frozenset(), frozenset())
    assert again is not None
    assert (again.restored, again.removed) == (frozenset(), frozenset())
    assert articles.get("a") == again


def test_amending_makes_an_article_pending_again(articles: ArticleStore) -> None:
    record = begin(articles)
    articles.finish(record, an_outcome())
    amended = articles.amend(record, cleaned(seed=3), frozenset(), frozenset())
    assert amended is not None
    assert amended.outcome is None
    assert articles.get("a") == amended


def test_a_record_that_changed_is_neither_amended_nor_finished(articles: ArticleStore) -> None:
    stale = begin(articles)
    begin(articles, digest="d2", seed=2)
    assert articles.amend(stale, cleaned(seed=3), frozenset({"k"}), frozenset({"l"})) is None
    assert not articles.finish(stale, an_outcome())
    present = articles.get("a")
    assert present is not None
    assert (present.outcome, present.restored, present.removed) == (None, frozenset(), frozenset())


def test_several_are_read_in_their_order(articles: ArticleStore) -> None:
    first, second = begin(articles, "a"), begin(articles, "b", seed=2)
    assert articles.get_many(["b", "none", "a"]) == [second, None, first]


def test_ids_come_in_order_of_first_submission(articles: ArticleStore) -> None:
    for article_id in ("c", "a", "b"):
        begin(articles, article_id)
    begin(articles, "c", digest="d2")
    assert list(articles.ids()) == ["c", "a", "b"]
    assert articles.count() == 3


def test_more_ids_than_one_page_holds_come_once_each(articles: ArticleStore) -> None:
    article, text = an_article(), cleaned()
    names = [f"n{number}" for number in range(1_201)]
    for name in names:
        articles.begin(name, "d", article, text, NOW, continues=False)
    assert list(articles.ids()) == names


@pytest.mark.parametrize(
    "article_id", ["urn:x:1", "https://example.org/a?b=1#c", "{a}", "日本語", " spaced ", "*[?]"]
)
def test_any_text_is_an_id(articles: ArticleStore, article_id: str) -> None:
    record = begin(articles, article_id)
    assert articles.get(article_id) == record
    assert list(articles.ids()) == [article_id]


@pytest.mark.parametrize(
    "published_at",
    [
        date(2018, 2, 6),
        datetime(2018, 2, 6, 0, 0, tzinfo=timezone(timedelta(hours=2))),
        datetime(2018, 2, 6, 10, 32, tzinfo=UTC),
        None,
    ],
)
def test_a_day_stays_a_day_and_a_time_a_time(
    articles: ArticleStore, published_at: date | datetime | None
) -> None:
    submission = Submission(text=an_article().text, published_at=published_at)
    text = replace(cleaned(), published_at=published_at)
    articles.begin("a", "d", submission, text, NOW, continues=True)
    stored = articles.get("a")
    assert stored is not None
    assert stored.continues
    for value in (stored.submission.published_at, stored.cleaned.published_at):
        assert value == published_at
        assert type(value) is type(published_at)


def test_the_source_is_kept_beside_the_record(articles: ArticleStore) -> None:
    page = Submission(html="<p>é", title="T", url="https://a.example/")
    first = articles.begin("a", "d1", page, cleaned(), NOW, continues=False)
    assert first.submission == replace(page, html=None)
    assert articles.received(first) == page
    second = begin(articles, digest="d2")
    assert articles.received(second) == an_article()
    assert articles.received(first) is None
    amended = articles.amend(second, cleaned(seed=3), frozenset(), frozenset())
    assert amended is not None
    assert articles.received(amended) == an_article()


def test_a_writer_of_another_record_of_the_same_version_loses(articles: ArticleStore) -> None:
    first = begin(articles)
    other = replace(first, received_at=NOW + timedelta(microseconds=1))
    assert not articles.finish(other, an_outcome())
    assert articles.amend(other, cleaned(seed=3), frozenset(), frozenset()) is None
    assert articles.get("a") == first


@pytest.mark.parametrize("outcome", [None, an_outcome()])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_record_of_an_older_version_is_read_and_packed(
    clients: Clients, outcome: Outcome | None, *, compressed: bool
) -> None:
    submission, text = Submission(html="<p>é", source="Wire"), cleaned()
    json_of: dict[str, Callable[[Any], bytes]] = {
        name: TypeAdapter(kind).dump_json for name, kind in OLD_FIELDS.items()
    }
    told = json_of["outcome"](outcome) if outcome else b""
    fields: dict[str, bytes | str | int] = {
        "revision": 2,
        "version": 5,
        "digest": "d2",
        "superseded": "d1 d0",
        "continues": "1",
        "received_at": NOW.isoformat(),
        "submission": zstandard.compress(json_of["submission"](submission)),
        "cleaned": zstandard.compress(json_of["cleaned"](text)),
        "restored": '["k1"]',
        "outcome": zstandard.compress(told) if compressed and outcome else told,
    }
    for client in clients.values():
        namespace = uuid.uuid4().hex
        key = Keys(namespace).article("a")
        client.hset(key, mapping=fields)  # type: ignore[arg-type]
        client.zadd(Keys(namespace).articles, {"a": 1})
        articles = RedisArticles(client, namespace)
        record = articles.get("a")
        assert record is not None
        assert client.type(key) == b"string"
        assert (record.revision, record.version, record.outcome) == (2, 5, outcome)
        assert (sorted(record.superseded), sorted(record.restored)) == (["d0", "d1"], ["k1"])
        assert record.arrival == (outcome.arrival if outcome else None)
        assert record.cleaned.text == text.text
        assert articles.received(record) == submission
        assert articles.get("a") == record
        assert articles.finish(record, an_outcome(7))


def test_a_record_of_a_later_version_is_refused(clients: Clients) -> None:
    for client in clients.values():
        namespace = uuid.uuid4().hex
        articles = RedisArticles(client, namespace)
        begin(articles)
        client.setrange(Keys(namespace).article("a"), SEAL_BYTES, b"\xff")
        with pytest.raises(StoreMisconfigured, match="later version"):
            articles.get("a")


def test_the_articles_submitted_last_come_first(articles: ArticleStore) -> None:
    for number in range(4):
        begin(articles, f"a{number}", seed=number)
    begin(articles, "a1", digest="d2", seed=9)  # a revision keeps its place
    assert articles.latest(3) == ["a3", "a2", "a1"]
    assert articles.latest(9) == ["a3", "a2", "a1", "a0"]
    assert articles.latest(0) == []

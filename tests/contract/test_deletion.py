"""What is left when articles are deleted or expire, in every store."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from service.batch.expiry import expire, note_expiry
from service.batch.integrity import repair, verify
from service.batch.reprocess import reprocess_all, stored_ids
from service.duplicates import submit as use_case
from service.duplicates.errors import ArticleNotFound
from service.duplicates.model import Decision, Policy, Submission, Verdict
from service.duplicates.ports import Services
from service.duplicates.retention import Retention
from service.duplicates.review import decide
from service.duplicates.submit import delete, get_article, remove_block, restore_block, submit
from service.stores.cluster_index import ClusterIndex
from service.stores.memory import (
    MemoryArticles,
    MemoryFlags,
    MemoryIndex,
    MemorySites,
    MemoryStories,
)
from service.stores.redis_articles import RedisArticles
from service.stores.redis_index import RedisIndex
from service.stores.redis_keys import door
from tests.builders import an_article, prose

DAY = timedelta(days=1)


@pytest.fixture
def services(index_services: Services) -> Services:
    """Empty stores of each kind, also with the index on a cluster."""
    return index_services


def made_of(*parts: int, source: str | None = "Courier") -> Submission:
    return an_article("\n\n".join(prose(part, 6) for part in parts), source=source)


def told(services: Services, article_id: str) -> tuple[Verdict, str | None, list[str]]:
    outcome = get_article(services, article_id).record.outcome
    assert outcome
    return outcome.verdict, outcome.duplicate_of, [match.id for match in outcome.matches]


def story_of(services: Services, article_id: str) -> str | None:
    return get_article(services, article_id).story


def faults(services: Services) -> list[str]:
    return verify(services, settle_s=0)


def keys_left(services: Services) -> list[str]:
    articles, index = services.articles, services.index
    assert isinstance(articles, RedisArticles)
    namespace = articles._keys.namespace
    names: Any = [*articles._client.scan_iter(match=f"{namespace}:*", count=10_000)]
    if isinstance(index, ClusterIndex):
        names += index._cluster.keys(f"{namespace}:*")
    return sorted(name.decode().partition(":")[2] for name in names)


def left(services: Services) -> Any:
    """All that is stored: the keys, or what the dicts hold."""
    index = services.index
    if not isinstance(index, MemoryIndex):
        return keys_left(services)
    assert isinstance(services.articles, MemoryArticles)
    assert isinstance(services.flags, MemoryFlags)
    assert isinstance(services.sites, MemorySites)
    assert isinstance(services.stories, MemoryStories)
    parts = (
        *(services.articles._records, services.articles._sources, services.flags._flags),
        *(index._entries, index._ids, index._buckets, services.stories._members),
        *services.sites._latest.values(),
        *services.sites._stories.values(),
    )
    return [part for part in parts if part]


def nothing(services: Services) -> Any:
    """What is left of an archive without articles: the index's head."""
    index = services.index
    if isinstance(index, MemoryIndex):
        return []
    assert isinstance(index, RedisIndex | ClusterIndex)
    keys = [index._index.arrivals, *map(door, index._index.roots)]
    if isinstance(index, ClusterIndex):  # where the articles are stands where it is, and a counter
        keys += [index._keys.index_parameters, index._keys.index_arrivals]
    return sorted(key.partition(":")[2] for key in keys)


def test_a_deleted_article_is_gone(services: Services) -> None:
    submit(services, made_of(1), "a")
    delete(services, "a")
    with pytest.raises(ArticleNotFound):
        get_article(services, "a")
    with pytest.raises(ArticleNotFound):
        delete(services, "a")
    assert submit(services, made_of(1), "b").record.outcome.verdict is Verdict.UNIQUE  # type: ignore[union-attr]
    assert faults(services) == []


def test_the_next_copy_becomes_the_original(services: Services) -> None:
    submit(services, made_of(1, 2, 3), "a")
    submit(services, made_of(1, 2, 3), "b")
    submit(services, made_of(1, 2, 3, 4), "c")
    submit(services, made_of(3, 7, 8, 9, 10), "round-up")
    flag = services.flags.raised_by("c")[0]
    decide(services, flag.id, Decision.DUPLICATE, by="Ada", seen=None)
    delete(services, "a")
    assert told(services, "b") == (Verdict.UNIQUE, None, [])
    assert told(services, "c") == (Verdict.DUPLICATE, "b", ["b"])
    assert "a" not in told(services, "round-up")[2]
    for article_id in ("b", "c", "round-up"):
        assert "a" not in [flag.other for flag in services.flags.raised_by(article_id)]
    assert services.flags.raised_on("a", 10) == []
    assert services.flags.get(flag.id) is None
    assert faults(services) == []


def test_the_story_of_those_that_followed_a_copy_changes_too(services: Services) -> None:
    """The last ones have nothing in common with the deleted one."""
    services = replace(services, policy=Policy(near=0.4))
    submit(services, made_of(1, 2), "a")
    submit(services, made_of(2, 3), "b")
    submit(services, made_of(3, 4), "c")
    submit(services, made_of(4, 5), "d")
    assert told(services, "d") == (Verdict.DUPLICATE, "c", ["c"])
    assert [story_of(services, name) for name in "abcd"] == ["s1", "s1", "s3", "s3"]
    delete(services, "a")
    assert [told(services, name)[1] for name in "bcd"] == [None, "b", "c"]
    assert [story_of(services, name) for name in "bcd"] == ["s2", "s2", "s4"]
    threads = [get_article(services, name).record.outcome.thread for name in "bcd"]  # type: ignore[union-attr]
    assert threads == ["s2"] * 3
    assert faults(services) == []


def test_300_articles_leave_nothing_when_they_are_deleted(services: Services) -> None:
    draw = Random(1)
    names = [f"n{number}" for number in range(300)]
    for number, name in enumerate(names):
        text = f"{prose(number % 100, 2)}\n\n{prose(200 + number, 2)}"
        submit(services, an_article(text, source=f"site {number % 5}"), name)
    get_article(services, names[0])
    index = services.index
    before = memory_of(index)
    assert services.flags.page(None, None, 1).total > 0
    draw.shuffle(names)
    for name in names:
        delete(services, name)
    assert left(services) == nothing(services)
    if isinstance(index, RedisIndex):
        assert memory_of(index) < before / 50
    submit(services, made_of(1), "again")
    assert faults(services) == []


def memory_of(index: object) -> int:
    if not isinstance(index, RedisIndex):
        return 0
    client: Any = index._client
    keys = list(client.scan_iter(match=f"{index._keys.namespace}:*", count=10_000))
    return sum(client.memory_usage(key, samples=0) for key in keys)


def test_a_deleted_id_comes_in_again_as_a_new_article(services: Services) -> None:
    submit(services, made_of(1), "a")
    submit(services, made_of(2), "a")
    delete(services, "a")
    answer = submit(services, made_of(1), "a")
    assert answer.created
    assert answer.record.revision == 1
    assert answer.record.arrival == 3
    assert not answer.record.superseded
    assert faults(services) == []


STEPS = ("index.remove", "articles.amend", "flags.remove", "sites.forget", "articles.remove")


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("finish", ["delete", "submit", "expire", "repair"])
def test_a_deletion_that_was_killed_is_finished(
    services: Services, monkeypatch: pytest.MonkeyPatch, step: str, finish: str, after: int
) -> None:
    for name in "abcd":
        submit(services, made_of(1, 2, ord(name)), name)
    submit(services, made_of(ord("b"), ord("c"), 2), "e")
    store, method = step.split(".")
    real = getattr(getattr(services, store), method)
    calls = iter(range(100))

    def killing(*args: Any, **named: Any) -> Any:
        if next(calls) < after:
            return real(*args, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(getattr(services, store), method, killing)
        try:
            delete(services, "a")
        except Killed:
            assert services.articles.get("a") is None
            assert services.articles.due(5) == ["a"]
            assert "article 'a' was not deleted to the end" in faults(services)
        else:
            return
    ways: dict[str, Callable[[], object]] = {
        "delete": lambda: delete(services, "a"),
        "submit": lambda: submit(services, made_of(9), "a"),
        "expire": lambda: list(expire(services)),
        "repair": lambda: repair(services),
    }
    ways[finish]()
    assert faults(services) == []
    assert services.articles.due(5) == []
    assert told(services, "b") == (Verdict.UNIQUE, None, [])
    assert [told(services, name)[1] for name in "cd"] == ["b", "b"]


def test_whoever_compares_with_a_deleted_article_compares_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy has met the article, and it goes before the copy's verdict is written."""
    submit(services, made_of(1), "a")
    real, is_first = use_case._flag, iter((True,))

    def slow(*args: Any) -> Any:
        if next(is_first, False):
            delete(services, "a")
        return real(*args)

    monkeypatch.setattr(use_case, "_flag", slow)
    submit(services, made_of(1), "b")
    assert told(services, "b") == (Verdict.UNIQUE, None, [])
    assert services.flags.raised_on("a", 5) == []
    assert faults(services) == []


def test_an_article_that_is_deleted_while_it_is_compared_leaves_nothing(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(services, made_of(1), "a")
    real = services.index.add

    def slow(article_id: str, *args: Any, **named: Any) -> Any:
        if article_id == "b":
            delete(services, "b")
        return real(article_id, *args, **named)

    monkeypatch.setattr(services.index, "add", slow)
    assert submit(services, made_of(1), "b").created
    monkeypatch.undo()
    assert services.articles.get("b") is None
    assert services.flags.raised_by("b") == []
    delete(services, "a")
    assert left(services) == nothing(services)


def test_posters_and_deleters_of_one_id_at_once(services: Services) -> None:
    submit(services, made_of(1, 2), "original")
    submit(services, made_of(1, 2, 3), "late")
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        draw = Random(seed)
        try:
            for _ in range(12):
                if draw.random() < 0.4:
                    try:
                        delete(services, draw.choice(["original", "x"]))
                    except ArticleNotFound:
                        continue
                else:
                    name = draw.choice(["original", "x"])
                    answer = submit(services, made_of(1, 2, draw.choice((4, 5))), name)
                    assert answer.record.outcome
        except BaseException as error:  # noqa: BLE001 - told in the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for name in services.articles.ids():
        get_article(services, name)
    assert faults(services) == []
    for name in list(services.articles.ids()):
        delete(services, name)
    assert left(services) == nothing(services)


# --- retention -----------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keeping(services: Services, clock: Clock) -> Callable[..., Services]:
    """The same stores with another retention."""

    def made(windows: str, source_days: int | None = None) -> Services:
        retention = Retention.parsed(windows, source_days)
        articles: Any
        if isinstance(services.articles, RedisArticles):
            namespace = services.articles._keys.namespace
            articles = RedisArticles(services.articles._client, namespace, retention, clock)
        else:
            articles = services.articles
            articles._retention, articles._clock = retention, clock
        return replace(services, articles=articles, clock=clock)

    return made


def test_an_expired_article_is_no_candidate_before_it_is_swept(
    keeping: Callable[..., Services], clock: Clock
) -> None:
    services = keeping("wire=2, *=30")
    submit(services, made_of(1, source="Wire"), "a")
    submit(services, made_of(1), "b")
    assert told(services, "b")[1] == "a"
    clock.now += 2 * DAY
    assert told(services, "a")[0] is Verdict.UNIQUE
    clock.now += DAY
    assert services.articles.get("a") is None
    assert submit(services, made_of(1), "c").record.outcome.duplicate_of == "b"  # type: ignore[union-attr]
    assert services.articles.due(10) == ["a"]
    assert list(note_expiry(services))[:1] in ([], ["a"])
    assert faults(services) == []
    assert list(expire(services)) == ["a"]
    assert told(services, "b") == (Verdict.UNIQUE, None, [])
    assert faults(services) == []
    clock.now += 31 * DAY
    assert sorted(expire(services)) == ["b", "c"]
    assert [key for key in left(services) if key != "windows"] == nothing(services)


def test_an_expired_id_comes_in_again_as_a_new_article(
    keeping: Callable[..., Services], clock: Clock
) -> None:
    services = keeping("*=1")
    submit(services, made_of(1), "a")
    clock.now += 2 * DAY
    answer = submit(services, made_of(1), "a")
    assert (answer.created, answer.record.revision, answer.record.arrival) == (True, 1, 2)
    assert list(expire(services)) == []
    assert faults(services) == []


def test_other_windows_hold_for_what_is_stored_already(
    keeping: Callable[..., Services], clock: Clock
) -> None:
    for name in ("a", "b"):
        submit(keeping(""), made_of(ord(name), source=name), name)
    clock.now += 10 * DAY
    services = keeping("a=5")
    assert services.articles.get("a") is None
    list(note_expiry(services))
    assert services.articles.due(5) == ["a"]
    services = keeping("a=20, b=10")
    list(note_expiry(services))
    assert services.articles.due(5) == []
    assert told(services, "a")[0] is Verdict.UNIQUE
    clock.now += DAY
    assert services.articles.due(5) == ["b"]
    # A window that has grown since, of which nobody has taken note yet.
    services = keeping("*=90")
    assert list(expire(services)) == []
    clock.now += 80 * DAY
    assert sorted(expire(services)) == ["a", "b"]


def test_a_source_expires_by_itself(redis_services: Services) -> None:
    stored = redis_services.articles
    assert isinstance(stored, RedisArticles)
    retention = Retention(source_days=3)
    articles = RedisArticles(stored._client, stored._keys.namespace, retention)
    services = replace(redis_services, articles=articles)
    record = submit(services, made_of(1), "a").record
    key = articles._keys.source("a")
    assert 2 * DAY < timedelta(seconds=int(stored._client.ttl(key))) <= 3 * DAY
    list(reprocess_all(redis_services, ["a"]))  # without the setting
    assert stored._client.ttl(key) == -1
    assert articles.received(record) == made_of(1)


def test_an_article_works_when_its_source_is_gone(
    keeping: Callable[..., Services], clock: Clock
) -> None:
    services = keeping("", source_days=1)
    text = f"Home » News » Ferry\n\nFerry\n\n{prose(1, 3)}\n\nSubscribe to our newsletter"
    submit(services, Submission(text=text), "a")
    before = get_article(services, "a").record
    clock.now += 2 * DAY
    assert services.articles.received(before) is None
    (result,) = reprocess_all(services, stored_ids(services))
    assert (result.differences, result.error, result.was_cleaned) == ((), None, False)
    blocks = before.cleaned.blocks
    gone = next(i for i, block in enumerate(blocks) if not block.kept)
    kept = next(i for i, block in enumerate(blocks) if block.kept and block.role == "body")
    put_back = restore_block(services, "a", gone).record.cleaned
    assert put_back.blocks[gone].text in put_back.text
    assert put_back.blocks[gone].rule == "restored"
    taken = remove_block(services, "a", kept).record.cleaned
    assert blocks[kept].text not in taken.text
    restore_block(services, "a", kept)
    again = remove_block(services, "a", gone).record.cleaned
    assert again.text == before.cleaned.text
    assert again.blocks[gone].rule == blocks[gone].rule
    assert faults(services) == []

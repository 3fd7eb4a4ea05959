"""What becomes of an index in Redis that has lost something. Nothing that is lost is ever taken for
something that never was."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import redis

from service.batch.integrity import repair, verify
from service.duplicates.errors import IndexDamaged, StoreUnavailable
from service.duplicates.model import Verdict
from service.duplicates.ports import BUCKET_CAP, Services
from service.duplicates.story_review import get_story
from service.duplicates.submit import Answer, reprocess, submit
from service.stores.cluster_index import ClusterIndex
from service.stores.redis_articles import RedisArticles
from service.stores.redis_index import RedisIndex
from service.stores.redis_keys import IndexKeys, door
from tests.builders import an_article, prose

DAMAGES = 100


@pytest.fixture
def services(redis_services: Services) -> Services:
    return redis_services


@pytest.fixture
def client(services: Services) -> Any:
    """A client of what holds the index."""
    index = real(services)
    return index._client if isinstance(index, RedisIndex) else index._cluster._connected()


@pytest.fixture
def articles(services: Services) -> redis.Redis:
    """A client of what holds the articles."""
    assert isinstance(services.articles, RedisArticles)
    return services.articles._client


@pytest.fixture
def keys(services: Services) -> IndexKeys:
    return real(services)._index


def real(services: Services) -> RedisIndex | ClusterIndex:
    assert isinstance(services.index, RedisIndex | ClusterIndex)
    return services.index


def record_key(services: Services, article_id: str) -> str:
    assert isinstance(services.articles, RedisArticles)
    return services.articles._keys.article(article_id)


def verdict(answer: Answer) -> tuple[Verdict, str | None]:
    outcome = answer.record.outcome
    assert outcome
    return outcome.verdict, outcome.duplicate_of


def faults(services: Services) -> list[str]:
    return verify(services, settle_s=0)


def index_keys(client: Any, keys: IndexKeys, kind: str = "") -> list[bytes]:
    found = {
        key
        for root in keys.roots
        for key in client.scan_iter(match=f"{root}:{kind}*", count=10_000)
    }
    return sorted(found)


def add(services: Services, article_id: str, *numbers: int, **more: Any) -> list[str]:
    slots = [b"\x03" + number.to_bytes(5, "big") for number in numbers]
    met = services.index.add(article_id, 1, slots, **{"continues": False, **more})
    return [candidate.id for candidate in met.candidates + met.later]


# --- an entry is lost --------------------------------------------------------------------------


def test_an_article_whose_entry_is_lost_does_not_meet_itself(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    add(services, "a", 1, 2)
    add(services, "b", 1)
    client.delete(keys.entry("a"))
    assert add(services, "a", 1, 2) == ["b"]
    client.delete(keys.entry("a"))
    assert add(services, "a", 1, 2, arrival=1) == ["b"]


def test_an_original_whose_entry_is_lost_stays_the_original(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    submit(services, an_article(), "a")
    submit(services, an_article(), "b")
    client.delete(keys.entry("a"))
    assert verdict(reprocess(services, "a").after) == (Verdict.UNIQUE, None)
    assert verdict(reprocess(services, "b").after) == (Verdict.DUPLICATE, "a")
    longer = an_article(prose(1) + "\n\n" + prose(2, 2))
    client.delete(keys.entry("a"))
    assert verdict(submit(services, longer, "a")) == (Verdict.UNIQUE, None)
    assert faults(services)  # nobody knows which buckets the article's old text was in
    repair(services)
    assert faults(services) == []


# --- what everything else depends on is lost ---------------------------------------------------


@pytest.mark.parametrize("lost", ["arrivals", "parameters", "ids:0", "entry:old", ""])
def test_a_copy_is_never_unique_because_something_is_lost(
    services: Services, client: Any, keys: IndexKeys, lost: str
) -> None:
    submit(services, an_article(), "old")
    client.delete(*index_keys(client, keys, lost))
    with pytest.raises(IndexDamaged, match="copydesk repair"):
        submit(services, an_article(), "copy")
    repair(services)
    assert verdict(submit(services, an_article(), "copy")) == (Verdict.DUPLICATE, "old")
    assert faults(services) == []


@pytest.mark.parametrize("value", [b"", b"0", b"-4", b"many", b"3.5", b"99999999999", None])
def test_a_counter_that_is_wrong_overwrites_no_name(
    services: Services, client: Any, keys: IndexKeys, value: bytes | None
) -> None:
    for number in range(3):
        submit(services, an_article(seed=number), f"a{number}")
    if value is None:
        client.delete(keys.arrivals)
        client.hset(keys.arrivals, "a", "b")
    else:
        client.set(keys.arrivals, value)
    before = client.hgetall(keys.name(0)[0])
    with pytest.raises(IndexDamaged):
        submit(services, an_article(seed=9), "new")
    assert client.hgetall(keys.name(0)[0]) == before


@pytest.mark.parametrize("kind", ["parameters", "arrivals", "entry:", "ids:", "b:"])
def test_a_key_that_holds_another_kind_of_value_is_told(
    services: Services, client: Any, keys: IndexKeys, kind: str
) -> None:
    submit(services, an_article(), "old")
    for key in index_keys(client, keys, kind):
        client.delete(key)
        client.rpush(key, "x")
    with pytest.raises(IndexDamaged):
        submit(services, an_article(), "copy")
    assert faults(services)
    repair(services)
    assert faults(services) == []


def test_an_index_of_other_parameters_is_refused(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    submit(services, an_article(), "old")
    client.set(door(keys.head), '{"bands": 3}')
    with pytest.raises(IndexDamaged, match="was built with"):
        services.index.check()
    with pytest.raises(IndexDamaged):
        submit(services, an_article(), "copy")


def test_a_lost_index_is_told_before_an_article_needs_it(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    services.ping()
    submit(services, an_article(), "old")
    services.ping()
    client.delete(*index_keys(client, keys))
    with pytest.raises(IndexDamaged, match="parameters are missing"):
        services.ping()


def test_an_archive_that_is_lost_as_a_whole_begins_anew(
    services: Services, client: Any, articles: redis.Redis
) -> None:
    submit(services, an_article(), "old")
    client.flushdb()
    articles.flushdb()
    assert verdict(submit(services, an_article(), "new")) == (Verdict.UNIQUE, None)
    assert faults(services) == []


def test_a_story_is_not_unknown_because_the_index_is_lost(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    submit(services, an_article(), "old")
    assert get_story(services, "s1").original == "old"
    client.set(door(keys.head), "rebuilding x")
    client.delete(keys.name(1)[0])
    with pytest.raises(IndexDamaged, match="being rebuilt"):
        get_story(services, "s1")


# --- verify and repair -------------------------------------------------------------------------


def archive(services: Services) -> None:
    """Forty articles: single ones, copies, longer versions, short ones, a much copied one, and
    some that were revised into something else."""
    for number in range(8):
        submit(services, an_article(seed=number), f"a{number}")
    for number in range(4):
        submit(services, an_article(seed=number), f"copy{number}")
        longer = prose(number) + "\n\n" + prose(100 + number, 3)
        submit(services, an_article(longer), f"longer{number}")
    for number in range(BUCKET_CAP - 1):
        submit(services, an_article(seed=5), f"often{number}")
    for number in range(5):
        submit(services, an_article(f"Short number {number}."), f"short{number}")
    submit(services, an_article(seed=300), "a2")
    submit(services, an_article(prose(3) + "\n\n" + prose(301, 1)), "a3")
    submit(services, an_article(prose(5) + "\n\n" + prose(6) + "\n\n" + prose(7)), "round-up")


def outcomes(services: Services) -> dict[str, object]:
    records = services.articles.get_many(list(services.articles.ids()))
    return {record.id: record.outcome for record in records if record}


def state(client: Any, keys: IndexKeys) -> dict[bytes, object]:
    """The index as it is, but for the order of members in buckets."""
    names = index_keys(client, keys)
    types, values = client.pipeline(), client.pipeline()
    for name in names:
        types.type(name)
    for name, kind in zip(names, types.execute(), strict=True):
        if kind == b"hash":
            values.hgetall(name)
        elif kind == b"list":
            values.lrange(name, 0, -1)
        else:
            values.get(name)
    found = dict(zip(names, values.execute(), strict=True))
    for name, value in found.items():
        if b":b:" in name and isinstance(value, dict):
            found[name] = {
                field: sorted(members[i : i + 4] for i in range(0, len(members), 4))
                for field, members in value.items()
            }
    return found


def test_a_sound_archive_has_no_faults_and_a_repair_changes_nothing(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    assert faults(services) == []
    archive(services)
    assert faults(services) == []
    before, index = outcomes(services), state(client, keys)
    assert repair(services).compared == 0
    assert (outcomes(services), state(client, keys)) == (before, index)
    for article_id in services.articles.ids():
        reprocess(services, article_id)
    assert outcomes(services) == before


def test_an_index_that_is_lost_as_a_whole_gives_the_same_verdicts_again(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    archive(services)
    before, index = outcomes(services), state(client, keys)
    client.delete(*index_keys(client, keys))
    assert faults(services)
    repair(services)
    assert state(client, keys) == index
    for article_id in services.articles.ids():
        reprocess(services, article_id)
    assert outcomes(services) == before
    submit(services, an_article(seed=1), "late")
    numbers = [record.arrival for record in services.articles.get_many(list(before)) if record]
    late = services.articles.get("late")
    assert late
    assert late.arrival not in numbers


def damaged(client: Any, keys: IndexKeys, draw: Random, number: int) -> str:
    """Do something to the index, and say what: in every twentieth case to one of the places that
    hardly any draw would hit, else to any key or member."""
    bucket, field = keys.bucket(draw.randbytes(6))
    value = draw.choice([b"-1", b"", b"x", str(draw.randrange(30)).encode()])
    rare: list[tuple[str, Callable[[], object]]] = [
        ("the counter is lost", lambda: client.delete(keys.arrivals)),
        (f"the counter is {value!r}", lambda: client.set(keys.arrivals, value)),
        ("the parameters are lost", lambda: client.delete(door(keys.head))),
        ("the parameters are wrong", lambda: client.set(door(keys.parts[-1]), value)),
        ("an entry of nobody", lambda: client.set(keys.entry("nobody"), bytes(26))),
        ("a bucket of nobody", lambda: put_field(client, bucket, field, bytes(4))),
        ("a second name", lambda: put_field(client, keys.name(200)[0], b"77", b"a1")),
    ]
    if number % 20 < len(rare):
        told, do = rare[number % 20]
        do()
        return told
    key = draw.choice(index_keys(client, keys, draw.choice(["entry:", "ids:", "b:"])))
    how = draw.random()
    if how < 0.2:
        client.delete(key)
        return f"{key!r} is lost"
    if how < 0.3:
        client.delete(key)
        client.rpush(key, draw.randbytes(4))
        return f"{key!r} is a list"
    if client.type(key) == b"hash":
        return damaged_field(client, key, draw)
    stored: Any = client.get(key)
    client.set(key, spoiled(stored, draw))
    return f"{key!r} is spoiled"


def damaged_field(client: Any, key: bytes, draw: Random) -> str:
    fields: Any = client.hgetall(key)
    field = draw.choice(sorted(fields))
    how = draw.random()
    if how < 0.5:
        client.hdel(key, field)
    if how < 0.3:
        return f"{key!r} has lost {field!r}"
    if how < 0.5:
        put_field(client, key, spoiled(field, draw), fields[field])
        return f"{key!r} has moved {field!r}"
    put_field(client, key, field, spoiled(fields[field], draw))
    return f"{key!r} is spoiled in {field!r}"


def put_field(client: Any, key: str | bytes, field: bytes, value: bytes) -> None:
    client.execute_command("HSET", key, field, value)


def spoiled(value: bytes, draw: Random) -> bytes:
    """A value with a byte changed, cut or added."""
    place = draw.randrange(len(value))
    how = draw.randrange(3)
    if how == 0:
        other = bytes(((value[place] + draw.randrange(1, 256)) % 256,))
        return value[:place] + other + value[place + 1 :]
    return value[:place] + value[place + 1 :] if how == 1 else value + draw.randbytes(4)


def test_every_one_of_a_hundred_random_damages_is_found_and_mended(
    services: Services, client: Any, keys: IndexKeys
) -> None:
    archive(services)
    before, index = outcomes(services), state(client, keys)
    # On a cluster every key is read over and over: a quarter of them, other ones for each make.
    every = 4 if len(keys.parts) > 1 else 1
    for number in range(Random(keys.prefix).randrange(every), DAMAGES, every):
        told = damaged(client, keys, Random(number), number)
        assert state(client, keys) != index, told
        assert faults(services), told
        repair(services)
        assert faults(services) == [], told
        assert outcomes(services) == before, told
        assert state(client, keys) == index, told


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [0, 1, 13, 34])
def test_a_repair_that_is_killed_leaves_the_index_closed_and_can_be_run_again(
    services: Services, client: Any, keys: IndexKeys, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.stores.redis_upkeep.AT_ONCE", 5)
    archive(services)
    before, index = outcomes(services), state(client, keys)
    done = iter(range(after))

    def tick() -> None:
        if next(done, None) is None:
            raise Killed

    with pytest.raises(Killed):
        repair(services, tick)
    with pytest.raises(IndexDamaged, match="rebuil"):
        submit(services, an_article(seed=1), "meanwhile")
    with pytest.raises(IndexDamaged, match="rebuil"):
        services.index.check()
    assert faults(services)
    assert repair(services).compared == 1  # the one that was sent meanwhile
    after_all = outcomes(services)
    meanwhile = services.articles.get("meanwhile")
    assert meanwhile
    assert verdict(Answer(meanwhile, ())) == (Verdict.DUPLICATE, "a1")
    del after_all["meanwhile"]
    assert after_all == before
    assert faults(services) == []
    assert len(state(client, keys)) >= len(index)


def test_of_two_repairs_at_once_one_stops(services: Services) -> None:
    archive(services)
    other = iter([None])

    def tick() -> None:
        for _ in other:
            repair(services)

    with pytest.raises(StoreUnavailable, match="run `copydesk repair` again"):
        repair(services, tick)
    assert faults(services) == []


def test_records_that_contradict_each_other_are_told_and_compared_again(
    services: Services,
) -> None:
    archive(services)
    before = outcomes(services)
    outcome = before["copy1"]
    wrongs: list[dict[str, Any]] = [
        {"story_id": "s40"},
        {"duplicate_of": "nobody"},
        {"duplicate_of": "round-up"},
    ]
    for wrong in wrongs:
        record = services.articles.get("copy1")
        assert record
        assert record.outcome
        assert services.articles.finish(record, replace(record.outcome, **wrong))
        assert any("copy1" in fault for fault in faults(services)), wrong
        assert repair(services).compared == 1
        assert outcomes(services)["copy1"] == outcome
        assert faults(services) == []


def test_an_article_that_was_never_compared_is_a_fault_that_a_repair_finishes(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(services)

    def killed(*_: object) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(services.articles, "finish", killed)
        with pytest.raises(Killed):
            submit(services, an_article(seed=4), "pending")
    assert faults(services) == ["article 'pending' was not compared to the end"]
    assert repair(services).compared == 1
    record = services.articles.get("pending")
    assert record
    assert verdict(Answer(record, ())) == (Verdict.DUPLICATE, "a4")


def test_of_two_articles_with_one_number_the_later_gets_another(services: Services) -> None:
    submit(services, an_article(seed=1), "a")
    submit(services, an_article(seed=1), "b")
    record = services.articles.get("b")
    assert record
    assert record.outcome
    assert services.articles.finish(record, replace(record.outcome, arrival=1))
    assert faults(services)
    repair(services)
    assert faults(services) == []
    records = services.articles.get_many(["a", "b"])
    assert [record and record.arrival for record in records] == [1, 3]
    assert verdict(Answer(records[1], ())) == (Verdict.DUPLICATE, "a")  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_leftovers(client: Any, articles: redis.Redis, keys: IndexKeys) -> Iterator[None]:
    yield
    namespace = keys.prefix.partition(":")[0]
    for server in (articles, client):
        for key in list(server.scan_iter(match=f"{namespace}:*", count=10_000)):
            server.delete(key)

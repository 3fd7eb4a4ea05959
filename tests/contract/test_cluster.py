"""What can happen to an index on a cluster, and to nothing else: between its steps, and when a
master of it is gone. Masters are processes of their own, which are killed."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.batch.integrity import repair, verify
from service.duplicates.errors import IndexDamaged, StoreUnavailable
from service.duplicates.model import IndexEntry, Placement, Verdict
from service.duplicates.ports import Services
from service.duplicates.submit import submit
from service.stores import cluster_index
from service.stores.cluster_index import ClusterIndex
from service.stores.redis_cluster import Cluster
from service.stores.redis_connection import Call, check_cluster
from service.stores.redis_connection import call as real_call
from service.stores.redis_index import RedisIndex
from service.stores.redis_keys import PARTS
from tests.builders import an_article
from tests.clusters import Master, await_agreement, running_cluster
from tests.contract.conftest import ON_CLUSTER, PLACES, Place, Places, makes, stores_in

STEPS = 3


@pytest.fixture(params=[name for name in PLACES if name.endswith(ON_CLUSTER)])
def services(request: pytest.FixtureRequest, places: Places) -> Services:
    return stores_in(places[request.param])


@pytest.fixture
def index(services: Services) -> ClusterIndex:
    assert isinstance(services.index, ClusterIndex)
    services.index.check()
    return services.index


def slots(*numbers: int) -> list[bytes]:
    """Slots in as many parts as there are numbers, up to twelve."""
    return [b"\x03\x00" + bytes([number % PARTS]) + number.to_bytes(3, "big") for number in numbers]


def add(index: ClusterIndex, article_id: str, *numbers: int, **more: Any) -> Placement:
    return index.add(
        article_id, more.pop("revision", 1), slots(*numbers), **{"continues": False, **more}
    )


def met(placement: Placement) -> list[str]:
    return [candidate.id for candidate in placement.candidates]


class Killed(BaseException):
    pass


@contextmanager
def killed_before(step: int) -> Iterator[None]:
    """Whoever adds an article in this context ends before this step of it."""
    done = iter(range(step))

    def call(servers: Cluster, calls: Sequence[Call]) -> list[Any]:
        if next(done, None) is None:
            raise Killed
        return real_call(servers, calls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_index, "call", call)
        with contextlib.suppress(Killed):
            yield
    assert next(done, None) is None


# --- between the steps -------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2])
def test_a_writer_that_is_killed_leaves_an_article_that_others_meet(
    index: ClusterIndex, step: int
) -> None:
    add(index, "other", 9)
    with killed_before(step):
        add(index, "first", *range(8))
    assert met(add(index, "copy", *range(8))) == ["first"]
    again = add(index, "first", *range(8))
    assert again.arrival == 2
    assert [candidate.id for candidate in again.later] == ["copy"]
    entries = [
        IndexEntry("other", 1, 1, tuple(slots(9))),
        IndexEntry("first", 1, 2, tuple(slots(*range(8)))),
        IndexEntry("copy", 1, 3, tuple(slots(*range(8)))),
    ]
    assert list(index.faults(entries)) == []


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("continues", [False, True])
def test_a_revision_that_is_killed_is_finished_by_its_repetition(
    index: ClusterIndex, step: int, *, continues: bool
) -> None:
    add(index, "a", 1, 2, 3)
    with killed_before(step):
        add(index, "a", 3, 4, revision=2, continues=continues)
    assert met(add(index, "b", 4)) == ["a"]
    revised = add(index, "a", 3, 4, revision=2, continues=continues)
    assert revised.arrival == (1 if continues else 2)
    assert met(add(index, "c", 1, 2)) == []
    entries = [
        IndexEntry("a", 2, revised.arrival, tuple(slots(3, 4))),
        IndexEntry("b", 1, 2 if continues else 3, tuple(slots(4))),
        IndexEntry("c", 1, 3 if continues else 4, tuple(slots(1, 2))),
    ]
    assert list(index.faults(entries)) == []


def test_what_killed_writers_left_is_completed_by_others(
    index: ClusterIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_before(1):
        add(index, "left", *range(8))
    assert index._cluster.ask([("HLEN", index._index.waiting)]) == [1]
    monkeypatch.setattr(cluster_index, "BEHIND", 3)
    for number in range(4):
        add(index, f"later{number}", 100 + number)
    assert index._cluster.ask([("HLEN", index._index.waiting)]) == [0]
    assert met(add(index, "copy", *range(8))) == ["left"]


def test_a_full_waiting_room_is_emptied_before_anybody_is_let_in(
    index: ClusterIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_index, "ROOM", 3)
    for number in range(3):
        with killed_before(1):
            add(index, f"left{number}", number, 50)
    placement = add(index, "next", 50)
    assert (placement.arrival, met(placement)) == (4, ["left0", "left1", "left2"])
    assert index._cluster.ask([("HLEN", index._index.waiting)]) == [0]


def test_a_late_step_of_an_old_revision_is_undone(index: ClusterIndex) -> None:
    def then_revise(servers: Cluster, calls: Sequence[Call]) -> list[Any]:
        """Between the first and the second step of revision 1 comes the whole of revision 2."""
        if calls[0].name == "join":
            patch.undo()
            add(index, "a", 3, revision=2)
        return real_call(servers, calls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_index, "call", then_revise)
        add(index, "a", 1, 2, 3)
    assert met(add(index, "b", 1, 2)) == []
    assert met(add(index, "c", 3)) == ["a"]


def test_a_candidate_that_moves_away_meanwhile_is_no_fault(index: ClusterIndex) -> None:
    add(index, "a", 1, 2)

    def then_revise(servers: Cluster, calls: Sequence[Call]) -> list[Any]:
        """Between the second and the third step of another comes a whole revision of it."""
        if calls[0].name == "settle":
            patch.undo()
            add(index, "a", 5, revision=2)
        return real_call(servers, calls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_index, "call", then_revise)
        assert met(add(index, "b", 1)) == []


class Turns:
    """Lets threads take their steps in an order that is given."""

    def __init__(self, order: Sequence[int]) -> None:
        self._order = list(order)
        self._changed = threading.Condition()
        self._own = threading.local()

    def run(self, poster: int, do: Callable[[], Any]) -> Any:
        self._own.poster = poster
        try:
            return do()
        finally:
            with self._changed:
                self._order = [each for each in self._order if each != poster]
                self._changed.notify_all()

    def call(self, servers: Cluster, calls: Sequence[Call]) -> list[Any]:
        poster = self._own.poster
        with self._changed:
            assert self._changed.wait_for(
                lambda: poster not in self._order or self._order[0] == poster, timeout=20
            )
            answers = real_call(servers, calls)
            if poster in self._order:
                self._order.remove(poster)
            self._changed.notify_all()
        return answers


@given(
    texts=st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), min_size=2, max_size=4),
    draw=st.randoms(use_true_random=False),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_in_any_order_of_steps_whoever_comes_later_meets_the_earlier(
    places: Places, texts: list[set[int]], draw: Any
) -> None:
    index = stores_in(places[makes()[0] + ON_CLUSTER]).index
    assert isinstance(index, ClusterIndex)
    index.check()
    posters = range(len(texts))
    order = [poster for poster in posters for _ in range(STEPS)]
    draw.shuffle(order)
    turns = Turns(order)

    def post(poster: int) -> Placement:
        return turns.run(poster, lambda: add(index, f"a{poster}", *texts[poster]))

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(texts)) as pool:
        patch.setattr(cluster_index, "call", turns.call)
        placements = list(pool.map(post, posters))
    arrivals = [placement.arrival for placement in placements]
    assert sorted(arrivals) == list(range(1, len(texts) + 1))
    for poster, placement in zip(posters, placements, strict=True):
        earlier = {
            f"a{other}"
            for other in posters
            if arrivals[other] < placement.arrival and texts[other] & texts[poster]
        }
        assert set(met(placement)) == earlier


@pytest.mark.parametrize("step", [1, 2])
def test_a_removal_that_is_killed_is_finished_by_its_repetition(
    index: ClusterIndex, step: int
) -> None:
    add(index, "a", 1, 2, 3)
    with killed_before(1):
        add(index, "a", 3, 4, revision=2)
    add(index, "b", 2, 4)
    with killed_before(step):
        index.remove("a", slots(3, 4), 2)
    (other,) = index.remove("a", slots(3, 4), 2)
    assert (other.id, other.shared) == ("b", 1)
    assert met(add(index, "c", 1, 2, 3, 4)) == ["b"]
    entries = [
        IndexEntry("b", 1, 3, tuple(slots(2, 4))),
        IndexEntry("c", 1, 4, tuple(slots(1, 2, 3, 4))),
    ]
    assert list(index.faults(entries)) == []


@given(
    texts=st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), min_size=1, max_size=3),
    revised=st.sets(st.integers(0, 5), min_size=1, max_size=3),
    draw=st.randoms(use_true_random=False),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_in_any_order_of_steps_nothing_of_a_removed_article_is_left(
    places: Places, texts: list[set[int]], revised: set[int], draw: Any
) -> None:
    """While others come in, and a revision of it."""
    index = stores_in(places[makes()[0] + ON_CLUSTER]).index
    assert isinstance(index, ClusterIndex)
    index.check()
    add(index, "gone", 0, 1, 2)
    work: list[Callable[[], Any]] = [
        lambda: index.remove("gone", slots(0, 1, 2), None),
        lambda: add(index, "gone", *revised, revision=2),
        *(partial(add, index, f"a{number}", *text) for number, text in enumerate(texts)),
    ]
    order = [number for number in range(len(work)) for _ in range(STEPS)]
    draw.shuffle(order)
    turns = Turns(order)
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(len(work)) as pool:
        patch.setattr(cluster_index, "call", turns.call)
        done = list(pool.map(lambda number: turns.run(number, work[number]), range(len(work))))
    # The record of whoever has written the revision is gone, which they notice at their end.
    index.remove("gone", slots(*revised), None)
    entries = [
        IndexEntry(f"a{number}", 1, done[2 + number].arrival, tuple(slots(*text)))
        for number, text in enumerate(texts)
    ]
    assert list(index.faults(entries)) == []
    assert met(add(index, "copy", *range(6))) == [
        entry.id for entry in sorted(entries, key=lambda entry: (-len(entry.slots), entry.arrival))
    ]


# --- a master is gone --------------------------------------------------------------------------


@pytest.fixture(params=makes())
def own_cluster(
    request: pytest.FixtureRequest, places: Places
) -> Iterator[tuple[Services, list[Master]]]:
    """A cluster that a test may break. Its masters keep what they hold, as they should."""
    options = ("--appendonly", "yes", "--appendfsync", "always")
    with running_cluster(request.param, *options) as masters:
        cluster = Cluster([master.url for master in masters], timeout_s=1.0)
        yield stores_in(Place(places[request.param].server, cluster)), masters
        cluster.close()


@pytest.mark.parametrize("number", range(3))
def test_while_a_master_is_gone_no_copy_is_called_unique(
    own_cluster: tuple[Services, list[Master]], number: int
) -> None:
    services, masters = own_cluster
    submit(services, an_article(seed=1), "old")
    masters[number].kill()
    for article_id in ("copy", "copy", "copy2"):
        with pytest.raises(StoreUnavailable):
            submit(services, an_article(seed=1), article_id)
    masters[number].start()
    await_agreement(masters)
    for article_id in ("copy2", "copy", "new"):
        outcome = submit(services, an_article(seed=1), article_id).record.outcome
        assert outcome
        assert (outcome.verdict, outcome.duplicate_of) == (Verdict.DUPLICATE, "old")
    assert verify(services, settle_s=0) == []


@pytest.mark.parametrize("number", range(3))
def test_a_master_that_has_lost_everything_is_a_damage_that_a_repair_mends(
    own_cluster: tuple[Services, list[Master]], number: int
) -> None:
    services, masters = own_cluster
    submit(services, an_article(seed=1), "old")
    masters[number].flush()
    with pytest.raises(IndexDamaged, match="copydesk repair"):
        submit(services, an_article(seed=1), "copy")
    with pytest.raises(IndexDamaged):
        services.ping()
    assert verify(services, settle_s=0)
    repair(services)
    outcome = submit(services, an_article(seed=1), "copy").record.outcome
    assert outcome
    assert (outcome.verdict, outcome.duplicate_of) == (Verdict.DUPLICATE, "old")
    assert verify(services, settle_s=0) == []


def test_the_articles_of_a_cluster_begin_no_index_of_their_own(services: Services) -> None:
    """Who takes the cluster away from an archive is told, and not given an empty index."""
    assert isinstance(services.index, ClusterIndex)
    submit(services, an_article(seed=1), "old")
    alone = RedisIndex(services.index._articles, services.index._keys.namespace)
    with pytest.raises(IndexDamaged, match="is on a cluster"):
        alone.check()
    with pytest.raises(IndexDamaged):
        alone.add("copy", 1, slots(1), continues=False)


def test_a_repair_takes_an_index_to_a_cluster_and_back(services: Services) -> None:
    assert isinstance(services.index, ClusterIndex)
    on_cluster = services.index
    alone = RedisIndex(on_cluster._articles, on_cluster._keys.namespace)
    beside = replace(services, index=alone)
    for number, (here, there) in enumerate(((beside, services), (services, beside)) * 2):
        here.ping()
        submit(here, an_article(seed=number), f"old{number}")
        with pytest.raises(IndexDamaged, match="copydesk repair"):
            there.ping()
        repair(there)
        there.ping()
        outcome = submit(there, an_article(seed=number), f"copy{number}").record.outcome
        assert outcome
        assert outcome.duplicate_of == f"old{number}"
        assert verify(there, settle_s=0) == []


def test_masters_that_would_lose_the_index_are_told() -> None:
    with running_cluster(makes()[0], "--hash-max-ziplist-entries", "128") as masters:
        cluster = Cluster([masters[0].url], timeout_s=2.0)
        told = check_cluster(cluster)
        cluster.close()
    assert "set appendonly yes" in told[0]
    assert "hash-max-listpack-entries 512" in told[1]
    assert len(told) == 2

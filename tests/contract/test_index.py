from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.duplicates.model import Placement
from service.duplicates.ports import BUCKET_CAP, FingerprintIndex, Services
from service.stores.memory import MemoryIndex
from tests.contract.conftest import Places, stores_in


@pytest.fixture
def index(index_services: Services) -> FingerprintIndex:
    return index_services.index


def slot(number: int) -> bytes:
    return b"\x03" + number.to_bytes(5, "big")


def add(
    index: FingerprintIndex,
    article_id: str,
    *numbers: int,
    revision: int = 1,
    continues: bool = False,
) -> Placement:
    return index.add(article_id, revision, [slot(n) for n in numbers], continues=continues)


def met(placement: Placement) -> list[tuple[str, int]]:
    return [(candidate.id, candidate.shared) for candidate in placement.candidates]


def test_an_article_is_known_by_its_arrival_number(services: Services) -> None:
    first = services.index.add("a:b", 1, [], continues=False).arrival
    second = services.index.add("c", 1, [], continues=False).arrival
    assert [services.index.id_of(number) for number in (first, second, 0, second + 1)] == [
        *("a:b", "c", None, None),
    ]


def test_a_later_article_meets_the_earlier_one(index: FingerprintIndex) -> None:
    assert met(add(index, "a", 1, 2, 3)) == []
    assert met(add(index, "b", 2, 3, 4)) == [("a", 2)]


def test_those_that_share_most_come_first_then_the_oldest(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    add(index, "b", 1)
    add(index, "c", 1, 2)
    assert met(add(index, "d", 1, 2)) == [("c", 2), ("a", 1), ("b", 1)]


def test_adding_again_changes_nothing(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    first = add(index, "b", 1)
    add(index, "c", 1)
    again = add(index, "b", 1)
    assert (again.arrival, again.candidates) == (first.arrival, first.candidates)
    assert met(add(index, "a", 1)) == []


def test_an_article_added_again_meets_those_that_came_after_it(index: FingerprintIndex) -> None:
    add(index, "a", 1, 2)
    add(index, "b", 1)
    add(index, "c", 1, 2)
    later = add(index, "a", 1, 2).later
    assert [(candidate.id, candidate.shared) for candidate in later] == [("c", 2), ("b", 1)]


def test_an_article_never_meets_itself(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    assert met(add(index, "a", 1, revision=2)) == []
    assert met(add(index, "a", 1, 2, revision=3, continues=True)) == []


def test_a_revision_leaves_the_old_buckets(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    add(index, "a", 2, revision=2)
    assert met(add(index, "b", 1)) == []
    assert met(add(index, "c", 2)) == [("a", 1)]


def test_a_revision_that_continues_keeps_its_arrival(index: FingerprintIndex) -> None:
    first = add(index, "a", 1)
    add(index, "b", 1)
    assert add(index, "a", 1, 2, revision=2, continues=True).arrival == first.arrival


def test_a_revision_with_another_text_arrives_anew(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    add(index, "b", 2)
    revised = add(index, "a", 2, revision=2)
    assert met(revised) == [("b", 1)]
    assert add(index, "a", 2, revision=2) == revised


def test_a_late_call_for_an_old_revision_changes_nothing(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    revised = add(index, "a", 2, revision=2)
    assert add(index, "a", 1, revision=1).arrival == revised.arrival
    assert met(add(index, "b", 1)) == []
    assert met(add(index, "c", 2)) == [("a", 1)]


def test_the_same_revision_with_other_slots_moves(index: FingerprintIndex) -> None:
    first = add(index, "a", 1)
    assert add(index, "a", 2).arrival == first.arrival
    assert met(add(index, "b", 1)) == []
    assert met(add(index, "c", 2)) == [("a", 1)]


def test_a_full_bucket_keeps_the_oldest(index: FingerprintIndex) -> None:
    for number in range(BUCKET_CAP + 5):
        add(index, f"a{number}", 1)
    expected = [(f"a{number}", 1) for number in range(BUCKET_CAP)]
    assert met(add(index, "z", 1)) == expected


def test_full_buckets_do_not_crowd_out_a_rare_one(index: FingerprintIndex) -> None:
    for number in range(BUCKET_CAP + 5):
        add(index, f"tail{number}", 1, 2, 3)
    add(index, "original", 9)
    assert met(add(index, "copy", 1, 2, 3, 9))[:2] == [("original", 1), ("tail0", 3)]


def test_the_thousandth_copy_meets_the_first_and_no_more_than_fit(index: FingerprintIndex) -> None:
    for number in range(1_000):
        found = met(add(index, f"copy{number}", 1, 2, 3))
        assert found == [(f"copy{other}", 3) for other in range(min(number, BUCKET_CAP))]


def test_slots_that_differ_in_one_byte_are_apart(index: FingerprintIndex) -> None:
    add(index, "a", 0, 1 << 16, 1 << 32)
    for number in (1, 1 << 8, 1 << 24, (1 << 16) + 1):
        assert met(add(index, f"b{number}", number)) == []


def test_no_slots_meet_nobody(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    assert met(add(index, "b")) == []


TWINS = 25  # groups of simultaneous posters


def test_of_simultaneous_twins_all_but_one_meet_the_first(index: FingerprintIndex) -> None:
    for posters in (2, 4, 8):
        with ThreadPoolExecutor(posters) as pool:
            for group in range(TWINS):
                first = posters * 100_000 + group * 30
                numbers = range(first, first + 30)
                posts = [
                    pool.submit(add, index, f"{posters}-{group}-{poster}", *numbers)
                    for poster in range(posters)
                ]
                placements = [post.result() for post in posts]
                placements.sort(key=lambda placement: placement.arrival)
                found = [len(placement.candidates) for placement in placements]
                assert found == list(range(posters))


STEPS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 3),  # the revision; 0: it is removed
        st.lists(st.integers(0, 5), max_size=4, unique=True),
        st.booleans(),
    ),
    max_size=30,
)


@given(steps=STEPS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_redis_and_memory_agree_on_any_history(
    places: Places, steps: list[tuple[int, int, list[int], bool]]
) -> None:
    for place in places.values():
        real, model = stores_in(place).index, MemoryIndex()
        real.check()
        for name, revision, numbers, continues in steps:
            slots = [slot(number) for number in numbers]
            if revision == 0:
                others = model.remove(f"a{name}", slots, None)
                assert real.remove(f"a{name}", slots, None) == others
                continue
            expected = model.add(f"a{name}", revision, slots, continues=continues)
            assert real.add(f"a{name}", revision, slots, continues=continues) == expected


def test_an_article_that_is_removed_is_met_by_nobody(index: FingerprintIndex) -> None:
    arrival = add(index, "a", 1, 2).arrival
    add(index, "b", 2, 3)
    add(index, "c", 1, 2)
    for _ in range(2):
        others = index.remove("a", [slot(1), slot(2)], arrival)
        assert [(other.id, other.shared) for other in others] == [("b", 1), ("c", 2)]
    assert met(add(index, "d", 1, 2, 3)) == [("b", 2), ("c", 2)]
    assert add(index, "a", 1).arrival == 5


def test_an_article_leaves_the_buckets_that_it_is_in(index: FingerprintIndex) -> None:
    """Whatever slots it would have now."""
    arrival = add(index, "a", 1, 2).arrival
    assert index.remove("a", [slot(7)], arrival) == ()
    assert met(add(index, "b", 1, 2)) == []


def test_an_article_that_came_in_again_is_not_removed(index: FingerprintIndex) -> None:
    before = add(index, "a", 1).arrival
    index.remove("a", [slot(1)], before)
    add(index, "a", 1)
    assert index.remove("a", [slot(1)], before) == ()
    assert met(add(index, "b", 1)) == [("a", 1)]
    index.remove("a", [slot(1)], None)
    assert met(add(index, "c", 1)) == [("b", 1)]


def test_removing_an_unknown_article_says_who_has_its_slots(index: FingerprintIndex) -> None:
    add(index, "a", 1)
    assert [other.id for other in index.remove("nobody", [slot(1)], None)] == ["a"]

"""Requests that meet: several clients at the same moment, two worker processes, and one Redis, or
a cluster beside it for the index."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.clusters import running_cluster
from tests.system.running import Launcher, Reply, Service
from tests.system.stories import story

GROUPS = 15


@pytest.fixture(scope="module", params=["one Redis", "a cluster for the index"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, redis_server: str
) -> Iterator[Service]:
    launcher = Launcher(tmp_path_factory.mktemp("service"))
    try:
        if request.param == "one Redis":
            yield launcher.start("--workers", "2")
        else:
            with running_cluster(redis_server) as masters:
                yield launcher.start("--workers", "2", COPYDESK_INDEX_REDIS_URL=masters[0].url)
                launcher.end_all()
    finally:
        launcher.end_all()


def post_at_once(service: Service, ids: list[str], text: str) -> list[Reply]:
    start = Barrier(len(ids))

    def post(article_id: str) -> Reply:
        start.wait(timeout=20)
        return service.post(article_id, text)

    with ThreadPoolExecutor(len(ids)) as clients:
        return list(clients.map(post, ids))


@pytest.mark.parametrize("clients", [2, 4, 8])
def test_of_copies_posted_at_once_exactly_one_is_the_original(
    service: Service, clients: int
) -> None:
    for group in range(GROUPS):
        ids = [f"{clients}-{group}-{number}" for number in range(clients)]
        replies = post_at_once(service, ids, story(f"{clients}-{group}"))
        assert [reply.status for reply in replies] == [201] * clients
        answers = [reply.body for reply in replies]
        (original,) = [answer for answer in answers if answer["duplicate_of"] is None]
        copies = [answer for answer in answers if answer is not original]
        assert {answer["duplicate_of"] for answer in copies} == {original["id"]}
        assert original["verdict"] == "unique"
        assert {answer["verdict"] for answer in copies} == {"duplicate"}
        assert {answer["story_id"] for answer in answers} == {original["story_id"]}
        # Each pair has met: whoever came later knows all who came before.
        assert sorted(len(answer["matches"]) for answer in answers) == list(range(clients))
        for answer in answers:
            assert service.ask("GET", f"/v1/articles/{answer['id']}").body == answer


def test_one_article_posted_by_several_at_once_is_one_revision(service: Service) -> None:
    for group in range(GROUPS):
        replies = post_at_once(service, [f"same-{group}"] * 4, story(f"same-{group}"))
        assert {reply.status for reply in replies} <= {200, 201}
        answers = [reply.body for reply in replies]
        assert answers == answers[:1] * 4
        assert (answers[0]["revision"], answers[0]["duplicate_of"]) == (1, None)
        assert service.ask("GET", f"/v1/articles/same-{group}").body == answers[0]

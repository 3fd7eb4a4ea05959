from dataclasses import replace
from pathlib import Path

import pytest

from cleaning.errors import NothingLeft
from cleaning.model import CleanedArticle
from service.batch import patience
from service.batch.reprocess import Result, reprocess_all, stored_ids
from service.duplicates import submit as use_case
from service.duplicates.errors import StoreUnavailable
from service.duplicates.model import Policy, Submission, Verdict
from service.duplicates.ports import Services
from service.duplicates.submit import clean_submission, submission_digest, submit
from service.stores.redis_connection import connect
from tests.builders import prose

FERRY = (
    "The harbour ferry will stop running at midnight from next Monday, the operator said. "
    "Passengers who work late shifts on the north shore have asked the council for a bus. "
    "Councillor Maren Holt promised an answer before the end of the month."
)
SHORTER = FERRY.rpartition(" Councillor")[0]


def reprocessed(services: Services) -> list[Result]:
    return list(reprocess_all(services, stored_ids(services)))


def changed(services: Services) -> dict[str, list[str]]:
    return {
        result.id: [difference.what for difference in result.differences]
        for result in reprocessed(services)
        if result.differences
    }


def test_reprocessing_what_has_not_changed_says_nothing(services: Services) -> None:
    submit(services, Submission(text=FERRY), "ferry")
    submit(services, Submission(text=FERRY), "copy")
    assert changed(services) == {}
    assert changed(services) == {}
    assert [result.id for result in reprocessed(services)] == ["ferry", "copy"]


def test_another_threshold_changes_verdicts_and_a_second_run_nothing(services: Services) -> None:
    strict = replace(services, policy=Policy(near=0.99, contained=1.0))
    submit(strict, Submission(text=FERRY), "ferry")
    submit(strict, Submission(text=SHORTER + " Tickets stay valid."), "shorter")
    assert changed(services) == {"shorter": ["verdict", "duplicate_of", "story_id", "matches"]}
    assert changed(services) == {}


def test_a_rule_that_cleans_otherwise_is_told(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = submit(services, Submission(text=FERRY, title="Ferry"), "ferry")
    otherwise = replace(answer.record.cleaned, title="Other", text=SHORTER)

    def cleaned(*_: object, **__: object) -> CleanedArticle:
        return otherwise

    monkeypatch.setattr(use_case, "clean", cleaned)
    (result,) = reprocessed(services)
    (title,) = [difference for difference in result.differences if difference.what == "title"]
    assert (title.before, title.after) == ("Ferry", "Other")
    assert "text" in [difference.what for difference in result.differences]


def test_an_article_that_a_crash_left_pending_is_finished(services: Services) -> None:
    submission = Submission(text=FERRY)
    submit(services, submission, "ferry")
    services.articles.begin(
        "copy",
        submission_digest(submission),
        submission,
        clean_submission(submission),
        services.clock(),
        continues=False,
    )
    assert changed(services) == {"copy": ["state"]}
    record = services.articles.get("copy")
    assert record
    assert record.outcome
    assert record.outcome.verdict is Verdict.DUPLICATE


def test_an_article_that_the_rules_now_refuse_is_told_and_left(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(services, Submission(text=FERRY), "ferry")
    before = services.articles.get("ferry")

    def refuse(*_: object, **__: object) -> CleanedArticle:
        raise NothingLeft(3)

    monkeypatch.setattr(use_case, "clean", refuse)
    assert reprocessed(services) == [Result("ferry", error=str(NothingLeft(3)))]
    assert services.articles.get("ferry") == before


def test_an_article_that_is_gone_is_passed_over(services: Services) -> None:
    assert list(reprocess_all(services, ["nobody"])) == []


def test_a_store_that_stays_away_ends_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(services.articles, "ids", lost)
    with pytest.raises(StoreUnavailable):
        stored_ids(services)


def test_reprocessing_fills_the_memory_of_sites_again(
    services: Services, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a site shows is told by its memory alone: the text model would know the line too.
    monkeypatch.setattr("cleaning.off_topic.judge_blocks", lambda *_: ())
    line = "Puzzles and crosswords"
    for number in range(8):
        text = f"{prose(number)}\n\n{line}"
        submit(services, Submission(text=text, source="Courier"), f"a{number}")
    remembered = services.sites.look_up("courier", [])[0]
    assert len(remembered) == 8
    client = connect(redis_url, timeout_s=5)
    own = tmp_path.name[-32:]
    assert client.delete(f"{own}:stories:courier", f"{own}:latest:courier") == 2
    assert not any(changed(services).values())  # as when they first came in
    assert services.sites.look_up("courier", [])[0] == remembered
    assert services.sites.latest("courier", 2) == ["a7", "a6"]
    before_the_line_was_known = {f"a{n}": ["text", "blocks"] for n in range(5)}
    assert {name: what for name, what in changed(services).items() if what} == (
        before_the_line_was_known
    )
    assert not any(changed(services).values())

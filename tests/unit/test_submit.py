import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaning.article import REMOVED, RESTORED
from cleaning.errors import NothingLeft, SourceTooLarge
from cleaning.fingerprint import Fingerprint
from cleaning.model import BlockVerdict
from service.duplicates.errors import (
    ArticleNotFound,
    BlockNotFound,
    StoreUnavailable,
    UnremovableBlock,
)
from service.duplicates.model import (
    COPIES,
    DEFAULT_POLICY,
    SERVICE,
    Decision,
    FlagState,
    Policy,
    Relation,
    SiteStory,
    Submission,
    Verdict,
)
from service.duplicates.ports import Services
from service.duplicates.review import decide, editions_before
from service.duplicates.submit import (
    Answer,
    clean_submission,
    delete,
    get_article,
    remove_block,
    reprocess,
    restore_block,
    submission_digest,
    submit,
)
from service.stores.memory import memory_services
from tests.builders import NOW, an_article, prose, words_of

CHROME = "Latest news\n\nShare this article\n\n"


@pytest.fixture
def services() -> Services:
    return memory_services(clock=lambda: NOW)


def verdict(answer: Answer) -> tuple[Verdict, str | None]:
    assert answer.record.outcome is not None
    return answer.record.outcome.verdict, answer.record.outcome.duplicate_of


def relations(answer: Answer) -> dict[str, Relation]:
    assert answer.record.outcome is not None
    return {match.id: match.relation for match in answer.record.outcome.matches}


def made_of(*parts: int, size: int = 6, source: str | None = None) -> Submission:
    """An article of known parts: texts of the same parts share them word for word."""
    return an_article("\n\n".join(prose(part, size) for part in parts), source=source)


def everything(services: Services) -> list[Any]:
    """All that a service knows."""
    records = [services.articles.get(article_id) for article_id in services.articles.ids()]
    flags = services.flags.page(None, None, 1_000).flags
    stories, _ = services.sites.look_up("courier", [])
    told = [record.outcome.story_id for record in records if record and record.outcome]
    members = [services.stories.members(story, 0, 99) for story in told]
    return [*records, *flags, *stories, services.sites.latest("courier", 9), *members]


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("LONDON, Feb 6 (Reuters) - ", ""),
        ("UPDATE 2-", ""),
        ("(Adds details)\n\n", ""),
        ("Berlin (dpa/bb) - ", " (dpa)"),
        ("", "\n\n(Reporting by Jane Doe in London; Editing by John Roe)"),
        ("", "\n\nMit Material von dpa"),
        ("Madrid, 6 feb (EFE).- ", " (MORE)\n\n-30-"),
    ],
)
def test_copies_that_differ_in_what_wire_copy_says_of_itself_are_exact(
    services: Services, opening: str, closing: str
) -> None:
    submit(services, an_article(prose(1)), "a")
    answer = submit(services, an_article(opening + prose(1) + closing), "b")
    assert relations(answer) == {"a": Relation.EXACT}
    assert answer.record.cleaned.text == opening + prose(1) + closing


def test_copies_that_differ_in_one_more_word_are_not_exact(services: Services) -> None:
    submit(services, an_article(prose(1)), "a")
    answer = submit(
        services,
        an_article(
            prose(1) + "\n\nReporting by Jane Doe was hard, said those who met her on the way home."
        ),
        "b",
    )
    assert relations(answer) == {"a": Relation.NEAR}


# --- one article -----------------------------------------------------------------------------


def test_a_first_article_is_unique(services: Services) -> None:
    answer = submit(services, an_article(), "a")
    assert verdict(answer) == (Verdict.UNIQUE, None)
    assert (answer.record.id, answer.record.revision, answer.created) == ("a", 1, True)
    assert (answer.flags, relations(answer)) == ((), {})
    assert answer.record.received_at == NOW


def test_what_was_submitted_can_be_read_again(services: Services) -> None:
    submit(services, an_article(), "b")
    answer = submit(services, an_article(), "a")
    assert get_article(services, "a") == replace(answer, created=False)


def test_the_same_content_again_gives_the_same_answer(services: Services) -> None:
    submit(services, an_article(), "b")
    first = submit(services, an_article(), "a")
    before = everything(services)
    assert submit(services, an_article(), "a") == replace(first, created=False)
    assert everything(services) == before


def test_a_repeat_is_answered_even_if_the_present_rules_would_refuse_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = submit(services, an_article(), "a")

    def refuse(*_: object) -> None:
        raise NothingLeft(1)

    monkeypatch.setattr("service.duplicates.submit.clean_submission", refuse)
    assert submit(services, an_article(), "a") == replace(first, created=False)


def test_reprocessing_what_the_present_rules_refuse_leaves_it_as_it_was(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(services, an_article(), "a")
    before = everything(services)

    def refuse(*_: object) -> None:
        raise NothingLeft(1)

    monkeypatch.setattr("service.duplicates.submit.clean_submission", refuse)
    with pytest.raises(NothingLeft):
        reprocess(services, "a")
    assert everything(services) == before


def test_the_answer_to_a_repeat_shows_the_flags_as_they_stand(services: Services) -> None:
    submit(services, an_article(), "b")
    (flag,) = submit(services, an_article(), "a").flags
    reopened = decide(services, flag.id, Decision.REOPEN, by="ada", seen=None)
    assert submit(services, an_article(), "a").flags == (reopened,)


def test_without_an_id_every_post_is_a_new_article(services: Services) -> None:
    one, two = submit(services, an_article()), submit(services, an_article())
    assert one.record.id != two.record.id
    assert (one.record.revision, two.record.revision) == (1, 1)
    assert one.created
    assert two.created
    assert verdict(two) == (Verdict.DUPLICATE, one.record.id)


@pytest.mark.parametrize("body", ["", "  \n\n ", "Latest news\n\nShare this article"])
def test_an_article_of_which_nothing_is_left_is_refused_and_not_stored(
    services: Services, body: str
) -> None:
    with pytest.raises(NothingLeft):
        submit(services, an_article(body), "a")
    assert services.articles.count() == 0


def test_a_page_over_the_limit_is_refused_and_not_stored(services: Services) -> None:
    with pytest.raises(SourceTooLarge):
        submit(services, Submission(html="<p>" * 60_000), "a")
    assert services.articles.count() == 0


def test_an_unknown_article_is_not_found(services: Services) -> None:
    for use_case in (get_article, reprocess):
        with pytest.raises(ArticleNotFound) as missing:
            use_case(services, "none")
        assert missing.value.article_id == "none"


FIELDS: dict[str, Any] = {
    "html": "<p>x</p>",
    "url": "https://example.org",
    "title": "A title",
    "source": "Courier",
    "published_at": date(2026, 3, 1),
    "language": "en",
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_a_submission_is_part_of_its_content(field: str) -> None:
    plain = Submission(text="x")
    assert submission_digest(replace(plain, **{field: FIELDS[field]})) != submission_digest(plain)


def test_equal_submissions_have_equal_digests() -> None:
    assert submission_digest(Submission(text="x", url="u")) == submission_digest(
        Submission(url="u", text="x")
    )
    assert submission_digest(Submission(text="ab", title="c")) != submission_digest(
        Submission(text="a", title="bc")
    )
    day, midnight = date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)
    assert submission_digest(Submission(published_at=day)) != submission_digest(
        Submission(published_at=midnight)
    )


def test_what_the_sender_knows_reaches_the_cleaner() -> None:
    sent = an_article(title="The sender's", published_at=date(2026, 3, 1), language="de")
    article = clean_submission(sent)
    assert (article.title, article.published_at, article.language) == (
        *("The sender's", date(2026, 3, 1), "de"),
    )


def test_text_that_looks_like_markup_is_text() -> None:
    body = "<p> is a tag of HTML, and this is a sentence about it that should be read as text."
    assert clean_submission(Submission(text=body)).text == body
    assert clean_submission(Submission(html="no tag at all, but sent as a page")).blocks[0].path


# --- two articles ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "relation", "is_duplicate"),
    [
        ((1, 2, 3), Relation.EXACT, True),
        ((1, 2, 4), Relation.NEAR, True),
        ((1,), Relation.CONTAINED, True),
        ((1, 2, 3, 4, 5, 6, 7, 8), Relation.CONTAINS, False),
    ],
)
def test_all_relations_but_contains_make_a_duplicate(
    services: Services,
    parts: tuple[int, ...],
    relation: Relation,
    is_duplicate: bool,  # noqa: FBT001
) -> None:
    submit(services, made_of(1, 2, 3), "first")
    answer = submit(services, made_of(*parts), "second")
    assert relations(answer) == {"first": relation}
    expected = (Verdict.DUPLICATE, "first") if is_duplicate else (Verdict.UNIQUE, None)
    assert verdict(answer) == expected
    assert [flag.match for flag in answer.flags] == list(answer.record.outcome.matches)  # type: ignore[union-attr]


def test_a_recurring_article_is_listed_and_claims_nothing(services: Services) -> None:
    week, next_week = (
        an_article(
            "\n\n".join(f"{prose(n, 1)} {n + more}" for n in range(20, 30)), source="Gazette"
        )
        for more in (0, 50)
    )
    submit(services, week, "week")
    answer = submit(services, next_week, "next-week")
    assert relations(answer) == {"week": Relation.RECURRING}
    assert verdict(answer) == (Verdict.UNIQUE, None)
    assert answer.record.outcome.story_id == "s2"  # type: ignore[union-attr]
    assert answer.flags == get_article(services, "next-week").flags == ()
    assert services.flags.page(None, None, 9).total == 0


def test_a_flag_is_withdrawn_when_its_match_turns_out_to_recur(services: Services) -> None:
    def report(more: int) -> Submission:
        return an_article("\n\n".join(f"{prose(n, 1)} {n + more}" for n in range(20, 30)))

    submit(services, report(0), "week")
    assert submit(services, report(1), "other").flags
    revised = submit(services, report(50), "other")
    assert relations(revised) == {"week": Relation.RECURRING}
    assert revised.flags == ()
    assert [flag.state for flag in services.flags.raised_by("other")] == [FlagState.WITHDRAWN]


def test_a_match_says_how_far_apart_the_articles_are_and_what_both_share(
    services: Services,
) -> None:
    body = f"{prose(1)}\n\n{prose(2, 1)} 14 and 15."
    submit(services, an_article(body, published_at=datetime(2026, 3, 1, 6, tzinfo=UTC)), "a")
    later = an_article(body, published_at=datetime(2026, 3, 2, 7, 30, tzinfo=UTC))
    (match,) = submit(services, later, "b").record.outcome.matches  # type: ignore[union-attr]
    assert (match.hours, match.numbers) == (25.5, 1.0)
    assert match.longest_passage == match.shared_words


def test_a_shared_statement_is_listed_and_claims_nothing(services: Services) -> None:
    statement = prose(50, 2)
    submit(services, an_article(f"{prose(1)}\n\n{statement}"), "first")
    answer = submit(services, an_article(f"{statement}\n\n{prose(2)}"), "second")
    assert relations(answer) == {"first": Relation.PASSAGE}
    assert verdict(answer) == (Verdict.UNIQUE, None)
    outcome = answer.record.outcome
    assert outcome is not None
    assert outcome.story_id == "s2"
    assert answer.flags == ()
    (passage,) = outcome.matches[0].passages
    first = services.articles.get("first")
    assert first is not None
    assert answer.record.cleaned.text[passage.here.start : passage.here.end] == statement[:-1]
    assert first.cleaned.text[passage.there.start : passage.there.end] == statement[:-1]


HEADLINE = "Council closes the eastern quay"


def titled(seed: int, source: str | None = None, title: str = HEADLINE) -> Submission:
    return an_article(seed=seed, title=title, source=source)


def test_the_same_headline_is_listed_and_claims_nothing(services: Services) -> None:
    submit(services, titled(1, "Post"), "first")
    answer = submit(services, titled(2, "Post"), "second")
    assert relations(answer) == {"first": Relation.TITLE}
    assert verdict(answer) == (Verdict.UNIQUE, None)
    assert answer.record.outcome.story_id == "s2"  # type: ignore[union-attr]
    assert answer.flags == ()


def test_a_copy_under_the_same_headline_is_a_copy(services: Services) -> None:
    submit(services, titled(1), "first")
    submit(services, titled(2), "other")
    answer = submit(services, titled(1), "second")
    assert relations(answer) == {"first": Relation.EXACT, "other": Relation.TITLE}


def test_a_headline_of_many_stories_is_a_columns_name(services: Services) -> None:
    answers = [submit(services, titled(seed, f"Post {seed}"), str(seed)) for seed in range(30)]
    assert [len(relations(answer)) for answer in answers] == [0, 1, 2, *[0] * 27]
    at_home = [
        submit(services, titled(seed, "Post", "What to watch today")) for seed in range(40, 60)
    ]
    assert [len(relations(answer)) for answer in at_home] == [0, 1, *[0] * 18]


def test_one_story_with_one_headline_in_many_papers_is_no_column(services: Services) -> None:
    for number in range(8):
        submit(services, titled(1, f"Post {number}"), f"copy {number}")
    answer = submit(services, titled(2, "Herald"), "other text")
    assert set(relations(answer).values()) == {Relation.TITLE}
    assert len(relations(answer)) == 8


def test_a_text_too_short_to_compare_matches_by_no_headline(services: Services) -> None:
    submit(services, titled(1), "first")
    brief = submit(services, an_article("More follows soon.", title=HEADLINE), "brief")
    assert verdict(brief) == (Verdict.TOO_SHORT, None)
    assert relations(brief) == {}
    assert relations(submit(services, titled(2), "second")) == {"first": Relation.TITLE}


def test_a_later_edition_is_a_duplicate_of_the_story_and_laid_before_people(
    services: Services,
) -> None:
    submit(services, an_article(source="Post"), "first")
    second, third = (
        submit(services, an_article(f"{prose(1)}\n\n{prose(90, more)}", source="Post"), name)
        for more, name in ((2, "second"), (3, "third"))
    )
    for answer in (second, third):
        assert relations(answer)["first"] is Relation.REVISION
        assert verdict(answer) == (Verdict.DUPLICATE, "first")
        assert answer.record.outcome.story_id == "s1"  # type: ignore[union-attr]
        assert {flag.state for flag in answer.flags} == {FlagState.OPEN}
    assert relations(third) == {"first": Relation.REVISION, "second": Relation.REVISION}
    latest = editions_before(services, third.record)
    assert [edition.id for edition in latest] == ["second"]
    assert len(latest[0].changes.added) == 1


def test_a_policy_may_lay_passages_before_people() -> None:
    policy = replace(DEFAULT_POLICY, flag_passages=True)
    services = replace(memory_services(clock=lambda: NOW), policy=policy)
    submit(services, made_of(1, 2, 3), "first")
    answer = submit(services, made_of(4, 5, 1, 6, 7, 8), "second")
    submit(services, an_article(f"{prose(9)}\n\n{prose(3, 3)}"), "third")
    assert answer.flags
    assert [flag.match.relation for flag in services.flags.raised_by("third")] == [Relation.PASSAGE]
    assert verdict(get_article(services, "third")) == (Verdict.UNIQUE, None)


def test_a_copy_is_listed_once_with_its_passages_inside(services: Services) -> None:
    submit(services, made_of(1, 2, 3), "first")
    answer = submit(services, made_of(1, 2, 4), "second")
    assert relations(answer) == {"first": Relation.NEAR}
    (match,) = answer.record.outcome.matches  # type: ignore[union-attr]
    assert [passage.here.start for passage in match.passages] == [0]
    assert match.passages[0].words == match.shared_words


def test_briefs_with_the_same_lines_at_their_end_are_soon_told_apart(services: Services) -> None:
    tail = words_of(prose(50, 5), 60)
    briefs = [an_article(f"{words_of(prose(seed, 3), 40)}.\n\n{tail}") for seed in range(100, 140)]
    answers = [submit(services, brief, str(number)) for number, brief in enumerate(briefs)]
    assert {verdict(answer)[0] for answer in answers} == {Verdict.UNIQUE}
    assert {answer.flags for answer in answers} == {()}
    assert set(relations(answers[1]).values()) == {Relation.PASSAGE}
    assert relations(answers[-1]) == {}


def test_a_copy_in_other_chrome_is_exact(services: Services) -> None:
    submit(services, an_article(prose(1)), "a")
    assert relations(submit(services, an_article(CHROME + prose(1)), "b")) == {"a": Relation.EXACT}


def test_another_story_is_unique(services: Services) -> None:
    submit(services, an_article(seed=1), "a")
    assert verdict(submit(services, an_article(seed=2), "b")) == (Verdict.UNIQUE, None)


def test_the_original_is_the_match_that_arrived_first(services: Services) -> None:
    for name, parts in (("z", (1, 2, 3)), ("y", (1, 2, 4)), ("x", (1, 2, 5))):
        submit(services, made_of(*parts), name)
    answer = submit(services, made_of(1, 2, 5), "w")
    assert list(relations(answer).items()) == [
        ("z", Relation.NEAR),
        ("y", Relation.NEAR),
        ("x", Relation.EXACT),
    ]
    assert verdict(answer) == (Verdict.DUPLICATE, "z")


def test_a_longer_text_is_not_the_original_of_what_it_only_contains(services: Services) -> None:
    submit(services, made_of(1), "short")
    submit(services, made_of(2), "other")
    answer = submit(services, made_of(1, 2, 3, 4, 5), "round-up")
    assert relations(answer) == {"short": Relation.CONTAINS, "other": Relation.CONTAINS}
    assert verdict(answer) == (Verdict.UNIQUE, None)
    assert len(answer.flags) == 2


def test_copies_join_a_story_and_round_ups_do_not_chain(services: Services) -> None:
    stories = {
        name: submit(services, made_of(*parts), name).record.outcome.story_id  # type: ignore[union-attr]
        for name, parts in (
            ("a", (1, 2)),
            ("copy of a", (1, 2)),
            ("b", (3, 4)),
            ("round-up of both", (1, 2, 3, 4, 5, 6, 7)),
            ("part of the round-up", (6, 7)),
        )
    }
    assert stories["a"] == stories["copy of a"]
    assert len({*stories.values()}) == 4


def test_an_exact_match_is_decided_by_the_service_and_others_wait(services: Services) -> None:
    submit(services, made_of(1, 2, 3), "a")
    (exact,) = submit(services, made_of(1, 2, 3), "b").flags
    near = submit(services, made_of(1, 2, 4), "c").flags
    assert (exact.state, exact.decided_by) == (FlagState.DECIDED, SERVICE)
    assert [flag.state for flag in near] == [FlagState.OPEN, FlagState.OPEN]


def test_the_policy_may_leave_exact_matches_to_people() -> None:
    services = memory_services(Policy(decide_exact=False))
    submit(services, an_article(), "a")
    (flag,) = submit(services, an_article(), "b").flags
    assert flag.state is FlagState.OPEN


def test_the_policys_thresholds_decide() -> None:
    for near, expected in ((0.5, Relation.NEAR), (0.95, Relation.CONTAINED)):
        services = memory_services(Policy(near=near))
        submit(services, made_of(1, 2, 3, 4), "a")
        assert relations(submit(services, made_of(1, 2, 3), "b")) == {"a": expected}


def test_only_so_many_candidates_are_verified_those_that_share_most_first() -> None:
    services = memory_services(Policy(candidates=1))
    submit(services, made_of(1, 2, 5, 6), "less")
    submit(services, made_of(1, 2, 3, 4), "more")
    assert list(relations(submit(services, made_of(1, 2, 3, 4), "new"))) == ["more"]


def test_a_candidate_without_a_record_is_passed_over(services: Services) -> None:
    text = an_article()
    slots = Fingerprint(clean_submission(text).compared_text).slots
    services.index.add("orphan", 1, slots, continues=False)
    assert verdict(submit(services, text, "a")) == (Verdict.UNIQUE, None)


# --- too short to compare --------------------------------------------------------------------

# Eleven words hold nine shingles.
NINE, TEN = words_of(prose(1), 11), words_of(prose(1), 12)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (NINE, Verdict.TOO_SHORT),
        (TEN, Verdict.UNIQUE),
        ("桥" * 1_000, Verdict.TOO_SHORT),
        ("word " * 1_000, Verdict.TOO_SHORT),
    ],
)
def test_under_ten_shingles_is_too_short(services: Services, body: str, expected: Verdict) -> None:
    assert verdict(submit(services, an_article(body), "a"))[0] is expected


def test_a_short_article_is_compared_by_exact_hash_only(services: Services) -> None:
    submit(services, an_article(NINE), "a")
    submit(services, an_article(prose(1)), "long")
    equal = submit(services, an_article(NINE.upper()), "b")
    assert relations(equal) == {"a": Relation.EXACT}
    assert verdict(equal) == (Verdict.TOO_SHORT, "a")
    assert relations(submit(services, an_article(words_of(NINE, 10)), "c")) == {}


# --- revisions -------------------------------------------------------------------------------


def test_new_content_is_a_revision_and_never_its_own_duplicate(services: Services) -> None:
    submit(services, made_of(1, 2, 3), "a")
    answer = submit(services, made_of(1, 2, 4), "a")
    assert (answer.record.revision, answer.created) == (2, True)
    assert verdict(answer) == (Verdict.UNIQUE, None)
    assert relations(answer) == {}


def test_a_revision_with_the_same_text_under_another_title_is_a_revision(
    services: Services,
) -> None:
    submit(services, an_article(title="One"), "a")
    answer = submit(services, an_article(title="Two"), "a")
    assert (answer.record.revision, answer.record.cleaned.title) == (2, "Two")
    assert verdict(answer) == (Verdict.UNIQUE, None)


def test_a_revised_original_stays_the_original(services: Services) -> None:
    submit(services, made_of(1, 2, 3), "a")
    submit(services, made_of(1, 2, 3), "b")
    assert verdict(submit(services, made_of(1, 2, 4), "a")) == (Verdict.UNIQUE, None)
    assert verdict(reprocess(services, "b").after) == (Verdict.DUPLICATE, "a")


def test_a_revised_copy_stays_a_copy_and_its_flag_goes_on(services: Services) -> None:
    submit(services, made_of(1, 2, 3), "a")
    (first,) = submit(services, made_of(1, 2, 3), "b").flags
    answer = submit(services, made_of(1, 2, 4), "b")
    assert verdict(answer) == (Verdict.DUPLICATE, "a")
    (flag,) = answer.flags
    assert (flag.id, flag.state) == (first.id, FlagState.OPEN)


def test_a_revision_that_copies_a_later_article_is_its_duplicate(services: Services) -> None:
    submit(services, made_of(1, 2), "a")
    submit(services, made_of(3, 4), "b")
    assert verdict(submit(services, made_of(3, 4), "a")) == (Verdict.DUPLICATE, "b")
    assert verdict(reprocess(services, "b").after) == (Verdict.UNIQUE, None)


def test_a_revision_that_takes_in_a_later_article_is_reported_by_one_of_them(
    services: Services,
) -> None:
    submit(services, made_of(1), "a")
    submit(services, made_of(2, 3), "b")
    revised = submit(services, made_of(1, 2, 3), "a")
    assert relations(revised) or relations(get_article(services, "b"))


def test_a_revision_into_another_story_withdraws_the_flag(services: Services) -> None:
    submit(services, made_of(1, 2), "a")
    (flag,) = submit(services, made_of(1, 2), "b").flags
    answer = submit(services, made_of(3, 4), "b")
    assert answer.flags == ()
    assert [f.state for f in services.flags.raised_by("b")] == [FlagState.WITHDRAWN]
    back = submit(services, made_of(1, 2), "b")
    assert [(f.id, f.state) for f in back.flags] == [(flag.id, FlagState.DECIDED)]


def test_a_persons_decision_outlives_a_revision(services: Services) -> None:
    submit(services, made_of(1, 2, 3), "a")
    (flag,) = submit(services, made_of(1, 2, 4), "b").flags
    decided = decide(services, flag.id, Decision.NOT_DUPLICATE, by="ada", seen=flag.version)
    submit(services, made_of(1, 2, 5), "b")
    (after,) = services.flags.raised_by("b")
    assert (after.state, after.decision) == (FlagState.DECIDED, Decision.NOT_DUPLICATE)
    assert after.history[: len(decided.history)] == decided.history


def test_when_an_original_changes_its_copy_is_compared_again(services: Services) -> None:
    submit(services, made_of(1, 2), "a")
    submit(services, made_of(1, 2), "b")
    submit(services, made_of(3, 4), "a")
    copy = get_article(services, "b")
    assert verdict(copy) == (Verdict.UNIQUE, None)
    assert [flag.state for flag in services.flags.raised_by("b")] == [FlagState.WITHDRAWN]
    assert verdict(submit(services, made_of(1, 2), "a")) == (Verdict.DUPLICATE, "b")


def test_what_an_archive_says_again_of_an_earlier_revision_is_no_news(services: Services) -> None:
    submit(services, made_of(1), "a")
    revised = submit(services, made_of(2), "a")
    again = submit(services, made_of(1), "a", replayed=True)
    assert again.record == revised.record
    assert submit(services, made_of(1), "a").record.revision == 3


# --- restored blocks -------------------------------------------------------------------------


def test_a_restored_block_stands_in_its_place_again(services: Services) -> None:
    answer = submit(services, an_article(CHROME + prose(1)), "a")
    ((index, block), *_) = answer.record.cleaned.removed
    restored = restore_block(services, "a", index)
    after = restored.record.cleaned.blocks[index]
    assert (after.kept, after.rule, after.text) == (True, RESTORED, block.text)
    assert restored.record.cleaned.text.startswith(block.text)
    assert restored.record.version == answer.record.version + 1
    assert restored.record.revision == 1
    assert get_article(services, "a").record.cleaned == restored.record.cleaned


def test_restoring_a_kept_block_changes_nothing(services: Services) -> None:
    submit(services, an_article(CHROME + prose(1)), "a")
    first = restore_block(services, "a", 0)
    before = everything(services)
    assert restore_block(services, "a", 0) == first
    assert restore_block(services, "a", 2) == first
    assert everything(services) == before


@pytest.mark.parametrize("index", [-1, 3, 10**9])
def test_a_block_that_is_not_there_cannot_be_restored(services: Services, index: int) -> None:
    submit(services, an_article(CHROME + prose(1, 1)), "a")
    with pytest.raises(BlockNotFound, match="0 to 2") as missing:
        restore_block(services, "a", index)
    assert missing.value.index == index


def test_a_block_of_an_unknown_article_cannot_be_restored(services: Services) -> None:
    with pytest.raises(ArticleNotFound):
        restore_block(services, "none", 0)


def test_a_restored_block_stays_through_reprocessing_and_revisions(services: Services) -> None:
    submit(services, an_article(CHROME + prose(1)), "a")
    restore_block(services, "a", 1)
    assert reprocess(services, "a").after.record.cleaned.blocks[1].rule == RESTORED
    revised = submit(services, an_article(CHROME + prose(1) + "\n\n" + prose(2, 1)), "a")
    assert [block.rule for block in revised.record.cleaned.blocks[:2]] == [
        "navigation_label",
        RESTORED,
    ]


def test_a_restored_block_is_compared_too(services: Services) -> None:
    submit(services, an_article(prose(1)), "a")
    submit(services, an_article(CHROME + prose(1)), "b")
    restored = restore_block(services, "b", 0)
    assert relations(restored) == {"a": Relation.NEAR}
    (flag,) = restored.flags
    assert flag.state is FlagState.OPEN  # the service takes back its "exact"


# --- removed blocks --------------------------------------------------------------------------


def test_a_removed_block_leaves_the_text(services: Services) -> None:
    answer = submit(services, made_of(1), "a")
    block = answer.record.cleaned.blocks[2]
    removed = remove_block(services, "a", 2)
    after = removed.record.cleaned.blocks[2]
    assert (after.kept, after.rule, after.text) == (False, REMOVED, block.text)
    assert block.text not in removed.record.cleaned.text
    assert block.text not in removed.record.cleaned.compared_text
    assert removed.record.version == answer.record.version + 1
    assert get_article(services, "a").record == removed.record


def test_removing_a_removed_block_changes_nothing(services: Services) -> None:
    submit(services, an_article(CHROME + prose(1)), "a")
    first = remove_block(services, "a", 3)
    before = everything(services)
    assert remove_block(services, "a", 3) == first
    assert remove_block(services, "a", 0) == first
    assert everything(services) == before


@pytest.mark.parametrize("index", [0, 4])
def test_the_opposite_takes_a_decision_back_without_a_trace(services: Services, index: int) -> None:
    first = submit(services, an_article(CHROME + prose(1)), "a")
    there, back = (restore_block, remove_block) if index == 0 else (remove_block, restore_block)
    there(services, "a", index)
    again = back(services, "a", index)
    assert again.record == replace(first.record, version=first.record.version + 2)


def test_a_block_that_the_rules_would_remove_by_now_is_restored_all_the_same(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(services, an_article(prose(1)), "a")
    remove_block(services, "a", 3)
    gone = BlockVerdict(kept=False, rule="new_rule")
    monkeypatch.setattr("cleaning.off_topic.RULES", (lambda _, i: gone if i == 3 else None,))
    restored = restore_block(services, "a", 3).record
    assert restored.cleaned.blocks[3].rule == RESTORED
    assert (len(restored.restored), len(restored.removed)) == (1, 0)


def test_a_removed_block_stays_through_reprocessing_revisions_and_another_order(
    services: Services,
) -> None:
    first, second = prose(1).split("\n\n", 1)
    submit(services, an_article(prose(1)), "a")
    remove_block(services, "a", 0)
    assert reprocess(services, "a").after.record.cleaned.blocks[0].rule == REMOVED
    revised = submit(services, an_article(f"{prose(2, 2)}\n\n{second}\n\n{first}"), "a")
    last = revised.record.cleaned.blocks[-1]
    assert (last.text, last.rule) == (first, REMOVED)
    assert sum(not block.kept for block in revised.record.cleaned.blocks) == 1


def test_a_removed_block_is_not_compared(services: Services) -> None:
    submit(services, made_of(1), "a")
    assert relations(submit(services, made_of(1, 2, size=6), "b")) == {"a": Relation.NEAR}
    for index in range(6, 11):
        remove_block(services, "b", index)
    removed = remove_block(services, "b", 11)
    assert relations(removed) == {"a": Relation.EXACT}
    assert restore_block(services, "b", 11).record.outcome != removed.record.outcome


def test_later_articles_are_compared_with_what_is_left(services: Services) -> None:
    submit(services, made_of(1, 2), "a")
    assert relations(submit(services, made_of(2), "b")) == {"a": Relation.CONTAINED}
    for index in range(6, 12):
        remove_block(services, "a", index)
    assert relations(get_article(services, "b")) == {}


@pytest.mark.parametrize("text", [prose(1, 1), CHROME + prose(1, 1), "A Line That Is All"])
def test_the_last_text_cannot_be_removed(services: Services, text: str) -> None:
    answer = submit(services, an_article(text), "a")
    index = next(i for i, block in enumerate(answer.record.cleaned.blocks) if block.kept)
    before = everything(services)
    with pytest.raises(UnremovableBlock, match="no text would be left"):
        remove_block(services, "a", index)
    assert everything(services) == before


def test_the_last_text_under_a_title_cannot_be_removed(services: Services) -> None:
    title = "Council closes the bridge"
    submit(services, an_article(f"{title}\n\n{prose(1, 1)}", title=title), "a")
    with pytest.raises(UnremovableBlock, match="no text would be left"):
        remove_block(services, "a", 1)
    with pytest.raises(UnremovableBlock, match="title"):
        remove_block(services, "a", 0)


def test_a_restored_block_that_is_the_last_text_stays(services: Services) -> None:
    submit(services, an_article(CHROME + prose(1, 1)), "a")
    restore_block(services, "a", 0)
    remove_block(services, "a", 2)
    with pytest.raises(UnremovableBlock):
        remove_block(services, "a", 0)


@pytest.mark.parametrize("index", [-1, 3, 10**9])
def test_a_block_that_is_not_there_cannot_be_removed(services: Services, index: int) -> None:
    submit(services, an_article(CHROME + prose(1, 1)), "a")
    with pytest.raises(BlockNotFound):
        remove_block(services, "a", index)


# --- reprocessing ----------------------------------------------------------------------------


def a_small_archive(services: Services) -> list[str]:
    parts = {
        "a": (1, 2, 3),
        "b": (1, 2, 4),
        "c": (1, 2, 3),
        "d": (1,),
        "e": (5, 6),
        "f": (1, 2, 3, 5, 6, 7, 8, 9),
        "g": (2, 4, 5),
    }
    for name, of in parts.items():
        submit(services, made_of(*of), name)
    return list(parts)


def outcomes(services: Services) -> dict[str, object]:
    return {name: get_article(services, name).record.outcome for name in services.articles.ids()}


def test_reprocessing_changes_nothing_however_often(services: Services) -> None:
    names = a_small_archive(services)
    before, flags = outcomes(services), services.flags.page(None, None, 100)
    for name in names * 2:
        done = reprocess(services, name)
        assert done.after.record.outcome == done.before.outcome
        assert done.after.record.cleaned == done.before.cleaned
    assert (outcomes(services), services.flags.page(None, None, 100)) == (before, flags)


@given(st.permutations(range(7)))
@settings(max_examples=25)
def test_the_order_of_reprocessing_cannot_change_a_verdict(order: list[int]) -> None:
    services = memory_services()
    names = a_small_archive(services)
    before = outcomes(services)
    for number in order:
        reprocess(services, names[number])
    assert outcomes(services) == before


def after_a_detour() -> Services:
    """`a` was revised into another story and back, so that its copy `c` now stands before it."""
    services = memory_services()
    submit(services, made_of(1, 2), "a")
    submit(services, made_of(1, 2), "c")
    submit(services, made_of(3, 4), "a")
    submit(services, made_of(1, 2), "a")
    return services


def test_the_order_of_reprocessing_cannot_change_a_verdict_after_revisions() -> None:
    results = []
    for order in ("ac", "ca"):
        services = after_a_detour()
        for name in order:
            reprocess(services, name)
        results.append({name: verdict(get_article(services, name)) for name in "ac"})
    assert results[0] == results[1]


def test_after_two_rounds_of_reprocessing_every_order_agrees() -> None:
    for order in ("acac", "caca"):
        services = after_a_detour()
        for name in order:
            reprocess(services, name)
        assert verdict(get_article(services, "a")) == (Verdict.DUPLICATE, "c")
        assert verdict(get_article(services, "c")) == (Verdict.UNIQUE, None)


PARTS = st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True)


@given(st.lists(st.tuples(st.sampled_from("abc"), PARTS), max_size=6))
@settings(max_examples=40)
def test_no_history_makes_an_article_its_own_duplicate(
    history: list[tuple[str, list[int]]],
) -> None:
    services = memory_services()
    for name, parts in history:
        answer = submit(services, made_of(*parts, size=2), name)
        outcome = answer.record.outcome
        assert outcome is not None
        assert name not in {outcome.duplicate_of, *relations(answer)}
        copies = [match.id for match in outcome.matches if match.relation in COPIES]
        assert outcome.duplicate_of is None or outcome.duplicate_of in copies
        assert [match.arrival for match in outcome.matches] == sorted(
            match.arrival for match in outcome.matches
        )
        assert all(match.arrival < outcome.arrival for match in outcome.matches)


# --- faults ----------------------------------------------------------------------------------


@dataclass
class Fault:
    """Breaks one call of one store's method, before or after it has done its work."""

    method: str
    after: bool
    happened: bool = False

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def broken(*args: object, **keywords: object) -> object:
            if self.happened or name != self.method:
                return call(*args, **keywords)
            self.happened = True
            if self.after:
                call(*args, **keywords)
            raise StoreUnavailable("the line is down")

        return broken


class Faulty:
    """A store whose methods go through a fault."""

    def __init__(self, store: object, name: str, fault: Fault) -> None:
        self._store, self._name, self._fault = store, name, fault

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return self._fault.around(f"{self._name}.{method}", getattr(self._store, method))


def with_fault(services: Services, fault: Fault) -> Services:
    broken: dict[str, Any] = {
        name: Faulty(getattr(services, name), name, fault)
        for name in ("articles", "index", "flags", "sites", "stories")
    }
    return replace(services, **broken)


METHODS = (
    *("articles.get", "articles.begin", "articles.amend", "articles.finish", "articles.get_many"),
    *("index.add", "flags.raised_by", "flags.put", "sites.look_up", "sites.remember"),
    *("stories.get_many", "stories.place", "stories.leave"),
)
REQUESTS: dict[str, Callable[[Services], Answer]] = {
    "a new copy": lambda services: submit(services, made_of(1, 2, 3), "new"),
    "a revision": lambda services: submit(services, made_of(1, 2, 5), "b"),
    "a revision into another story": lambda services: submit(services, made_of(8, 9), "b"),
    "a restored block": lambda services: restore_block(services, "chrome", 0),
    "a removed block": lambda services: remove_block(services, "b", 3),
    "reprocessing": lambda services: reprocess(services, "b").after,
    "a new story of a site": lambda services: submit(services, made_of(7, source="Courier"), "new"),
}


def a_world() -> Services:
    services = memory_services(clock=lambda: NOW)
    submit(services, made_of(1, 2, 3), "a")
    submit(services, made_of(1, 2, 4, source="Courier"), "b")
    submit(services, an_article(CHROME + made_of(1, 2, 3).text), "chrome")  # type: ignore[operator]
    return services


def without_versions(services: Services) -> list[Any]:
    """All that is known, but for how often it was written."""
    return [
        item if isinstance(item, SiteStory | list) else replace(item, version=0)
        for item in everything(services)
    ]


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("after", [False, True])
def test_a_request_repeated_after_a_fault_ends_as_if_there_had_been_none(
    request_name: str,
    method: str,
    after: bool,  # noqa: FBT001
) -> None:
    request = REQUESTS[request_name]
    undisturbed, disturbed = a_world(), a_world()
    expected = request(undisturbed)
    fault = Fault(method, after)
    try:
        request(with_fault(disturbed, fault))
    except StoreUnavailable:
        assert fault.happened
    answer = request(disturbed)
    assert answer.record.outcome == expected.record.outcome
    assert answer.record.cleaned == expected.record.cleaned
    assert answer.flags == expected.flags
    assert without_versions(disturbed) == without_versions(undisturbed)


DELETING = (
    *("articles.mark_deleted", "articles.get", "articles.get_many", "articles.amend"),
    *("articles.finish", "articles.remove", "index.remove", "index.add", "sites.forget"),
    *("flags.raised_on", "flags.raised_by", "flags.put", "flags.remove", "sites.remember"),
)


@pytest.mark.parametrize("method", DELETING)
@pytest.mark.parametrize("after", [False, True])
def test_a_deletion_repeated_after_a_fault_ends_as_if_there_had_been_none(
    method: str,
    after: bool,  # noqa: FBT001
) -> None:
    undisturbed, disturbed = a_world(), a_world()
    delete(undisturbed, "a")
    fault = Fault(method, after)
    try:
        delete(with_fault(disturbed, fault), "a")
    except StoreUnavailable:
        assert fault.happened
    with suppress(ArticleNotFound):
        delete(disturbed, "a")
    assert without_versions(disturbed) == without_versions(undisturbed)


@pytest.mark.parametrize("method", ["index.add", "articles.finish", "flags.raised_by"])
def test_reading_an_article_finishes_what_a_fault_left_pending(method: str) -> None:
    services = a_world()
    with pytest.raises(StoreUnavailable):
        submit(with_fault(services, Fault(method, after=False)), made_of(1, 2, 3), "new")
    pending = services.articles.get("new")
    assert pending is not None
    assert pending.outcome is None
    assert verdict(get_article(services, "new")) == (Verdict.DUPLICATE, "a")
    stored = services.articles.get("new")
    assert stored is not None
    assert stored.outcome is not None


def test_an_article_in_the_index_whose_outcome_is_pending_is_an_original_all_the_same() -> None:
    services = memory_services()
    with pytest.raises(StoreUnavailable):
        submit(with_fault(services, Fault("articles.finish", after=False)), made_of(1), "a")
    copy = submit(services, made_of(1), "b")
    first = get_article(services, "a")
    assert verdict(copy) == (Verdict.DUPLICATE, "a")
    assert verdict(first) == (Verdict.UNIQUE, None)
    assert copy.record.outcome.story_id == first.record.outcome.story_id  # type: ignore[union-attr]


# --- at the same moment ----------------------------------------------------------------------


@pytest.mark.parametrize("round_number", range(5))
def test_of_copies_posted_at_the_same_moment_exactly_one_is_the_original(
    services: Services, round_number: int
) -> None:
    start = threading.Barrier(4)

    def post(name: str) -> tuple[Verdict, str | None]:
        start.wait(timeout=10)
        return verdict(submit(services, an_article(seed=round_number), name))

    with ThreadPoolExecutor(4) as pool:
        verdicts = dict(zip("abcd", pool.map(post, "abcd"), strict=True))
    (original,) = [name for name, (found, _) in verdicts.items() if found is Verdict.UNIQUE]
    assert {of for _, of in verdicts.values()} == {None, original}


def test_two_threads_with_the_same_article_make_one_revision(services: Services) -> None:
    start = threading.Barrier(2)

    def post(_: int) -> Answer:
        start.wait(timeout=10)
        return submit(services, an_article(), "a")

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(post, range(2))
    assert one.record.outcome == two.record.outcome
    assert (one.record.revision, two.record.revision) == (1, 1)


class Meanwhile:
    """An index in which something happens right before an article enters it."""

    def __init__(self, services: Services, event: Callable[[], object]) -> None:
        self._index = services.index
        self._events = [event]

    def add(self, *args: Any, **keywords: Any) -> object:
        if self._events:
            self._events.pop()()
        return self._index.add(*args, **keywords)


def test_a_request_that_a_revision_overtook_leaves_the_revisions_flags_alone(
    services: Services,
) -> None:
    submit(services, made_of(1, 2), "one")
    submit(services, made_of(3, 4), "two")
    overtaking: Callable[[], object] = lambda: submit(services, made_of(3, 4), "a")  # noqa: E731
    slow = replace(services, index=Meanwhile(services, overtaking))  # type: ignore[arg-type]
    submit(slow, made_of(1, 2), "a")
    answer = get_article(services, "a")
    assert verdict(answer) == (Verdict.DUPLICATE, "two")
    states = {flag.other: flag.state for flag in services.flags.raised_by("a")}
    assert states["two"] is FlagState.DECIDED
    assert states.get("one") in {None, FlagState.WITHDRAWN}


def test_a_record_that_is_changed_all_the_time_is_given_up_on(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(services, an_article(CHROME + prose(1)), "a")
    monkeypatch.setattr(services.articles, "amend", lambda *_: None)
    with pytest.raises(StoreUnavailable, match="'a' is changed by others"):
        restore_block(services, "a", 0)
    with pytest.raises(StoreUnavailable, match="'a' is changed by others"):
        reprocess(services, "a")

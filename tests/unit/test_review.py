import pytest

from cleaning.normalise import for_comparing
from service.duplicates.errors import (
    ArticleNotFound,
    FlagNotFound,
    IllegalDecision,
    StaleDecision,
)
from service.duplicates.flags import open_flag, withdraw
from service.duplicates.model import DEFAULT_POLICY, SERVICE, Decision, Flag, FlagState, Relation
from service.duplicates.ports import Services
from service.duplicates.review import compare, decide, get_flag, list_flags
from service.duplicates.submit import submit
from service.stores.memory import memory_services
from tests.builders import NOW, a_match, an_article, prose

LONG, SHORT = prose(1, 8) + "\n\n" + prose(2, 16), prose(1, 8)


@pytest.fixture
def services() -> Services:
    return memory_services()


@pytest.fixture
def flag(services: Services) -> Flag:
    submit(services, an_article(LONG), "long")
    (flag,) = submit(services, an_article(SHORT), "short").flags
    return flag


def test_a_flag_can_be_read_and_is_in_the_queue(services: Services, flag: Flag) -> None:
    assert get_flag(services, flag.id) == flag
    assert list_flags(services, FlagState.OPEN, None, 10).flags == (flag,)
    assert list_flags(services, FlagState.DECIDED, None, 10).total == 0


def test_an_unknown_flag_is_not_found(services: Services) -> None:
    for use_case in (get_flag, compare):
        with pytest.raises(FlagNotFound) as missing:
            use_case(services, "none")
        assert missing.value.flag_id == "none"
    with pytest.raises(FlagNotFound):
        decide(services, "none", Decision.DUPLICATE, by="ada", seen=None)


@pytest.mark.parametrize("seen", [1, None])
def test_a_decision_is_stored_with_who_made_it(
    services: Services, flag: Flag, seen: int | None
) -> None:
    decided = decide(services, flag.id, Decision.DUPLICATE, by="ada", seen=seen, note="same lead")
    assert get_flag(services, flag.id) == decided
    assert (decided.decided_by, decided.history[-1].note) == ("ada", "same lead")
    assert list_flags(services, FlagState.OPEN, None, 10).flags == ()


def test_a_decision_on_what_has_changed_meanwhile_is_refused(
    services: Services, flag: Flag
) -> None:
    decided = decide(services, flag.id, Decision.DUPLICATE, by="ada", seen=flag.version)
    with pytest.raises(StaleDecision) as stale:
        decide(services, flag.id, Decision.NOT_DUPLICATE, by="bob", seen=flag.version)
    assert (stale.value.seen, stale.value.version) == (flag.version, decided.version)
    assert get_flag(services, flag.id) == decided


def test_the_same_decision_from_an_old_page_changes_nothing(services: Services, flag: Flag) -> None:
    decided = decide(services, flag.id, Decision.DUPLICATE, by="ada", seen=flag.version)
    again = decide(services, flag.id, Decision.DUPLICATE, by="bob", seen=flag.version)
    assert again == decided


def test_a_decision_that_loses_a_race_is_refused(
    services: Services, flag: Flag, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = services.flags.put

    def faster(changed: Flag, *, seen: int) -> bool:
        monkeypatch.undo()
        decide(services, flag.id, Decision.NOT_DUPLICATE, by="bob", seen=flag.version)
        return put(changed, seen=seen)

    monkeypatch.setattr(services.flags, "put", faster)
    with pytest.raises(StaleDecision):
        decide(services, flag.id, Decision.DUPLICATE, by="ada", seen=flag.version)
    assert get_flag(services, flag.id).decided_by == "bob"


def test_a_withdrawn_flag_cannot_be_decided(services: Services, flag: Flag) -> None:
    services.flags.put(withdraw(flag, NOW), seen=flag.version)
    with pytest.raises(IllegalDecision):
        decide(services, flag.id, Decision.DUPLICATE, by="ada", seen=None)


def test_an_exact_copy_is_decided_by_the_service_and_can_be_reopened(services: Services) -> None:
    submit(services, an_article(SHORT), "one")
    (flag,) = submit(services, an_article(SHORT), "two").flags
    assert flag.decided_by == SERVICE
    opened = decide(services, flag.id, Decision.REOPEN, by="ada", seen=flag.version)
    assert list_flags(services, FlagState.OPEN, None, 10).flags == (opened,)


def test_both_columns_show_the_passages_they_share(services: Services, flag: Flag) -> None:
    shown = compare(services, flag.id)
    assert (shown.flag, shown.article.id, shown.other.id) == (flag, "short", "long")
    assert flag.match.relation is Relation.CONTAINED
    here = " ".join(shown.article.cleaned.text[s.start : s.end] for s in shown.article_spans)
    there = " ".join(shown.other.cleaned.text[s.start : s.end] for s in shown.other_spans)
    assert for_comparing(here) == for_comparing(there)
    assert len(here.split()) == flag.match.shared_words


def test_the_comparison_is_of_the_texts_as_they_stand_now(services: Services, flag: Flag) -> None:
    submit(services, an_article(prose(7)), "long")
    shown = compare(services, flag.id)
    assert shown.other.revision == 2
    assert (shown.article_spans, shown.other_spans) == ((), ())


@pytest.mark.parametrize(("article", "other"), [("none", "long"), ("long", "none")])
@pytest.mark.usefixtures("flag")
def test_a_flag_whose_article_is_gone_says_so(services: Services, article: str, other: str) -> None:
    orphan = open_flag(article, a_match(other), DEFAULT_POLICY, NOW)
    services.flags.put(orphan, seen=0)
    with pytest.raises(ArticleNotFound) as missing:
        compare(services, orphan.id)
    assert missing.value.article_id == "none"

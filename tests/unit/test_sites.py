"""What is counted as a story of a site, and what becomes its furniture."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.article import REMOVED, RESTORED, site_key
from cleaning.model import SITE_FURNITURE, SITE_RULE, SiteBlock
from cleaning.phrases import key
from cleaning.site_memory import FEWEST_STORIES
from service.duplicates.model import Outcome, Relation, SiteStory, Submission, Verdict
from service.duplicates.ports import Services
from service.duplicates.site_rules import make_rule, preview_rule, withdraw_rule
from service.duplicates.sites import (
    BLOCKS_PER_STORY,
    STORIES_PER_SITE,
    block_hash,
    kin_of,
    known_blocks,
    site_of,
    with_story,
)
from service.duplicates.submit import (
    Answer,
    get_article,
    remove_block,
    reprocess,
    restore_block,
    submit,
)
from service.stores.memory import MemorySites, memory_services
from tests.builders import NOW, a_match, an_article, prose, words_of

LINE = "Puzzles and crosswords"
SITE = "courier"


@pytest.fixture(autouse=True)
def no_text_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a site shows is told by its memory alone: the text model would know some lines too."""
    monkeypatch.setattr("cleaning.off_topic.judge_blocks", lambda *_: ())


@pytest.fixture
def services() -> Services:
    return memory_services(clock=lambda: NOW)


def sent(services: Services, name: str, *paragraphs: str, source: str | None = "Courier") -> Answer:
    return submit(services, an_article("\n\n".join(paragraphs), source=source), name)


def send_stories(services: Services, count: int, *more: str, source: str = "Courier") -> None:
    """So many different stories of a site, each with the same blocks below it."""
    for number in range(count):
        sent(services, f"{source}-{number}", prose(number, 6), *more, source=source)


def gone(answer: Answer) -> list[str]:
    return [block.text for block in answer.record.cleaned.blocks if block.rule == SITE_FURNITURE]


def stories_of(services: Services, site: str = SITE) -> list[SiteStory]:
    return services.sites.look_up(site, [])[0]


def stories_with(services: Services, text: str, site: str = SITE) -> int:
    own = site_key(key(text))
    return known_blocks(stories_of(services, site), {}, [own]).get(own, SiteBlock()).stories


# --- a site's furniture ----------------------------------------------------------------------


def test_a_line_of_enough_stories_is_furniture_and_says_of_how_many(services: Services) -> None:
    send_stories(services, FEWEST_STORIES, LINE)
    answer = sent(services, "new", prose(99), LINE)
    assert gone(answer) == [LINE]
    (block,) = [block for _, block in answer.record.cleaned.removed]
    assert block.reasons == (f"it stands on {FEWEST_STORIES} other stories of this site",)


def test_fewer_stories_make_no_furniture(services: Services) -> None:
    send_stories(services, FEWEST_STORIES - 1, LINE)
    assert gone(sent(services, "new", prose(99), LINE)) == []


def test_each_site_has_a_memory_of_its_own(services: Services) -> None:
    send_stories(services, 9, LINE)
    assert gone(sent(services, "new", prose(99), LINE, source="Gazette")) == []
    assert gone(sent(services, "newer", prose(98), LINE, source=None)) == []


def test_a_story_sent_a_thousand_times_is_one_story(services: Services) -> None:
    for number in range(1_000):
        sent(services, f"a{number}", prose(1, 3), LINE)
    assert stories_with(services, LINE) == 1
    assert gone(sent(services, "last", prose(1, 3), LINE)) == []
    assert gone(sent(services, "other", prose(2), LINE)) == []


def test_versions_of_a_story_under_new_ids_are_one_story(services: Services) -> None:
    told = prose(1, 24).split("\n\n")
    for number in range(12):
        answer = sent(services, f"a{number}", *told[number : number + 8], LINE)
        assert answer.record.outcome is not None
        assert number == 0 or answer.record.outcome.verdict is Verdict.DUPLICATE
    assert stories_with(services, LINE) == 1
    assert stories_with(services, told[-6]) == 1


def test_a_story_that_grows_and_is_cut_is_one_story(services: Services) -> None:
    told = prose(1, 32).split("\n\n")
    for number, length in enumerate((2, 5, 12, 32, 3, 20)):
        sent(services, f"a{number}", *told[:length], LINE)
    assert stories_with(services, LINE) == stories_with(services, told[0]) == 1


def test_an_article_revised_again_and_again_is_one_story(services: Services) -> None:
    for number in range(12):
        sent(services, "a", prose(number % 3, 6), LINE)
    assert stories_with(services, LINE) == 1
    assert stories_with(services, prose(1, 6).split("\n\n")[0]) == 0  # it is no longer there


def test_a_story_in_many_round_ups_counts_once_for_its_paragraphs(services: Services) -> None:
    send_stories(services, 1, LINE)
    for number in range(1, 8):
        parts = (prose(0, 6), prose(100 + number, 6), prose(200 + number, 6))
        answer = sent(services, f"round-up-{number}", *parts, LINE)
        assert answer.record.outcome is not None
        assert [m.relation for m in answer.record.outcome.matches][:1] == [Relation.CONTAINS]
    assert stories_with(services, prose(0, 6).split("\n\n")[3]) == 1


@pytest.mark.parametrize(
    "reused",
    [
        prose(77, 1),
        "“" + prose(77, 1) + "”",
        "“We regret this very much,” the ministry said in a statement on Monday.",
        "LONDON (Reuters)",
        "Why it matters",
        f"{prose(77, 1)} {prose(78, 1)} {prose(79, 1)}",
    ],
)
def test_what_stories_tell_again_stays(services: Services, reused: str) -> None:
    for number in range(20):
        told = prose(number, 6).split("\n\n")
        answer = sent(services, f"a{number}", *told[:3], reused, *told[3:])
        assert answer.record.outcome is not None
        assert gone(answer) == []
    assert stories_with(services, reused) == 20


def test_too_short_articles_do_not_count(services: Services) -> None:
    for number in range(9):
        sent(services, f"a{number}", words_of(prose(number), 5), LINE)
    assert stories_with(services, LINE) == 0


def test_the_compared_text_ignores_what_the_site_shows(services: Services) -> None:
    before = sent(services, "before", prose(99), LINE)
    send_stories(services, 9, LINE)
    after = sent(services, "after", prose(99), LINE)
    assert (gone(before), gone(after)) == ([], [LINE])
    assert after.record.outcome is not None
    assert [(m.id, m.relation) for m in after.record.outcome.matches] == [
        ("before", Relation.EXACT)
    ]


# --- the article itself ----------------------------------------------------------------------


def test_an_article_does_not_count_for_itself(services: Services) -> None:
    send_stories(services, FEWEST_STORIES, LINE)
    assert gone(reprocess(services, "Courier-0").after) == []
    send_stories(services, FEWEST_STORIES + 1, LINE)
    assert gone(reprocess(services, "Courier-0").after) == [LINE]


def test_a_restored_line_stays_and_the_article_is_remembered(services: Services) -> None:
    send_stories(services, 9, LINE)
    answer = sent(services, "new", prose(99), LINE)
    (index,) = [index for index, _ in answer.record.cleaned.removed]
    assert LINE in restore_block(services, "new", index).record.cleaned.text
    assert LINE in reprocess(services, "new").after.record.cleaned.text
    assert stories_with(services, LINE) == 10


def test_reprocessing_fills_an_empty_memory_and_changes_no_full_one(services: Services) -> None:
    send_stories(services, 9, LINE)
    before = stories_of(services)
    emptied = replace(services, sites=MemorySites())
    for _ in range(2):
        for name in list(services.articles.ids()):
            reprocess(emptied, name)
        assert stories_of(emptied) == before
    assert gone(get_article(emptied, "Courier-0")) == [LINE]


# --- with what people decide -------------------------------------------------------------------


def test_what_a_person_removed_is_not_compared_though_the_site_shows_it_everywhere(
    services: Services,
) -> None:
    sent(services, "first", prose(99), LINE)
    sent(services, "copy", prose(99), source="Gazette")
    assert relation_to_first(services) is Relation.NEAR
    index = len(get_article(services, "first").record.cleaned.blocks) - 1
    remove_block(services, "first", index)
    assert relation_to_first(services) is Relation.EXACT
    send_stories(services, 9, LINE)
    again = reprocess(services, "first", alone=False).after
    assert again.record.cleaned.blocks[-1].rule == REMOVED
    assert LINE not in again.record.cleaned.compared_text
    assert relation_to_first(services) is Relation.EXACT
    # Without their decision the site's memory removes it, and it is compared.
    restored = restore_block(services, "first", index).record
    assert (restored.cleaned.blocks[-1].rule, restored.removed) == (RESTORED, frozenset())


def relation_to_first(services: Services) -> Relation:
    outcome = get_article(services, "copy").record.outcome
    assert outcome is not None
    (match,) = outcome.matches
    return match.relation


def test_a_rule_for_the_site_stands_before_its_memory(services: Services) -> None:
    send_stories(services, 9, LINE)
    last = len(sent(services, "new", prose(99), LINE).record.cleaned.blocks) - 1
    make_rule(services, "new", last, kept=True, by="Ada")
    kept = sent(services, "newer", prose(98), LINE).record.cleaned
    assert (kept.blocks[-1].kept, kept.blocks[-1].rule) == (True, SITE_RULE)
    make_rule(services, "new", last, kept=False, by="Ada")
    for name, count in (("newest", 97), ("newer", 98)):
        gone_too = sent(services, name, prose(count), LINE).record.cleaned
        assert gone_too.blocks[-1].rule == SITE_RULE
        assert LINE not in gone_too.compared_text


def test_a_preview_and_a_withdrawal_know_what_the_site_remembers(services: Services) -> None:
    send_stories(services, 9, LINE)
    last = len(sent(services, "new", prose(99), LINE).record.cleaned.blocks) - 1
    preview = preview_rule(services, "new", last, kept=True, by="Ada")
    assert preview.looked_at == len(preview.effects) == 10
    made = make_rule(services, "new", last, kept=True, by="Ada")
    assert made == preview
    assert LINE in get_article(services, "new").record.cleaned.text
    withdraw_rule(services, SITE, made.rule.key, by="Ada")
    assert gone(get_article(services, "new")) == [LINE]


def test_an_article_does_not_count_for_itself_in_a_preview_either(services: Services) -> None:
    send_stories(services, FEWEST_STORIES, LINE)
    (effect,) = preview_rule(services, "Courier-0", 0, kept=False, by="Ada").effects
    assert effect.changed == (0,)
    assert LINE in get_article(services, "Courier-0").record.cleaned.text


# --- what is remembered ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "source", "site"),
    [
        ("https://www.example.org/a", "Courier", "example.org"),
        ("https://News.Example.org.:81/a", None, "news.example.org"),
        (None, "  The\tCOURIER ", "the courier"),
        ("https://www./", "Courier", "courier"),
        ("https://WWW.Quay.example:8080/a?b", "Courier", "quay.example"),
        ("javascript:alert(1)", "Courier", "courier"),
        *((None, None, None), (None, " ", None)),
    ],
)
def test_a_site_is_a_host_else_a_source(
    url: str | None, source: str | None, site: str | None
) -> None:
    assert site_of(Submission(text="x", url=url, source=source)) == site


def test_of_long_articles_the_first_and_last_blocks_are_remembered(services: Services) -> None:
    told = prose(1, 100).split("\n\n")
    sent(services, "a", *told)
    (story,) = stories_of(services)
    assert len(story.blocks) == BLOCKS_PER_STORY
    half = BLOCKS_PER_STORY // 2
    expected = [block_hash(site_key(key(text))) for text in (*told[:half], *told[-half:])]
    assert list(story.blocks) == expected


def test_only_the_last_stories_are_remembered() -> None:
    stories: list[SiteStory] = []
    for number in range(STORIES_PER_SITE + 3):
        name = number.to_bytes(4, "big")
        stories = with_story(stories, SiteStory(name, name, (b"line",)), ())
    assert len(stories) == STORIES_PER_SITE
    assert stories[0].story == (3).to_bytes(4, "big")


@given(st.lists(st.text(max_size=20), max_size=9, unique_by=key), st.integers(0, 9))
def test_any_blocks_can_be_asked_for(texts: list[str], count: int) -> None:
    keys = [site_key(key(text)) for text in texts]
    story = SiteStory(b"1234", b"5678", tuple(map(block_hash, keys)))
    stories = [replace(story, story=bytes(4 * [n]), article=bytes(4 * [n])) for n in range(count)]
    expected = {key: SiteBlock(stories=count, of=count) for key in keys if count}
    assert known_blocks(stories, {}, keys) == expected
    assert known_blocks(stories, dict.fromkeys(keys, False), keys) == {
        key: SiteBlock(stories=count, of=count, kept=False) for key in keys
    }


def test_a_story_that_shares_a_passage_only_is_no_kin() -> None:
    def kin(relation: Relation) -> frozenset[bytes]:
        return kin_of(Outcome(2, Verdict.UNIQUE, None, "s2", (a_match(relation=relation),)))

    assert kin(Relation.PASSAGE) == frozenset()
    assert kin(Relation.CONTAINS) == kin(Relation.RECURRING) != frozenset()

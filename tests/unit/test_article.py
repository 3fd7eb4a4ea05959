from dataclasses import replace

import pytest

from cleaning.article import (
    REMOVED,
    RESTORED,
    compose_article,
    decided_blocks,
    is_text,
    redecided,
    site_key,
    site_key_of,
)
from cleaning.blocks import read_text
from cleaning.errors import NothingLeft
from cleaning.model import BlockVerdict, Metadata, Role
from cleaning.phrases import key
from cleaning.pipeline import clean

KEPT = BlockVerdict(kept=True)
GONE = BlockVerdict(kept=False, rule="chrome", reasons=("it is chrome",), score=0.9)
TITLE = BlockVerdict(kept=True, rule="title", role=Role.TITLE)
SOURCE = read_text("A title\n\nOne.\n\nShare\n\nTwo.\n\nShare")


def blocks(
    *verdicts: BlockVerdict, restored: tuple[str, ...] = (), removed: tuple[str, ...] = ()
) -> list:
    keys = [key(block.text) for block in SOURCE.blocks]
    return decided_blocks(SOURCE.blocks, keys, verdicts, restored, removed)


def test_the_text_is_the_kept_blocks_but_the_title() -> None:
    article = compose_article(
        SOURCE, "A title", Metadata(), blocks(TITLE, KEPT, GONE, KEPT, GONE), {}
    )
    assert article.text == "One.\n\nTwo."
    assert [index for index, _ in article.removed] == [2, 4]
    assert article.source == SOURCE.text
    assert article.warnings == ()


def test_an_article_without_a_title_says_so() -> None:
    made = compose_article(SOURCE, None, Metadata(), blocks(*[KEPT] * 5), {})
    assert made.warnings == ("no_title",)


def test_nothing_left_says_how_much_was_removed() -> None:
    with pytest.raises(NothingLeft, match="3 blocks") as refusal:
        compose_article(SOURCE, None, Metadata(), blocks(*[GONE] * 5)[2:], {})
    assert refusal.value.removed == 3


def test_a_title_that_is_all_there_is_becomes_the_text() -> None:
    only = blocks(TITLE, GONE, GONE, GONE, GONE)
    assert [block.text for block in only if is_text(block)] == ["A title"]


def test_a_title_stays_one_where_a_person_restored_text() -> None:
    share = blocks(TITLE, *[GONE] * 4)[2].key
    only = blocks(TITLE, *[GONE] * 4, restored=(share,))
    assert [block.text for block in only if is_text(block)] == ["Share"]


def test_equal_blocks_have_keys_of_their_own() -> None:
    keys = [block.key for block in blocks(*[KEPT] * 5)]
    assert len(set(keys)) == 5


def test_a_key_outlives_another_order_and_other_typesetting() -> None:
    revised = read_text("TWO!\n\nA new line\n\nOne.")
    again = decided_blocks(revised.blocks, [key(b.text) for b in revised.blocks], [KEPT] * 3, ())
    first = blocks(*[KEPT] * 5)
    assert [again[0].key, again[2].key] == [first[3].key, first[1].key]


def test_a_restored_block_is_kept_and_says_which_rule_had_removed_it() -> None:
    before = blocks(TITLE, KEPT, GONE, KEPT, GONE)
    after = blocks(TITLE, KEPT, GONE, KEPT, GONE, restored=(before[2].key,))
    assert after[2].kept
    assert not after[4].kept
    assert after[2].rule == RESTORED
    assert "chrome" in after[2].reasons[0]
    assert [replace(block, kept=True, rule=None, reasons=()) for block in after] == [
        replace(block, kept=True, rule=None, reasons=()) for block in before
    ]


def test_restoring_what_the_rules_keep_changes_nothing() -> None:
    plain = blocks(TITLE, KEPT, GONE, KEPT, GONE)
    keys = tuple(block.key for block in plain if block.kept)
    assert blocks(TITLE, KEPT, GONE, KEPT, GONE, restored=keys) == plain


def test_a_key_that_no_block_has_restores_nothing() -> None:
    plain = blocks(TITLE, KEPT, GONE, KEPT, GONE)
    assert blocks(TITLE, KEPT, GONE, KEPT, GONE, restored=("none",)) == plain


def test_a_removed_block_is_gone_and_the_others_stay_as_they_are() -> None:
    before = blocks(TITLE, KEPT, GONE, KEPT, KEPT)
    after = blocks(TITLE, KEPT, GONE, KEPT, KEPT, removed=(before[4].key,))
    assert (after[4].kept, after[4].rule) == (False, REMOVED)
    assert after[4].reasons
    assert after[:4] == before[:4]


def test_a_removal_does_not_reach_the_title() -> None:
    plain = blocks(TITLE, KEPT, GONE, KEPT, GONE)
    assert blocks(TITLE, KEPT, GONE, KEPT, GONE, removed=(plain[0].key,)) == plain


def test_what_a_rule_removes_too_is_still_removed_by_the_person() -> None:
    plain = blocks(TITLE, KEPT, GONE, KEPT, GONE)
    after = blocks(TITLE, KEPT, GONE, KEPT, GONE, removed=(plain[2].key,))
    assert (after[2].kept, after[2].rule) == (False, REMOVED)
    assert [*after[:2], *after[3:]] == [*plain[:2], *plain[3:]]


def test_a_removal_of_what_the_rules_remove_anyway_takes_no_text() -> None:
    share = blocks(TITLE, *[GONE] * 4)[2].key
    only = blocks(TITLE, *[GONE] * 4, removed=(share,))
    assert [block.text for block in only if is_text(block)] == ["A title"]


def test_a_title_does_not_take_the_place_of_the_text_that_a_person_removed() -> None:
    (key_of_one,) = (block.key for block in blocks(TITLE, KEPT, *[GONE] * 3)[1:2])
    only = blocks(TITLE, KEPT, *[GONE] * 3, removed=(key_of_one,))
    with pytest.raises(NothingLeft):
        compose_article(SOURCE, "A title", Metadata(), only, {})


def test_the_site_key_of_a_block_is_that_of_its_words_wherever_they_stand() -> None:
    made = blocks(*[KEPT] * 5)
    assert site_key_of(made[2], made) == site_key_of(made[4], made) == site_key("share")
    assert site_key_of(made[4], made) == made[2].key != made[4].key
    assert site_key_of(replace(made[0], text="* * *"), made) is None


LINES = "Home » News » Quay\n\nQuay\n\nThe quay was closed.\n\nIt opens again on Monday, they say."


def test_decisions_hold_without_the_source_as_they_do_with_it() -> None:
    plain = clean(LINES, content_type="text/plain")
    keys = [block.key for block in plain.blocks]
    for restored in ([], [keys[0]]):
        for removed in ([], [keys[2]], [keys[3]]):
            expected = clean(LINES, content_type="text/plain", restored=restored, removed=removed)
            decided = redecided(plain, restored, removed)
            assert decided.text == expected.text
            shown = [(block.kept, block.rule) for block in expected.blocks]
            assert [(block.kept, block.rule) for block in decided.blocks] == shown
            back = redecided(decided, [], [])
            assert back.text == plain.text
            assert [block.kept for block in back.blocks] == [block.kept for block in plain.blocks]
            assert back.blocks[0].rule == plain.blocks[0].rule


def test_the_last_text_cannot_be_taken_out_without_the_source_either() -> None:
    plain = clean("The quay was closed.", content_type="text/plain")
    with pytest.raises(NothingLeft):
        redecided(plain, [], [block.key for block in plain.blocks])

import random
from contextlib import suppress
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from cleaning.article import is_text
from cleaning.errors import CleaningError, NothingLeft, SourceTooLarge
from cleaning.model import CleanedArticle, Role
from cleaning.normalise import for_reading, join_lines
from cleaning.pipeline import clean
from tests.unit.strategies import texts

UNSEEN = regex.compile(r"[\s\p{Z}\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}]")
SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.txt"))


def cleaned(text: str, restored: tuple[str, ...] = ()) -> CleanedArticle | None:
    try:
        return clean(text, content_type="text/plain", restored=restored)
    except (NothingLeft, SourceTooLarge):
        return None


@given(texts)
def test_any_text_is_cleaned_or_refused(text: str) -> None:
    cleaned(text)


@given(
    st.one_of(
        texts, st.lists(st.sampled_from(("<p>", "</p>", "<a href=x>", "a ", "<"))).map("".join)
    )
)
def test_any_text_of_unknown_type_is_cleaned_or_refused(text: str) -> None:
    with suppress(NothingLeft, SourceTooLarge):
        clean(text)


@given(st.binary(max_size=400))
def test_any_bytes_are_cleaned_or_refused(source: bytes) -> None:
    with suppress(CleaningError):
        clean(source)


@given(texts)
def test_blocks_account_for_everything_that_can_be_seen(text: str) -> None:
    article = cleaned(text)
    if article is None:
        return
    end, outside = 0, ""
    for block in article.blocks:
        assert end <= block.start < block.end <= len(article.source)
        assert for_reading(join_lines(article.source[block.start : block.end])) == block.text
        outside += article.source[end : block.start]
        end = block.end
    outside += article.source[end:]
    assert all(UNSEEN.fullmatch(character) for character in outside)


@given(texts)
def test_kept_and_removed_blocks_are_all_blocks(text: str) -> None:
    article = cleaned(text)
    if article is None:
        return
    kept = [index for index, block in enumerate(article.blocks) if block.kept]
    assert sorted([*kept, *(index for index, _ in article.removed)]) == [
        *range(len(article.blocks))
    ]
    assert article.text == "\n\n".join(b.text for b in article.blocks if is_text(b))
    assert sum(block.role is Role.TITLE for block in article.blocks) <= 1
    assert len({block.key for block in article.blocks}) == len(article.blocks)


@given(first=texts, second=texts)
def test_one_article_says_nothing_about_the_next(first: str, second: str) -> None:
    before = cleaned(second)
    cleaned(first)
    assert cleaned(second) == before


@given(text=texts, seed=st.randoms(use_true_random=False))
def test_what_a_person_restores_is_kept_and_nothing_else_changes(
    text: str, seed: random.Random
) -> None:
    article = cleaned(text)
    if article is None:
        return
    chosen = tuple(block.key for _, block in article.removed if seed.random() < 0.5)
    again = cleaned(text, chosen)
    assert again is not None
    for before, after in zip(article.blocks, again.blocks, strict=True):
        assert after.kept == (before.kept or before.key in chosen)
        assert (after.text, after.start, after.end) == (before.text, before.start, before.end)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_cleaned_text_is_clean(path: Path) -> None:
    """Cleaning what was cleaned once removes nothing more."""
    once = clean(path.read_text("utf-8"))
    again = clean(once.text, title=once.title)
    assert again.text == once.text


@pytest.mark.parametrize("source", ["", " \n\t", "\u200b\ufeff", b"", b"\xef\xbb\xbf", "<p> </p>"])
def test_an_empty_source_is_refused(source: str | bytes) -> None:
    with pytest.raises(NothingLeft):
        clean(source)


def test_furniture_alone_is_no_article() -> None:
    with pytest.raises(NothingLeft) as refusal:
        clean("Latest news\n\nShare this article\n\nAdvertisement")
    assert refusal.value.removed == 3


def test_text_and_bytes_of_it_give_the_same_article() -> None:
    text = SAMPLES[0].read_text("utf-8")
    assert clean(text) == clean(text.encode()) == clean(text.encode("utf-16"))


def test_a_lone_surrogate_is_replaced_where_it_stood() -> None:
    article = clean("The mayor \ud800 said that the bridge would be closed for the whole year.")
    assert article.source[10] == "\ufffd"


@given(texts, st.data())
def test_a_person_decides_of_one_block_and_of_no_other(text: str, data: st.DataObject) -> None:
    before = cleaned(text)
    if before is None:
        return
    index = data.draw(st.integers(0, len(before.blocks) - 1))
    block = before.blocks[index]
    restored, removed = ((), (block.key,)) if block.kept else ((block.key,), ())
    try:
        after = clean(text, content_type="text/plain", restored=restored, removed=removed)
    except NothingLeft:
        assert sum(map(is_text, before.blocks)) == 1
        return
    for number, (was, now) in enumerate(zip(before.blocks, after.blocks, strict=True)):
        is_asked = number == index and (is_text(block) or not block.kept)
        assert now.kept is (was.kept is not is_asked) or sum(map(is_text, before.blocks)) == 1

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cleaning.model import Block, CleanedArticle, Repeat, Role, SharedSpan, Span
from service.duplicates.model import ArticleRecord, Submission
from service.web.side_by_side import Column, Passage, Piece, Removal, Repetition, column


def a_block(text: str, **fields: object) -> Block:
    known = {"kept": True, "role": Role.BODY, "start": 0, "end": len(text), "key": text}
    return Block(text=text, **{**known, **fields})  # type: ignore[arg-type]


def a_column(*blocks: Block, spans: tuple[Span, ...] = ()) -> Column:
    text = "\n\n".join(b.text for b in blocks if b.kept and b.role is not Role.TITLE)
    cleaned = CleanedArticle("A title", text, None, None, (), None, None, None, None, blocks, text)
    now = datetime(2025, 3, 4, tzinfo=UTC)
    record = ArticleRecord(
        id="a",
        revision=1,
        version=1,
        digest="d",
        continues=False,
        received_at=now,
        submission=Submission(text=text),
        cleaned=cleaned,
    )
    return column("later", record, spans)


def test_a_shared_span_is_cut_out_of_its_block() -> None:
    (passage,) = a_column(a_block("one two three"), spans=(Span(4, 7),)).parts
    assert isinstance(passage, Passage)
    assert passage.pieces == (
        Piece("one ", shared=False),
        Piece("two", shared=True),
        Piece(" three", shared=False),
    )


def test_a_span_over_two_blocks_is_marked_in_both() -> None:
    first, second = a_column(a_block("one two"), a_block("three four"), spans=(Span(4, 14),)).parts
    assert isinstance(first, Passage)
    assert isinstance(second, Passage)
    assert first.pieces == (Piece("one ", shared=False), Piece("two", shared=True))
    assert second.pieces == (Piece("three", shared=True), Piece(" four", shared=False))


def test_neighbouring_removed_blocks_stand_together_where_they_were() -> None:
    parts = a_column(
        a_block("kept"),
        a_block("gone", kept=False, rule="breadcrumb"),
        a_block("gone too", kept=False, rule="breadcrumb"),
        a_block("kept too"),
    ).parts
    assert [type(part) for part in parts] == [Passage, Removal, Passage]
    removal = parts[1]
    assert isinstance(removal, Removal)
    assert [index for index, _ in removal.blocks] == [1, 2]
    assert removal.rules == ("breadcrumb",)


def test_the_title_stands_above_and_takes_no_room_in_the_text() -> None:
    title, body = a_block("A title", role=Role.TITLE), a_block("one two")
    (passage,) = a_column(title, body, spans=(Span(0, 3),)).parts
    assert isinstance(passage, Passage)
    assert passage.index == 1
    assert passage.pieces[0] == Piece("one", shared=True)


def test_a_repeat_names_the_earlier_block_and_how_much_both_have() -> None:
    shared = (SharedSpan(Span(0, 3), Span(0, 3), 9), SharedSpan(Span(4, 7), Span(4, 7), 3))
    again = a_block("one two", repeats=Repeat(of=0, shared=shared))
    _, passage = a_column(a_block("one two three"), again).parts
    assert isinstance(passage, Passage)
    assert passage.repeats == Repetition(of=0, words=12)


@given(
    texts=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6),
    edges=st.lists(st.integers(0, 90), max_size=12, unique=True),
)
def test_cutting_loses_no_character_and_marks_exactly_the_spans(
    texts: list[str], edges: list[int]
) -> None:
    edges = sorted(edges)
    spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))
    found = a_column(*map(a_block, texts), spans=spans)
    start = 0
    for part, text in zip(found.parts, texts, strict=True):
        assert isinstance(part, Passage)
        assert "".join(piece.text for piece in part.pieces) == text
        marked = [piece.shared for piece in part.pieces for _ in piece.text]
        places = range(start, start + len(text))
        assert marked == [any(s.start <= place < s.end for s in spans) for place in places]
        start += len(text) + 2

from hypothesis import given
from hypothesis import strategies as st

from cleaning.model import Repeat, SharedSpan, Span
from service.web.block_list import rows
from service.web.side_by_side import Piece, Repetition
from tests.web.test_side_by_side import a_block


def a_repeat(of: int, here: Span, there: Span) -> Repeat:
    return Repeat(of, (SharedSpan(here, there, words=3),))


def test_both_tellings_name_each_other_and_show_what_they_share() -> None:
    first = a_block("one two three")
    second = a_block("four two five", repeats=a_repeat(0, Span(5, 8), Span(4, 7)))
    earlier, later = rows([first, second])
    two = Piece("two", shared=True)
    assert earlier.pieces == (Piece("one ", shared=False), two, Piece(" three", shared=False))
    assert later.pieces == (Piece("four ", shared=False), two, Piece(" five", shared=False))
    assert (earlier.repeats, earlier.told_again) == (None, (1,))
    assert (later.repeats, later.told_again) == (Repetition(of=0, words=3), ())


@given(data=st.data(), text=st.text(min_size=1, max_size=20))
def test_no_character_is_lost_where_tellings_overlap(data: st.DataObject, text: str) -> None:
    edges = st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True).map(sorted)
    found = data.draw(st.lists(edges, max_size=4))
    spans = [Span(*pair) for pair in found]
    later = [a_block("x", repeats=a_repeat(0, Span(0, 1), span)) for span in spans]
    (row, *_) = rows([a_block(text), *later])
    assert "".join(piece.text for piece in row.pieces) == text
    marked = [piece.shared for piece in row.pieces for _ in piece.text]
    assert marked == [any(s.start <= place < s.end for s in spans) for place in range(len(text))]

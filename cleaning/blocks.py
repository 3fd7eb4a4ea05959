"""Plain text -> Document: a block per paragraph or line, with its place in the source.

Blank lines part blocks. A single line end parts them too (titles and chrome stand on lines of
their own), unless the text is hard-wrapped: there a line was broken because the next word did
not fit. A text that is all on a few lines is cut where that is safe (run_on.py).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

from cleaning.limits import MOST_ALONE, MOST_JOINED, joined
from cleaning.model import Document, SourceBlock
from cleaning.normalise import for_reading, join_lines
from cleaning.run_on import Place, cut_run_on
from cleaning.words import is_unspaced

# Line ends of every platform, and Unicode's own.
_LINE = regex.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
_LINE_END = regex.compile(r"[\r\n\v\f\x85\u2028\u2029]")
# A book of 2 MB, wrapped at 70 columns, has 30,000 lines. What is behind so many is cut into pieces
# of one size at line ends, and not read line by line.
MOST_LINES = 40_000
# Mail and wire copy is wrapped at 60 to 80 columns, columns of print at 30, some at 100. Wider
# lines are paragraphs; where breaks agree on a narrower width, they are the lines of a menu.
_NARROWEST, _WIDEST = 25, 100
# A wrapped text shows it by breaks that one width explains, and by sentences that go on behind
# them; a list of headlines has neither. Lines of less than half that width (labels, entries of
# lists, the ends of paragraphs) tell nothing either way. Of 803 articles between 19 lines of page
# furniture, wrapped at 72 columns, 9 are missed, where 97 were when short lines counted; of 922
# unwrapped ones 2 are joined with or without them.
_FEWEST_WRAPS, _WRAPPED_SHARE, _GOES_ON_SHARE = 3, 0.3, 0.4
_BULLET = regex.compile(r"[*•▪‣◦]\s+")
_MARKER = regex.compile(r"(?:[*•▪‣◦–-]|\d{1,2}[.)])\s+")
_FIRST_WORD = regex.compile(r"\S+")
_UNSPACED_WORD = regex.compile(r".[\p{M}\p{Pe}\p{Pf}\p{Po}]*")


class _Line(NamedTuple):
    """A line without the white space around it: where it stands, how far it is indented, and
    whether a blank line comes before it."""

    start: int
    end: int
    indent: int
    after_blank: bool

    @property
    def width(self) -> int:
        """The columns up to its end."""
        return self.indent + self.end - self.start


def read_text(text: str) -> Document:
    """The blocks of a plain text. All but white space and invisible characters is in a block."""
    lines = _lines(text)
    spans: list[tuple[int, int, bool]] = []
    joined = _wrapped(text, lines)
    for number, line in enumerate(lines):
        if number in joined:
            spans[-1] = (spans[-1][0], line.end, spans[-1][2])
        else:
            spans.append((line.start, line.end, line.after_blank))
    opens = {start for start, _, after_blank in spans if after_blank}
    places = list(cut_run_on(text, [(start, end) for start, end, _ in spans]))
    if len(lines) == MOST_LINES:
        places += _pieces(text, lines[-1].end)
    blocks = [
        SourceBlock(
            start, end, for_reading(join_lines(text[start:end])), after_blank=start in opens
        )
        for start, end in _few(places)
    ]
    return Document("text", text, tuple(block for block in blocks if block.text))


def _few(places: Sequence[Place]) -> Iterator[Place]:
    """These places; of too many, the last ones joined."""
    together = list(joined(len(places)))
    yield from places[: MOST_ALONE if together else None]
    yield from ((places[first][0], places[last - 1][1]) for first, last in together)


def _pieces(text: str, start: int) -> Iterator[Place]:
    """The rest of a text from a line's end on, cut at line ends into as many pieces as may be."""
    size = -(-(len(text) - start) // MOST_JOINED)
    while start < len(text):
        found = _LINE_END.search(text, min(start + size, len(text)))
        end = found.end() if found else len(text)
        piece = text[start:end]
        if not piece.isspace():
            indent = len(piece) - len(piece.lstrip())
            yield start + indent, start + len(piece.rstrip())
        start = end


def _lines(text: str) -> list[_Line]:
    """The first lines, as many as are read."""
    lines: list[_Line] = []
    previous_end = 0
    for found in _LINE.finditer(text):
        whole = found[0]
        if whole.isspace():
            continue
        indent = len(whole) - len(whole.lstrip())
        start, end = found.start() + indent, found.start() + len(whole.rstrip())
        lines.append(_Line(start, end, indent, _has_blank_line(text[previous_end:start])))
        previous_end = end
        if len(lines) == MOST_LINES:
            break
    return lines


def _has_blank_line(gap: str) -> bool:
    return gap.count("\n") > 1 or gap.count("\r") > 1 or "\u2029" in gap


def _wrapped(text: str, lines: Sequence[_Line]) -> set[int]:
    """The lines that go on with the line before, if the text is hard-wrapped; else none.

    Each break is explained by the widths for which the line fits, but not with the next word. The
    text is wrapped at the width that explains most of them.
    """
    inner: list[tuple[int, int, int]] = []
    changes = [0] * (_WIDEST + 2)
    for number in range(1, len(lines)):
        before, line = lines[number - 1], lines[number]
        if line.after_blank:
            continue
        least = before.width
        too_wide = least + _first_word(text, line) if least <= _WIDEST else least
        inner.append((number, least, too_wide))
        low, high = max(least, _NARROWEST), min(too_wide, _WIDEST + 1)
        if low < high:
            changes[low] += 1
            changes[high] -= 1
    explained = best = width = 0
    for columns, change in enumerate(changes):
        explained += change
        if explained > best:
            best, width = explained, columns
    full = sum(2 * least >= width for _, least, _ in inner)
    if best < _FEWEST_WRAPS or best < _WRAPPED_SHARE * full:
        return set()
    forced = [number for number, least, too_wide in inner if least <= width < too_wide]
    if sum(_goes_on(text[lines[number].start]) for number in forced) < _GOES_ON_SHARE * best:
        return set()
    return {
        number
        for number in forced
        if lines[number].width <= width and not _opens(text, lines[number - 1], lines[number])
    }


def _first_word(text: str, line: _Line) -> int:
    """How many columns a line's first word would take behind another line; in scripts without
    spaces lines break at any character, but before no closing mark."""
    if is_unspaced(text[line.start]):
        found = _UNSPACED_WORD.match(text, line.start, line.end)
        return found.end() - found.start() if found else 1
    found = _FIRST_WORD.match(text, line.start, line.end)
    return 1 + (found.end() - found.start() if found else 1)


def _goes_on(first: str) -> bool:
    return first.isalpha() and not first.isupper()


def _opens(text: str, before: _Line, line: _Line) -> bool:
    """Whether a line opens a paragraph: it is farther in than the line before, and does not hang
    below its marker; or it has a marker itself."""
    if _BULLET.match(text, line.start, line.end):
        return True
    marker = _MARKER.match(text, before.start, before.end)
    hangs = marker is not None and line.indent == before.indent + marker.end() - marker.start()
    return line.indent > before.indent and not hangs

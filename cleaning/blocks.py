"""Plain text -> Document: a block per paragraph or line, with its place in the source.

Blank lines part blocks. A single line end parts them too (titles and chrome stand on lines of
their own), unless the text is hard-wrapped: there a line was broken because the next word did
not fit.
"""

import regex

from cleaning.model import Document, SourceBlock
from cleaning.normalise import for_reading
from cleaning.words import is_unspaced

# Line ends of every platform, and Unicode's own.
_LINE = regex.compile(r"[^\r\n\v\f\x85\u2028\u2029]+")
# Mail and wire copy is wrapped at 60 to 80 columns; longer lines are paragraphs.
_WIDEST_WRAP = 100
# A wrapped text shows it by many breaks; a list of short lines has few that a word explains.
_FEWEST_WRAPS, _WRAPPED_SHARE = 3, 0.6


def read_text(text: str) -> Document:
    """The blocks of a plain text. All but white space and invisible characters is in a block."""
    lines = [
        _trimmed(text, found.start(), found.end())
        for found in _LINE.finditer(text)
        if not found[0].isspace()
    ]
    spans: list[tuple[int, int, bool]] = []
    joined = _wrapped(text, lines)
    previous_end = 0
    for number, (start, end) in enumerate(lines):
        if number in joined:
            spans[-1] = (spans[-1][0], end, spans[-1][2])
        else:
            spans.append((start, end, _has_blank_line(text[previous_end:start])))
        previous_end = end
    blocks = [
        SourceBlock(start, end, for_reading(text[start:end]), after_blank=after_blank)
        for start, end, after_blank in spans
    ]
    return Document("text", text, tuple(block for block in blocks if block.text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    line = text[start:end]
    return start + len(line) - len(line.lstrip()), end - len(line) + len(line.rstrip())


def _has_blank_line(gap: str) -> bool:
    return gap.count("\n") > 1 or gap.count("\r") > 1 or "\u2029" in gap


def _wrapped(text: str, lines: list[tuple[int, int]]) -> set[int]:
    """The lines that go on with the line before, if the text is hard-wrapped; else none."""
    widest = max((end - start for start, end in lines), default=0)
    if widest > _WIDEST_WRAP:
        return set()
    inner = [
        number
        for number in range(1, len(lines))
        if not _has_blank_line(text[lines[number - 1][1] : lines[number][0]])
    ]
    forced = {number for number in inner if not _would_fit(text, lines, number, widest)}
    if len(forced) < _FEWEST_WRAPS or len(forced) < _WRAPPED_SHARE * len(inner):
        return set()
    return forced


def _would_fit(text: str, lines: list[tuple[int, int]], number: int, width: int) -> bool:
    """Whether the first word of a line had room on the line before; scripts without spaces break
    anywhere, and so say nothing."""
    (before, before_end), (start, end) = lines[number - 1], lines[number]
    if is_unspaced(text[start]):
        return True
    first_word = text[start:end].split(maxsplit=1)[0]
    return before_end - before + 1 + len(first_word) <= width

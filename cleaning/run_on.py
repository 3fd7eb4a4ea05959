"""A text that is all on a few lines: cut into blocks where that is safe.

Page heads lose their line ends like all else: "Tuesday, 19 February 2019 Latest news Main » US
Pulling Troops from Iraq US Pulling Troops from Iraq 06 February 2018 US troops are …". What is sure
there: a date or stock phrase at the beginning of a line, or right behind another such piece; and
a title, which shows its two ends by standing twice. The rest is cut at the ends of sentences, where
no abbreviation and no open quotation is in doubt. A headline that runs into its sentence stays with
it.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import islice

import regex

from cleaning.dates import read_date_line
from cleaning.limits import MOST_JUDGED
from cleaning.phrases import furniture, is_furniture, key
from cleaning.words import placed_words, words

# Of 65,000 paragraphs of articles fewer than one in 200 are longer, in characters; in scripts
# without spaces as many are longer than the second.
_LONGEST, _LONGEST_UNSPACED = 1_200, 400
# A text in a script with spaces has one in six characters or so.
_SPACED = 1 / 20
# Sentences of fewer words are not paragraphs of their own.
_FEWEST_WORDS = 12
# An open quotation that does not end within so many characters is a misprint.
_LONGEST_QUOTATION = 600
# A title has so many words, and stands within so many characters of the text's beginning; once
# more there, or at the end of a line.
_TITLE_WORDS, _LONGEST_TITLE, _HEAD = 4, 200, 2_000
# A date line has at most so many parts, a stock phrase so many words.
_LONGEST_DATE, _LONGEST_PHRASE, _MOST_PIECES = 12, 6, 12
_PATH = regex.compile(r"[»›→>|/]\s*$")
_LONGEST_PATH = 80
_PART = regex.compile(r"\S+")
_CLOSING = "\"'”’»)\\]"
_END = regex.compile(
    rf"(?:[.!?…۔।؟][{_CLOSING}]*+\s++(?=[\"'“„«‘(\[]*(?:\p{{Lu}}|\p{{Lo}}|\p{{Nd}}|[©•]))"
    r"|[。！？][”’」』）]*+\s*+)"
)
# A full stop behind a number or a short word may stand for an ordinal or an abbreviation.
_SURE_STOP = regex.compile(rf"(?:\p{{L}}{{5,}}|\b\p{{Ll}}{{3,}}|\b\d{{4}}|[{_CLOSING}%])$")
_CLEARLY_ENDED = regex.compile(rf"[.!?…。！？][{_CLOSING}]*\s*$")
# What may follow the end of a piece: no small letter, and nothing that goes on with the piece.
_EDGE = regex.compile(r"\s*+(?![\p{Ll}\p{Po}])|\s*+[\"'“„«]")
# What goes on with a date: a time, a zone, a dash, but no word that a sentence begins with.
_OF_DATE = regex.compile(r"\P{Lu}.*|\p{Lu}+|Uhr", regex.DOTALL)
Place = tuple[int, int]


def cut_run_on(text: str, lines: Sequence[Place]) -> Iterator[Place]:
    """The places of the lines; if lines longer than paragraphs hold half of the text, those of
    their pieces, in order and without the white space between them. As many pieces are cut as are
    judged: that is what they are cut for."""
    whole = sum(end - start for start, end in lines)
    long = {(start, end) for start, end in lines if _is_long(text, start, end)}
    if 2 * sum(end - start for start, end in long) <= whole or not whole:
        yield from lines
        return
    title = _title(text, lines[0][0], lines[-1][1])
    behind = 0
    for start, end in islice(_cut(text, lines, long, title), MOST_JUDGED):
        yield start, end
        behind = end
    for start, end in lines:
        rest = max(start, behind)
        rest += _spaces(text, rest, end)
        if rest < end:
            yield rest, end


def _cut(text: str, lines: Sequence[Place], long: Collection[Place], title: str) -> Iterator[Place]:
    for start, end in lines:
        body = start
        for piece in _head(text, start, end, title):
            yield piece
            body = piece[1]
        body += _spaces(text, body, end)
        tail = _tail(text, body, end, title)
        if body < tail:
            stop = body + len(text[body:tail].rstrip())
            yield from _sentences(text, body, stop) if (start, end) in long else [(body, stop)]
        if tail < end:
            yield tail, end


def _is_long(text: str, start: int, end: int) -> bool:
    size = end - start
    if size <= _LONGEST_UNSPACED:
        return False
    return size > _LONGEST or text.count(" ", start, end) < size * _SPACED


def _spaces(text: str, start: int, end: int) -> int:
    line = text[start:end]
    return len(line) - len(line.lstrip())


def _title(text: str, start: int, end: int) -> str:
    """The words of the text's beginning that stand there twice in a row, or once more as its last
    words; empty if none do."""
    head_end = min(start + _HEAD, end)
    head = placed_words(text[start:head_end])
    tail_start = max(start, end - _LONGEST_TITLE)
    for first, fourth in zip(head, head[_TITLE_WORDS - 1 :], strict=False):
        one, behind = start + first.start, start + fourth.end
        opening = text[one:behind]
        for low, high in ((behind, head_end), (max(behind, tail_start), end)):
            other = text.find(opening, low, high)
            if other < 0:
                continue
            title = _shared(text, one, other, end)
            is_doubled = text[one + len(title) : other].isspace()
            is_last = not text[other + len(title) : end].strip()
            if len(words(title)) >= _TITLE_WORDS and (
                is_doubled or (is_last and _CLEARLY_ENDED.search(text[other - 20 : other]))
            ):
                return title
    return ""


def _shared(text: str, one: int, other: int, end: int) -> str:
    """The whole words that stand at both places, up to the second place."""
    size = min(other - one, end - other, _LONGEST_TITLE)
    same = bisect_right(
        range(1, size + 1), 0, key=lambda n: text[one : one + n] != text[other : other + n]
    )
    is_inside_word = same and any(
        text[place + same - 1].isalnum() and text[place + same : place + same + 1].isalnum()
        for place in (one, other)
    )
    while is_inside_word and same and text[one + same - 1].isalnum():
        same -= 1
    return text[one : one + same].strip()


def _head(text: str, start: int, end: int, title: str) -> Iterator[Place]:
    """The pieces of a page's head that a line begins with."""
    for _ in range(_MOST_PIECES):
        start += _spaces(text, start, end)
        near = min(start + _LONGEST_PATH + len(title), end)
        stop = _date_end(text, start, end) or _phrase_end(text, start, end)
        place = text.find(title, start, near) if title and stop is None else -1
        before = text[start : max(place, start)]
        if place == start or (place > start and _PATH.search(before)):
            stop = place + len(title)
        elif place > start and not _END.search(before):
            stop = start + len(before.rstrip())
        if stop is None or stop == end or not _EDGE.match(text, stop, end):
            return
        yield start, stop
        start = stop


def _tail(text: str, start: int, end: int, title: str) -> int:
    """Where the title stands once more as a line's last words; else the line's end."""
    place = end - len(title)
    is_there = title and place > start and text.endswith(title, start, end)
    return place if is_there and _CLEARLY_ENDED.search(text[start:place][-20:]) else end


def _parts(text: str, start: int, end: int, most: int) -> Iterator[str]:
    """A line's first words, one more each time, up to so many."""
    for number, part in enumerate(_PART.finditer(text, start, min(start + _LONGEST_TITLE, end))):
        if number == most:
            return
        yield text[start : part.end()]


def _date_end(text: str, start: int, end: int) -> int | None:
    found = ""
    for line in _parts(text, start, end, _LONGEST_DATE):
        goes_on = not found or _OF_DATE.fullmatch(line[len(found) :].strip())
        if goes_on and read_date_line(line):
            found = line
    return start + len(found) if found else None


def _phrase_end(text: str, start: int, end: int) -> int | None:
    """The end of a stock phrase of several words."""
    found = ""
    for line in _parts(text, start, end, _LONGEST_PHRASE):
        own = key(line)
        if " " in own and is_furniture(own):
            found = line
    return start + len(found) if found else None


def _sentences(text: str, start: int, end: int) -> Iterator[Place]:
    last = start  # where the sentence begins, and where the piece
    count = straight = curly = 0
    for found in _END.finditer(text, start, end):
        stop = found.start() + len(found[0].rstrip())
        is_bare = text[found.start()] == "." and stop == found.start() + 1
        if is_bare and not _SURE_STOP.search(text[max(last, found.start() - 20) : found.start()]):
            continue
        sentence = text[last:stop]
        count += len(words(sentence))
        straight += sentence.count('"')
        curly += 0 if "„" in sentence else sentence.count("“") - sentence.count("”")
        last = found.end()
        if count < _FEWEST_WORDS and furniture(key(sentence)) is None:
            continue
        if (straight % 2 or curly > 0) and stop - start < _LONGEST_QUOTATION:
            continue
        yield start, stop
        start = last
        count = straight = curly = 0
    if start < end:
        yield start, end

"""Which title the article has, and which block is it."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice

import regex

from cleaning.cohesion import share, stems
from cleaning.credits import read_credits
from cleaning.dates import read_date_line
from cleaning.model import Document, Role, SourceBlock
from cleaning.normalise import for_reading, is_european
from cleaning.phrases import furniture, is_stock_phrase, key, stock_sentences
from cleaning.remembered import remembered
from cleaning.slugs import bare_headline, is_wire_line
from cleaning.words import is_unspaced, words

_SEPARATOR = regex.compile(r"\s*[»›→>|/]\s+|\s+[»›→>|/\\:–—-]\s+")
# Far cheaper, and found wherever there is a separator.
_MAY_SEPARATE = re.compile(r"[»›→>|/\\:–—-]\s")
_ENDS_SENTENCE = regex.compile(r"[.。!?！？…][\"'”’»)\]]*$")
_ENDS_STATEMENT = regex.compile(r"(?<!\.)[.。][\"'”’»)\]]*$")
# Paragraphs of one news sentence have some 25 words, headlines 5 to 15. Between the two a full
# stop tells them apart.
_SHORTEST_PARAGRAPH, _SHORTEST_SENTENCE = 25, 8
_LONGEST_TITLE = 30
_WORDS_OF_A_LABEL = 3
# A title may carry the site's name or a section behind a separator: so many words at most.
_SITE_NAME_WORDS, _LONGEST_SITE_NAME = 5, 80
# A path and a title with dashes of its own have fewer.
_MOST_SEPARATORS = 10
# A title cut by a teaser box still has most of its words.
_CUT_TITLE_SHARE = 0.6
# An entry of a live blog begins with the time of day.
ENTRY = regex.compile(r"\d{1,2}[:.]\d{2}\b")
_CUTS = ("…", "...")
_CUE = regex.compile(r"\W*+([^:|»>]{3,30}+)(?:\s*[:|»>]\s*(\S.*)?)?$")
# The mark of an entry of a list.
BULLET = regex.compile(r"[-–—*•·▪●‣◦]\s")
# Two lines of about the same worth: the first one is the title.
_CLOSE = 0.15
# A line that shares so much of its rare words with the story is about it: a subheading that shares
# more is no better title.
_RELATED = 0.65
# What so many of the story's blocks say, and such a share of them, is its topic.
_FEWEST_TOLD, _TOLD_SHARE = 3, 0.3
# A stated title and a shown headline with so much in common are two wordings of one.
_REWORDED = 0.6
# A title is looked for in so many blocks: a page's whole menu, and more.
_LONGEST_FRONT = 1_000
_LONGEST_LINE = 300  # characters; a title with a path before it is no longer


@dataclass(frozen=True, slots=True)
class Title:
    """The article's title and the index of the block that shows it (None: no block does)."""

    text: str | None
    block: int | None


def choose_title(document: Document, given: str | None) -> Title:
    """The title: the caller's, else the markup's, else the best line above the first paragraph.

    The best line stands again elsewhere (in a breadcrumb, at the end), is about the story, longer
    than a section's name or says what is said all over the story, and is neither cut nor a row
    of parts nor a cue; of alike ones it is the first.
    """
    blocks = document.blocks
    front = range(min(first_paragraph(blocks), _LONGEST_FRONT))
    lines = [index for index in front if _may_be_title(blocks[index])]
    stated = [t for t in map(for_reading, filter(None, (given, *document.titles))) if key(t)]
    if stated:
        # The page may show another wording than the one that is trusted most.
        shown = (_block_of(blocks[: len(front)], title, lines) for title in stated)
        return Title(stated[0], next((block for block in shown if block is not None), None))
    if not lines:
        return Title(None, None)
    said = _times_said(blocks)
    story = blocks[len(front) :]
    told = Counter(chain.from_iterable(stems(block.text) for block in story))
    often = max(_FEWEST_TOLD, _TOLD_SHARE * len(story))
    topic = {stem for stem, count in told.items() if count >= often}
    worth = {index: _worth(blocks[index].text, said, told, topic) for index in lines}
    enough = max(worth.values()) - _CLOSE
    best = next(index for index in lines if worth[index] >= enough)
    return Title(blocks[best].text, best)


def first_paragraph(blocks: Sequence[SourceBlock]) -> int:
    """The index of the first block of running text; the number of blocks if there is none."""
    for index, block in enumerate(blocks):
        is_heading = block.role is Role.HEADING
        if block.verdict is None and not is_heading and is_paragraph(block.text):
            return index
    return len(blocks)


@remembered
def is_paragraph(text: str) -> bool:
    """Whether a text is a sentence at least, rather than a line of furniture or a headline."""
    count = word_count(text)
    if stock_sentences(text):
        return False
    if count >= _SHORTEST_PARAGRAPH:
        return len(parts_of(text)) == 1 or _ENDS_SENTENCE.search(text) is not None
    # A question of a dozen words is a headline as often as a paragraph.
    return count >= _SHORTEST_SENTENCE and _ENDS_STATEMENT.search(text) is not None


def is_headline(block: SourceBlock) -> bool:
    """Whether a block has the shape of a headline: one line, no full stop, not a date, a
    stock phrase or a note to editors."""
    text = block.text
    return (
        block.verdict is None
        and len(text) <= _LONGEST_LINE
        and 1 <= word_count(text) <= _LONGEST_TITLE
        and any(map(str.isalpha, text))
        and not ENTRY.match(text)
        and not _ENDS_STATEMENT.search(text)
        and not text.endswith((":", ","))
        and furniture(key(text)) is None
        and stock_sentences(text) is None
        and not is_stock_phrase(key(text), "read_more")
        and read_date_line(text) is None
        and not is_wire_line(text)
    )


def read_cue(text: str, kind: str = "read_more") -> regex.Match[str] | None:
    """A line that begins with a stock phrase of a kind: [1] the phrase, [2] what stands behind it,
    as the headline of the article to which a cue sends the reader.

    >>> read_cue("Read more: Dow plunges")[2], read_cue("Dow plunges: what now?")
    ('Dow plunges', None)
    """
    cue = _CUE.match(text)
    return cue if cue is not None and is_stock_phrase(key(cue[1]), kind) else None


def says_title(text: str, own: str, title_key: str) -> bool:
    """Whether a text, whose key is `own`, says the title of that key (`title_key_of`) and nothing
    else: whole, of another edition, cut with an ellipsis, or with the site's name behind a
    separator."""
    # Only what is cut may say a title without all of its words.
    if own == title_key or not (title_key in own or any(cut in text for cut in _CUTS)):
        return own == title_key
    bare = bare_headline(text)
    if bare != text:
        text, own = bare, key(bare)
        if own == title_key:
            return True
    if len(own) > 2 * len(title_key) + _LONGEST_SITE_NAME:
        return False
    if text.endswith(_CUTS):
        return title_key.startswith(own) and len(own) >= _CUT_TITLE_SHARE * len(title_key)
    around = around_title(text, title_key)
    return around is not None and sum(map(word_count, around)) <= _SITE_NAME_WORDS


def around_title(text: str, title_key: str) -> tuple[str, str] | None:
    """What stands before and behind the title of that key in a line with separators; None if it is
    not there whole, between two of them or the line's ends.

    >>> around_title("Home » News » Up or down - a guide", "up or down a guide")
    ('Home » News', '')
    """
    found = [match.span() for match in islice(_SEPARATOR.finditer(text), _MOST_SEPARATORS)]
    if not found or title_key not in key(text):  # no pair of them need be tried
        return None
    cuts = [(0, 0), *found, (len(text), len(text))]
    for (before, start), (end, after) in combinations(cuts, 2):
        if key(text[start:end]) == title_key:
            return text[:before], text[after:]
    return None


def title_key_of(title: str) -> str:
    """A title as it is compared: its key without slugs and take numbers.

    >>> title_key_of("UPDATE 1-Troops leave Iraq")
    'troops leave iraq'
    """
    return key(bare_headline(title))


def parts_of(line: str) -> Sequence[str]:
    """The parts of a line with separators; the line itself if it has none.

    >>> parts_of("Home » World | Ferry sinks"), parts_of("US-led")
    (['Home', 'World', 'Ferry sinks'], ['US-led'])
    """
    return _SEPARATOR.split(line) if _MAY_SEPARATE.search(line) else [line]


def word_count(text: str) -> float:
    """Words, of which two characters of an unspaced script make one."""
    found = words(text)
    return len(found) if is_european(text) else len(found) - sum(map(is_unspaced, found)) / 2


def _block_of(front: Sequence[SourceBlock], title: str, lines: list[int]) -> int | None:
    """Which of the blocks above the text shows a stated title: one that says it, else the headline
    that is most like it (sites word the title of the window differently)."""
    title_key, title_stems = title_key_of(title), stems(title)
    above = [
        (index, block.text, key(block.text))
        for index, block in enumerate(front)
        if block.verdict is None
    ]
    same = [index for index, _, own in above if own in {title_key, key(title)}]
    alike = [index for index, text, own in above if says_title(text, own, title_key)]
    if same or alike:
        return (same or alike)[-1]
    likeness = {index: _likeness(title_stems, stems(front[index].text)) for index in lines}
    best = max(likeness, key=lambda index: likeness[index], default=None)
    return best if best is not None and likeness[best] >= _REWORDED else None


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of rare words that two titles have in common, seen from the shorter."""
    return max(share(one, other), share(other, one)) if len(one) > 1 and len(other) > 1 else 0.0


def _times_said(blocks: Sequence[SourceBlock]) -> Counter[str]:
    """How often each short line, or part of a line with separators, stands in the document."""
    said: Counter[str] = Counter()
    for block in blocks:
        if len(block.text) <= _LONGEST_LINE:
            said.update({key(part) for part in {block.text, *parts_of(block.text)}})
    return said


def _may_be_title(block: SourceBlock) -> bool:
    """Whether a block above the text may be its title unasked: a headline that is no entry of a
    list and no line of credits."""
    return (
        is_headline(block) and BULLET.match(block.text) is None and read_credits(block.text) is None
    )


def _worth(text: str, said: Counter[str], told: Collection[str], topic: set[str]) -> float:
    """How much a line is worth as a title, by what the story tells and what it tells all over. The
    weights were set on 43 made-up page heads, the rest on 450 articles with and without furniture.
    """
    own = stems(text)
    # The words of a section's name are not said all over the story.
    is_topic = bool(own) and own.issubset(topic)
    is_long = word_count(text) > _WORDS_OF_A_LABEL or is_topic
    is_row = len(parts_of(text)) > 2
    is_cue = read_cue(text) is not None
    times = said[key(text)] if is_long else 0
    related = min(share(own, told), _RELATED)
    is_cut = text.endswith(_CUTS)
    return 0.5 * times + related + 0.3 * is_long - 0.4 * is_row - is_cue - 0.2 * is_cut

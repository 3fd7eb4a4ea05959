"""Which title the article has, and which block is it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from cleaning.dates import read_date_line
from cleaning.model import Document, SourceBlock
from cleaning.phrases import furniture, key
from cleaning.words import is_unspaced, words

SEPARATOR = regex.compile(r"\s*[»›→>|/]\s+|\s+[»›→>|/\\:–—-]\s+")
_ENDS_SENTENCE = regex.compile(r"[.。!?！？…][\"'”’»)\]]*$")
_ENDS_STATEMENT = regex.compile(r"(?<!\.)[.。][\"'”’»)\]]*$")
# Paragraphs of one news sentence have some 25 words, headlines 5 to 15. Between the two a full
# stop tells them apart.
_SHORTEST_PARAGRAPH, _SHORTEST_SENTENCE = 25, 8
_LONGEST_TITLE = 30
_WORDS_OF_A_LABEL = 3
# A title may carry the site's name or a section behind a separator: so many words at most.
_SITE_NAME_WORDS, _LONGEST_SITE_NAME = 5, 80
# A title cut by a teaser box still has most of its words.
_CUT_TITLE_SHARE = 0.6
_CUTS = ("…", "...")
_LONGEST_LINE = 300  # characters; a title with a path before it is no longer


@dataclass(frozen=True, slots=True)
class Title:
    """The article's title and the index of the block that shows it (None: no block does)."""

    text: str | None
    block: int | None


def choose_title(document: Document, given: str | None) -> Title:
    """The title: the caller's, else the markup's, else the best line above the first paragraph.

    The line that stands again elsewhere (in a breadcrumb, at the end) is preferred, then the
    first that is longer than a section's name.
    """
    stated = (given, *document.titles)
    front = range(first_paragraph(document.blocks))
    for title in stated:
        if title and key(title):
            return Title(title, _block_of(document.blocks, key(title)))
    lines = [index for index in front if is_headline(document.blocks[index])]
    if not lines:
        return Title(None, None)
    said = _times_said(document.blocks)
    best = max(lines, key=lambda index: _worth(document.blocks[index].text, said, index))
    return Title(document.blocks[best].text, best)


def first_paragraph(blocks: Sequence[SourceBlock]) -> int:
    """The index of the first block of running text; the number of blocks if there is none."""
    for index, block in enumerate(blocks):
        if block.verdict is None and is_paragraph(block.text):
            return index
    return len(blocks)


def is_paragraph(text: str) -> bool:
    """Whether a text is a sentence at least, rather than a line of furniture or a headline."""
    count = word_count(text)
    if count >= _SHORTEST_PARAGRAPH:
        return not SEPARATOR.search(text) or _ENDS_SENTENCE.search(text) is not None
    # A question of a dozen words is a headline as often as a paragraph.
    return count >= _SHORTEST_SENTENCE and _ENDS_STATEMENT.search(text) is not None


def is_headline(block: SourceBlock) -> bool:
    """Whether a block has the shape of a headline: one line, no full stop, not a date or a
    stock phrase."""
    text = block.text
    return (
        block.verdict is None
        and len(text) <= _LONGEST_LINE
        and 1 <= word_count(text) <= _LONGEST_TITLE
        and not _ENDS_STATEMENT.search(text)
        and not text.endswith((":", ","))
        and furniture(key(text)) is None
        and read_date_line(text) is None
    )


def says_title(text: str, own: str, title_key: str) -> bool:
    """Whether a text, whose key is `own`, says the title of that key and nothing else: whole, cut
    with an ellipsis, or with the site's name behind a separator."""
    if own == title_key:
        return True
    if len(own) > 2 * len(title_key) + _LONGEST_SITE_NAME:
        return False
    if text.endswith(_CUTS):
        return title_key.startswith(own) and len(own) >= _CUT_TITLE_SHARE * len(title_key)
    parts = SEPARATOR.split(text)
    longest = max(parts, key=len)
    if len(parts) == 1 or key(longest) != title_key:
        return False
    return word_count(text) - word_count(longest) <= _SITE_NAME_WORDS


def find_sections(blocks: Sequence[SourceBlock]) -> list[int]:
    """The indexes of headline-shaped blocks with running text below them, but for the first
    block: what an article opens with is not a section of it."""
    return [
        index
        for index in range(1, len(blocks) - 1)
        if is_headline(blocks[index]) and is_paragraph(blocks[index + 1].text)
    ]


def word_count(text: str) -> float:
    """Words, of which two characters of an unspaced script make one."""
    found = words(text)
    return len(found) if text.isascii() else len(found) - sum(map(is_unspaced, found)) / 2


def _block_of(blocks: Sequence[SourceBlock], title_key: str) -> int | None:
    """The block that says just the title: the last one above the text, where titles stand."""
    above = [
        (index, block.text, key(block.text))
        for index, block in enumerate(blocks[: first_paragraph(blocks)])
        if block.verdict is None
    ]
    same = [index for index, _, own in above if own == title_key]
    alike = [index for index, text, own in above if says_title(text, own, title_key)]
    return same[-1] if same else alike[-1] if alike else None


def _times_said(blocks: Sequence[SourceBlock]) -> Counter[str]:
    """How often each short line, or part of a line with separators, stands in the document."""
    said: Counter[str] = Counter()
    for block in blocks:
        if len(block.text) <= _LONGEST_LINE:
            said.update({key(part) for part in {block.text, *SEPARATOR.split(block.text)}})
    return said


def _worth(text: str, said: Counter[str], index: int) -> tuple[int, bool, int]:
    is_long = word_count(text) > _WORDS_OF_A_LABEL
    return said[key(text)] if is_long else 0, is_long, -index

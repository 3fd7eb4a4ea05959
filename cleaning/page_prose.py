"""The chosen blocks' markup -> their text as lines, by BeautifulSoup.

What the coarse cut cannot see is inside a paragraph: words that only screen readers hear, readings
above ideographs, quotation marks that a browser would draw. BeautifulSoup is given the few
paragraphs that hold more than text and plain inline elements, and never a page.

Nothing is lost: what is taken out of a block is handed back beside it, and a block whose letters
do not all come back stays as the cut has it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from lxml import etree

from cleaning.page_cut import BLOCKS, HINTS, Cut, element_bits, fold_lines

# Elements that change nothing about the words; lxml drops their tags in one pass.
_PLAIN: Final = (
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "kbd",
    "mark", "s", "samp", "small", "strike", "strong", "sub", "time", "tt", "u", "var",
)  # fmt: skip
# Serialised and parsed again, their text would become markup.
_RAW_TEXT = frozenset({"listing", "plaintext", "textarea", "xmp"})
# It takes 0.1 ms for an element. No article has so many inside its paragraphs; those behind stay as
# the cut has them.
_MOST_ELEMENTS = 4_000
_HIDDEN = HINTS.bit("hidden")
_OPEN_QUOTE, _CLOSE_QUOTE = "“", "”"


@dataclass(slots=True)
class Prose:
    """A block's text, a line for each that the page breaks, and what is hidden inside it."""

    text: str
    hidden: str = ""


def read_prose(cut: Cut, chosen: Sequence[int]) -> dict[int, Prose]:
    """The text of each chosen block. Strips plain inline elements from those that hold others."""
    plain = frozenset((*_PLAIN, *(() if cut.hides else ("span",))))
    prose = {}
    markup: list[str] = []
    elements = 0
    for block in chosen:
        prose[block] = Prose(cut.texts[block])
        owner = int(cut.owner[block])
        element = cut.elements[owner]
        is_alone = cut.last[owner] - cut.first[owner] == 1
        # Without other elements inside there is nothing to read more finely. Counting them takes as
        # long as there are many, and many blocks may stand in one element.
        if not is_alone or not len(element) or cut.tags[owner] in _RAW_TEXT:
            continue
        if not all(inner.tag in plain for inner in element.iterdescendants()):
            etree.strip_tags(element, *plain)
            inside = sum(1 for _ in element.iter()) - 1
            if elements + inside <= _MOST_ELEMENTS:
                elements += inside
                markup.append(f'<div n="{block}">{_inner(element)}</div>')
    if markup:
        # huge_tree: no limit of libxml2 may cut the text short.
        soup = BeautifulSoup("".join(markup), "lxml", huge_tree=True)
        for part in soup.body.contents if soup.body else ():
            if isinstance(part, Tag) and part.get("n"):
                block = int(str(part["n"]))
                found = _prose(part)
                if _same_letters(found, prose[block].text):
                    prose[block] = found
    return prose


def _inner(element: etree._Element) -> str:
    parts = [escape(element.text or "", quote=False)]
    parts += [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return "".join(parts)


def _prose(part: Tag) -> Prose:
    shown: list[str] = []
    hidden: list[str] = []
    for text, is_hidden in _texts(part):
        (hidden if is_hidden else shown).append(text)
    return Prose(fold_lines("".join(shown)), fold_lines("".join(hidden)))


def _texts(part: Tag) -> Iterator[tuple[str, bool]]:
    """The texts below an element in reading order, and whether each is hidden."""
    todo: list[tuple[PageElement | str, bool]] = [(child, False) for child in part.contents[::-1]]
    while todo:
        item, is_hidden = todo.pop()
        if isinstance(item, Tag):
            if item.name == "br" or item.name in BLOCKS:
                yield "\n", is_hidden
            if item.name in {"rt", "rp"} or element_bits(_attributes(item)) & _HIDDEN:
                is_hidden = True
                yield " ", True
            if item.name == "q":
                yield _OPEN_QUOTE, is_hidden
                todo.append((_CLOSE_QUOTE, is_hidden))
            todo.extend((child, is_hidden) for child in item.contents[::-1])
        elif isinstance(item, PreformattedString):
            continue
        elif isinstance(item, NavigableString):
            yield item.replace("\n", " ").replace("\r", " "), is_hidden
        else:
            yield str(item), is_hidden


def _attributes(tag: Tag) -> Iterator[tuple[str, str]]:
    for name, value in tag.attrs.items():
        yield name, value if isinstance(value, str) else " ".join(value)


def _same_letters(found: Prose, text: str) -> bool:
    """Whether a block has all its letters still, in whatever order."""
    if not found.hidden and found.text == text:
        return True
    marks = {_OPEN_QUOTE, _CLOSE_QUOTE}
    have = sorted(c for c in found.text + found.hidden if not c.isspace() and c not in marks)
    return have == sorted(c for c in text if not c.isspace() and c not in marks)

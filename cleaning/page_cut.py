"""A parsed page -> its cut: the page's blocks in reading order, and the elements they stand in.

One pass over the lxml tree. A block is text that nothing but inline elements interrupts; <br><br>
parts blocks too. A short table row, list item or caption is one block whatever is inside it.
Everything that later stages ask of an element (how much text is below it, how much of that is
links, what its classes say) is kept in parallel lists and arrays, because a page has a thousand
elements and an object for each costs more than the parsing.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from cleaning.errors import SourceTooLarge
from cleaning.limits import joined
from cleaning.source import MAX_DEPTH

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

# A table row, list item or caption up to this length, in characters, is one block.
_ONE_BLOCK = 600

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | frozenset({
    "html", "body", "address", "article", "aside", "blockquote", "caption", "center", "dd",
    "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "frameset", "header", "hgroup", "hr", "legend", "li", "listing", "main", "menu", "nav",
    "ol", "optgroup", "option", "p", "plaintext", "pre", "search", "section", "select", "summary",
    "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul", "xmp", "button",
})  # fmt: skip
INVISIBLE = (
    "script", "style", "template", "noscript", "svg", "iframe", "object", "applet",
    "audio", "video", "canvas", "noframes", "noembed", "title", "base", "link", "meta",
    # These hold no text, and every element costs.
    "img", "input", "area", "col", "param",
)  # fmt: skip
# libxml2 does not know that these are empty: what follows them becomes their child.
TRANSPARENT = ("embed", "source", "track", "wbr")
_ONE_BLOCK_TAGS = frozenset({"tr", "li", "figcaption", "caption", "dt", "dd"})
_ALWAYS_APART = HEADINGS | {"li", "tr", "table", "ul", "ol", "blockquote", "figure", "hr"}
_BOLD = frozenset({"b", "strong"})
# Inline elements whose classes say nothing worth reading.
_PLAIN = _BOLD | {"a", "i", "em", "u", "font", "small", "sub", "sup", "br", "img", "wbr", "input",
    "source", "picture", "path"}  # fmt: skip

_STYLE_HIDES = re.compile(
    r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.IGNORECASE
)
# Chrome by the meaning of their tags: each is one block, and nobody asks what is in it, unless it
# holds so much of the page's text that it may hold the article (some sites put it in a form).
_CHROME = frozenset({"nav", "footer", "form", "dialog", "menu", "select", "button"})
_CHROME_SHARE = 0.4
_READ_AGAIN, _CHROME_COST = 4, 20
# A name with digits inside is a checksum or a number, not words.
_HINT_NAME = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]+\d{0,2}(?![A-Za-z0-9])")
_HINT_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Longer names are made from headings: "read-more-about-our-share-of-the-market".
_WORDS_PER_NAME = 6
_NAME_CHARACTERS = 100
_CLASS_CHARACTERS = 400
# "has-sidebar" and "no-comments" are about something else than the element itself.
_ABOUT_OTHERS = frozenset({"has", "with", "without", "no", "is", "not", "hide", "hidden"})
# A line break, while a block is collected; no source holds this character.
_BREAK = "\x00"
_TELLING = frozenset({"style", "role", "itemprop", "aria-hidden", "hidden"})


@dataclass(frozen=True, slots=True)
class Hints:
    """`page_hints.json`, turned round: from a tag, role, word or whole name to bits, one for each
    rule and one for each other kind of hint."""

    kinds: tuple[str, ...]
    rules: dict[str, str]  # the kinds that are rules, with their reasons
    tags: dict[str, int]
    roles: dict[str, int]
    words: dict[str, int]
    names: dict[str, int]

    def bit(self, kind: str) -> int:
        """The bit of a kind."""
        return 1 << self.kinds.index(kind)


def _load_hints() -> Hints:
    data = json.loads(files("cleaning").joinpath("data/page_hints.json").read_text("utf-8"))
    tables: dict[str, dict[str, int]] = {"tags": {}, "roles": {}, "words": {}, "names": {}}
    kinds = [*data["rules"], *data["signs"]]
    for number, kind in enumerate(kinds):
        for what, table in tables.items():
            for name in kind.get(what, ()):
                table[name] = table.get(name, 0) | 1 << number
    return Hints(
        tuple(kind.get("rule") or kind["sign"] for kind in kinds),
        {rule["rule"]: rule["reason"] for rule in data["rules"]},
        **tables,
    )


HINTS = _load_hints()
_HIDDEN = HINTS.bit("hidden")
_ASIDE_HIDDEN = HINTS.bit("aria_hidden")
_BODY = HINTS.bit("article_body")
CAPTION = HINTS.bit("caption")


@dataclass(frozen=True, slots=True)
class Cut:
    """A page cut into `n` blocks, in document order, standing in `m` elements: those that hold
    others, or are blocks with text.

    For each block: its text as one line, the element it stands in, how many of its characters are
    in links and in bold print, how many links, line breaks and pictures it holds. For each
    element (the root is 0, parents come before their children): the lxml element, its parent's
    number, tag, class and id as written, depth, the blocks `first:last` in it, and the bits of its
    own hints.
    """

    texts: list[str]
    owner: Ints  # (n,)
    linked: Ints
    bold: Ints
    links: Ints
    breaks: Ints
    after_break: Ints
    elements: list[etree._Element]
    parent: Ints  # (m,)
    tags: list[str]
    names: list[str]
    nth: list[int]  # its place among its parent's children of the same tag, from 1
    depth: Ints
    first: Ints
    last: Ints
    own_bits: list[int]
    hides: bool  # whether something is hidden inside a block


class _Folded(NamedTuple):
    """What was in an element that is one block whatever is in it."""

    text: str
    linked: int
    links: int


def cut_page(root: etree._Element) -> Cut:  # noqa: C901, PLR0912, PLR0915  a call for each element would cost as much as the walk
    """Cut a parsed page. Raises `SourceTooLarge` if elements are nested too deeply."""
    folded = _fold_chrome(root)
    elements: list[etree._Element] = []
    parent: list[int] = []
    tags: list[str] = []
    names: list[str] = []
    nth: list[int] = []
    depth: list[int] = []
    first: list[int] = []
    last: list[int] = []
    own_bits: list[int] = []
    texts: list[str] = []
    owner: list[int] = []
    linked: list[int] = []
    bold: list[int] = []
    links: list[int] = []
    breaks: list[int] = []
    after_break: list[int] = []

    run: list[str] = []
    run_linked = run_bold = run_links = run_breaks = 0
    was_break = break_at = 0
    hides = False
    in_link = in_bold = 0
    # The elements that are open, their numbers, and of those the block elements.
    open_elements: list[etree._Element | None] = [None]
    open_numbers = [-1]
    open_blocks = [0]
    open_counts: list[dict[str, int]] = [{}]
    known_bits: dict[str, int] = {}
    tag_bits = HINTS.tags

    def flush(ends_at_break: int = 0) -> None:
        nonlocal run_linked, run_bold, run_links, run_breaks, was_break
        if run:
            text = "".join(run)
            text = fold_lines(text, _BREAK) if run_breaks else " ".join(text.split())
            if text:
                texts.append(text)
                owner.append(open_blocks[-1])
                linked.append(run_linked)
                bold.append(run_bold)
                links.append(run_links)
                breaks.append(run_breaks)
                after_break.append(was_break)
                was_break = 0
            run.clear()
            run_linked = run_bold = run_links = run_breaks = 0
        was_break = ends_at_break

    # One walk, one loop: the end of an element shows when the next one is not inside it. What
    # nothing follows is closed by the None behind the last element.
    for element in chain(root.iter("*"), (None,)):
        above = element.getparent() if element is not None and tags else None
        while open_elements[-1] is not above:
            closed = open_elements.pop()
            ended = open_numbers.pop()
            open_counts.pop()
            tag = tags[ended]
            if tag in BLOCKS:
                if run:
                    flush()
                open_blocks.pop()
            elif tag == "a":
                in_link -= 1
            elif tag in _BOLD:
                in_bold -= 1
            last[ended] = len(texts)
            tail = closed.tail if ended else None  # type: ignore[union-attr]
            # White space between blocks is most of what stands there.
            if tail and (run or not tail.isspace()):
                run.append(tail)
                if in_link:
                    run_linked += len(tail)
                if in_bold:
                    run_bold += len(tail)
        if element is None:
            break
        tag = str(element.tag)
        level = len(open_numbers)
        if level > MAX_DEPTH:
            raise SourceTooLarge("elements inside each other", level, MAX_DEPTH)
        counts = open_counts[-1]
        counts[tag] = place = counts.get(tag, 0) + 1
        is_block = tag in BLOCKS
        text = element.text
        if not len(element) and tags and not (text and is_block) and element not in folded:
            # Most elements are inline and hold text at most, or are empty: no block stands in
            # them, so they need no number.
            if is_block:
                if run:
                    flush()
            elif tag == "br":
                # Two in a row end a block; between them is white space at most.
                if run_breaks and not "".join(run[break_at:]).strip():
                    run_breaks -= 1
                    flush(1)
                else:
                    run.append(_BREAK)
                    run_breaks += 1
                    break_at = len(run)
            else:
                is_link = tag == "a"
                run_links += is_link
                if text and (run or not text.isspace()):
                    run.append(text)
                    if in_link or is_link:
                        run_linked += len(text)
                    if in_bold or tag in _BOLD:
                        run_bold += len(text)
                    if not hides and tag not in _PLAIN:
                        hides = bool(element_bits(element.items()) & _HIDDEN)
            tail = element.tail
            if tail and (run or not tail.isspace()):
                run.append(tail)
                if in_link:
                    run_linked += len(tail)
                if in_bold:
                    run_bold += len(tail)
            continue
        number = len(tags)
        name = ""
        bits = 0
        if is_block:
            if run:
                flush()
            open_blocks.append(number)
        elif tag == "a":
            in_link += 1
            run_links += 1
        elif tag in _BOLD:
            in_bold += 1
        if tag not in _PLAIN:
            for key, value in element.items():
                if key == "class":
                    name = f"{name} {value}" if name else value
                elif key == "id":
                    # The id of a heading is made from its words.
                    if tag not in HEADINGS:
                        name = f"{name} {value}" if name else value
                elif key in _TELLING:
                    bits |= _attribute_bits(key, value)
            if name:
                found = known_bits.get(name)
                if found is None:
                    found = known_bits[name] = _name_bits(name[:_CLASS_CHARACTERS])
                bits |= found
            if tag in tag_bits:
                bits |= tag_bits[tag]
            if bits & _HIDDEN and not is_block:
                hides = True
        first.append(len(texts))
        if tag in _CHROME and element in folded:
            within = folded[element]
            texts.append(within.text)
            owner.append(number)
            linked.append(within.linked)
            bold.append(0)
            links.append(within.links)
            breaks.append(0)
            after_break.append(0)
        elements.append(element)
        parent.append(open_numbers[-1])
        tags.append(tag)
        names.append(name)
        nth.append(place)
        depth.append(level)
        last.append(0)
        own_bits.append(bits)
        open_elements.append(element)
        open_numbers.append(number)
        open_counts.append({})
        if text and (run or not text.isspace()):
            run.append(text)
            if in_link:
                run_linked += len(text)
            if in_bold:
                run_bold += len(text)
    counted = np.array([linked, bold, links, breaks, after_break], np.int32).reshape(5, -1)
    first_array, last_array = np.array(first, np.int32), np.array(last, np.int32)
    pieces = _short_rows(tags, depth, first, last, texts) or _beyond(owner)
    while pieces:
        texts, owner, starts = _join(texts, owner, pieces)
        counted = np.add.reduceat(counted, starts[:-1], axis=1, dtype=np.int32)
        first_array = np.searchsorted(starts, first_array, side="left").astype(np.int32)
        last_array = np.searchsorted(starts, last_array, side="left").astype(np.int32)
        pieces = _beyond(owner)
    linked_row, bold_row, links_row, breaks_row, after_break_row = counted
    return Cut(
        texts,
        np.array(owner, np.int32),
        linked_row,
        bold_row,
        links_row,
        breaks_row,
        after_break_row,
        elements,
        np.array(parent, np.int32),
        tags,
        names,
        nth,
        np.array(depth, np.int32),
        first_array,
        last_array,
        own_bits,
        hides,
    )


def _fold_chrome(root: etree._Element) -> dict[etree._Element, _Folded]:
    """Empty the elements that are chrome by their tag, and return what was in them.

    A third of a news page's elements are in these. Raises `SourceTooLarge`.
    """
    size = sum(map(len, etree.tostring(root, method="text", encoding="unicode").split()))
    folded: dict[etree._Element, _Folded] = {}
    # Chrome inside chrome that is too large to be folded is read again: so much in all.
    budget = _READ_AGAIN * (size + 1_000)
    for element in list(root.iter(*_CHROME)):
        if budget < 0:
            break
        if any(above in folded for above in element.iterancestors(*_CHROME)):
            continue
        parts = list(element.itertext())
        text = "\n".join([" ".join(line) for line in map(str.split, parts) if line])
        budget -= len(text) + len(parts) + _CHROME_COST
        if not text or len(text) > _CHROME_SHARE * size:
            continue
        _check_depth(element)
        links = [sum(map(len, link.itertext())) for link in element.iter("a")]
        folded[element] = _Folded(text, min(sum(links), len(text)), len(links))
        del element[:]
        element.text = None
    return folded


def _check_depth(element: etree._Element) -> None:
    depth = len(list(element.iterancestors())) + 1
    if depth + len(list(element.iter())) <= MAX_DEPTH:
        return
    todo = [(element, depth)]
    while todo:
        inner, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise SourceTooLarge("elements inside each other", depth, MAX_DEPTH)
        todo.extend((child, depth + 1) for child in inner)


def _short_rows(
    tags: Sequence[str],
    depth: Sequence[int],
    first: Sequence[int],
    last: Sequence[int],
    texts: Sequence[str],
) -> list[tuple[int, int, int]]:
    """The table rows, items and captions that are one block each: its number, and the pieces
    `first:last` it was cut into."""
    rows = []
    done = 0
    for number, tag in enumerate(tags):
        begin, end = first[number], last[number]
        if tag not in _ONE_BLOCK_TAGS or end - begin < 2 or begin < done:
            continue
        if sum(map(len, texts[begin:end])) > _ONE_BLOCK:
            continue
        inner = number + 1
        while inner < len(tags) and depth[inner] > depth[number]:
            if tags[inner] in _ALWAYS_APART and first[inner] < last[inner]:
                break
            inner += 1
        else:
            rows.append((number, begin, end))
            done = end
    return rows


def _beyond(owner: Sequence[int]) -> list[tuple[int, int, int]]:
    """The neighbours that are one block each, because the page has too many: as above, with the
    element of their first."""
    return [(owner[begin], begin, end) for begin, end in joined(len(owner))]


def _join(
    texts: Sequence[str], owner: Sequence[int], rows: Iterable[tuple[int, int, int]]
) -> tuple[list[str], list[int], Ints]:
    """Join the pieces of each row. Also: where each block's pieces start, and their number."""
    whole: list[str] = []
    owners: list[int] = []
    starts: list[int] = []
    done = 0
    for number, begin, end in (*rows, (-1, len(texts), len(texts))):
        whole += texts[done:begin]
        owners += owner[done:begin]
        starts += range(done, begin)
        if begin < end:
            whole.append("\n".join(texts[begin:end]))
            owners.append(number)
            starts.append(begin)
        done = end
    return whole, owners, np.array([*starts, len(texts)], np.int32)


def _attribute_bits(name: str, value: str) -> int:
    """What an attribute other than class and id says."""
    if name == "style":
        return _HIDDEN if _STYLE_HIDES.search(value[:500]) else 0
    if name == "role":
        return HINTS.roles.get(value, 0)
    if name == "itemprop":
        return _BODY if "articleBody" in value else 0
    if name == "aria-hidden":
        return _ASIDE_HIDDEN if value == "true" else 0
    return _HIDDEN


def element_bits(attributes: Iterable[tuple[str, str]]) -> int:
    """The bits of an element's class and other telling attributes."""
    bits = 0
    for name, value in attributes:
        if name == "class":
            bits |= _name_bits(value[:_CLASS_CHARACTERS])
        elif name in _TELLING:
            bits |= _attribute_bits(name, value)
    return bits


def fold_lines(text: str, line_break: str = "\n") -> str:
    """Each line without white space at its ends and with single spaces inside; none is empty."""
    lines = (" ".join(line.split()) for line in text.split(line_break))
    return "\n".join(line for line in lines if line)


def _name_bits(name: str) -> int:
    bits = 0
    for one in name.split():
        bits |= _one_name_bits(one)
    return bits


def name_words(names: str) -> list[str]:
    """The lower-cased words of an element's classes and id, those of each name apart from those
    that are made from headings or are about something else.

    >>> name_words("StoryBody__text has-sidebar x7ad3")
    ['story', 'body', 'text']
    """
    return [word for name in names[:_CLASS_CHARACTERS].split() for word in _words_of(name)]


@lru_cache(maxsize=4096)
def _words_of(name: str) -> tuple[str, ...]:
    name = name[:_NAME_CHARACTERS]
    if name.isalpha() and name.islower():
        words = [name]
    elif name.islower():
        parts = name.replace("_", "-").split("-")
        words = [w for part in parts if (w := part.rstrip("0123456789")).isalpha()]
    else:
        words = [w.lower() for n in _HINT_NAME.findall(name) for w in _HINT_WORD.findall(n)]
    if len(words) > _WORDS_PER_NAME or not _ABOUT_OTHERS.isdisjoint(words):
        return ()
    return tuple(words)


@lru_cache(maxsize=4096)
def _one_name_bits(name: str) -> int:
    words = _words_of(name)
    table = HINTS.words
    bits = HINTS.names.get(" ".join(words), 0)
    for word in words:
        bits |= table.get(word, 0)
    for pair in pairwise(words):
        bits |= table.get(" ".join(pair), 0)
    return bits


def paths(cut: Cut, numbers: Iterable[int]) -> dict[int, str]:
    """The absolute XPaths of elements, each step with its place among those of its tag."""
    parents = cut.parent.tolist()
    found = {-1: ""}
    for wanted in numbers:
        way = []
        number = wanted
        while number not in found:
            way.append(number)
            number = parents[number]
        for below in reversed(way):
            found[below] = f"{found[parents[below]]}/{cut.tags[below]}[{cut.nth[below]}]"
    return found

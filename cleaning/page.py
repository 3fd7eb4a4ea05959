"""A page's HTML -> a Document: its visible text cut into blocks, site chrome marked as removed.

Two trees do the work. On the fast one (lxml) `page_parts` decides which part holds the article.
What is not article is then hollowed out: each removed part leaves an empty placeholder.
BeautifulSoup sees only what remains, and cuts it into paragraphs, headings, quotes, list items,
captions and table rows.

No visible text is lost: a removed part is one block with a verdict. Which blocks of the main
part are datelines, teasers and the like is for the text rules. Nothing here recurses or copies
a tree, so that depth and size do not matter.

Known exceptions: elements that a style sheet shows otherwise than their tag says, and text that
scripts write.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag
from lxml import etree

from cleaning.model import BlockVerdict, Document, Markup, Role, SourceBlock
from cleaning.normalise import for_reading
from cleaning.page_metadata import PageFacts, read_facts
from cleaning.page_parts import BLOCKS, CAPTIONS, HEADINGS, Node, Parts, read_parts

# How sure structure is: the score of what it removes.
_SURE = 0.95
# A standfirst or publication line between title and story is at most this long, in characters.
_LEDE = 1000
# A table row, list item or caption up to this length is one block whatever is inside.
_ONE_BLOCK = 600
# A line up to this length, in characters, that stands so often in a story is furniture.
_LABEL = 40
_LABEL_TIMES = 3
_REPEATED_LABEL = BlockVerdict(
    kept=False,
    rule="repeated_label",
    reasons=(f"This short line stands {_LABEL_TIMES} times or more on the page.",),
    score=_SURE,
)
_SENTENCE_ENDS = ".:!?…。：！？"
_OUTSIDE = (
    "outside_article",
    "This part stands outside the part of the page that holds the article.",
)
_INVISIBLE = (
    "script", "style", "template", "noscript", "svg", "iframe", "object", "embed", "applet",
    "audio", "video", "canvas", "noframes", "noembed", "title", "base", "link", "meta",
)  # fmt: skip

_ONE_BLOCK_TAGS = frozenset({"tr", "li", "figcaption", "caption", "dt", "dd"})
_ALWAYS_APART = HEADINGS | {"li", "tr", "table", "ul", "ol", "blockquote", "figure", "hr"}
# Serialised and parsed again, their text would become markup.
_RAW_TEXT = frozenset({"listing", "plaintext", "textarea", "xmp"})
_ROLES = {
    **dict.fromkeys(HEADINGS, Role.HEADING),
    "blockquote": Role.QUOTE,
    "li": Role.LIST,
    "dt": Role.LIST,
    "dd": Role.LIST,
    "figure": Role.CAPTION,
    "figcaption": Role.CAPTION,
    "caption": Role.CAPTION,
}


@dataclass(slots=True)
class _Piece:
    """A block to be: its lines, and the rule where structure removes it."""

    node: Node
    role: Role = Role.BODY
    lines: list[str] = field(default_factory=list)
    linked: int = 0
    rule: str | None = None
    reason: str = ""

    def add(self, text: str, linked: int) -> None:
        if text:
            self.lines.append(text)
        self.linked += linked


def read_page(html: str, *, url: str | None = None) -> Document:
    """Cut a page into blocks and read what it states about its article.

    `html` comes from `read_source`. Raises `SourceTooLarge` if elements are nested too deeply.
    """
    root = _parse(html)
    if root is None:
        return Document("html", "", ())
    facts = read_facts(root, url)
    etree.strip_elements(root, *_INVISIBLE, with_tail=False)
    parts = read_parts(root, facts.titles)
    removed = _hollow_out(parts)
    return _document(_cut(root, parts.nodes, removed), facts)


# Browsers read on behind these; lxml drops what follows without a word.
_END_OF_PAGE = re.compile(r"</(?:html|body)(?=[\s/>])[^>]{0,200}>", re.IGNORECASE)


def _parse(html: str) -> etree._Element | None:
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    text = _END_OF_PAGE.sub("", html.replace("\x00", ""))
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None  # nothing but comments or white space


# --- hollowing out -------------------------------------------------------------------------


def _hollow_out(parts: Parts) -> list[_Piece]:
    """Replace each part that is removed by a placeholder, and return these parts.

    What remains is the main part, the title, what is short between the two, and the bare
    elements around them.
    """
    nodes, main, title = parts.nodes, parts.main, parts.title
    to_main = {main, *main.ancestors()}
    around = to_main | {*(title.ancestors() if title else ())}
    between = range(title.index if title else main.index, main.index)
    for node in nodes:
        parent = node.parent
        if parent is not None and parent.removed:
            node.removed = True
        elif not node.removed:
            node.inside = (
                node in (main, title)
                or (parent is not None and parent.inside)
                or (node not in around and node.index in between and _is_lede(node))
            )
            if not node.inside and node not in around:
                node.remove(*_OUTSIDE)
    removed: list[_Piece] = []
    for node in nodes:
        if node.removed:
            continue
        if not node.inside or any(child.removed for child in node.children):
            _hollow(node, to_main, between, removed)
        node.element.attrib.clear()
        if node.tag in BLOCKS:
            node.element.set("n", str(node.index))
        if node.tag in _RAW_TEXT:
            node.element.tag = "pre"
    return removed


def _is_lede(node: Node) -> bool:
    is_linked = node.linked > node.text / 2 and node.links > 3
    return node.text <= _LEDE and not is_linked and node.cards < 2


def _hollow(
    node: Node, to_main: Container[Node], between: Container[int], removed: list[_Piece]
) -> None:
    """Rebuild one element: removed neighbours of one rule share a placeholder."""
    element = node.element
    # What follows what: an element (at first the one rebuilt, for its leading text), its texts.
    slots: list[tuple[etree._Element, list[str]]] = [(element, [])]
    piece: _Piece | None = None

    def part_for(source: Node, rule: str, reason: str) -> _Piece:
        if piece is not None and piece.rule == rule:
            return piece
        removed.append(_Piece(source, rule=rule, reason=reason))
        placeholder = etree.Element("hr", n=str(-len(removed)))
        slots.append((placeholder, []))
        return removed[-1]

    texts = [element.text or "", *(child.element.tail or "" for child in node.children)]
    for before, text in zip((None, *node.children), texts, strict=True):
        if before is not None and before.rule is None:
            slots.append((before.element, []))
            piece = None
        elif before is not None and before.text:
            piece = part_for(before, before.rule or "", before.reason)
            piece.add(_lines(before.element), before.linked)
        is_kept = node.inside or (
            before is not None and before.index in between and before not in to_main
        )
        if is_kept or not text or text.isspace():
            slots[-1][1].append(text)
            piece = piece if not text or text.isspace() else None
        else:
            piece = part_for(node, *_OUTSIDE)
            piece.add(" ".join(text.split()), 0)

    element[:] = []
    element.text = "".join(slots[0][1])
    for kept, following in slots[1:]:
        element.append(kept)
        kept.tail = "".join(following)


def _lines(element: etree._Element) -> str:
    """The text of a removed part, a line for each of its blocks."""
    texts: list[str] = []
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        if inner.tag in BLOCKS or inner.tag == "br":
            texts.append("\n")
        text = inner.text if event == "start" else inner.tail
        if text and not (event == "end" and inner is element):
            texts.append(_one_line(text))
    return _fold_lines("".join(texts))


def _one_line(text: str) -> str:
    """Line ends of the source are spaces; the line ends we add are blocks and <br>."""
    return text.replace("\n", " ").replace("\r", " ")


def _fold_lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


# --- cutting into blocks -------------------------------------------------------------------


@dataclass(slots=True)
class _Context:
    """Where the walk stands: the innermost block element."""

    node: Node
    role: Role = Role.BODY
    is_one_block: bool = False


class _Leave(NamedTuple):
    """On the walk's stack below an element's contents: the element ends here."""

    tag: Tag


class _Cutter:
    """Collects text and cuts it into pieces at block elements and at <br><br>."""

    def __init__(self, nodes: Sequence[Node], removed: Sequence[_Piece]) -> None:
        self.nodes = nodes
        self.removed = removed
        self.contexts = [_Context(nodes[0])]
        self.texts: list[str] = []
        self.linked = 0
        self.links_open = 0

    def cut(self) -> Iterator[_Piece]:
        text = _fold_lines("".join(self.texts))
        if text:
            context = self.contexts[-1]
            yield _Piece(context.node, context.role, [text], self.linked)
        self.texts.clear()
        self.linked = 0

    def add(self, text: str) -> None:
        self.texts.append(_one_line(text))
        if self.links_open:
            self.linked += len(text.strip())

    def enter(self, tag: Tag) -> Iterator[_Piece]:
        if tag.name == "a":
            self.links_open += 1
        elif tag.name == "br":
            # Two in a row end a paragraph; between them is white space at most.
            if "".join(self.texts[-2:]).rstrip(" \t\xa0").endswith("\n"):
                yield from self.cut()
            else:
                self.texts.append("\n")
        elif tag.name in BLOCKS:
            yield from self._boundary(tag)
            number = tag.get("n")
            above = self.contexts[-1]
            if number is None:
                self.contexts.append(above)
            elif int(str(number)) < 0:
                yield self.removed[-int(str(number)) - 1]
            else:
                self.contexts.append(_context(self.nodes[int(str(number))], above))

    def leave(self, tag: Tag) -> Iterator[_Piece]:
        if tag.name == "a":
            self.links_open -= 1
        elif tag.name in BLOCKS:
            yield from self._boundary(tag)
            self.contexts.pop()

    def _boundary(self, tag: Tag) -> Iterator[_Piece]:
        if self.contexts[-1].is_one_block and tag.name not in _ALWAYS_APART:
            self.texts.append("\n")
        else:
            yield from self.cut()


def _cut(
    root: etree._Element, nodes: Sequence[Node], removed: Sequence[_Piece]
) -> Iterator[_Piece]:
    """Walk the hollowed page with BeautifulSoup; the pieces come in document order."""
    markup = etree.tostring(root, encoding="unicode", method="html")
    # huge_tree: no limit of libxml2 may cut the text short here either.
    soup = BeautifulSoup(markup, "lxml", huge_tree=True)
    cutter = _Cutter(nodes, removed)
    todo: list[PageElement | _Leave] = [soup]
    while todo:
        item = todo.pop()
        if isinstance(item, _Leave):
            yield from cutter.leave(item.tag)
        elif isinstance(item, Tag):
            yield from cutter.enter(item)
            if not item.is_empty_element:
                todo.append(_Leave(item))
                todo.extend(reversed(item.contents))
        elif isinstance(item, NavigableString) and not isinstance(item, PreformattedString):
            cutter.add(item)
    yield from cutter.cut()


def _context(node: Node, above: _Context) -> _Context:
    is_short = node.text <= _ONE_BLOCK
    is_row = node.tag == "tr" and is_short and len(node.children) > 1
    role = _ROLES.get(node.tag, above.role)
    if is_row:
        role = Role.TABLE
    elif node.tag == "article" and above.role is Role.LIST:
        role = Role.BODY
    elif node.tag == "figure" and not is_short:
        role = above.role
    elif role is Role.BODY and is_short and not CAPTIONS.isdisjoint(node.words.split()):
        role = Role.CAPTION
    is_one_block = is_row or (node.tag in _ONE_BLOCK_TAGS and node.tag != "tr" and is_short)
    inherits = above.is_one_block and node.tag not in _ALWAYS_APART
    return _Context(node, role, is_one_block or inherits)


def _document(pieces: Iterable[_Piece], facts: PageFacts) -> Document:
    blocks: list[SourceBlock] = []
    texts: list[str] = []
    position = 0
    for piece in pieces:
        raw = "\n".join(piece.lines)
        text = for_reading(raw)
        if not text:
            continue
        verdict = None
        if piece.rule is not None:
            verdict = BlockVerdict(
                kept=False, rule=piece.rule, reasons=(piece.reason,), score=_SURE
            )
        link_share = min(1.0, piece.linked / len(raw))
        markup = Markup(piece.node.path, piece.node.tag, piece.node.hints, link_share)
        end = position + len(raw)
        blocks.append(SourceBlock(position, end, text, piece.role, markup=markup, verdict=verdict))
        texts.append(raw)
        position = end + 2
    text = "\n\n".join(texts)
    return Document("html", text, _without_labels(blocks), facts.metadata, facts.titles)


def _without_labels(blocks: Sequence[SourceBlock]) -> tuple[SourceBlock, ...]:
    """Remove labels that the page repeats throughout its story ("Article content")."""
    if not any(block.verdict is None and len(block.text) > _LABEL for block in blocks):
        return tuple(blocks)
    times = Counter(block.text for block in blocks if _is_label(block))
    return tuple(
        replace(block, verdict=_REPEATED_LABEL)
        if block.verdict is None
        and block.role in (Role.BODY, Role.HEADING)
        and times[block.text] >= _LABEL_TIMES
        else block
        for block in blocks
    )


def _is_label(block: SourceBlock) -> bool:
    # Authors write in <p>: refrains, speakers, "Pros" and "Cons". Page templates rarely do.
    return (
        block.verdict is None
        and block.role is Role.BODY
        and block.markup is not None
        and block.markup.tag != "p"
        and len(block.text) <= _LABEL
        and block.text[-1] not in _SENTENCE_ENDS
        and any(map(str.isalpha, block.text))
    )

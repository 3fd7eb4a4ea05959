"""A page's HTML -> a Document: its visible text cut into blocks, with a verdict on what is no
article.

The decision is made on a fast tree: lxml parses, `page_cut` cuts the page into blocks,
`page_features` measures them, `page_model` says how likely each is not to belong, and
`page_verdicts` decides. BeautifulSoup then sees the chosen blocks alone (`page_prose`).

No visible text is lost: what is removed is a block with a verdict. Which of the kept blocks are
datelines, teasers and the like is for the text rules. Nothing here recurses or copies a tree, so
that depth and size do not matter.

Known exceptions: elements that a style sheet shows otherwise than their tag says, and text that
scripts write.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from lxml import etree

from cleaning.model import BlockVerdict, Document, Markup, Role, SourceBlock
from cleaning.normalise import for_reading
from cleaning.page_cut import CAPTION, HEADINGS, INVISIBLE, TRANSPARENT, Cut, cut_page, paths
from cleaning.page_metadata import PageFacts, read_facts, with_bylines
from cleaning.page_prose import read_prose
from cleaning.page_verdicts import Part, bylines, judge_page
from cleaning.titles import is_paragraph

# A figure with more text than this, in characters, is more than picture and caption.
_LONGEST_CAPTION = 600
# So many paragraphs, with this share of the text, show that single breaks part paragraphs.
_FEWEST_PARAGRAPHS, _MOSTLY = 3, 0.8
_HIDDEN_INSIDE = "The page hides these words inside a paragraph."
_ROLES = {
    **dict.fromkeys(HEADINGS, Role.HEADING),
    "blockquote": Role.QUOTE,
    "li": Role.LIST,
    "dt": Role.LIST,
    "dd": Role.LIST,
    "figure": Role.CAPTION,
    "figcaption": Role.CAPTION,
    "caption": Role.CAPTION,
    "tr": Role.TABLE,
    "article": Role.BODY,
}
# Browsers read on behind these; lxml drops what follows without a word.
_END_OF_PAGE = re.compile(rb"</(?:[hH][tT][mM][lL]|[bB][oO][dD][yY])(?=[\s/>])[^>]{0,200}>")


def read_page(html: str | bytes, *, url: str | None = None) -> Document:
    """Cut a page into blocks and read what it states about its article.

    `html`, as UTF-8 or not encoded yet, comes from `read_source`. Raises `SourceTooLarge` if
    elements are nested too deeply.
    """
    root = parse_page(html)
    if root is None:
        return Document("html", "", ())
    facts = read_facts(root, url)
    cut = cut_visible(root)
    parts = judge_page(cut, facts.hearsay)
    if not facts.metadata.authors:
        facts = with_bylines(facts, bylines(cut, parts), url)
    return _document(cut, parts, facts)


def parse_page(html: str | bytes) -> etree._Element | None:
    """The tree of a page; None if it holds nothing but comments and white space."""
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    encoded = html if isinstance(html, bytes) else html.encode("utf-8", "replace")
    try:
        return etree.fromstring(_END_OF_PAGE.sub(b"", encoded), parser)
    except etree.XMLSyntaxError:
        return None


def cut_visible(root: etree._Element) -> Cut:
    """The cut of a page without what no browser shows. Strips that from the tree."""
    etree.strip_tags(root, *TRANSPARENT)
    etree.strip_elements(root, *INVISIBLE, with_tail=False)
    _part_paragraphs(root)
    return cut_page(root)


def _part_paragraphs(root: etree._Element) -> None:
    """Double the line breaks that stand between paragraphs, as two of them end a block.

    Only on a page that says nothing by class names or links, like the line ends of a plain text;
    the page model knows others as they are. Nearly all of an element's text must be paragraphs,
    each on a line of its own: verses, addresses and wrapped lines stay together.
    """
    if any("class" in element.keys() or element.tag == "a" for element in root.iter("*")):  # noqa: SIM118  an lxml element is not a mapping
        return
    for parent in dict.fromkeys(found.getparent() for found in root.iter("br")):
        if parent is None:
            continue
        lines, breaks = _lines_of(parent)
        paragraphs = [line for line in lines if is_paragraph(line)]
        size = sum(map(len, paragraphs))
        if len(paragraphs) < _FEWEST_PARAGRAPHS or size < _MOSTLY * sum(map(len, lines)):
            continue
        for one in breaks:
            second = etree.Element("br")
            second.tail, one.tail = one.tail, None
            one.addnext(second)


def _lines_of(parent: etree._Element) -> tuple[list[str], list[etree._Element]]:
    """The lines of an element, as far as its own text and its children's say, and the breaks
    between them."""
    parts = [[parent.text or ""]]
    breaks = []
    for child in parent:
        if child.tag == "br":
            breaks.append(child)
            parts.append([])
        else:
            parts[-1].append(child.text or "")
        parts[-1].append(child.tail or "")
    return [" ".join("".join(part).split()) for part in parts], breaks


def _document(cut: Cut, parts: Sequence[Part], facts: PageFacts) -> Document:
    owner, parents, linked_of = cut.owner.tolist(), cut.parent.tolist(), cut.linked.tolist()
    path_of = paths(cut, [owner[part.blocks[0]] for part in parts])
    prose = read_prose(cut, [part.blocks[0] for part in parts if part.kept])
    blocks: list[SourceBlock] = []
    texts: list[str] = []
    position = 0

    def add(raw: str, role: Role, markup: Markup, part: Part) -> None:
        nonlocal position
        text = for_reading(raw)
        if not text:
            return
        verdict = None
        if not part.kept:
            verdict = BlockVerdict(
                kept=False, rule=part.rule, reasons=part.reasons, score=part.score
            )
        end = position + len(raw)
        blocks.append(
            SourceBlock(
                position,
                end,
                text,
                role,
                markup=markup,
                verdict=verdict,
                score=part.score,
                reasons=part.reasons,
                is_credit=part.is_credit,
            )
        )
        texts.append(raw)
        position = end + 2

    for part in parts:
        block = part.blocks[0]
        number = owner[block]
        found = prose.get(block)
        linked = sum(linked_of[other] for other in part.blocks)
        size = sum(len(cut.texts[other]) for other in part.blocks)
        markup = Markup(path_of[number], cut.tags[number], min(1.0, linked / size))
        raw = found.text if found else "\n".join(cut.texts[other] for other in part.blocks)
        add(raw, _role(cut, parents, number), markup, part)
        if found and found.hidden:
            hidden = replace(part, kept=False, rule="hidden", reasons=(_HIDDEN_INSIDE,))
            add(found.hidden, Role.BODY, markup, hidden)
    return Document("html", "\n\n".join(texts), tuple(blocks), facts.metadata, facts.titles)


def _role(cut: Cut, parents: Sequence[int], number: int) -> Role:
    """What an element's text is, by the nearest element around it that says so."""
    tags, bits = cut.tags, cut.own_bits
    while number > 0:
        role = _ROLES.get(tags[number])
        is_caption = bits[number] & CAPTION
        if role is Role.TABLE and cut.last[number] - cut.first[number] > 1:
            role = None
        if (role is Role.CAPTION or (role is None and is_caption)) and _is_short(cut, number):
            return Role.CAPTION
        if role is not None and role is not Role.CAPTION:
            return role
        number = parents[number]
    return Role.BODY


def _is_short(cut: Cut, number: int) -> bool:
    size = 0
    for block in range(int(cut.first[number]), int(cut.last[number])):
        size += len(cut.texts[block])
        if size > _LONGEST_CAPTION:
            return False
    return True

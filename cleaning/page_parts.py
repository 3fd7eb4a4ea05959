"""Which part of a page holds the article, and which parts are something else.

Works on the whole lxml tree, so it is fast and simple: every element is weighed by the running
text in it, from the leaves up. `data/page_hints.json` tells which elements are navigation,
comments, forms and so on. The main part is found by going down from the root for as long as no
running text is left behind. A part that weighs much, or that holds the title, is kept whatever
its class says, and a page of which nothing would be left is not pruned: in doubt the text stays.
Nothing counts stop words or commas, so that every
language is treated alike.

Known exceptions: elements that a style sheet hides; two articles of one page, one below the
other, of which both are kept if neither outweighs the other.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from itertools import chain, islice, pairwise

from lxml import etree

from cleaning.errors import SourceTooLarge
from cleaning.page_metadata import folded_words
from cleaning.source import MAX_DEPTH

# A run of text counts as part of a story from this length on, in letters; below it are labels.
_SHORT_RUN = 40
# Text runs as long as this have full weight; shorter ones less, as teasers are short.
_LONG_RUN = 200
# Items of a list are more often teasers than story.
_ITEM_WEIGHT = 0.5
# A Chinese character says about as much as this many letters.
_LETTERS_PER_IDEOGRAPH = 2.5
# The share of the story's weight that may be left behind on the way down to the main part.
_LEFT_BEHIND = 0.2
# A part with this share of the page's weight is no sidebar, whatever its class says.
_BULK = 0.4
# Comments outweigh many a story, and so do explanations of cookies.
_BULK_OF = {"comments": 0.9, "cookie_notice": 1.0}
# An <article> with this share of the main part's weight is the main part.
_MARKED_SHARE = 0.6
# An <article> around the title is the article from this share of the page's weight on.
_TITLED_SHARE = 0.15
# Links hold this share of the text of a list of links.
_LINK_LIST = 0.75
# A headline that is a link, with less text than this for each, in characters, is a teaser.
_CARD = 160
# A part without links that says "teaser" is the standfirst from this length on; below, a label.
_STANDFIRST = 60
_HINT_CHARACTERS = 200
_NAME_CHARACTERS = 100

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = HEADINGS | frozenset({
    "html", "body", "address", "article", "aside", "blockquote", "caption", "center", "dd",
    "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "frameset", "header", "hgroup", "hr", "legend", "li", "listing", "main", "menu", "nav",
    "ol", "optgroup", "option", "p", "plaintext", "pre", "search", "section", "select", "summary",
    "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul", "xmp",
})  # fmt: skip
_LINK_LIST_TAGS = frozenset({"ul", "ol", "dl", "div", "section", "table", "article"})
_CONTROLS = frozenset({"button", "datalist", "input", "select", "textarea"})

_STYLE_HIDES = re.compile(
    r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.IGNORECASE
)
# A name with digits inside is a checksum or a number, not words.
_HINT_NAME = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]+\d{0,2}(?![A-Za-z0-9])")
_HINT_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Longer names are made from headings: "read-more-about-our-share-of-the-market".
_WORDS_PER_NAME = 6
# "has-sidebar" and "no-comments" are about something else than the element itself.
_ABOUT_OTHERS = frozenset({"has", "with", "without", "no", "is", "not", "hide", "hidden"})
_IDEOGRAPH = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Hints:
    """`page_hints.json`, turned round: from a tag, role, word or whole name to the number of
    its rule."""

    rules: tuple[tuple[str, str], ...]
    tags: dict[str, int]
    roles: dict[str, int]
    words: dict[str, int]
    names: dict[str, int]
    captions: frozenset[str]


def _load_hints() -> _Hints:
    data = json.loads(files("cleaning").joinpath("data/page_hints.json").read_text("utf-8"))
    tables: dict[str, dict[str, int]] = {"tags": {}, "roles": {}, "words": {}, "names": {}}
    for number, rule in enumerate(data["rules"]):
        for kind, table in tables.items():
            for name in rule.get(kind, ()):
                table.setdefault(name, number)
    rules = tuple((rule["rule"], rule["reason"]) for rule in data["rules"])
    return _Hints(rules, **tables, captions=frozenset(data["captions"]))


_HINTS = _load_hints()
_HIDDEN = [rule for rule, _ in _HINTS.rules].index("hidden")
_RELATED = [rule for rule, _ in _HINTS.rules].index("related_links")
CAPTIONS = _HINTS.captions
_LINKS_ONLY = ("related_links", "Nearly all of this part's text is links.")


@dataclass(slots=True, eq=False)
class Node:
    """An element, and what is known about it. Lengths are in characters."""

    element: etree._Element
    parent: "Node | None"
    tag: str
    index: int
    depth: int = 0
    nth: int = 1
    counts: dict[str, int] = field(default_factory=dict)  # of its children, by tag
    children: "list[Node]" = field(default_factory=list)
    words: str = ""
    hinted: int | None = None  # the number of the rule that its words point to
    run: int = 0  # text that stands directly in it, or in inline elements
    run_linked: int = 0
    text: int = 0  # all text in it
    linked: int = 0
    links: int = 0
    cards: int = 0  # headings that are links, as teasers have
    own_weight: float = 0.0
    weight: float = 0.0
    rule: str | None = None
    reason: str = ""
    removed: bool = False  # it or an ancestor has a rule
    inside: bool = False  # it is looked at closely: the main part, the title, what is between

    def ancestors(self) -> "Iterator[Node]":
        """From the parent up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    @property
    def path(self) -> str:
        """As lxml's `getpath` gives it, here without counting siblings again for each."""
        steps = []
        for node in (self, *self.ancestors()):
            alone = node.parent is None or node.parent.counts[node.tag] == 1
            steps.append(node.tag if alone else f"{node.tag}[{node.nth}]")
        return "/" + "/".join(reversed(steps))

    @property
    def hints(self) -> str:
        """The class and id words of the element and, before them, of its ancestors."""
        words: list[str] = []
        length = 0
        for node in (self, *self.ancestors()):
            if node.words:
                words.append(node.words)
                length += len(node.words)
                if length > _HINT_CHARACTERS:
                    break
        return " ".join(reversed(words))[-_HINT_CHARACTERS:]

    def remove(self, rule: str, reason: str) -> None:
        """Mark it as removed by a rule; whoever marks tells its descendants too."""
        self.rule = rule
        self.reason = reason
        self.removed = True


@dataclass(frozen=True, slots=True)
class Parts:
    """A page taken apart. Each node of `nodes` (document order) that structure removes has a
    `rule`; everything below it is `removed` too."""

    nodes: Sequence[Node]
    main: Node
    title: Node | None


def read_parts(root: etree._Element, titles: Sequence[str]) -> Parts:
    """Find the article's title and main part in a parsed page, and what is pruned from them.

    Raises `SourceTooLarge` if elements are nested too deeply.
    """
    nodes = _grow(root)
    _weigh(nodes)
    has_story = nodes[0].weight > 0
    title = _title_node(nodes, titles)
    _prune(nodes, title)
    main = _main_node(nodes, title)
    _prune_link_lists(main)
    if has_story and not _has_text(main):
        for node in nodes:
            node.rule, node.reason, node.removed = None, "", False
        _add_up(nodes)
        main = _main_node(nodes, title)
    return Parts(nodes, main, title)


# --- weighing ------------------------------------------------------------------------------


def _grow(root: etree._Element) -> list[Node]:
    """All elements in document order, with the rules that their words point to."""
    nodes: list[Node] = []
    known: dict[etree._Element, Node] = {}
    read: dict[str, tuple[str, int | None]] = {}
    for index, element in enumerate(root.iter("*")):
        above = element.getparent()
        parent = known[above] if above is not None else None
        node = Node(element, parent, str(element.tag), index)
        if parent is not None:
            node.depth = parent.depth + 1
            if node.depth > MAX_DEPTH:
                raise SourceTooLarge("elements inside each other", node.depth, MAX_DEPTH)
            node.nth = parent.counts[node.tag] = parent.counts.get(node.tag, 0) + 1
            parent.children.append(node)
        # The id of a heading is made from its words.
        identity = "" if node.tag in HEADINGS else element.get("id", "")
        named = f"{element.get('class', '')} {identity}"
        if named != " ":
            if named not in read:
                read[named] = _read_hints(named[:1000])
            node.words, node.hinted = read[named]
        known[element] = node
        nodes.append(node)
    return nodes


def _read_hints(named: str) -> tuple[str, int | None]:
    """The words of an element's classes and id, and the first rule that one of them names."""
    names = [_read_name(name[:_NAME_CHARACTERS]) for name in named.split()]
    rules = [number for _, number in names if number is not None]
    return " ".join(words for words, _ in names if words), min(rules, default=None)


@lru_cache(maxsize=4096)
def _read_name(name: str) -> tuple[str, int | None]:
    words = [w.lower() for n in _HINT_NAME.findall(name) for w in _HINT_WORD.findall(n)]
    if len(words) > _WORDS_PER_NAME or not _ABOUT_OTHERS.isdisjoint(words):
        return " ".join(words), None
    pairs = (f"{one} {two}" for one, two in pairwise(words))
    found = [_HINTS.words[word] for word in chain(words, pairs) if word in _HINTS.words]
    whole = " ".join(words)
    if whole in _HINTS.names:
        found.append(_HINTS.names[whole])
    return whole, min(found, default=None)


def _weigh(nodes: Sequence[Node]) -> None:
    """Measure text and links from the leaves up, and give each run of text its weight."""
    letters = _letters_per_character(nodes[0].element)
    for node in reversed(nodes):
        own = _length(node.element.text)
        node.run += own
        node.text += own
        if node.tag == "a":
            node.linked = node.text
            node.run_linked = node.run
            node.links = 1
        elif node.tag in HEADINGS and node.linked > 0.8 * node.text:
            node.cards = 1
        if node.tag in BLOCKS and node.tag not in HEADINGS:
            free = (node.run - node.run_linked) * letters
            if free >= _SHORT_RUN and node.run_linked <= node.run / 2:
                node.own_weight = free * min(1.0, free / _LONG_RUN)
                if node.tag == "li":
                    node.own_weight *= _ITEM_WEIGHT
        parent = node.parent
        if parent is None:
            continue
        tail = _length(node.element.tail)
        parent.text += node.text + tail
        parent.run += tail
        parent.linked += node.linked
        parent.links += node.links
        parent.cards += node.cards
        if node.tag not in BLOCKS:
            parent.run += node.run
            parent.run_linked += node.run_linked
    _add_up(nodes)


def _add_up(nodes: Sequence[Node]) -> None:
    """Each element weighs what it and its descendants hold, the removed ones apart."""
    for node in nodes:
        node.weight = node.own_weight
    for node in reversed(nodes):
        if node.parent is not None and not node.removed:
            node.parent.weight += node.weight


def _length(text: str | None) -> int:
    return len(text.strip()) if text else 0


def _letters_per_character(root: etree._Element) -> float:
    sample = "".join(islice(root.itertext(), 2000))[:20_000]
    is_ideographic = len(_IDEOGRAPH.findall(sample)) > len(sample) / 20
    return _LETTERS_PER_IDEOGRAPH if is_ideographic else 1.0


# --- deciding ------------------------------------------------------------------------------


def _title_node(nodes: Sequence[Node], titles: Sequence[str]) -> Node | None:
    """The heading that says one of the page's titles; else the only level-1 heading."""
    wanted = {folded for folded in map(folded_words, titles) if folded}
    firsts = []
    for level in ("h1", "h2", "h3"):
        for node in nodes:
            if node.tag == level and 0 < node.text < 500:
                if folded_words("".join(node.element.itertext())) in wanted:
                    return node
                if level == "h1" and not node.links:
                    firsts.append(node)
    return firsts[0] if len(firsts) == 1 else None


def _prune(nodes: Sequence[Node], title: Node | None) -> None:
    """Remove what tags, roles and words say is no article, unless the article is in it."""
    total = nodes[0].weight
    needed = {title, *title.ancestors()} if title else set()
    telling: set[Node | None] = set()  # elements whose paragraphs so far are kept
    for node in nodes:
        if node.parent is not None and node.parent.removed:
            node.removed = True
            continue
        number = _rule_number(node, goes_on=node.parent in telling and node.weight > 0)
        if number is not None and node not in needed and node.tag not in ("html", "body", "main"):
            rule, reason = _HINTS.rules[number]
            is_bulk = total > 0 and node.weight >= _BULK_OF.get(rule, _BULK) * total
            if not is_bulk or node.tag in _CONTROLS:
                node.remove(rule, reason)
                continue
        if node.own_weight:
            telling.add(node.parent)
    _add_up(nodes)


def _rule_number(node: Node, *, goes_on: bool) -> int | None:
    """The first rule that its tag, role, words or attributes point to. `goes_on`: it goes on
    with a story that its siblings tell."""
    element = node.element
    numbers = []
    if node.hinted is not None and not (node.hinted == _RELATED and _is_unlinked(node)):
        numbers.append(node.hinted)
    # The header of an article holds its title, standfirst and first picture.
    if node.tag in _HINTS.tags and not (node.tag == "header" and _is_in_article(node)):
        numbers.append(_HINTS.tags[node.tag])
    role = element.get("role")
    if role in _HINTS.roles:
        numbers.append(_HINTS.roles[role])
    if (
        element.get("hidden") is not None
        # Paywalls blur the rest of a story for those who see, and hide it from who listens.
        or (element.get("aria-hidden") == "true" and not goes_on)
        or _STYLE_HIDES.search(element.get("style", "")[:500])
    ):
        numbers.append(_HIDDEN)
    return min(numbers, default=None)


def _is_unlinked(node: Node) -> bool:
    """Text that leads nowhere is no teaser of another story, whatever its class says."""
    if node.links or node.text < _STANDFIRST:
        return False
    return all(above.tag != "a" for above in node.ancestors())


def _is_in_article(node: Node) -> bool:
    return any(above.tag in ("article", "main") for above in node.ancestors())


def _main_node(nodes: Sequence[Node], title: Node | None) -> Node:
    """The smallest element that holds the story: go down while nothing is left behind."""
    node = _article_of(title, nodes[0].weight) or nodes[0]
    while True:
        best = max(
            (child for child in node.children if not child.removed and child.weight),
            key=lambda child: child.weight,
            default=None,
        )
        if best is None or best.own_weight > best.weight / 2:
            break
        others = sum(
            child.weight
            for child in node.children
            if child is not best and not child.removed and not _is_foreign(child)
        )
        if node.own_weight + others > _LEFT_BEHIND * node.weight:
            break
        node = best
    marked = [
        inner
        for inner in nodes
        if not inner.removed
        and inner.weight >= _MARKED_SHARE * node.weight
        and (inner.tag == "article" or "articleBody" in inner.element.get("itemprop", ""))
        and node in inner.ancestors()
    ]
    return min(marked, key=lambda inner: inner.weight, default=node)


def _has_text(main: Node) -> bool:
    """Whether anything but headings is left of the main part."""
    todo = [main]
    while todo:
        node = todo.pop()
        if node.removed:
            continue
        if node.run and node.tag in BLOCKS and node.tag not in HEADINGS:
            return True
        todo.extend(node.children)
    return False


def _article_of(title: Node | None, total: float) -> Node | None:
    """The outermost <article> or <main> around the title, if it is not just a page's head."""
    around = [
        node
        for node in (title.ancestors() if title else ())
        if node.tag in ("article", "main") and node.weight > _TITLED_SHARE * total
    ]
    return around[-1] if around else None


def _is_foreign(node: Node) -> bool:
    return node.linked > 0.35 * node.text or (node.cards > 1 and node.weight < 400 * node.cards)


def _prune_link_lists(main: Node) -> None:
    """Remove lists of links from the main part, with the heading that announces each."""
    todo = [main]
    while todo:
        node = todo.pop()
        before = None
        for child in node.children:
            if child.removed:
                continue
            is_list = child.links > 1 and child.linked >= _LINK_LIST * child.text
            is_card = child.cards and child.text < _CARD * child.cards
            if child.tag in _LINK_LIST_TAGS and (is_list or is_card):
                child.remove(*_LINKS_ONLY)
                if before is not None and before.tag in HEADINGS:
                    before.remove(*_LINKS_ONLY)
            else:
                todo.append(child)
            before = child

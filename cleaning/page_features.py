"""A page's cut -> what the model is told about each block: one row a feature, one column a block.

Nothing here knows a language: letters are counted by their Unicode category, and the only words
that are compared are those of the page itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cleaning.page_cut import HEADINGS, HINTS, Cut, Floats, Ints, name_words
from cleaning.remembered import remembered
from cleaning.shape import LETTERS_PER_IDEOGRAPH, Column, Shape, shape_of

# A run of text counts as part of a story from this length on, in letters; below it are labels.
_SHORT_RUN = 40
# Text runs as long as this have full weight; shorter ones less, as teasers are short.
LONG_RUN = 200
# Items of a list are more often teasers than story.
_ITEM_WEIGHT = 0.5
# A part with this share of the page's weight is no sidebar, whatever its class says.
_BULK = 0.4
# The share of the running text that may be left behind on the way down to the main part, and the
# share of links in a part that does not count as left behind.
_LEFT_BEHIND, _FOREIGN = 0.2, 0.35
# A block is heavy from this share of the page's heaviest block on.
_HEAVY = 0.25
_BOX = 8  # blocks
# A quote that is pulled out of a story and set apart has so many characters.
_SHORTEST_QUOTE, _LONGEST_QUOTE = 25, 400
_EDGES = "\"“”„‟«»‹›‘’‚'.,:;!?…()[]-–— "
# Each block is looked for in all the others, so their number and length are bounded.
_SEARCHED, _SEARCHED_FOR = 200_000, 1_000  # characters, blocks
_WORDS = re.compile(r"[^\W_]+|[©•|>*·&]")
# The same of ASCII, in half the time.
_ASCII_SIGNS = "|>*&"
_ASCII_WORDS = bytes(
    code if chr(code).isalnum() or chr(code) in _ASCII_SIGNS else 32 for code in range(128)
).ljust(256)
_CHARACTERS_READ = 600  # of a block
_NAMES_READ = 300  # characters of class names
_NAMES_REMEMBERED = 4_096

_TAGS: Final = (
    "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr", "blockquote", "figcaption",
    "span", "section", "article", "button", "header", "dd", "dt", "figure", "address", "body",
    "option",
    "label", "pre", "main", "ul", "aside", "footer", "form", "nav",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hearsay:
    """What the page's metadata says of its text: titles, a summary, and the body if it is there."""

    titles: Sequence[str] = ()
    summaries: Sequence[str] = ()
    body: str = ""
    is_article: bool = False


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of each of a page's `n` blocks. `columns`: feature name -> its values (n,)."""

    columns: dict[str, NDArray[np.generic]]
    weight: Floats  # how much running text
    link_share: Floats
    is_heading: NDArray[np.bool_]
    rule_bits: Ints  # the hints of the elements around it that hold a small part of the page
    alike: Ints  # which blocks are of one kind: their elements and parents have the same names
    title: int  # the block that says the title, -1: none


@dataclass(frozen=True)
class Lexicon:
    """Log odds that a block does not belong, for words of texts and for words of class names.

    `said` and `named` tell what it says of a text and of an element's name, and remember it: a
    page's blocks are asked for again as those of a text, and a site's pages have the same names.
    """

    words: Mapping[str, float]
    names: Mapping[str, float]
    said: Callable[[str], tuple[float, float, float]] = field(init=False, repr=False, compare=False)
    named: Callable[[str], float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "said", remembered(self._said))
        object.__setattr__(self, "named", lru_cache(_NAMES_REMEMBERED)(self._named))

    def _said(self, folded: str) -> tuple[float, float, float]:
        """Of the words of a casefolded text that have odds: their mean, drawn towards 0, the
        greatest and the least; 0 for a text without any."""
        found = [odds for odds in map(self.words.get, text_words(folded)) if odds is not None]
        return (sum(found) / (len(found) + 2), max(found), min(found)) if found else (0.0, 0.0, 0.0)

    def _named(self, name: str) -> float:
        """The sum of the odds of a name's words."""
        return sum(self.names.get(word, 0.0) for word in name_words(name))


def text_words(folded: str) -> list[str]:
    """The words of a casefolded text that a lexicon is asked for: those at its beginning."""
    text = folded[:_CHARACTERS_READ]
    if not text.isascii():
        return _WORDS.findall(text)
    for sign in _ASCII_SIGNS:
        if sign in text:
            text = text.replace(sign, f" {sign} ")
    return text.encode().translate(_ASCII_WORDS).decode().split()


def said_odds(folded: Sequence[str], lexicon: Lexicon) -> Floats:
    """What a lexicon says of each casefolded text: the mean, the greatest and the least odds of its
    words (3, n)."""
    return np.array(list(map(lexicon.said, folded)), np.float32).reshape(-1, 3).T


def block_names(cut: Cut) -> list[tuple[str, str]]:
    """For each block the names of its element, and of those around it up to three levels."""
    names, parents = cut.names, cut.parent.tolist()
    found = []
    around: dict[int, str] = {}
    for owner in cut.owner.tolist():
        above = parents[owner]
        if above not in around:
            far = parents[above] if above > 0 else 0
            farther = parents[far] if far > 0 else 0
            around[above] = " ".join((names[max(above, 0)], names[far], names[farther]))
        found.append((names[owner], around[above]))
    return found


def lexical(
    cut: Cut, lexicon: Lexicon, folded: Sequence[str] | None = None
) -> dict[str, NDArray[np.generic]]:
    """The features that a lexicon adds."""
    said = said_odds(folded or [text.casefold() for text in cut.texts], lexicon)
    pairs = block_names(cut)
    of_names = {
        names: sum(map(lexicon.named, names[:_NAMES_READ].split()))
        for names in set(chain.from_iterable(pairs))
    }
    named = np.array([(of_names[own], of_names[around]) for own, around in pairs], np.float32).T
    f: dict[str, NDArray[np.generic]] = {
        "said_mean": said[0],
        "said_most": said[1],
        "said_least": said[2],
        "named_own": named[0],
        "named_around": named[1],
    }
    for by in (-1, 1):
        f[f"said_mean{by:+}"] = shifted(said[0], by)
        f[f"named_own{by:+}"] = shifted(named[0], by)
    return f


def measure(cut: Cut, hearsay: Hearsay, lexicon: Lexicon | None = None) -> Features:
    """The features of each block; without a lexicon those that need none."""
    shape = shape_of(cut.texts)
    tree = _tree(cut, shape)
    folded = [text.casefold() for text in cut.texts]
    title, said = _against_metadata(folded, hearsay, tree)
    hints, rule_bits = _hints(cut, tree)
    columns = {
        **_of_text(cut, shape, tree),
        **{f"tag_{tag}": tree.is_tag[number] for number, tag in enumerate(_TAGS)},
        **hints,
        **_of_surroundings(cut, tree),
        **_of_boxes(cut, tree, title),
        **_of_place(cut, tree),
        **said,
        **_of_page(hearsay, shape, tree),
    }
    if lexicon is not None:
        columns |= lexical(cut, lexicon, folded)
    columns |= _of_neighbours(columns, shape, tree)
    weight = tree.weight.astype(np.float32)
    return Features(columns, weight, tree.link_share, tree.is_heading, rule_bits, tree.alike, title)


_SHIFTED = (
    "size", "link_share", "weight", "ends_stop", "tag_p", "tag_li", "stops", "bad_hints",
    "good_hints", "title_share", "upper",
)  # fmt: skip
_TAG_NUMBERS: Final = {tag: number for number, tag in enumerate(_TAGS)}
_HEADING_NUMBERS = [_TAG_NUMBERS[tag] for tag in sorted(HEADINGS)]
_CONTROLS = [_TAG_NUMBERS[tag] for tag in ("button", "form", "label", "option")]
_BAD = [number for number, kind in enumerate(HINTS.kinds) if kind in HINTS.rules]
_GOOD = list(map(HINTS.kinds.index, ("article_body", "article", "content", "main")))
Columns = dict[str, Column]


# --- where it stands in the tree -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tree:
    """How much running text each block is (`weight`), and what each element holds (m,)."""

    is_tag: Column  # (tags, n)
    is_heading: Column
    weight: Column
    total: float
    running: Column  # (n + 1,) the weight before each block
    parents: list[int]
    parent: Column  # of each block's element
    grand: Column
    held_weight: Column
    held_chars: Column
    held_linked: Column
    alike: Column  # which blocks look alike
    linked: Column
    chars: Column

    @property
    def link_share(self) -> Column:
        """How much of each block's text is links."""
        return self.linked / self.chars


def _tree(cut: Cut, shape: Shape) -> _Tree:
    owner, chars = cut.owner, shape.chars
    linked = np.minimum(cut.linked, chars)
    tags = np.array([_TAG_NUMBERS.get(tag, -1) for tag in cut.tags], np.int32)[owner]
    is_heading = np.isin(tags, _HEADING_NUMBERS)
    is_ideographic = shape.ideographs > chars / 20
    free = (chars - linked) * np.where(is_ideographic, LETTERS_PER_IDEOGRAPH, 1.0)
    weight = np.where(
        (free >= _SHORT_RUN) & (linked <= chars / 2) & ~is_heading,
        free * np.minimum(1.0, free / LONG_RUN),
        0.0,
    )
    weight = np.where(tags == _TAG_NUMBERS["li"], weight * _ITEM_WEIGHT, weight)
    parent = np.maximum(cut.parent[owner], 0)
    return _Tree(
        is_tag=tags == np.arange(len(_TAGS))[:, None],
        is_heading=is_heading,
        weight=weight,
        total=float(weight.sum()) or 1.0,
        running=np.concatenate(([0.0], np.cumsum(weight))),
        parents=cut.parent.tolist(),
        parent=parent,
        grand=np.maximum(cut.parent[parent], 0),
        held_weight=_held(cut, weight),
        held_chars=_held(cut, chars),
        held_linked=_held(cut, linked),
        alike=_alike(cut, parent),
        linked=linked,
        chars=chars,
    )


def _held(cut: Cut, values: Column) -> Column:
    """The sum over the blocks in each element."""
    sums = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    return sums[cut.last] - sums[cut.first]


def _alike(cut: Cut, parent: Column) -> Column:
    """Blocks whose elements and parents have the same tags and classes look alike: for each block
    the number of its kind."""
    numbers: dict[tuple[str, str, str, str], int] = {}
    tags, names = cut.tags, cut.names
    pairs = zip(cut.owner.tolist(), parent.tolist(), strict=True)
    kinds = [
        numbers.setdefault((tags[o], names[o], tags[p], names[p]), len(numbers)) for o, p in pairs
    ]
    return np.array(kinds, np.int32)


def _hints(cut: Cut, tree: _Tree) -> tuple[Columns, Column]:
    """The hints of each block's element and parent, of those around it that are a small part of
    the page, and of all around it; and the bits of the second kind."""
    is_small = ((tree.held_weight < _BULK * tree.total) | (tree.held_weight == 0)).tolist()
    parents, own = tree.parents, cut.own_bits
    small = [0] * len(own)
    every = [0] * len(own)
    for number in range(1, len(own)):
        above, bits = parents[number], own[number]
        every[number] = every[above] | bits
        if is_small[number]:
            small[number] = small[above] | bits
    owners = cut.owner.tolist()
    numbers = np.arange(len(HINTS.kinds))[:, None]
    rule_bits = np.array([small[o] for o in owners], np.int64)
    near = (rule_bits >> numbers) & 1
    far = (np.array([every[o] for o in owners], np.int64) >> numbers) & 1
    beside = np.array([own[o] | own[max(parents[o], 0)] for o in owners], np.int64)
    columns: Columns = {}
    for place, rows in (("own", (beside >> numbers) & 1), ("near", near), ("far", far)):
        columns |= {f"{place}_{kind}": rows[number] for number, kind in enumerate(HINTS.kinds)}
    columns["bad_hints"] = near[_BAD].sum(axis=0)
    columns["good_hints"] = far[_GOOD].sum(axis=0)
    return columns, rule_bits


def _of_surroundings(cut: Cut, tree: _Tree) -> Columns:
    owner, parent, grand = cut.owner, tree.parent, tree.grand
    great = np.maximum(cut.parent[grand], 0)
    blocks = cut.last - cut.first
    columns: Columns = {}
    for name, around in (("owner", owner), ("parent", parent), ("grand", grand), ("great", great)):
        columns[f"{name}_size"] = np.log1p(tree.held_chars[around])
        columns[f"{name}_links"] = tree.held_linked[around] / np.maximum(tree.held_chars[around], 1)
        columns[f"{name}_weight"] = tree.held_weight[around] / tree.total
        columns[f"{name}_blocks"] = np.log1p(blocks[around])
    direct = np.bincount(parent, weights=tree.weight, minlength=len(cut.tags))
    columns["parent_direct"] = direct[parent] / tree.total
    columns["grand_direct"] = direct[grand] / tree.total
    meet, heart = _meetings(direct, tree.parents)
    columns["above_heart"] = cut.depth[heart] - cut.depth[meet[owner]]
    columns["below_meeting"] = cut.depth[owner] - cut.depth[meet[owner]]
    columns["meeting_weight"] = tree.held_weight[meet[owner]] / tree.total
    columns["depth"] = cut.depth[owner]
    kinds, alike = int(tree.alike.max()) + 1, tree.alike
    sums, count = np.bincount(alike, tree.weight, kinds), np.bincount(alike, minlength=kinds)
    links = np.bincount(alike, tree.linked, kinds) / np.maximum(
        np.bincount(alike, tree.chars, kinds), 1
    )
    columns["alike_weight"] = sums[alike] / tree.total
    columns["alike_count"] = np.log1p(count[alike])
    columns["alike_links"] = links[alike]
    return columns


def _of_boxes(cut: Cut, tree: _Tree, title: int) -> Columns:
    """A box is the outermost element around a block that holds a few blocks at most: a teaser, an
    invitation to subscribe. And whether it stands in another <article> than the title."""
    blocks = (cut.last - cut.first).tolist()
    box, article = [0] * len(blocks), [0] * len(blocks)
    for number in range(1, len(blocks)):
        above = tree.parents[number]
        box[number] = box[above] if 0 < blocks[above] <= _BOX else number
        article[number] = article[above] or (number if cut.tags[number] == "article" else 0)
    of = np.array(box, np.int32)[cut.owner]
    first, last = cut.first[of], cut.last[of]
    controls = np.concatenate(([0], np.cumsum(tree.is_tag[_CONTROLS].any(axis=0))))
    articles = np.array(article, np.int32)[cut.owner]
    own = articles[title] if title >= 0 else 0
    where = np.where(articles == 0, 0, np.where(articles == own, 1, 2 if own else 3))
    index = np.arange(len(cut.texts))
    return {
        "box_blocks": last - first,
        "box_leads": tree.link_share[first] * (last - first > 1),
        "box_place": index - first,
        "box_controls": controls[last] - controls[first],
        "box_size": np.log1p(tree.held_chars[of]),
        "box_links": tree.held_linked[of] / np.maximum(tree.held_chars[of], 1),
        "article": where,
        "h1_before": np.cumsum(tree.is_tag[_TAG_NUMBERS["h1"]]),
    }


def _meetings(direct: Column, parents: Sequence[int]) -> tuple[Column, int]:
    """The heart of the page is the element with most running text right in it. For each element
    the one where its way up meets the heart's; and the heart."""
    heart = number = int(np.argmax(direct))
    way = set()
    while number >= 0:
        way.add(number)
        number = parents[number]
    meets = [0] * len(parents)
    for number in range(1, len(parents)):
        meets[number] = number if number in way else meets[parents[number]]
    return np.array(meets, np.int32), heart


def _main(cut: Cut, tree: _Tree) -> int:
    """The smallest element that holds most of the running text: go down while little is left
    behind."""
    weight, linked, chars = (
        held.tolist() for held in (tree.held_weight, tree.held_linked, tree.held_chars)
    )
    children: dict[int, list[int]] = {}
    for number in range(1, len(weight)):
        if weight[number] > 0:
            children.setdefault(tree.parents[number], []).append(number)
    node = 0
    while node in children:
        below = children[node]
        best = max(below, key=weight.__getitem__)
        others = sum(
            weight[child]
            for child in below
            if child != best and linked[child] <= _FOREIGN * chars[child]
        )
        own = weight[node] - sum(weight[child] for child in below)
        if own + others > _LEFT_BEHIND * weight[node] or cut.last[best] - cut.first[best] < 2:
            break
        node = best
    return node


# --- the text of a block -------------------------------------------------------------------


def _of_text(cut: Cut, shape: Shape, tree: _Tree) -> Columns:
    return {
        **shape.columns(),
        "breaks": cut.breaks,
        "after_break": cut.after_break,
        "link_share": tree.link_share,
        "links": np.minimum(cut.links, 20),
        "bold": np.minimum(cut.bold, shape.chars) / shape.chars,
    }


# --- where it stands on the page -----------------------------------------------------------


def _of_place(cut: Cut, tree: _Tree) -> Columns:
    n = len(cut.texts)
    index = np.arange(n)
    main = _main(cut, tree)
    begins, ends = int(cut.first[main]), int(cut.last[main])
    to_main = np.where(index < begins, index - begins, np.maximum(index - ends + 1, 0))
    heavy = tree.weight > _HEAVY * tree.weight.max()
    in_parent = index - cut.first[tree.parent]
    blocks = (cut.last - cut.first)[tree.parent]
    return {
        "in_main": (index >= begins) & (index < ends),
        "to_main": np.clip(to_main, -30, 30),
        "main_weight": np.full(n, tree.held_weight[main] / tree.total),
        "weight": np.log1p(tree.weight),
        "weight_before": tree.running[:-1] / tree.total,
        "weight_after": 1 - tree.running[1:] / tree.total,
        "place": index / n,
        "since_heavy": _since(heavy),
        "until_heavy": _since(heavy[::-1])[::-1],
        "in_parent": in_parent / np.maximum(blocks, 1),
        "first_in_parent": np.minimum(in_parent, 10),
        "last_in_parent": np.minimum(cut.last[tree.parent] - index - 1, 10),
    }


def _of_page(hearsay: Hearsay, shape: Shape, tree: _Tree) -> Columns:
    n = len(shape.chars)
    chars = max(shape.chars.sum(), 1)
    return {
        "page_blocks": np.full(n, np.log1p(n)),
        "page_weight": np.full(n, np.log1p(tree.total)),
        "page_ideographs": np.full(n, shape.ideographs.sum() / chars),
        "page_links": np.full(n, tree.linked.sum() / chars),
        "page_article": np.full(n, hearsay.is_article),
    }


def _of_neighbours(columns: Columns, shape: Shape, tree: _Tree) -> Columns:
    rows = np.stack([np.asarray(columns[name], np.float32) for name in _SHIFTED])
    found: Columns = {}
    for by in (-2, -1, 1, 2):
        moved = shifted(rows, by)
        found |= {f"{name}{by:+}": moved[number] for number, name in enumerate(_SHIFTED)}
    for width in (3, 8):
        found[f"weight_around_{width}"] = _around(tree.weight, width) / tree.total
        found[f"links_around_{width}"] = _around(tree.linked, width) / np.maximum(
            _around(shape.chars, width), 1
        )
    return found


# --- against the metadata ------------------------------------------------------------------


def _against_metadata(folded: Sequence[str], hearsay: Hearsay, tree: _Tree) -> tuple[int, Columns]:
    """The block that shows the title, and how each compares with the page's metadata and with the
    other blocks."""
    n = len(folded)
    title, equal, share = _against_titles(folded, hearsay.titles, tree.is_heading)
    to_title = np.clip(np.arange(n) - title, -40, 40) if title >= 0 else np.full(n, -99)
    return title, {
        "is_title": equal,
        "title_share": share,
        "to_title": to_title,
        "has_title": np.full(n, title >= 0),
        "in_summary": _within(folded, " ".join(hearsay.summaries).casefold(), 20),
        "in_body": _within(folded, " ".join(hearsay.body.casefold().split()), 12),
        "seen_before": _seen_before(folded),
        "seen_after": _seen_before(folded[::-1])[::-1],
        "seen_inside": _seen_inside(folded, tree.weight),
    }


def _against_titles(
    folded: Sequence[str],
    titles: Sequence[str],
    is_heading: Column,
) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
    """The block that shows the title, which blocks say it, and the share of each block's words
    that are the title's."""
    n = len(folded)
    rank: dict[str, int] = {}
    for title in titles:
        rank.setdefault(" ".join(title.casefold().split()), len(rank))
    said = {word for title in rank for word in title.split() if len(word) > 3}
    equal = np.zeros(n, np.float32)
    share = []
    found: list[tuple[int, bool, int]] = []
    for index, text in enumerate(folded):
        if text in rank:
            equal[index] = 1
            found.append((rank[text], not is_heading[index], index))
        first = text.split(" ", 60)[:60]
        if said.isdisjoint(first):
            share.append(0.0)
            continue
        long = [word for word in first if len(word) > 3]
        share.append(sum(map(said.__contains__, long)) / len(long))
    # The wording that is trusted most, and of equal ones a heading.
    return min(found)[2] if found else -1, equal, np.array(share, np.float32)


def _within(folded: Sequence[str], whole: str, shortest: int) -> NDArray[np.float32]:
    """Whether a text's beginning, middle and end stand in another (share of three); -1: there is
    no other."""
    if len(whole) < shortest:
        return np.full(len(folded), -1, np.float32)
    found = []
    for text in folded:
        if len(text) < shortest:
            found.append(-0.5)
            continue
        length = min(len(text), 30)
        middle = (len(text) - length) // 2
        probes = {text[:length], text[middle : middle + length], text[-length:]}
        found.append(sum(map(whole.__contains__, probes)) / len(probes))
    return np.array(found, np.float32)


def _seen_before(folded: Sequence[str]) -> NDArray[np.float32]:
    times: dict[str, int] = {}
    seen = []
    for text in folded:
        before = times.get(text, 0)
        seen.append(before)
        times[text] = before + 1
    return np.minimum(np.array(seen, np.float32), 5)


def _seen_inside(folded: Sequence[str], weight: NDArray[np.float64]) -> NDArray[np.float32]:
    """Whether a text stands in a longer block too, as a quote pulled out of the story does."""
    seen = np.zeros(len(folded), np.float32)
    heavy = (text for text, is_heavy in zip(folded, weight > 0, strict=True) if is_heavy)
    whole = "\n".join(heavy)[:_SEARCHED]
    for index, text in enumerate(folded[:_SEARCHED_FOR]):
        if _SHORTEST_QUOTE <= len(text) <= _LONGEST_QUOTE:
            seen[index] = whole.count(text.strip(_EDGES)) > (weight[index] > 0)
    return seen


# --- rows ----------------------------------------------------------------------------------


def _since(mark: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Blocks since the last marked one, at most 30."""
    index = np.arange(len(mark))
    last = np.maximum.accumulate(np.where(mark, index, -100))
    return np.minimum(index - last, 30).astype(np.float32)


def shifted(row: NDArray[np.generic], by: int, nothing: float = -1) -> NDArray[np.float32]:
    """The values (…, n) of the block `by` places on; `nothing` where there is none."""
    found = np.full(row.shape, nothing, np.float32)
    if by > 0:
        found[..., :-by] = row[..., by:]
    else:
        found[..., -by:] = row[..., :by]
    return found


def _around(row: NDArray[np.generic], width: int) -> NDArray[np.float64]:
    """The sum over `width` blocks to either side and the block itself."""
    n = len(row)
    sums = np.concatenate(([0.0], np.cumsum(row, dtype=np.float64)))
    index = np.arange(n)
    return sums[np.minimum(index + width + 1, n)] - sums[np.maximum(index - width, 0)]

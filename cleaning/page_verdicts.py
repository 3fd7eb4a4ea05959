"""The model's scores -> which blocks of a page are its article, and in words why.

A block belongs unless the model says it does not; in doubt the text stays, and what goes with it
(`page_companions`). What is removed is named by the principled rule that fits (the page marks it as
navigation, it is all links, it stands outside the story), so that a moderator reads a cause and not
a number; the model's own strongest reasons stand behind it.

Known exceptions: the block that shows the title and the lines of credits around it are left to the
text rules, which read them; a page of which nothing would be left keeps what reads like text.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from cleaning.credits import read_credits
from cleaning.mixed import are_unrelated
from cleaning.page_companions import companions, split_cards
from cleaning.page_cut import HINTS, Cut, name_words
from cleaning.page_features import Features, Hearsay, measure
from cleaning.page_model import page_model
from cleaning.page_reasons import PAGE_REASONS

# The model has learned from whole pages, of which one in a hundred has fewer blocks than this. A
# smaller one is a fragment, and only what its markup says counts; so it is of a bare page.
_FRAGMENT = 24
# Links hold this share of the text of a list of links.
_LINK_LIST = 0.75
# A line of credits stands at most so many blocks above the title.
_ABOVE_TITLE = 3
# It is looked for in so many blocks at most, from the title on.
_LONGEST_HEAD = 40
# A part without links that says "teaser" is the standfirst from this length on; below, a label.
_STANDFIRST = 60
# A line up to this length, in characters, that stands so often between paragraphs is furniture.
_LABEL, _LABEL_TIMES = 40, 3
# The title's <article> holds this share of the text if the others are not of the same story, and
# another has this share of its text, with a headline among its first blocks, if it is an article.
_MOST_OF_IT, _AN_ARTICLE, _HEADLINE_WITHIN = 0.4, 0.25, 4
_SENTENCE_ENDS = ".:!?…。：！？"
_LONGEST_BYLINE = 120  # characters
_FAR_BYLINE = 12  # blocks
_BYLINE_WORDS = ("author", "byline", "autor")
_BYLINE, _HEADER = HINTS.bit("byline"), HINTS.bit("page_header")
_RELATED, _LIST = HINTS.bit("related_links"), HINTS.bit("list")
_LINKS_ONLY = "Nearly all of this part's text is links."
_OUTSIDE = "This part stands outside the part of the page that holds the article."
_REPEATED = f"This short line stands {_LABEL_TIMES} times or more on the page."
_NEXT = "This is an article of its own, with its own headline, beside the one of this page."
_UNLIKE = "This block does not read or stand like a part of the story."
_ONE_BY_ONE = frozenset({"not_story", "repeated_label"})
_TEMPLATE_TAGS = frozenset({"div", "section", "article", "aside", "header", "footer", "td"})
_PART_TAGS = frozenset({"div", "section", "main", "td"})
_RULE_NUMBERS = [(n, kind) for n, kind in enumerate(HINTS.kinds) if kind in HINTS.rules]
_RULE_BITS = sum(1 << number for number, _ in _RULE_NUMBERS)


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks of a page that share a fate: one that is kept, or removed neighbours of one rule.

    `score` is the probability, 0 to 1, that they do not belong to the article.
    """

    blocks: Sequence[int]
    kept: bool
    score: float
    rule: str | None = None
    reasons: tuple[str, ...] = ()
    is_credit: bool = False  # a removed line of credits, which the text rules read


def judge_page(cut: Cut, hearsay: Hearsay) -> list[Part]:
    """The parts of a page, in reading order."""
    if not cut.texts:
        return []
    model = page_model()
    trees = model.trees
    features = measure(cut, hearsay, model.lexicon)
    odds, reached = trees.score(features.columns)
    scores = 1 / (1 + np.exp(-odds.astype(np.float64)))
    kept = odds <= model.threshold
    goes_with: dict[int, str] = {}
    if len(cut.texts) < _FRAGMENT or _is_bare(cut):
        kept = _unmarked(cut, features)
    else:
        kept[split_cards(cut, kept)] = False
        is_free = (features.rule_bits & _RULE_BITS == 0) & (features.link_share < _LINK_LIST)
        doubt = odds - model.threshold
        goes_with = companions(cut, features, kept=kept, is_free=is_free, doubt=doubt)
        kept[list(goes_with)] = True
    if not _has_text(features, kept):
        kept = _what_reads_like_text(cut, features)
    story = np.flatnonzero(kept)
    if features.title >= 0:
        kept[features.title] = True  # the text rules say what becomes of it
    credits_of = frozenset(_credit_lines(cut, features.title, story))
    named = dict.fromkeys(_labels(cut, features, kept), ("repeated_label", _REPEATED))
    named |= dict.fromkeys(_next_articles(cut, features, kept), ("next_article", _NEXT))
    kept[list(named)] = False
    # Where a rule had the last word, the score agrees with it.
    scores = np.where(kept, np.minimum(scores, 0.5), np.maximum(scores, 0.5))
    parts = list(
        _parts(
            cut,
            features,
            kept=kept,
            scores=scores,
            named=named,
            goes_with=goes_with,
            credits_of=credits_of,
        )
    )
    told = trees.explain(reached, [part.blocks[0] for part in parts]).tolist()
    return [
        replace(part, reasons=(*part.reasons, *PAGE_REASONS.in_words(moves, removed=not part.kept)))
        for part, moves in zip(parts, told, strict=True)
    ]


def bylines(cut: Cut, parts: Sequence[Part]) -> Sequence[str]:
    """The short lines around the story that the page's classes call bylines, those nearest to its
    beginning first."""
    kept = [part.blocks[0] for part in parts if part.kept]
    if not kept:
        return ()
    first, last = kept[0], kept[-1]
    found = []
    for block in range(max(first - _FAR_BYLINE, 0), min(last + _FAR_BYLINE, len(cut.texts))):
        text = " ".join(cut.texts[block].split())
        if len(text) > _LONGEST_BYLINE:
            continue
        owner = int(cut.owner[block])
        bits = cut.own_bits[owner] | cut.own_bits[max(int(cut.parent[owner]), 0)]
        lines = [text]
        if not bits & _BYLINE:
            inside = filter(_is_byline, cut.elements[owner].iter("span", "a"))
            lines = [" ".join("".join(element.itertext()).split()) for element in inside]
        found += [(abs(block - first), line) for line in lines]
    return [line for _, line in sorted(found)]


def _is_byline(element: etree._Element) -> bool:
    words = name_words(element.get("class") or "")
    return any(word.startswith(_BYLINE_WORDS) for word in words)


def _is_bare(cut: Cut) -> bool:
    """Whether a page has neither a class name nor a link: its markup says nothing that the model
    could have learned from pages of sites."""
    return not any(cut.names) and not cut.links.any()


def _has_text(features: Features, kept: NDArray[np.bool_]) -> bool:
    """Whether more than headings is kept."""
    return any(
        not features.is_heading[block] and block != features.title
        for block in np.flatnonzero(kept).tolist()
    )


def _what_reads_like_text(cut: Cut, features: Features) -> NDArray[np.bool_]:
    """In doubt the text stays: running text that the page does not mark as something else, else
    any running text, else all that is neither marked nor a link."""
    is_marked = features.rule_bits & _RULE_BITS != 0
    has_weight = features.weight > 0
    for kept in (has_weight & ~is_marked, has_weight, _unmarked(cut, features)):
        if kept.any():
            return kept.copy()
    return np.zeros(len(is_marked), bool)


def _unmarked(cut: Cut, features: Features) -> NDArray[np.bool_]:
    """What the page neither marks as something else nor makes an item of a list of links.

    A header that holds the title is the article's own, and text that leads nowhere is no teaser of
    another story, whatever its class says.
    """
    marks = features.rule_bits & _RULE_BITS
    if features.title >= 0:
        number = int(cut.owner[features.title])
        while number > 0:
            if cut.own_bits[number] & _HEADER:
                marks[cut.first[number] : cut.last[number]] &= ~_HEADER
            number = int(cut.parent[number])
    for block in np.flatnonzero(marks & _RELATED).tolist():
        if len(cut.texts[block]) >= _STANDFIRST and not _leads_elsewhere(cut, block):
            marks[block] &= ~_RELATED
    sizes = np.array([len(text) for text in cut.texts])
    is_item = features.rule_bits & _LIST != 0
    is_teaser = is_item | (cut.links > 1) | (sizes >= _STANDFIRST)
    kept: NDArray[np.bool_] = (marks == 0) & ~(is_teaser & (features.link_share >= _LINK_LIST))
    return kept


def _leads_elsewhere(cut: Cut, block: int) -> bool:
    """Whether the part that is marked as a teaser has links, or is in one."""
    number = int(cut.owner[block])
    while number > 0 and not cut.own_bits[number] & _RELATED:
        number = int(cut.parent[number])
    inside = cut.links[cut.first[number] : cut.last[number]].sum() > 0
    return bool(inside) or next(cut.elements[number].iterancestors("a"), None) is not None


def _credit_lines(cut: Cut, title: int, story: NDArray[np.intp]) -> Iterator[int]:
    """The lines of credits between the title and the story; without a title, right above it."""
    first = next((block for block in story.tolist() if block > title), title)
    begin = max((title if title >= 0 else first) - _ABOVE_TITLE, 0)
    for block in range(begin, min(first, begin + _LONGEST_HEAD)):
        if read_credits(" ".join(cut.texts[block].split())) is not None:
            yield block


def _next_articles(cut: Cut, features: Features, kept: NDArray[np.bool_]) -> Iterator[int]:
    """The kept blocks of other articles than the one that holds the title.

    They have a headline of their own, and are as large as articles are. Where the title's article
    does not hold much of the text, the others are parts of one story: the entries of a live blog.
    Where the page has no <article> for it, the others stand beside it in a part of the same tag,
    and must be unrelated, or they are its sections.
    """
    if features.title < 0:
        return
    weight = np.where(kept, features.weight, 0)
    article = _outermost_article(cut, int(cut.owner[features.title]))
    branches = (
        _branches(cut, features, weight) if not article else [(article, _others(cut, article))]
    )
    for own, others in branches:
        first, last = int(cut.first[own]), int(cut.last[own])
        own_weight = weight[first:last].sum()
        if own_weight < _MOST_OF_IT * weight.sum():
            continue
        for number in others:
            start, end = int(cut.first[number]), int(cut.last[number])
            is_apart = start < end and (start >= last or end <= first)
            if not is_apart or weight[start:end].sum() < _AN_ARTICLE * own_weight:
                continue
            if not features.is_heading[start : start + _HEADLINE_WITHIN].any():
                continue
            inside = (np.flatnonzero(kept[start:end]) + start).tolist()
            story = (np.flatnonzero(kept[first:last]) + first).tolist()
            if article or are_unrelated(
                [cut.texts[block] for block in story], [cut.texts[block] for block in inside]
            ):
                yield from inside


def _others(cut: Cut, own: int) -> list[int]:
    """The <article>s but this one."""
    return [number for number, tag in enumerate(cut.tags) if tag == "article" and number != own]


def _branches(
    cut: Cut, features: Features, weight: NDArray[np.float64]
) -> Iterator[tuple[int, list[int]]]:
    """The parts of a page that hold the title, from the inside out, each with its siblings of the
    same tag, as long as a sibling may be an article beside it."""
    whole = weight.sum()
    number = int(cut.owner[features.title])
    while number > 0:
        own = weight[cut.first[number] : cut.last[number]].sum()
        if own * (1 + _AN_ARTICLE) > whole:
            return
        if own >= _MOST_OF_IT * whole and cut.tags[number] in _PART_TAGS:
            beside = np.flatnonzero(cut.parent == cut.parent[number]).tolist()
            yield number, [n for n in beside if n != number and cut.tags[n] == cut.tags[number]]
        number = int(cut.parent[number])


def _outermost_article(cut: Cut, number: int) -> int:
    """The outermost <article> around an element; 0 if there is none."""
    found = 0
    while number > 0:
        found = number if cut.tags[number] == "article" else found
        number = int(cut.parent[number])
    return found


def _labels(cut: Cut, features: Features, kept: NDArray[np.bool_]) -> list[int]:
    """The blocks that are a label which the page repeats throughout its story ("Article content").

    Authors write in <p>: refrains, speakers, "Pros" and "Cons". Page templates rarely do.
    """
    if not any(kept[block] and len(text) > _LABEL for block, text in enumerate(cut.texts)):
        return []
    times = Counter(
        text
        for block, text in enumerate(cut.texts)
        if kept[block]
        and len(text) <= _LABEL
        and cut.tags[cut.owner[block]] in _TEMPLATE_TAGS
        and text[-1] not in _SENTENCE_ENDS
        and any(map(str.isalpha, text))
    )
    return [
        block
        for block, text in enumerate(cut.texts)
        if kept[block] and times[text] >= _LABEL_TIMES and block != features.title
    ]


def _parts(
    cut: Cut,
    features: Features,
    *,
    kept: NDArray[np.bool_],
    scores: NDArray[np.float64],
    named: Mapping[int, tuple[str, str]],
    goes_with: Mapping[int, str],
    credits_of: frozenset[int],
) -> Iterator[Part]:
    story = np.flatnonzero(kept)
    first, last = (int(story[0]), int(story[-1])) if len(story) else (0, -1)
    group: list[int] = []
    group_rule = ("", "")

    chance = scores.tolist()
    sizes = [len(text) for text in cut.texts]
    outside_rules = _rules(features)

    def part() -> Part:
        rule, reason = group_rule
        total = sum(sizes[block] for block in group)
        score = sum(chance[block] * sizes[block] for block in group) / total
        is_credit = group[0] in credits_of
        return Part(
            tuple(group), kept=False, score=score, rule=rule, reasons=(reason,), is_credit=is_credit
        )

    for block in range(len(cut.texts)):
        if kept[block]:
            if group:
                yield part()
                group = []
            reasons = (goes_with[block],) if block in goes_with else ()
            yield Part((block,), kept=True, score=chance[block], reasons=reasons)
            continue
        rule = named.get(block) or outside_rules[block]
        if rule[0] == "outside_article" and first < block < last:
            rule = ("not_story", _UNLIKE)
        # Paragraphs between paragraphs are looked at, and restored, one by one.
        stands_alone = rule[0] in _ONE_BY_ONE or not credits_of.isdisjoint((block, *group[-1:]))
        if group and (rule != group_rule or stands_alone):
            yield part()
            group = []
        group.append(block)
        group_rule = rule
    if group:
        yield part()


def _rules(features: Features) -> list[tuple[str, str]]:
    """The rule, and its reason, that removes each block if it is removed."""
    is_linked = (features.link_share >= _LINK_LIST).tolist()
    known: dict[int, tuple[str, str]] = {}
    rules = []
    for bits, linked in zip((features.rule_bits & _RULE_BITS).tolist(), is_linked, strict=True):
        if bits and bits not in known:
            kind = next(kind for number, kind in _RULE_NUMBERS if bits >> number & 1)
            known[bits] = kind, HINTS.rules[kind]
        if bits:
            rules.append(known[bits])
        else:
            rules.append(
                ("related_links", _LINKS_ONLY) if linked else ("outside_article", _OUTSIDE)
            )
    return rules

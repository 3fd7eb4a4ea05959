"""Blocks -> a verdict on each, by an ordered table of named rules: the first to answer signs.

Kept text is the default. A rule that reads furniture (dates, labels, bylines) answers for short
lines only, and where such lines stand: above the first paragraph or below the last. Inside the
story only stock phrases that nobody writes in an article, copies of the title, and teasers go.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

import regex

from cleaning.article import site_key
from cleaning.cohesion import share, stems
from cleaning.credits import Credits, read_credits
from cleaning.mixed import is_mixed
from cleaning.model import (
    OFF_TOPIC,
    SITE_FURNITURE,
    SITE_RULE,
    BlockVerdict,
    Document,
    Role,
    SiteBlock,
    SiteLookup,
    SourceBlock,
)
from cleaning.phrases import (
    COLONS,
    furniture,
    is_furniture,
    is_stock_phrase,
    key,
    rough_key,
    stock_sentences,
)
from cleaning.repeats import find_copies
from cleaning.sign_offs import read_sign_off
from cleaning.site_memory import find_furniture
from cleaning.slugs import is_take, is_wire_line
from cleaning.text_model import Judged, judge_blocks
from cleaning.titles import (
    BULLET,
    ENTRY,
    Title,
    around_title,
    first_paragraph,
    is_headline,
    is_paragraph,
    parts_of,
    read_cue,
    says_title,
    title_key_of,
    word_count,
)

_LABEL_WORDS = 4
# So many blocks, with the title, may be head: a standfirst and two lines of credits.
_LONGEST_HEAD = 4
_MOST_DATES_BELOW = 2
_COPYRIGHT = regex.compile(
    r"\W*(?:©|\(c\)|copyright\b)\W*(?:(?:©|\(c\)|by)\W*)?(?:[\w\s]{0,40}\b)?(?:19|20)\d\d\b",
    regex.IGNORECASE,
)
_LONGEST_NOTICE = 300  # characters
_LONGEST_PATH = 300  # characters
_FIGURES_OF_A_ROW = 3
# What stands between the steps of a path; a dash or a bar parts a title from the site's name.
_PATH = regex.compile(r"[»›→>]|\s/\s")
# What may be said only once; lists, tables and captions repeat themselves.
_PROSE = frozenset((Role.BODY, Role.QUOTE, Role.HEADING))
# Rows, and the times of day above the entries of a live blog, share no words with anything.
_ROWS = frozenset((Role.TABLE, Role.LIST))
_OPENING_WORDS, _LONGEST_OPENING = 6, 60  # words, characters
# With so much of its text off the topic an article has none; a line that a cue introduces goes with
# it from this probability on.
_MOST_OFF, _DOUBT = 0.35, 0.1
# A round-up, a live blog, an interview or a guide has so many headings, and one above most of its
# paragraphs. The usual paragraph of the first two is in so much doubt; that of three in a hundred
# other articles made like that, after teasers of other stories were put into them.
_FEWEST_PARTS, _OPENING_SHARE, _USUAL_DOUBT = 4, 0.6, 0.01
_FEWEST_SUBHEADINGS = 3
# The probability from which a paragraph goes with the headline or cue above it.
_LEAD = 0.3
_BELOW_OFF = "It belongs to a headline of another story above it."
# Words of a label between paragraphs, and the share of rare words that a headline has in common
# with its own paragraph, and a second headline with the title above it.
_LABEL_INSIDE, _ITS_OWN, _OF_TITLE = 2, 0.2, 0.4
# In a story with subheadings a line above a paragraph is one, up to this probability.
_CERTAIN = 0.8
_INTRODUCED = "It stands below a line that sends the reader to another article."
# What a rule without a model claims: wrong less often than one time in fifty where we looked.
_SURE = 0.98


@dataclass(frozen=True)
class Draft:
    """A document on its way to its verdicts, with what several rules ask of it."""

    document: Document
    title: Title
    site: SiteLookup | None = None
    keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(map(key_of_block, self.blocks)))

    @property
    def blocks(self) -> Sequence[SourceBlock]:
        """The document's blocks."""
        return self.document.blocks

    @cached_property
    def times_said(self) -> Counter[str]:
        """How many blocks say each key."""
        return Counter(self.keys)

    @cached_property
    def on_site(self) -> Mapping[str, SiteBlock]:
        """What the article's site knows of its blocks, by `site_key`."""
        return self.site([site_key(own) for own in self.keys if own]) if self.site else {}

    @cached_property
    def site_furniture(self) -> dict[int, int]:
        """The blocks that are furniture of the site, with the number of its other stories on which
        each stands."""
        known = {
            index: self.on_site[of_site]
            for index, own in enumerate(self.keys)
            if own and (of_site := site_key(own)) in self.on_site
        }
        if not known:
            return {}
        rules = RULES[: RULES.index(site_furniture)]
        undecided = [
            index
            for index in range(len(self.blocks))
            if not any(rule(self, index) for rule in rules)
        ]
        return find_furniture(self.blocks, known, undecided, self.title.text or "")

    @cached_property
    def title_key(self) -> str:
        """The title as it is compared; empty if there is none."""
        return title_key_of(self.title.text or "")

    @cached_property
    def stated_titles(self) -> frozenset[str]:
        """The titles that the markup offers, as they are compared."""
        return frozenset(map(key, self.document.titles))

    @cached_property
    def first(self) -> int:
        """The index of the first paragraph."""
        return first_paragraph(self.blocks)

    @cached_property
    def second(self) -> int:
        """The index of the second paragraph."""
        below = self.first + 1
        return below + first_paragraph(self.blocks[below:])

    @cached_property
    def last(self) -> int:
        """The index of the last paragraph."""
        for index in range(len(self.blocks) - 1, -1, -1):
            block = self.blocks[index]
            if block.verdict is None and is_paragraph(block.text):
                return index
        return -1

    @cached_property
    def head_end(self) -> int:
        """The index behind the head: the first paragraph's, or that behind a line of credits which
        a standfirst parts from the title."""
        start = -1 if self.title.block is None else self.title.block
        credited = [
            index
            for index in range(self.first, min(start + _LONGEST_HEAD, len(self.blocks)))
            if self.is_readable(index) and read_credits(self.blocks[index].text)
        ]
        return max(credited, default=self.first - 1) + 1

    @cached_property
    def credits(self) -> dict[int, Credits]:
        """The lines of credits above and below the story."""
        shown = self.title.block
        found = {}
        for index, block in enumerate(self.blocks):
            is_around = index < self.head_end or index > self.last
            if is_around and self.is_readable(index) and block.role is not Role.CAPTION:
                is_in_head = shown is not None and shown < index < self.first
                line = read_credits(block.text, loosely=is_in_head)
                if line is not None and index != shown and not is_take(block.text):
                    found[index] = line
        below = [index for index, line in found.items() if index > self.last and line.dates]
        if len(below) > _MOST_DATES_BELOW:  # a list of events
            of_list = frozenset(below)
            found = {index: line for index, line in found.items() if index not in of_list}
        return found

    @cached_property
    def publication(self) -> int | None:
        """The line that dates the article: the first one below the title, else the one right above
        it, else one that says so; without a title, the one nearest to the story."""
        dated = [index for index, line in self.credits.items() if line.dates]
        in_head = [index for index in dated if index < self.head_end]
        shown = self.title.block
        if shown is None:
            chosen = in_head[-1:]
        else:
            chosen = [index for index in in_head if index > shown]
            chosen += [index for index in in_head if index == shown - 1]
        chosen += [index for index in dated if self.credits[index].is_labelled]
        return chosen[0] if chosen else None

    @cached_property
    def is_mixed(self) -> bool:
        """Whether the text is two unrelated stories: neither is off topic, or both are."""
        return is_mixed([self.blocks[index].text for index in self._story])

    @cached_property
    def _story(self) -> list[int]:
        """The indexes of the blocks that may be the story: from its first paragraph on, without
        copies of the title and stock phrases."""
        return [
            index
            for index, block in enumerate(self.blocks)
            if block.verdict is None
            and index >= self.first
            and self.keys[index]
            and not _is_furniture(self, index)
        ]

    @cached_property
    def judged(self) -> Mapping[int, Judged]:
        """What the text model says of the blocks that the page's structure leaves open."""
        open_blocks = [
            index
            for index, block in enumerate(self.blocks)
            if block.verdict is None and index != self.title.block
        ]
        found = judge_blocks(
            self.title.text or "",
            [self.blocks[index] for index in open_blocks],
            [self.keys[index] for index in open_blocks],
        )
        return dict(zip(open_blocks, found, strict=False))

    @cached_property
    def is_many(self) -> bool:
        """Whether the text has no one topic: the parts of a round-up or a live blog belong to it.

        Much of it looks off-topic; or it is made of parts, and the usual paragraph is in doubt.
        """
        paragraphs = [index for index in self.judged if is_paragraph(self.blocks[index].text)]
        sizes = {index: len(self.blocks[index].text) for index in paragraphs}
        off = sum(size for index, size in sizes.items() if self.judged[index].is_off)
        if off > _MOST_OFF * sum(sizes.values()):
            return True
        parts = sum(map(self._opens_part, paragraphs))
        if parts < max(_FEWEST_PARTS, _OPENING_SHARE * len(paragraphs)):
            return False
        usual = [self.judged[index].score for index in paragraphs if not self.judged[index].is_off]
        return median(usual) > _USUAL_DOUBT

    def _opens_part(self, index: int) -> bool:
        """Whether a paragraph begins with a time of day, or stands below a line of the text."""
        above = index - 1
        return ENTRY.match(self.blocks[index].text) is not None or (
            above in self.judged
            and not is_paragraph(self.blocks[above].text)
            and not _is_furniture(self, above)
            and read_more(self, above) is None
        )

    @cached_property
    def tail_label(self) -> int | None:
        """The first stock label below the last paragraph; only furniture follows it."""
        return next(
            (
                index
                for index in range(self.last + 1, len(self.blocks))
                if self.last >= 0 and is_furniture(self.keys[index]) and not self.heads_list(index)
            ),
            None,
        )

    @cached_property
    def has_subheadings(self) -> bool:
        """Whether the story is made of parts with headings of their own."""
        own = [
            index
            for index in range(self.first, self.last)
            if is_headline(self.blocks[index])
            and BULLET.match(self.blocks[index].text) is None
            and is_paragraph(self.blocks[index + 1].text)
            and not _is_furniture(self, index)
        ]
        return len(own) >= _FEWEST_SUBHEADINGS

    def is_subheading(self, index: int) -> bool:
        """Whether a line that says the title heads a part of a story that has other parts, below
        the title and two paragraphs (one may be furniture)."""
        return (
            self.title.block is not None
            and self.title.block < self.first < self.second < index < self.last
            and self.keys[index] == self.title_key
            and self.has_subheadings
        )

    def is_row(self, index: int) -> bool:
        """Whether a block is a row of a table or an entry of a list: it stands beside another."""
        return _is_entry(self.blocks, index) and (
            _is_entry(self.blocks, index - 1) or _is_entry(self.blocks, index + 1)
        )

    def heads_list(self, index: int) -> bool:
        """Whether a line leads, with a colon, to a list with marks: that is the author's own."""
        below = self.blocks[index + 1 : index + 2]
        return self.blocks[index].text.endswith(COLONS) and any(
            BULLET.match(block.text) for block in below
        )

    def is_readable(self, index: int) -> bool:
        """Whether a block may be read as a line of credits."""
        return self.blocks[index].verdict is None or self.blocks[index].is_credit

    def is_outside(self, index: int) -> bool:
        """Whether a block stands above the first paragraph or below the last."""
        return not self.first <= index <= self.last


def key_of_block(block: SourceBlock) -> str:
    """A block's folded words (`phrases.key`)."""
    # No rule reads what the markup has removed; of its long parts the key is only a name.
    if block.verdict is not None and len(block.text) > _LONGEST_NOTICE:
        return rough_key(block.text)
    return key(block.text)


def _is_entry(blocks: Sequence[SourceBlock], index: int) -> bool:
    """Whether a block is marked as an entry of a list, or has parts and figures, or several
    figures, as a row has."""
    text = blocks[index].text if 0 <= index < len(blocks) else ""
    if BULLET.match(text) is not None:
        return True
    if len(text) > _LONGEST_PATH or not any(map(str.isdigit, text)):
        return False
    return len(parts_of(text)) > 1 or sum(map(str.isdecimal, text.split())) >= _FIGURES_OF_A_ROW


Rule = Callable[[Draft, int], BlockVerdict | None]


def judge(draft: Draft) -> tuple[BlockVerdict, ...]:
    """The verdict on each block."""
    verdicts = [
        next(filter(None, (rule(draft, index) for rule in RULES)), None) or _kept(draft, index)
        for index in range(len(draft.blocks))
    ]
    # Only what is kept is a copy or has one: the rules may know better which of two to keep. The
    # memory of a site has no say here, as compared texts must not depend on it.
    kept = [
        own
        if (verdict.kept or verdict.rule == SITE_FURNITURE)
        and (verdict.role or block.role) in _PROSE
        else None
        for own, verdict, block in zip(draft.keys, verdicts, draft.blocks, strict=True)
    ]
    for index, of in find_copies([block.text for block in draft.blocks], kept).items():
        if verdicts[index].rule == SITE_RULE:
            continue
        opening = " ".join(draft.blocks[of].text[:_LONGEST_OPENING].split()[:_OPENING_WORDS])
        reason = f"it says word for word what block {of} says (“{opening} …”)"
        verdicts[index] = _removed("repeated_paragraph", reason)
    return tuple(verdicts)


def site_rule(draft: Draft, index: int) -> BlockVerdict | None:
    """What a moderator has decided for every article of the site. The title is no part of the text:
    no such rule reaches it."""
    own = draft.keys[index]
    known = draft.on_site.get(site_key(own)) if own and draft.on_site else None
    if known is None or known.kept is None or index == draft.title.block:
        return None
    if known.kept:
        reason = "a moderator keeps it in every article of this site"
        return BlockVerdict(kept=True, rule=SITE_RULE, reasons=(reason,))
    return _removed(SITE_RULE, "a moderator removes it from every article of this site")


def page_structure(draft: Draft, index: int) -> BlockVerdict | None:
    """What the markup has decided already, but for credits that are read below."""
    return None if index in draft.credits else draft.blocks[index].verdict


def title(draft: Draft, index: int) -> BlockVerdict | None:
    """The block that shows the title; kept, outside the text."""
    if index != draft.title.block:
        return None
    return BlockVerdict(kept=True, rule="title", role=Role.TITLE)


def repeated_title(draft: Draft, index: int) -> BlockVerdict | None:
    """The title once more: whole, cut with an ellipsis, or with the site's name."""
    text, own = draft.blocks[index].text, draft.keys[index]
    if draft.title_key and says_title(text, own, draft.title_key):
        if draft.is_subheading(index):
            return _kept(draft, index)
        return _removed("repeated_title", "it says the title again")
    if index < draft.first and own and own in draft.stated_titles:
        return _removed("repeated_title", "it is the title in another wording of the page")
    return None


def breadcrumb(draft: Draft, index: int) -> BlockVerdict | None:
    """The path to the page: short parts behind one another, or any that end in the title."""
    text = draft.blocks[index].text
    if not draft.is_outside(index) or len(text) > _LONGEST_PATH:
        return None
    parts = [part for part in parts_of(text) if part.strip()]
    if len(parts) < 2 or is_paragraph(text):
        return None
    if draft.title_key and _PATH.search(text) and _ends_in_title(text, parts, draft.title_key):
        return _removed("breadcrumb", "it is a path that leads to the title")
    if draft.is_row(index):
        return None
    if len(parts) > 2 and all(word_count(part) <= _LABEL_WORDS for part in parts):
        return _removed("breadcrumb", f"it is a path or menu of {len(parts)} short parts")
    return None


def _ends_in_title(text: str, parts: Sequence[str], title_key: str) -> bool:
    """Whether a line ends in the title: whole, which may hold separators of its own, or cut."""
    around = around_title(text, title_key)
    if around is not None:
        return not around[1]
    return says_title(parts[-1], key(parts[-1]), title_key)


def publication_line(draft: Draft, index: int) -> BlockVerdict | None:
    """The line that dates the article, and others beside it; their dates become metadata."""
    line = draft.credits.get(index)
    shown = draft.title.block
    is_below_title = shown is not None and shown < index < draft.head_end
    if line is None or line.dates is None or not (index == draft.publication or is_below_title):
        return None
    return _removed("publication_line", "it only says when the article was published, and by whom")


def page_date(draft: Draft, index: int) -> BlockVerdict | None:
    """Any other line outside the story that is just a date."""
    line = draft.credits.get(index)
    if line is None or line.dates is None:
        return None
    return _removed("page_date", "it is a date of the page, not of the article")


def byline(draft: Draft, index: int) -> BlockVerdict | None:
    """Who wrote it; the names become metadata."""
    line = draft.credits.get(index)
    if line is None or not line.is_byline:
        return None
    return _removed("byline", "it only names the authors")


def credit_line(draft: Draft, index: int) -> BlockVerdict | None:
    """The agency that wrote it, or how long it takes to read; the agency becomes metadata."""
    line = draft.credits.get(index)
    if line is None:
        return None
    what = "names the agency" if line.agency else "says how long the article takes to read"
    return _removed("credit_line", f"it only {what}")


def copyright_notice(draft: Draft, index: int) -> BlockVerdict | None:
    """Whose the text is, with the year."""
    text = draft.blocks[index].text
    if len(text) > _LONGEST_NOTICE or not _COPYRIGHT.match(text):
        return None
    return _removed("copyright_line", "it is a copyright notice")


def stock_phrase(draft: Draft, index: int) -> BlockVerdict | None:
    """A line that says what site furniture says everywhere; its kind is the rule's name.

    Inside the story one word may be a subheading ("Comments"), and a sentence may begin like
    furniture, unless it is a stock sentence whole.
    """
    text, own = draft.blocks[index].text, draft.keys[index]
    kind = stock_sentences(text) or (furniture(own) if own else None)
    if kind is None or draft.heads_list(index):
        return None
    may_be_text = (" " not in own and kind != "ad_marker") or text.endswith(".")
    may_be_text = may_be_text and kind != "newsletter_line" and stock_sentences(text) is None
    if may_be_text and not draft.is_outside(index):
        return None
    return _removed(kind, f"it is a stock phrase of web pages ({kind.replace('_', ' ')})")


def read_more(draft: Draft, index: int) -> BlockVerdict | None:
    """A line that sends the reader to another article: a cue, a separator, its headline."""
    text = draft.blocks[index].text
    cue = None if is_take(text) else read_cue(text)
    if cue is None or is_paragraph(cue[2] or ""):
        return None
    # In a story "Watch: …" may be speech; "Read more: …" and "WATCH: …" are not.
    is_plain_word = " " not in cue[1].strip() and not cue[1].isupper()
    if (is_plain_word and not draft.is_outside(index)) or draft.heads_list(index):
        return None
    return _removed("read_more", f"it sends the reader to another article (“{cue[1].strip()}”)")


def tag_list(draft: Draft, index: int) -> BlockVerdict | None:
    """The labels that a site files the article under."""
    line = read_cue(draft.blocks[index].text, "tags")
    if line is None or not line[2] or is_paragraph(line[2]):
        return None
    return _removed("tag_list", "it lists what the article is filed under")


def comment_line(draft: Draft, index: int) -> BlockVerdict | None:
    """How many comments the article has."""
    own = draft.keys[index].split(" ", _LABEL_WORDS)
    if len(own) > _LABEL_WORDS:
        return None
    counted = [word for word in own if word and not word.isdecimal()]
    if not 0 < len(counted) < len(own):
        return None
    if not is_stock_phrase(" ".join(counted), "counted"):
        return None
    return _removed("comment_line", "it only counts comments")


def label_above_title(draft: Draft, index: int) -> BlockVerdict | None:
    """A section's or site's name above the title, which stands in the upper half."""
    shown = draft.title.block
    text = draft.blocks[index].text
    if shown is None or index >= shown or shown > len(draft.blocks) - shown:
        return None
    if text.endswith((".", "!", "?", "”", '"')) or word_count(text) > _LABEL_WORDS:
        return None
    return _removed("label_above_title", "it is a short label above the title")


def below_story(draft: Draft, index: int) -> BlockVerdict | None:
    """What follows a stock label below the last paragraph: headlines of related stories, tags."""
    label = draft.tail_label
    if label is None or index <= label:
        return None
    said = draft.blocks[label].text
    return _removed("below_story", f"it stands below the story, behind “{said}”")


def off_topic(draft: Draft, index: int) -> BlockVerdict | None:
    """A teaser of another story, or furniture of no known wording: what the text model removes.

    What a removed cue introduces ("Read more:") goes with it where the model is in doubt.
    """
    judged = draft.judged.get(index)
    if judged is None or judged.score <= _DOUBT:
        return None
    is_text = is_paragraph(draft.blocks[index].text)
    introduced = judged.score > (_LEAD if is_text else _DOUBT) and _is_introduced(draft, index)
    is_lead = judged.score > _LEAD and _is_lead(draft, index)
    if not (judged.is_off or introduced or is_lead) or _is_spared(draft, index):
        return None
    reasons = judged.reasons if judged.is_off else (_INTRODUCED if introduced else _BELOW_OFF,)
    rule = "outside_article" if draft.is_outside(index) else OFF_TOPIC
    return BlockVerdict(kept=False, rule=rule, reasons=reasons, score=judged.score)


def _is_spared(draft: Draft, index: int) -> bool:
    """Whether a block stays in spite of the text model: where the text has no one topic; lines in
    which wire copy speaks about itself, which become metadata; rows beside rows; the paragraph
    right below the title; one that stands twice, as the model reads that like furniture; and lines
    that go with what stays."""
    text = draft.blocks[index].text
    is_text = is_paragraph(text)
    if (draft.is_many or draft.is_mixed) and (is_text or not draft.is_outside(index)):
        return True
    if is_wire_line(text) or read_sign_off(text) is not None or draft.is_row(index):
        return True
    if not is_text:
        return _goes_with_kept(draft, index)
    return _is_below_title(draft, index) or draft.times_said[draft.keys[index]] > 1


def _is_below_title(draft: Draft, index: int) -> bool:
    return draft.title.block is not None and index == draft.title.block + 1


def _goes_with_kept(draft: Draft, index: int) -> bool:
    """Whether a line leads, with a colon, to what stays; says below the title what the title says;
    or stands in the story as a row, a time of day, a label of a word or two, or the headline of a
    paragraph that stays."""
    block, below = draft.blocks[index], draft.judged.get(index + 1)
    if below is not None and not below.is_off and block.text.endswith(COLONS):
        return True
    own = stems(block.text)
    if draft.is_outside(index):
        about = stems(draft.title.text or "")
        return _is_below_title(draft, index) and share(own, about) >= _OF_TITLE
    if block.role in _ROWS or ENTRY.match(block.text) or word_count(block.text) <= _LABEL_INSIDE:
        return True
    if below is None or below.score > _LEAD or not is_paragraph(draft.blocks[index + 1].text):
        return False
    is_doubtful = draft.judged[index].score < _CERTAIN
    return (is_doubtful and draft.has_subheadings) or (
        share(own, stems(draft.blocks[index + 1].text)) > _ITS_OWN
    )


def _is_lead(draft: Draft, index: int) -> bool:
    """Whether the block is the paragraph below a headline of another story."""
    above = draft.judged.get(index - 1)
    return (
        above is not None
        and above.is_off
        and is_headline(draft.blocks[index - 1])
        and not _is_spared(draft, index - 1)
        and is_paragraph(draft.blocks[index].text)
    )


def _is_introduced(draft: Draft, index: int) -> bool:
    """Whether the block stands behind a line that sends the reader to another article, or behind
    a headline that does."""
    before = index - 1
    if before > 0 and not is_paragraph(draft.blocks[before].text):
        before -= read_more(draft, before) is None
    return before >= 0 and read_more(draft, before) is not None


def site_furniture(draft: Draft, index: int) -> BlockVerdict | None:
    """What stands on many other stories of the site, and has nothing to do with this one."""
    stories = draft.site_furniture.get(index)
    if stories is None:
        return None
    return _removed(SITE_FURNITURE, f"it stands on {stories} other stories of this site")


RULES: tuple[Rule, ...] = (
    site_rule,
    page_structure,
    title,
    breadcrumb,
    repeated_title,
    publication_line,
    page_date,
    byline,
    credit_line,
    copyright_notice,
    stock_phrase,
    read_more,
    tag_list,
    comment_line,
    label_above_title,
    below_story,
    off_topic,
    site_furniture,  # the last: compared text leaves out what any other rule removes
)


def _kept(draft: Draft, index: int) -> BlockVerdict:
    """No rule answered: what is known of the block, whichever is worse."""
    block, judged = draft.blocks[index], draft.judged.get(index)
    if block.verdict is not None or judged is None or block.score >= judged.score:
        return unjudged(block)
    return BlockVerdict(kept=True, score=judged.score, reasons=judged.reasons)


def unjudged(block: SourceBlock) -> BlockVerdict:
    """What becomes of a block of which no rule says anything: it is kept, unless the page's
    structure has removed it."""
    return block.verdict or BlockVerdict(kept=True, score=block.score, reasons=block.reasons)


def _removed(rule: str, reason: str) -> BlockVerdict:
    return BlockVerdict(kept=False, rule=rule, reasons=(reason,), score=_SURE)


def _is_furniture(draft: Draft, index: int) -> bool:
    text, own = draft.blocks[index].text, draft.keys[index]
    return (
        stock_sentences(text) is not None
        or furniture(own) is not None
        or (draft.title_key != "" and says_title(text, own, draft.title_key))
    )

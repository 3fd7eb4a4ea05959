"""The values that pass from stage to stage of the cleaner.

bytes | str -> Document (its text and SourceBlocks) -> a BlockVerdict on each -> CleanedArticle.
All offsets are code points into `Document.text`: the decoded source for plain text, the parsed
document's text for HTML.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Format = Literal["text", "html"]


class Role(StrEnum):
    """What a block is to its reader."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    QUOTE = "quote"
    LIST = "list"
    CAPTION = "caption"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of code points: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BlockVerdict:
    """Whether a block belongs to the article, who says so, and why.

    `score` is the probability, 0 to 1, that the block does not belong. `reasons` are sentences
    for the person who reviews the removal.
    """

    kept: bool
    rule: str | None = None
    reasons: tuple[str, ...] = ()
    score: float = 0.0
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Markup:
    """What HTML tells about a block: an absolute element path, the tag, and the share (0 to 1) of
    its text in links."""

    path: str
    tag: str
    link_share: float = 0.0


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """A block as it stands in the source, before any decision of the text rules.

    `text` is `normalise.for_reading(document.text[start:end])`, of plain text with its lines joined
    (`normalise.join_lines`). `verdict` is set when the page's
    structure has decided already (navigation, comments, …). `after_blank` tells that a blank
    line (plain text) or a block boundary (HTML) comes before it. `score` and `reasons`: what the
    page's structure says of a block that it leaves to the text rules, as in a verdict. `is_credit`:
    structure has removed it, but a rule that reads credits may sign for it instead.
    """

    start: int
    end: int
    text: str
    role: Role = Role.BODY
    after_blank: bool = True
    markup: Markup | None = None
    verdict: BlockVerdict | None = None
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    is_credit: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """A value of a field of the metadata, and where it was said. `used`: it is the value that
    stands, or the value that stands was read from it."""

    field: str
    value: str
    where: str
    used: bool


@dataclass(frozen=True, slots=True)
class WireNotes:
    """What wire copy says about itself, as written and in reading order, each once.

    `slugs` name the edition and what has changed in it ("UPDATE 1", "(Adds details)"), `takes`
    number its parts and mark its end ("=2", "(MORE)"), `sign_offs` say who supplied it.
    `contributors` are the people named there; they are not the authors, who have a byline.
    """

    slugs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    sign_offs: tuple[str, ...] = ()
    contributors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page or its sender states about the article. None or empty: not stated.

    A time is a `date` where only the day is known, else a `datetime` with its zone. `dateline` is
    the place that the article reports from, `image` the address of its picture.
    """

    title: str | None = None
    published_at: date | datetime | None = None
    updated_at: date | datetime | None = None
    authors: tuple[str, ...] = ()
    site: str | None = None
    agency: str | None = None
    dateline: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    image: str | None = None
    evidence: tuple[Evidence, ...] = ()
    wire: WireNotes = field(default_factory=WireNotes)


@dataclass(frozen=True, slots=True)
class Document:
    """A decoded source, cut into blocks. `titles` are the titles that its markup offers, the
    most trusted first."""

    format: Format
    text: str
    blocks: Sequence[SourceBlock]
    metadata: Metadata = field(default_factory=Metadata)
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SharedSpan:
    """One run of words that stands in two blocks: `here` in the later block's text, `there` in
    the earlier one's, `words` long. Offsets are code points in the blocks' normalised texts."""

    here: Span
    there: Span
    words: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """A block tells again what block number `of` told; `shared` are the runs of words that both
    have, apart from each other and in the order of this block."""

    of: int
    shared: tuple[SharedSpan, ...]


# The rules of a site: what stands on many of its stories, and what a moderator has decided.
SITE_FURNITURE, SITE_RULE = "site_furniture", "site_rule"
# The rule that removes what the text model takes for a part of another story.
OFF_TOPIC = "off_topic"


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the cleaned article, kept or removed. Its index is its position in `blocks`.

    `key` identifies the block by its words (and its count among equals), so that a person's
    decision about it survives a revision and a new order of blocks. `wire` are the spans of `text`
    in which wire copy speaks about itself (dateline, slug, sign-off): they are read, but not
    compared.
    """

    text: str
    kept: bool
    role: Role
    start: int
    end: int
    key: str
    rule: str | None = None
    reasons: tuple[str, ...] = ()
    score: float = 0.0
    repeats: Repeat | None = None
    path: str | None = None
    wire: tuple[Span, ...] = ()

    @property
    def is_compared(self) -> bool:
        """Whether fingerprints are made of it: it is text, or only the memory of a site or a model
        of its topic says that it is not. Their mistakes must not hide a copy."""
        is_known = self.kept or self.rule in {SITE_FURNITURE, OFF_TOPIC}
        return is_known and self.role is not Role.TITLE


@dataclass(frozen=True, slots=True)
class SiteBlock:
    """What is known of a block on the site that an article comes from: on how many different
    stories it was seen, `of` how many that are remembered, and what a moderator's rule says of it
    (None: there is no rule)."""

    stories: int = 0
    kept: bool | None = None
    of: int = 0


# From block keys (`article.site_key`) to what is known of them; those of which nothing is known
# may be missing.
SiteLookup = Callable[[Sequence[str]], Mapping[str, SiteBlock]]


@dataclass(frozen=True, slots=True)
class CleanedArticle:
    """The result of cleaning.

    `text` joins the kept blocks of every role but title with a blank line. `source` is the text
    that the blocks' offsets index; it is empty once the article is stored, and made again from what
    was received where it is needed. `warnings` are codes: `no_title`,
    `mixed` (the text is two unrelated stories, of which nothing was removed as off topic).
    """

    title: str | None
    text: str
    published_at: date | datetime | None
    updated_at: date | datetime | None
    authors: tuple[str, ...]
    site: str | None
    agency: str | None
    language: str | None
    canonical_url: str | None
    blocks: tuple[Block, ...]
    source: str
    warnings: tuple[str, ...] = ()
    dateline: str | None = None
    image: str | None = None
    evidence: tuple[Evidence, ...] = ()
    wire: WireNotes = field(default_factory=WireNotes)

    @property
    def removed(self) -> tuple[tuple[int, Block], ...]:
        """The removed blocks with their indexes, in reading order."""
        return tuple((i, block) for i, block in enumerate(self.blocks) if not block.kept)

    @property
    def compared_text(self) -> str:
        """The text that fingerprints are made of: without what wire copy says about itself, and
        with what only the memory of a site has removed, so that the same text always compares the
        same. What a person has removed, here or by a rule for the site, is not compared."""
        texts = []
        for block in self.blocks:
            if not block.is_compared:
                continue
            parts, done = [], 0
            for span in block.wire:
                parts.append(block.text[done : span.start])
                done = span.end
            texts.append("".join((*parts, block.text[done:])).strip())
        return "\n\n".join(filter(None, texts))

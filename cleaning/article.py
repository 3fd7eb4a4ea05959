"""Blocks and their verdicts -> the cleaned article."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import xxhash

from cleaning.errors import NothingLeft
from cleaning.model import (
    Block,
    BlockVerdict,
    CleanedArticle,
    Document,
    Metadata,
    Repeat,
    Role,
    SourceBlock,
)
from cleaning.phrases import key, rough_key

# The warnings: nothing names the article; the text is two unrelated stories.
NO_TITLE, MIXED = "no_title", "mixed"
# The rules by which a person decided.
RESTORED, REMOVED = "restored", "removed"
# More of a probability means nothing, and would be a third of what a block takes in an archive.
SCORE_DIGITS = 4
_RESTORED_REASON = "a person restored it; {} had removed it"
_RULED = re.compile(_RESTORED_REASON.format(r"(\w+)"))


def compose_article(
    document: Document,
    title: str | None,
    metadata: Metadata,
    blocks: Sequence[Block],
    repeats: Mapping[int, Repeat],
    *,
    mixed: bool = False,
) -> CleanedArticle:
    """The article of these blocks; `mixed`: they are two stories. Raises NothingLeft if no text is
    kept."""
    text = "\n\n".join(block.text for block in blocks if is_text(block))
    if not text:
        raise NothingLeft(sum(not block.kept for block in blocks))
    return CleanedArticle(
        title=title,
        text=text,
        published_at=metadata.published_at,
        updated_at=metadata.updated_at,
        authors=metadata.authors,
        site=metadata.site,
        agency=metadata.agency,
        language=metadata.language,
        canonical_url=metadata.canonical_url,
        blocks=tuple(
            replace(block, repeats=repeats[index]) if index in repeats else block
            for index, block in enumerate(blocks)
        ),
        source=document.text,
        warnings=(() if title else (NO_TITLE,)) + ((MIXED,) if mixed else ()),
        dateline=metadata.dateline,
        image=metadata.image,
        evidence=metadata.evidence,
        wire=metadata.wire,
    )


def decided_blocks(
    source_blocks: Sequence[SourceBlock],
    keys: Sequence[str],
    verdicts: Sequence[BlockVerdict],
    restored: Collection[str] = (),
    removed: Collection[str] = (),
) -> list[Block]:
    """Each block with its verdict; what a person restored or removed by its key stays so, whatever
    the rules say.

    `keys` are the blocks' folded words (`phrases.key`).
    """
    seen: Counter[str] = Counter()
    ruled = []
    for source_block, own, verdict in zip(source_blocks, keys, verdicts, strict=True):
        seen[own] += 1
        ruled.append(
            Block(
                text=source_block.text,
                kept=verdict.kept,
                role=verdict.role or source_block.role,
                start=source_block.start,
                end=source_block.end,
                key=_block_key(own, seen[own]),
                rule=verdict.rule,
                reasons=verdict.reasons,
                score=round(verdict.score, SCORE_DIGITS),
                path=source_block.markup.path if source_block.markup else None,
            )
        )
    is_by_hand = restored or removed
    blocks = [_by_hand(block, restored, removed) for block in ruled] if is_by_hand else ruled
    if not any(map(is_text, (*ruled, *blocks))):
        # A single line has the shape of a title, but it is all there is to read.
        blocks = [replace(block, role=Role.BODY) if block.kept else block for block in blocks]
    return blocks


def redecided(
    cleaned: CleanedArticle, restored: Collection[str], removed: Collection[str]
) -> CleanedArticle:
    """An article with what people decided of its blocks now, where its source is gone: no rule is
    asked again, and a block of which a person's decision was taken back stands as that decision
    had found it. Raises NothingLeft."""
    blocks = tuple(
        _by_hand(_as_ruled(block, restored, removed), restored, removed) for block in cleaned.blocks
    )
    text = "\n\n".join(block.text for block in blocks if is_text(block))
    if not text:
        raise NothingLeft(sum(not block.kept for block in blocks))
    return replace(cleaned, blocks=blocks, text=text)


def _as_ruled(block: Block, restored: Collection[str], removed: Collection[str]) -> Block:
    """A block without a person's decision that does not hold any more."""
    if block.rule == RESTORED and block.key not in restored:
        rule = _RULED.fullmatch("".join(block.reasons))
        return replace(block, kept=False, rule=rule[1] if rule else None, reasons=())
    if block.rule == REMOVED and block.key not in removed:
        return replace(block, kept=True, rule=None, reasons=())
    return block


def _by_hand(block: Block, restored: Collection[str], removed: Collection[str]) -> Block:
    """A block as a person decided of it, else as it is. The title is no part of the text: it
    cannot be removed."""
    if not block.kept and block.key in restored:
        reason = _RESTORED_REASON.format(block.rule)
        return replace(block, kept=True, rule=RESTORED, reasons=(reason,))
    if block.key in removed and (is_text(block) or not block.kept):
        return replace(block, kept=False, rule=REMOVED, reasons=("a person removed it",))
    return block


def site_key(words_key: str) -> str:
    """The key of a block's words wherever they stand on a site: that of their first place in an
    article. `words_key` are the folded words (`phrases.key`)."""
    return _block_key(words_key, 1)


def site_key_of(block: Block, blocks: Sequence[Block]) -> str | None:
    """The site key of a block of an article: the key of the first of its `blocks` that reads the
    same. None for a block without words."""
    own = {site_key(words) for words in (key(block.text), rough_key(block.text)) if words}
    return next((other.key for other in blocks if other.key in own), None)


def _block_key(words_key: str, place: int) -> str:
    return xxhash.xxh3_64_hexdigest(f"{place}:{words_key}".encode())


def is_text(block: Block) -> bool:
    """Whether a block is part of the article's text: kept, and not its title."""
    return block.kept and block.role is not Role.TITLE

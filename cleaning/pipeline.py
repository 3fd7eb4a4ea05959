"""The stages of cleaning, in order, and nothing else."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from cleaning.article import compose_article, decided_blocks, is_text
from cleaning.blocks import read_text
from cleaning.limits import MOST_JUDGED
from cleaning.metadata import article_metadata
from cleaning.mixed import is_mixed
from cleaning.model import CleanedArticle, SiteLookup
from cleaning.off_topic import Draft, judge, key_of_block, unjudged
from cleaning.page import read_page
from cleaning.repeats import find_repeats
from cleaning.source import read_source
from cleaning.titles import choose_title
from cleaning.wire_notes import read_wire_copy


def clean(
    source: bytes | str,
    *,
    content_type: str | None = None,
    url: str | None = None,
    title: str | None = None,
    published_at: date | datetime | None = None,
    language: str | None = None,
    restored: Collection[str] = (),
    removed: Collection[str] = (),
    site: SiteLookup | None = None,
) -> CleanedArticle:
    """Find the article in a page or a plain text; keep the rest, with the reason it was removed.

    `title`, `published_at` and `language` are what the caller knows: they stand before what the
    source says. `restored` and `removed` are the keys of blocks that a person wants kept and gone.
    `site` is asked once what the article's site knows of its blocks. Raises SourceTooLarge,
    UndecodableSource, NothingLeft, and what `site` raises.
    """
    decoded = read_source(source, content_type)
    is_page = decoded.format == "html"
    document = read_page(decoded.encoded, url=url) if is_page else read_text(decoded.text)
    read, rest = document.blocks[:MOST_JUDGED], document.blocks[MOST_JUDGED:]
    judged = replace(document, blocks=read)
    chosen = choose_title(judged, title)
    draft = Draft(judged, chosen, site)
    keys = (*draft.keys, *map(key_of_block, rest))
    verdicts = (*judge(draft), *map(unjudged, rest))
    blocks = decided_blocks(document.blocks, keys, verdicts, restored, removed)
    wire = read_wire_copy(blocks, chosen.text)
    metadata = article_metadata(
        draft, wire, published_at=published_at, language=language, title=title
    )
    texts = [block.text if is_text(block) else None for block in wire.blocks[:MOST_JUDGED]]
    # A person may have removed one of two stories.
    mixed = draft.is_mixed and is_mixed(list(filter(None, texts)))
    return compose_article(
        document, chosen.text, metadata, wire.blocks, find_repeats(texts), mixed=mixed
    )

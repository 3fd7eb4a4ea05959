"""What a site is, and what is known of its blocks: what its last stories show, and what moderators
have decided.

Of each site the last stories are remembered, each as the names it goes by and short hashes of its
blocks, so that its furniture is known by sight. A block is counted on the *stories* that hold it:
an article that is sent again, revised, or copied under another id takes the place of what it
copies, and one that contains others counts for none of their blocks again. Whatever is uncertain
lowers the count, so that text is kept.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import xxhash

from cleaning.model import Block, Role, SiteBlock, SiteLookup
from service.duplicates.model import (
    ArticleRecord,
    Outcome,
    Relation,
    SiteRule,
    SiteStory,
    Submission,
    Verdict,
)
from service.duplicates.ports import Services

# A window of the latest stories, not of time: it bounds what a site costs, and what stands on a
# quarter of it is shown by the site now. At most 64 * (8 + 64 * 4) bytes, 17 kB a site.
STORIES_PER_SITE = 64
# Furniture stands around the story: of longer articles the first and last blocks.
BLOCKS_PER_STORY = 64
# Four bytes of hash: a block of 30 is mistaken for one of 30 pieces of furniture in one article
# of five million, and then only if it is a short line.
HASH_BYTES = 4
# On so many of its last articles a site's rules are previewed, applied and counted: to clean them
# takes seconds, and what a hundred articles do not show is rare.
ARTICLES_PER_SITE = 100


def site_of(submission: Submission) -> str | None:
    """The site an article comes from: the host of its address without "www.", else its source;
    None if neither is known.

    >>> site_of(Submission(url="https://www.Example.org:8080/news/1", source="Courier"))
    'example.org'
    >>> site_of(Submission(source=" Ousel  Gazette "))
    'ousel gazette'
    """
    host = (urlsplit(submission.url).hostname or "") if submission.url else ""
    return host.removeprefix("www.").rstrip(".") or site_name(submission.source or "") or None


def site_name(written: str) -> str:
    """A site's name, however it is written."""
    return " ".join(written.casefold().split())


def site_lookup(
    services: Services,
    submission: Submission,
    article_id: str | None = None,
    record: ArticleRecord | None = None,
) -> SiteLookup | None:
    """What is known of blocks on the submission's site, in one request to the store when it is
    asked. None if it has no site.

    The story of the article itself, if it is known by its id or present record, does not count.
    """
    site = site_of(submission)
    if site is None:
        return None
    names = names_of(article_id, record) if article_id is not None else frozenset[bytes]()

    def look_up(keys: Sequence[str]) -> Mapping[str, SiteBlock]:
        stories, ruled = services.sites.look_up(site, keys)
        others = [story for story in stories if not story.goes_by(names)]
        return known_blocks(others, ruled, keys)

    return look_up


def known_blocks(
    stories: Collection[SiteStory], ruled: Mapping[str, bool], keys: Iterable[str]
) -> Mapping[str, SiteBlock]:
    """What these stories of a site and its rules (True keeps, False removes) tell of blocks, by
    their keys (`cleaning.article.site_key`)."""
    counts = Counter(block for story in stories for block in story.blocks)
    known = {
        key: SiteBlock(stories=counts[block_hash(key)], of=len(stories), kept=ruled.get(key))
        for key in keys
    }
    return {key: block for key, block in known.items() if block.stories or key in ruled}


def story_of(record: ArticleRecord, outcome: Outcome) -> SiteStory | None:
    """What a site remembers of an article; None of one too short to be told from others."""
    if outcome.verdict is Verdict.TOO_SHORT:
        return None
    hashes = dict.fromkeys(map(_hash_of, filter(_is_remembered, record.cleaned.blocks)))
    blocks = tuple(hashes)
    if len(blocks) > BLOCKS_PER_STORY:
        half = BLOCKS_PER_STORY // 2
        blocks = (*blocks[:half], *blocks[-half:])
    return SiteStory(_story_name(outcome.counted_as), article_name(record.id), blocks)


def names_of(article_id: str, record: ArticleRecord | None) -> frozenset[bytes]:
    """The names by which an article's story may be remembered, before it is compared anew."""
    outcome = record.outcome if record else None
    names = {article_name(article_id)}
    return frozenset(names | {_story_name(outcome.counted_as)} if outcome else names)


def kin_of(outcome: Outcome) -> frozenset[bytes]:
    """The names of the stories with which an article has text in common; not of those with which it
    shares a passage only, as that may be furniture, or a title."""
    return frozenset(
        name
        for match in outcome.matches
        if match.relation not in {Relation.PASSAGE, Relation.TITLE}
        for name in (article_name(match.id), _story_name(f"s{match.arrival}"))
    )


def with_story(
    stories: Iterable[SiteStory], new: SiteStory, kin: Collection[bytes]
) -> list[SiteStory]:
    """A site's stories when one more is remembered, the latest at the end.

    It takes the place of those that go by one of its names. Blocks that stand in a story of `kin`
    are counted there already.
    """
    remembered = list(stories)
    own = [place for place, story in enumerate(remembered) if story.goes_by(new.names)]
    counted = {
        block
        for place, story in enumerate(remembered)
        if place not in own and story.goes_by(kin)
        for block in story.blocks
    }
    new = replace(new, blocks=tuple(block for block in new.blocks if block not in counted))
    if own:
        remembered[own[0]] = new
    else:
        remembered.append(new)
    kept = [story for place, story in enumerate(remembered) if place not in own[1:]]
    return kept[-STORIES_PER_SITE:]


def oldest_first(rules: Iterable[SiteRule]) -> list[SiteRule]:
    """A site's rules in the order in which they were first made."""
    return sorted(rules, key=lambda rule: (rule.history[0].at, rule.key))


def block_hash(site_key: str) -> bytes:
    """The hash by which a block is remembered, of its key (`cleaning.article.site_key`)."""
    return bytes.fromhex(site_key)[:HASH_BYTES]


def article_name(article_id: str) -> bytes:
    """The name by which an article's story is remembered as its own."""
    return _hashed(f"article:{article_id}")


def _is_remembered(block: Block) -> bool:
    return block.role is not Role.TITLE


def _hash_of(block: Block) -> bytes:
    return block_hash(block.key)


def _story_name(story_id: str) -> bytes:
    return _hashed(f"story:{story_id}")


def _hashed(name: str) -> bytes:
    return xxhash.xxh3_64_digest(name.encode())[:HASH_BYTES]

"""Every key in Redis, and what it holds. With the namespace `copydesk`, one article in full:

    copydesk:article:urn:x:1            string  the record, packed (see `packed_record`)
    copydesk:source:urn:x:1             string  its source as it was received: revision (4 bytes),
                                                1 if it is HTML (1), zstd
    copydesk:articles                   zset    article ids by order of first submission
    copydesk:due                        zset    article ids by the day on which they expire, counted
                                                from 1970; 0 of one that is being deleted
    copydesk:windows                    string  the retention by which those days were noted
    copydesk:flag:5f0c…                 hash    version, flag (JSON)
    copydesk:flags                      zset    flag ids by order of opening
    copydesk:flags:open                 zset    the same, of the flags in this state
    copydesk:flags:of:urn:x:1           zset    the same, of the flags this article has raised
    copydesk:flags:on:urn:x:1           zset    the same, of the flags raised on this article
    copydesk:rules:quay.example         hash    block key -> a moderator's rule for it (JSON)
    copydesk:rules                      zset    the sites with rules, by name
    copydesk:story:s17                  hash    version, story (JSON: what people decided of it)
    copydesk:story-of:urn:x:1           string  the story that the article has joined
    copydesk:members:s17                zset    the ids of those that have joined it, by arrival
    copydesk:links:s17                  zset    the same by likeness to the representative, 0 to 1
    copydesk:latest:quay.example        zset    the site's last articles' ids by arrival number
    copydesk:stories:quay.example       list    the site's last stories: the story's name, its
                                                article's, and its blocks, 4 bytes each
    copydesk:index:<fingerprint version>:
      parameters                        string  JSON of the fingerprint's parameters; while the
                                                index is rebuilt, "rebuilding" and who does it
      arrivals                          string  the last arrival number given
      entry:urn:x:1                     string  arrival (4 bytes), revision (4), slots (6 each)
      ids:0                             hash    arrival number -> id, 128 numbers to a hash
      b:03a41f                          hash    a small hash of band 3: field (3 bytes) -> the
                                                arrival numbers in the bucket (4 bytes each)

Where the index is on a cluster, `copydesk:index:<fingerprint version>:` is followed by a tag in
braces, which chooses the server: `{head}` in front of arrivals, entries and names; one of twelve in
front of buckets; and a `parameters` behind each. Besides:

      {head}:waiting                    hash    arrival number -> the slots of an article whose
                                                buckets are not written yet, and those it leaves

The truth is in `article:`, `source:`, `flag:`, `rules:` and `story:`; all under `index:`,
`latest:`, `stories:`, `story-of:`, `members:` and `links:` can be rebuilt from it.
"""

import json
from dataclasses import dataclass
from functools import cache
from itertools import count as numbers
from typing import Self

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from cleaning.fingerprint import PARAMETERS, VERSION
from service.duplicates.model import FlagState

INDEX_PARAMETERS = json.dumps(PARAMETERS, sort_keys=True)
# Into how many parts a cluster's index is cut: twelve spread evenly on two, three, four or six
# masters, and each costs an article one call of a script.
PARTS = 12
NAMES_IN_HASH = 128


@dataclass(frozen=True, slots=True)
class Keys:
    """Builds the keys of one namespace."""

    namespace: str

    def article(self, article_id: str) -> str:
        """The record of an article."""
        return f"{self.namespace}:article:{article_id}"

    def source(self, article_id: str) -> str:
        """The source of an article as it was received."""
        return f"{self.namespace}:source:{article_id}"

    @property
    def due(self) -> str:
        """When articles expire."""
        return f"{self.namespace}:due"

    @property
    def windows(self) -> str:
        """The windows by which that was noted."""
        return f"{self.namespace}:windows"

    @property
    def articles(self) -> str:
        """The ids of all articles."""
        return f"{self.namespace}:articles"

    def flag(self, flag_id: str) -> str:
        """A flag."""
        return f"{self.namespace}:flag:{flag_id}"

    def flags(self, state: FlagState | None = None) -> str:
        """The ids of all flags, or of those in a state."""
        return f"{self.namespace}:flags" + (f":{state}" if state else "")

    def flags_of(self, article_id: str) -> str:
        """The ids of the flags that an article has raised."""
        return f"{self.namespace}:flags:of:{article_id}"

    def flags_on(self, article_id: str) -> str:
        """The ids of the flags that later articles have raised on this one."""
        return f"{self.namespace}:flags:on:{article_id}"

    def rules(self, site: str) -> str:
        """The rules of a site."""
        return f"{self.namespace}:rules:{site}"

    @property
    def ruled(self) -> str:
        """The sites that have rules."""
        return f"{self.namespace}:rules"

    def story(self, story_id: str) -> str:
        """What people decided of a story."""
        return f"{self.namespace}:story:{story_id}"

    def story_of(self, article_id: str) -> str:
        """The story that an article has joined."""
        return f"{self.namespace}:story-of:{article_id}"

    def members(self, story_id: str) -> str:
        """The articles that have joined a story, by arrival."""
        return f"{self.namespace}:members:{story_id}"

    def links(self, story_id: str) -> str:
        """The articles that have joined a story, by their likeness to its representative."""
        return f"{self.namespace}:links:{story_id}"

    def latest(self, site: str) -> str:
        """The last articles of a site."""
        return f"{self.namespace}:latest:{site}"

    def stories(self, site: str) -> str:
        """The last stories of a site."""
        return f"{self.namespace}:stories:{site}"

    @property
    def index(self) -> str:
        """The prefix of everything in the present index, without the last colon."""
        return f"{self.namespace}:index:{VERSION}"

    @property
    def index_parameters(self) -> str:
        """What the present index was built with."""
        return f"{self.index}:parameters"

    @property
    def index_arrivals(self) -> str:
        """The last arrival number given."""
        return f"{self.index}:arrivals"


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """The keys of an index.

    `head` begins those of which there is one: parameters, counter, waiting room, names, entries.
    Each of `parts` begins those of the buckets that are together on one server, and of their own
    parameters, without which they are lost. On a single server all begin alike.
    """

    prefix: str
    head: str
    parts: tuple[str, ...]
    wanted: str

    @classmethod
    def on_one_server(cls, namespace: str) -> Self:
        """Those of an index that is where the articles are."""
        prefix = Keys(namespace).index
        return cls(prefix, prefix, (prefix,), INDEX_PARAMETERS)

    @classmethod
    def on_cluster(cls, namespace: str) -> Self:
        """Those of an index on a cluster: what stands in braces chooses the server."""
        prefix = Keys(namespace).index
        head, *parts = (f"{prefix}:{{{tag}}}" for tag in ("head", *_tags(PARTS)))
        wanted = json.dumps({**PARAMETERS, "parts": PARTS}, sort_keys=True)
        return cls(prefix, head, tuple(parts), wanted)

    @property
    def roots(self) -> list[str]:
        """What each key begins with, in front of a colon; the head comes first."""
        return list(dict.fromkeys((self.head, *self.parts)))

    @property
    def arrivals(self) -> str:
        """The last arrival number given."""
        return f"{self.head}:arrivals"

    @property
    def waiting(self) -> str:
        """On a cluster: whose buckets are not written to the end yet."""
        return f"{self.head}:waiting"

    def entry(self, article_id: str) -> str:
        """The entry of an article."""
        return f"{self.head}:entry:{article_id}"

    def name(self, arrival: int) -> tuple[str, str]:
        """Where the id of the article with this number stands: a hash and a field."""
        return f"{self.head}:ids:{arrival // NAMES_IN_HASH}", str(arrival % NAMES_IN_HASH)

    def part(self, slot: bytes) -> str:
        """The part that holds the bucket of a slot."""
        return self.parts[slot[2] % len(self.parts)]

    def bucket(self, slot: bytes) -> tuple[str, bytes]:
        """Where the members of a bucket stand: a hash and a field."""
        return f"{self.part(slot)}:b:{slot[:3].hex()}", slot[3:]


def door(root: str) -> str:
    """The parameters of an index, or of one part of it, which are its door."""
    return f"{root}:parameters"


@cache
def _tags(count: int) -> tuple[str, ...]:
    """Hash tags that share a cluster's slots evenly: the first of their kind in each share."""
    share = REDIS_CLUSTER_HASH_SLOTS // count
    found = []
    for part in range(count):
        names = (f"p{part}.{number}" for number in numbers())
        found.append(next(name for name in names if key_slot(name.encode()) // share == part))
    return tuple(found)

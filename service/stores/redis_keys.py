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

The truth is in `article:`, `source:`, `flag:` and `rules:`; all under `index:`, `latest:` and
`stories:` can be rebuilt from it.
"""

import json
from dataclasses import dataclass

from cleaning.fingerprint import PARAMETERS, VERSION
from service.duplicates.model import FlagState

INDEX_PARAMETERS = json.dumps(PARAMETERS, sort_keys=True)


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

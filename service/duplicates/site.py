"""Which site an article comes from, and what the cleaner is told about its blocks there."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from cleaning.model import SiteBlock, SiteLookup
from service.duplicates.model import Submission
from service.duplicates.ports import Services


def site_of(submission: Submission) -> str | None:
    """The site an article comes from: the host of its address without `www.`, else its sender's
    name for where it comes from; None if neither is known.

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


def site_lookup(services: Services, submission: Submission) -> SiteLookup | None:
    """What is known of blocks on the site of an article; None if it has no site."""
    site = site_of(submission)
    if site is None:
        return None

    def look_up(keys: Sequence[str]) -> Mapping[str, SiteBlock]:
        ruled = services.site_rules.in_force(site, keys)
        return {key: SiteBlock(kept=kept) for key, kept in ruled.items()}

    return look_up

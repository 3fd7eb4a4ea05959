"""What a page states about its article -> its metadata, each field with its evidence.

Pages contradict themselves. A statement counts where its sources agree or where the more trusted
one stands alone; where trusted sources contradict each other the fact is left out. Nothing is
invented: no midnight where only the day is known, no zone where none is given, no clock is read.
Dates that are only written in words are left to the rules that read text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree

from cleaning.dates import day_of, is_before
from cleaning.model import Evidence, Metadata
from cleaning.page_cut import HINTS, element_bits
from cleaning.page_features import Hearsay
from cleaning.page_statements import (
    Said,
    Statements,
    are_alike,
    clean_value,
    folded_words,
    names_in,
    read_statements,
    text_of,
)
from cleaning.phrases import is_stock_phrase, key, strip_stock_words
from cleaning.wire import credited_agency

Moment = date | datetime

_MAX_ELEMENTS = 20
_MAX_VALUE = 1_000  # characters of a title
_MAX_EVIDENCE = 8  # of each field
_EVIDENCE_LENGTH = 300  # characters
_YEARS = range(1990, 2101)
# A byline is at most so much longer than the names in it: a sentence that holds a name is none.
_MOST_OF_A_BYLINE = 2.5

_PUBLISHED = ("article:published_time", "og:article:published_time", "og:published_time")
_UPDATED = ("article:modified_time", "og:updated_time", "og:article:modified_time")
# Names of publishing systems for the same fact, in no order of trust.
_PUBLISHED_TOO = (
    "datepublished", "date", "pubdate", "publishdate", "publication_date", "dc.date",
    "dc.date.issued", "dcterms.created", "dcterms.date", "dcterms.issued", "parsely-pub-date",
    "sailthru.date", "article.published", "article:published", "cxenseparse:recs:publishtime",
)  # fmt: skip
_UPDATED_TOO = ("datemodified", "lastmod", "last-modified", "dcterms.modified", "article.updated")
_AUTHORS = (
    "author", "article:author", "og:article:author", "dc.creator", "dcterms.creator",
    "parsely-author", "sailthru.author", "byl", "twitter:misc:written by",
)  # fmt: skip
_SUMMARIES = ("og:description", "description", "twitter:description")

_MAIL_DATE = re.compile(
    r"(?:\w{3},?\s+)?\d{1,2}\s+\w{3}\s+\d{4}\s+\d{1,2}:\d\d(?::\d\d)?\s*(?:GMT|UTC?|Z|[+-]\d{4})?$"
)
_DAY = re.compile(r"((?:19|20)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
# Chinese titles have no spaces around the separator.
_SEPARATOR = re.compile(r"\s(?:[|\-–—»«·•:]|::|>>)\s|[|_｜]|(?<=[^\x00-\x7f])-(?=[^\x00-\x7f])")
_BY = re.compile(
    r"^(?:by|von|par|por|di|door|av|af|od|автор|text|文|作者|记者)[\s:：]\s*", re.IGNORECASE
)
_AND = re.compile(
    r"\s*[,;/|、，&]\s*|\s+[-–—]\s+|\s+(?:and|und|et|y|e|en|og|och|i|и)\s+", re.IGNORECASE
)
_INITIALS = re.compile(r"\([^()]{1,20}\)$")
_NOT_A_PERSON = re.compile(
    r"[@\d<>{}\[\]]|^(?:wp)?admin|^super ?user$|https?:|www\.|\.(?:com|org|net)\b"
    r"|^(?:admin\w*|staff|editors?|editorial|redaktion\w*|redacci[oó]n|r[eé]daction|redazione|"
    r"newsroom|guest|anonymous|unknown|none|null|n/a|author|contributor)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\s*\S+\w\.[a-z]{2,}\s*$")
_BESIDE = frozenset({"aside", "nav", "footer"})
_ABOUT_OTHERS = HINTS.bit("related_links") | HINTS.bit("comments") | HINTS.bit("sidebar")
_NO_NAMES = ("office", "published", "updated", "byline")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].{1,30})?$")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The metadata of a page, its titles with the most trusted first, and what it says of its
    text."""

    metadata: Metadata
    titles: tuple[str, ...]
    hearsay: Hearsay


def read_facts(root: etree._Element, url: str | None = None) -> PageFacts:
    """Read what the page at `url` states. `root` is the whole parsed page."""
    page = read_statements(root)
    sites = [*page.meta("og:site_name"), *page.ld("publisher"), *_site_names(page)]
    site = sites[0].value if sites else None
    titles = _titles(page, site, url)
    published, published_by = _moment(
        [*page.ld("datePublished"), *_firsts(page, _PUBLISHED)],
        [*_firsts(page, _PUBLISHED_TOO), *_times(root, "datePublished", "pubdate")],
    )
    updated, updated_by = _moment(
        [*page.ld("dateModified"), *_firsts(page, _UPDATED)],
        [*_firsts(page, _UPDATED_TOO), *_times(root, "dateModified")],
    )
    if published and updated and is_before(updated, published):
        updated = None
    credits_of = _credits(page)
    own_names = [*(said.value for said in sites), _host(url) or ""]
    authors = next(filter(None, (people(said, own_names) for said in credits_of)), ())
    # An agency may be credited as an organisation, which is no author.
    credited = [*page.ld("author"), *(said for group in credits_of for said in group)]
    names = [name for said in credited for name in _AND.split(said.value)]
    agency = credited_agency((), names)
    if not authors:
        # The page is searched only where it does not say so in its head.
        credits_of.append(_shown_credits(page))
        authors = people(credits_of[-1], own_names)
    if not authors and agency:
        # Nobody is named but the agency: then it is the author.
        authors = tuple(name for name in names if credited_agency((), (name,)))[:1]
    language, languages = _language(page)
    address, addresses = _canonical_url(page, url)
    image, images = _image(page, url)
    evidence = (
        *_evidence("title", titles, titles[0].value if titles else None),
        *_evidence("published_at", published_by, published),
        *_evidence("updated_at", updated_by, updated),
        *_evidence("authors", [said for group in credits_of for said in group], authors),
        *_evidence("agency", credited if agency else [], agency),
        *_evidence("site", sites, site),
        *_evidence("language", languages, language),
        *_evidence("canonical_url", addresses, address),
        *_evidence("image", images, image),
    )
    shown = tuple(dict.fromkeys(said.value for said in titles))
    return PageFacts(
        Metadata(
            title=shown[0] if shown else None,
            published_at=published,
            updated_at=updated,
            authors=authors,
            site=site,
            agency=agency,
            language=language,
            canonical_url=address,
            image=image,
            evidence=evidence,
        ),
        shown,
        _hearsay(page, shown),
    )


def with_bylines(facts: PageFacts, lines: Sequence[str], url: str | None) -> PageFacts:
    """The same with the authors whom lines of the page name that its classes call bylines."""
    known = facts.metadata
    sites = [e.value for e in known.evidence if e.field == "site"] + [_host(url) or ""]
    for line in lines:
        said = Said(line, "byline")
        authors = tuple(name for name in people([said], sites) if " " in name)
        if authors and len(line) <= _MOST_OF_A_BYLINE * sum(map(len, authors)):
            evidence = (*known.evidence, *_evidence("authors", [said], authors))
            return replace(facts, metadata=replace(known, authors=authors, evidence=evidence))
    return facts


def _hearsay(page: Statements, titles: Sequence[str]) -> Hearsay:
    body = page.article.get("articleBody")
    summaries = [*page.meta(*_SUMMARIES), *page.ld("description")]
    return Hearsay(
        titles,
        [said.value for said in summaries],
        body if isinstance(body, str) else "",
        is_article=bool(page.article) or any(s.value == "article" for s in page.meta("og:type")),
    )


def _evidence(field: str, found: Sequence[Said], used: object) -> Iterable[Evidence]:
    """Where each value of a field was said; `used` is the one that stands."""
    for value, where in list(dict.fromkeys(found))[:_MAX_EVIDENCE]:
        if isinstance(used, date):
            moment = read_moment(value)
            is_used = moment is not None and _is_near(moment, used)
        elif isinstance(used, tuple):
            is_used = any(name in value for name in used)
        elif field == "agency":
            is_used = credited_agency((), _AND.split(value)) == used
        elif field == "language":
            is_used = used is not None and value.lower().startswith(str(used))
        else:
            is_used = value == used
        yield Evidence(field, value[:_EVIDENCE_LENGTH], where, used=is_used)


def _site_names(page: Statements) -> list[Said]:
    sites = [thing for thing in page.things if thing.get("@type") == "WebSite"]
    return [Said(name, "JSON-LD WebSite") for site in sites for name in names_in(site)]


# --- title ---------------------------------------------------------------------------------


def _titles(page: Statements, site: str | None, url: str | None) -> list[Said]:
    """The titles without the site's name, the most trusted first."""
    found = [
        *page.ld("headline"),
        *page.meta("og:title"),
        *page.texts("h1")[:3],
        *page.texts("title")[:1],
        *page.meta("twitter:title"),
    ]
    sites = {folded_words(name).replace(" ", "") for name in (site, _host(url)) if name}
    values = [said.value for said in found]
    titles = [Said(_without_site(value, values, sites), where) for value, where in found]
    no_title = ("", folded_words(site or ""))
    stated = [said for said in titles if folded_words(said.value) not in no_title]
    # The most trusted one stands, unless nothing else on the page says anything like it.
    return sorted(
        stated,
        key=lambda said: (
            not any(
                other.where != said.where and are_alike(said.value, other.value) for other in stated
            )
        ),
    )


def _without_site(title: str, others: Sequence[str], sites: set[str]) -> str:
    """The title without the site's name: where another candidate lacks it, or where it is known.

    >>> _without_site("Ferry aground | The Herald", ["Ferry aground"], set())
    'Ferry aground'
    >>> _without_site("Herald - Ferry aground - Local", [], {"quillhavenherald"})
    'Ferry aground - Local'
    """
    folded = {folded_words(other) for other in others}
    for _ in range(3):
        for cut in _SEPARATOR.finditer(title[:_MAX_VALUE]):
            head, tail = title[: cut.start()].strip(), title[cut.end() :].strip()
            if head and (folded_words(head) in folded or _is_site(tail, sites)):
                title = head
                break
            # A short tail that stands alone elsewhere is a section's name, not the title.
            is_longer = len(tail) > len(head)
            if tail and (_is_site(head, sites) or (is_longer and folded_words(tail) in folded)):
                title = tail
                break
        else:
            return title
    return title


def _is_site(name: str, sites: set[str]) -> bool:
    squeezed = folded_words(name).replace(" ", "")
    return squeezed in sites or (
        len(squeezed) > 3
        and any(squeezed in site or (len(site) > 3 and squeezed.startswith(site)) for site in sites)
    )


# --- times ---------------------------------------------------------------------------------


def _moment(trusted: Sequence[Said], others: Sequence[Said]) -> tuple[Moment | None, list[Said]]:
    """The most trusted time, unless another trusted one contradicts it and no third agrees; and
    all that was said.

    A day apart is no contradiction: midnight is elsewhere in another zone.
    """
    first = [moment for said in trusted if (moment := read_moment(said.value))]
    rest = [moment for said in others if (moment := read_moment(said.value))]
    said = [*trusted, *others]
    for moment in first:
        if all(_is_near(moment, other) for other in first) or any(
            _is_near(moment, other) for other in rest
        ):
            exact = [m for m in first if isinstance(m, datetime) and _is_near(m, moment)]
            return (exact[0] if exact else moment), said
    # Untrusted ones are believed where most agree.
    agreed = [moment for moment in rest if 2 * _times_near(moment, rest) > len(rest)]
    return (agreed[0] if agreed and not first else None), said


def read_moment(text: str) -> Moment | None:
    """A machine-readable time: a datetime if its zone is stated, else a date; None if neither.

    >>> read_moment("2025-03-06T21:40:00+01:00").isoformat()
    '2025-03-06T21:40:00+01:00'
    >>> read_moment("2025-03-06 21:40")
    datetime.date(2025, 3, 6)
    >>> read_moment("2025-13-06")
    """
    text = text.strip()[:64]
    moment: Moment | None = None
    try:
        moment = datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    except ValueError:
        try:
            # Of zones by name only this one is one zone: CST is in America and in China.
            moment = parsedate_to_datetime(text) if _MAIL_DATE.match(text) else None
        except (ValueError, TypeError, IndexError, OverflowError):
            moment = None
        if moment is None and (found := _DAY.match(text)):
            try:
                moment = date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                return None
    if moment is None or moment.year not in _YEARS:
        return None
    if isinstance(moment, datetime) and moment.utcoffset() is None:
        return moment.date()
    return moment


def _firsts(page: Statements, names: Sequence[str]) -> list[Said]:
    """The first that the <meta> of each name say: those that follow are of stories in lists."""
    return [said for name in names for said in page.meta(name)[:1]]


def _times(root: etree._Element, *purposes: str) -> list[Said]:
    return [
        Said(time.get("datetime") or "", "<time>")
        for time in root.iter("time")
        if time.get("itemprop") in purposes
        or ("pubdate" in purposes and (time.get("pubdate") is not None))
    ]


def _times_near(moment: Moment, others: Sequence[Moment]) -> int:
    return sum(_is_near(moment, other) for other in others)


def _is_near(one: Moment, other: Moment) -> bool:
    return abs((day_of(one) - day_of(other)).days) <= 1


# --- people, language, address -------------------------------------------------------------


def _credits(page: Statements) -> list[list[Said]]:
    """Who wrote it: each kind of source apart, the most trusted first."""
    # Yoast and others: a card of labels and values for messengers.
    cards = [
        value
        for number in ("1", "2")
        for label in page.meta(f"twitter:label{number}")
        for value in page.meta(f"twitter:data{number}")
        if is_stock_phrase(key(label.value), "byline")
    ]
    return [page.ld("author", "Person"), [*page.meta(*_AUTHORS), *cards]]


def _shown_credits(page: Statements) -> list[Said]:
    """Whom elements of the page name that are marked as naming the author."""
    found = islice(_bylines(page.root), _MAX_ELEMENTS)
    return [Said(text, "byline") for element in found if (text := text_of(element))]


def people(said: Sequence[Said], sites: Sequence[str]) -> tuple[str, ...]:
    """The people whom lines of credit name, without "By", offices and the names of sites."""
    found: dict[str, str] = {}
    for credit in said:
        fields = [field for field in _AND.split(_BY.sub("", credit.value)) if field.strip()]
        if len(fields) == 2 and credit.value.count(",") == 1 and all(map(_is_single, fields)):
            fields = [f"{fields[1]} {fields[0]}"]  # "Doe, Jane"
        if not fields:
            continue
        # "herald.example, Frankfurt, Germany" is an address.
        if "://" in credit.value or _ADDRESS.search(fields[0]):
            continue
        for name in fields:
            person = _without_label(_INITIALS.sub("", name)).strip(" .-–—:：")
            # Behind the first name, a single word is a place or an outlet.
            may_be_place = found and ";" not in credit.value and _is_single(person)
            if _is_person(person, sites) and not may_be_place:
                found.setdefault(folded_words(person), person)
    return tuple(found.values())


def _without_label(name: str) -> str:
    """A name without "By", "Written by", "Author:" before it."""
    own = key(name)
    bare = strip_stock_words(own, "byline")
    words = name.split()
    return (
        " ".join(words[len(own.split()) - len(bare.split()) :])
        if bare != own
        else _BY.sub("", name)
    )


def _is_single(name: str) -> bool:
    return name.isascii() and " " not in name


def _bylines(root: etree._Element) -> Iterator[etree._Element]:
    for element in root.iter("a", "span", "p", "address"):
        is_byline = (
            element.get("rel") == "author" or "author" in element.get("itemprop", "").split()
        )
        if is_byline and not any(map(_is_beside, element.iterancestors())):
            yield element


def _is_beside(element: etree._Element) -> bool:
    """Whether the page marks an element as something beside its article."""
    return element.tag in _BESIDE or bool(element_bits(element.items()) & _ABOUT_OTHERS)


def _is_person(name: str, sites: Sequence[str]) -> bool:
    folded = folded_words(name)
    known = list(filter(None, map(folded_words, sites)))
    return (
        1 <= len(folded.split()) <= 5
        and len(name) > 1
        and not _NOT_A_PERSON.search(name)
        and credited_agency((), (name,)) is None
        and not any(is_stock_phrase(key(name), kind) for kind in _NO_NAMES)
        and not is_stock_phrase(folded.rsplit(" ", 1)[-1], "office")
        and not (_is_single(name) and name.islower() and not name.isalpha())
        and not any(f" {folded} " in f" {site} " or f" {site} " in f" {folded} " for site in known)
        and folded.replace(" ", "") not in {site.replace(" ", "") for site in known}
    )


def _language(page: Statements) -> tuple[str | None, list[Said]]:
    """The primary language subtag, if all that the page says about its language agrees."""
    root = page.root
    stated = [
        Said(tag.strip(), "<html lang>")
        for name in ("lang", "{http://www.w3.org/XML/1998/namespace}lang", "xml:lang")
        if (tag := root.get(name))
    ]
    stated += [
        *page.meta("og:locale")[:1],
        *page.meta("content-language")[:1],
        *page.ld("inLanguage"),
    ]
    found = {match[1].lower() for said in stated if (match := _LANGUAGE.match(said.value))}
    return (found.pop() if len(found) == 1 else None), stated


def _canonical_url(page: Statements, url: str | None) -> tuple[str | None, list[Said]]:
    links = [
        Said(link.get("href", ""), "link canonical")
        for link in page.root.iter("link")
        if "canonical" in link.get("rel", "").lower().split()
    ]
    stated = [*links[:1], *page.meta("og:url")[:1]]
    for said in stated:
        absolute = _absolute(said.value, url)
        if absolute is None:
            continue
        parts = urlsplit(absolute)
        is_home = parts.path in ("", "/") and not parts.query
        is_article = url is None or urlsplit(url).path not in ("", "/")
        # Some sites name their home page on every page.
        if not (is_home and is_article):
            return absolute, stated
    return None, stated


def _image(page: Statements, url: str | None) -> tuple[str | None, list[Said]]:
    """The picture that the page gives for the article."""
    image = page.article.get("image")
    first = image[0] if isinstance(image, list) and image else image
    address = first.get("url") if isinstance(first, dict) else first
    stated = [*page.meta("og:image", "og:image:secure_url", "twitter:image")[:2]]
    if value := clean_value(address):
        stated.append(Said(value, "JSON-LD image"))
    return next(filter(None, (_absolute(said.value, url) for said in stated)), None), stated


def _absolute(address: str, url: str | None) -> str | None:
    """The web address that a page's link leads to; None if it is none."""
    try:
        absolute: str = urljoin(url or "", address.strip())
        parts = urlsplit(absolute)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return absolute if is_web else None


def _host(url: str | None) -> str | None:
    """The host's name without www and top-level domain."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:
        return None
    return host.removeprefix("www.").rpartition(".")[0] or None

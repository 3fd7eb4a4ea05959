"""What a page states about its article: JSON-LD, meta elements, <time>, <link>, <html lang>.

Pages contradict themselves. A statement counts where its sources agree or where the more trusted
one stands alone; where trusted sources contradict each other the fact is left out. Nothing is
invented: no midnight where only the day is known, no zone where none is given, no clock is read.
Dates that are only written in words are left to the rules that read text.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from cleaning.model import Metadata
from cleaning.normalise import fold_accents, fold_case, for_reading

Moment = date | datetime

_MAX_JSON = 1_000_000  # characters; the longest on a real page is 300,000
_MAX_JSON_NODES = 20_000
_MAX_ELEMENTS = 20
_MAX_VALUE = 1_000  # characters of a title or name
_YEARS = range(1990, 2101)

_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time",
)  # fmt: skip
_UPDATED = ("article:modified_time", "og:updated_time", "og:article:modified_time")
# Names of publishing systems for the same fact, in no order of trust.
_PUBLISHED_TOO = (
    "datepublished", "date", "pubdate", "publishdate", "publish-date", "publish_date",
    "publication_date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.date",
    "parsely-pub-date", "sailthru.date", "article.published", "cxenseparse:recs:publishtime",
)  # fmt: skip
_UPDATED_TOO = ("datemodified", "lastmod", "last-modified", "dcterms.modified", "article.updated")
_AUTHORS = (
    "author", "article:author", "og:article:author", "dc.creator", "parsely-author",
    "sailthru.author", "byl",
)  # fmt: skip

_DAY = re.compile(r"((?:19|20)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
# Chinese titles have no spaces around the separator.
_SEPARATOR = re.compile(r"\s(?:[|\-–—»«·•:]|::|>>)\s|[|_｜]|(?<=[^\x00-\x7f])-(?=[^\x00-\x7f])")
_BY = re.compile(
    r"^(?:by|von|par|por|di|door|av|af|od|автор|text|文|作者|记者)[\s:：]\s*", re.IGNORECASE
)
_AND = re.compile(r"\s*[,;/|、，&]\s*|\s+(?:and|und|et|y|e|en|og|och|i|и)\s+", re.IGNORECASE)
_INITIALS = re.compile(r"\([^()]{1,20}\)$")
_NOT_A_PERSON = re.compile(
    r"[@\d<>{}]|https?:|www\.|\.(?:com|org|net)\b"
    r"|^(?:admin\w*|staff|editors?|editorial|redaktion\w*|redacci[oó]n|r[eé]daction|redazione|"
    r"newsroom|guest|anonymous|unknown|none|null|n/a|author|contributor)\b",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_].{1,30})?$")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class PageFacts:
    """The metadata of a page, and its titles with the most trusted first."""

    metadata: Metadata
    titles: tuple[str, ...]


def read_facts(root: etree._Element, url: str | None = None) -> PageFacts:
    """Read what the page at `url` states. `root` is the whole parsed page."""
    metas = _metas(root)
    article, others = _json_ld(root, metas)
    site = _first(
        *metas.get("og:site_name", ()), *_names(article.get("publisher")), *_site_names(others)
    )
    titles = _titles(root, metas, article, site, url)
    published, updated = _moments(root, metas, article)
    return PageFacts(
        Metadata(
            title=titles[0] if titles else None,
            published_at=published,
            updated_at=updated,
            authors=_authors(root, metas, article, site),
            site=site,
            language=_language(root, metas, article),
            canonical_url=_canonical_url(root, metas, url),
        ),
        titles,
    )


# --- where facts stand ---------------------------------------------------------------------


def _metas(root: etree._Element) -> dict[str, list[str]]:
    """The contents of <meta>, by their lower-cased name."""
    metas: dict[str, list[str]] = {}
    for meta in root.iter("meta"):
        content = _clean(meta.get("content"))
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = meta.get(attribute)
            if name and content:
                metas.setdefault(name.strip().lower(), []).append(content)
    return metas


def _json_ld(
    root: etree._Element, metas: dict[str, list[str]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The page's one article in JSON-LD, and all its other objects.

    Of several articles only one whose headline the page also gives elsewhere is believed.
    """
    found = [
        thing
        for script in root.iter("script")
        if "ld+json" in script.get("type", "").lower()
        for thing in _things(script.text or "")
    ]
    articles = [thing for thing in found if _is_article(thing)]
    if len(articles) > 1:
        said = {folded_words(t) for t in (*metas.get("og:title", ()), *_texts_of(root, "h1"))}
        agreed = [a for a in articles if folded_words(_clean(a.get("headline")) or "") in said]
        headlines = {_clean(a.get("headline")) for a in articles}
        articles = agreed or (articles if len(headlines) == 1 else [])
    return (articles[0] if articles else {}), found


def _things(text: str) -> Iterator[dict[str, Any]]:
    """The objects of one script, from lists and graphs too; none if it is broken."""
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    if len(text) > _MAX_JSON:
        return
    try:
        # Publishers leave line ends in strings, which strict JSON forbids.
        todo = [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        return
    for _ in range(_MAX_JSON_NODES):
        if not todo:
            return
        value = todo.pop()
        if isinstance(value, list):
            todo.extend(reversed(value))
        elif isinstance(value, dict):
            yield value
            # Lists of other stories hang on other keys.
            todo.extend(value[key] for key in ("mainEntity", "@graph") if key in value)


def _is_article(thing: dict[str, Any]) -> bool:
    kinds = thing.get("@type")
    return any(
        isinstance(kind, str) and kind.endswith(("Article", "BlogPosting", "Report"))
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _names(value: object, kind: str | None = None) -> list[str]:
    """The names in a JSON-LD value: a string, an object with a name, or a list of these."""
    names = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            if kind and item.get("@type", kind) not in (kind, [kind]):
                continue
            inner = item.get("name")
            names += [_clean(n) for n in (inner if isinstance(inner, list) else [inner])]
        else:
            names.append(_clean(item))
    return [name for name in names if name]


def _site_names(things: Iterable[dict[str, Any]]) -> list[str]:
    return [name for t in things if t.get("@type") == "WebSite" for name in _names(t)]


def _texts_of(root: etree._Element, *tags: str) -> list[str]:
    return [text for element in islice(root.iter(*tags), _MAX_ELEMENTS) if (text := _text(element))]


def _text(element: etree._Element) -> str | None:
    # Bounded: nested elements would be read once for each level.
    return _clean(" ".join(islice(element.itertext(), 100)))


def _clean(value: object) -> str | None:
    """A value as one readable line, entities resolved (they are often escaped twice)."""
    if not isinstance(value, str) or len(value) > 10 * _MAX_VALUE:
        return None
    text = value
    for _ in range(2):
        text = html.unescape(text) if "&" in text else text
    return for_reading(text)[:_MAX_VALUE].strip() or None


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)


def folded_words(text: str) -> str:
    """A title's words alone, so that the same title compares equal wherever it stands."""
    return " ".join(_WORD.findall(fold_accents(fold_case(text))))


# --- title ---------------------------------------------------------------------------------


def _titles(
    root: etree._Element,
    metas: dict[str, list[str]],
    article: dict[str, Any],
    site: str | None,
    url: str | None,
) -> tuple[str, ...]:
    found = [
        *_names(article.get("headline")),
        *metas.get("og:title", ()),
        *_texts_of(root, "h1")[:3],
        *_texts_of(root, "title")[:1],
        *metas.get("twitter:title", ()),
    ]
    sites = {folded_words(name).replace(" ", "") for name in (site, _host(url)) if name}
    titles = [_without_site(title, found, sites) for title in found]
    return tuple(
        dict.fromkeys(t for t in titles if folded_words(t) not in ("", folded_words(site or "")))
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


def _moments(
    root: etree._Element, metas: dict[str, list[str]], article: dict[str, Any]
) -> tuple[Moment | None, Moment | None]:
    def stated(names: Sequence[str]) -> list[str]:
        return [value for name in names for value in metas.get(name, ())[:1]]

    published = _agreed(
        [*_strings(article.get("datePublished")), *stated(_PUBLISHED)],
        [*stated(_PUBLISHED_TOO), *_times(root, "datePublished", "pubdate")],
    )
    updated = _agreed(
        [*_strings(article.get("dateModified")), *stated(_UPDATED)],
        [*stated(_UPDATED_TOO), *_times(root, "dateModified")],
    )
    if published and updated and _day(updated) < _day(published):
        updated = None
    return published, updated


def _agreed(trusted: Iterable[str], others: Iterable[str]) -> Moment | None:
    """The most trusted time, unless another trusted one contradicts it and no third agrees.

    A day apart is no contradiction: midnight is elsewhere in another zone.
    """
    first = [moment for moment in map(read_moment, trusted) if moment]
    rest = [moment for moment in map(read_moment, others) if moment]
    for moment in first:
        if all(_is_near(moment, other) for other in first) or any(
            _is_near(moment, other) for other in rest
        ):
            exact = [m for m in first if isinstance(m, datetime) and _is_near(m, moment)]
            return exact[0] if exact else moment
    return rest[0] if rest and not first else None


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
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            found = _DAY.match(text)
            if found:
                try:
                    moment = date(int(found[1]), int(found[2]), int(found[3]))
                except ValueError:
                    return None
    if moment is None or moment.year not in _YEARS:
        return None
    if isinstance(moment, datetime) and moment.utcoffset() is None:
        return moment.date()
    return moment


def _times(root: etree._Element, *purposes: str) -> list[str]:
    return [
        time.get("datetime") or ""
        for time in root.iter("time")
        if time.get("itemprop") in purposes
        or ("pubdate" in purposes and (time.get("pubdate") is not None))
    ]


def _strings(value: object) -> list[str]:
    return [
        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)
    ]


def _day(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _is_near(one: Moment, other: Moment) -> bool:
    return abs((_day(one) - _day(other)).days) <= 1


# --- people, language, address -------------------------------------------------------------


def _authors(
    root: etree._Element, metas: dict[str, list[str]], article: dict[str, Any], site: str | None
) -> tuple[str, ...]:
    sources = (
        _names(article.get("author"), "Person"),
        [name for key in _AUTHORS for name in metas.get(key, ())],
        [text for element in islice(_bylines(root), _MAX_ELEMENTS) if (text := _text(element))],
    )
    for source in sources:
        people: dict[str, str] = {}
        for credit in source:
            if "://" in credit:
                continue
            for name in _AND.split(_BY.sub("", credit)):
                person = _INITIALS.sub("", _BY.sub("", name)).strip(" .-–—:：")
                if _is_person(person, site):
                    people.setdefault(folded_words(person), person)
        if people:
            return tuple(people.values())
    return ()


def _bylines(root: etree._Element) -> Iterator[etree._Element]:
    for element in root.iter("a", "span", "p", "address"):
        if element.get("rel") == "author" or "author" in element.get("itemprop", "").split():
            yield element


def _is_person(name: str, site: str | None) -> bool:
    words = folded_words(name).split()
    return (
        1 <= len(words) <= 5
        and len(name) > 1
        and not _NOT_A_PERSON.search(name)
        and not (site and folded_words(name) in folded_words(site))
        and not (site and folded_words(site) in folded_words(name))
    )


def _language(
    root: etree._Element, metas: dict[str, list[str]], article: dict[str, Any]
) -> str | None:
    """The primary language subtag, if all that the page says about its language agrees."""
    stated = (
        root.get("lang"),
        root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        root.get("xml:lang"),
        *metas.get("og:locale", ())[:1],
        *metas.get("content-language", ())[:1],
        *_strings(article.get("inLanguage")),
    )
    found = {match[1].lower() for tag in stated if tag and (match := _LANGUAGE.match(tag.strip()))}
    return found.pop() if len(found) == 1 else None


def _canonical_url(
    root: etree._Element, metas: dict[str, list[str]], url: str | None
) -> str | None:
    links = [
        link.get("href", "")
        for link in root.iter("link")
        if "canonical" in link.get("rel", "").lower().split()
    ]
    for address in (*links[:1], *metas.get("og:url", ())[:1]):
        try:
            absolute: str = urljoin(url or "", address.strip())
            parts = urlsplit(absolute)
            is_home = parts.path in ("", "/") and not parts.query
            is_article = url is None or urlsplit(url).path not in ("", "/")
        except ValueError:
            continue
        # Some sites name their home page on every page.
        if parts.scheme in ("http", "https") and parts.hostname and not (is_home and is_article):
            return absolute
    return None


def _host(url: str | None) -> str | None:
    """The host's name without www and top-level domain."""
    try:
        host = urlsplit(url or "").hostname or ""
    except ValueError:
        return None
    return host.removeprefix("www.").rpartition(".")[0] or None

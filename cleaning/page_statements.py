"""What a page states about itself: <meta>, JSON-LD, headings, <time>, and where each stands.

Nothing is decided here. Values are one readable line each, entities resolved; what is broken or
too large is as if it were not there.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree

from cleaning.normalise import fold_accents, fold_case, for_reading
from cleaning.remembered import remembered

_MAX_JSON = 1_000_000  # characters; the longest on a real page is 300,000
_MAX_JSON_NODES = 20_000
_MAX_ELEMENTS = 20
_MAX_LINKS = 500
_MAX_VALUE = 1_000  # characters of a title or name
_WORD = re.compile(r"\w+")
# Publishing systems write article:published_time, article:published:time and article.published.
_IN_NAMES = re.compile(r"[^a-z0-9]+")


class Said(NamedTuple):
    """A value, and where the page says it."""

    value: str
    where: str


@dataclass(frozen=True, slots=True)
class Statements:
    """All that a page states. `metas`: contents of <meta> as written, by squeezed name (`squeeze`);
    `article`: the page's one article in JSON-LD, `things` all its objects."""

    root: etree._Element
    metas: dict[str, list[Said]]
    article: dict[str, Any]
    things: Sequence[dict[str, Any]]

    def meta(self, *names: str) -> list[Said]:
        """What the <meta> of these names say, in this order."""
        # Most <meta> are never asked for, so they are cleaned when they are.
        return [
            Said(value, said.where)
            for name in names
            for said in self.metas.get(squeeze(name), ())
            if (value := clean_value(said.value))
        ]

    def ld(self, key: str, kind: str | None = None) -> list[Said]:
        """The names or strings that the JSON-LD article has under a key."""
        return [Said(name, f"JSON-LD {key}") for name in names_in(self.article.get(key), kind)]

    def texts(self, *tags: str) -> list[Said]:
        """The texts of the first elements of these tags."""
        found = islice(self.root.iter(*tags), _MAX_ELEMENTS)
        return [Said(text, f"<{e.tag!s}>") for e in found if (text := text_of(e))]


def read_statements(root: etree._Element) -> Statements:
    """Read what a parsed page states."""
    metas = _metas(root)
    things = [
        thing
        for script in root.iter("script")
        if "ld+json" in script.get("type", "").lower()
        for thing in _things(script.text or "")
    ]
    return Statements(root, metas, _article(root, metas, things), things)


@remembered
def squeeze(name: str) -> str:
    """A <meta> name without its separators."""
    return _IN_NAMES.sub("", name.lower())


def _metas(root: etree._Element) -> dict[str, list[Said]]:
    metas: dict[str, list[Said]] = {}
    for meta in root.iter("meta"):
        content = meta.get("content")
        if not content:
            continue
        for attribute in ("property", "name", "itemprop", "http-equiv"):
            name = meta.get(attribute)
            if name:
                said = Said(content, f"meta {name.strip()[:60]}")
                metas.setdefault(squeeze(name), []).append(said)
    return metas


def _article(
    root: etree._Element, metas: dict[str, list[Said]], things: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The page's one article. One whose headline is nothing like any title of the page is not
    believed; of several only one whose headline the page also gives elsewhere."""
    articles = [thing for thing in things if _is_article(thing)]
    if len(articles) == 1 and (headline := clean_value(articles[0].get("headline"))):
        elsewhere = _titles_elsewhere(root, metas)
        is_unlike = elsewhere and not any(are_alike(headline, title) for title in elsewhere)
        if is_unlike and not _is_about(articles[0], root, metas):
            return {}
    if len(articles) > 1:
        shown = [text for h1 in islice(root.iter("h1"), _MAX_ELEMENTS) if (text := text_of(h1))]
        titles = [clean_value(said.value) or "" for said in metas.get("ogtitle", ())]
        said = {folded_words(title) for title in (*titles, *shown)}
        agreed = [a for a in articles if folded_words(clean_value(a.get("headline")) or "") in said]
        headlines = {clean_value(a.get("headline")) for a in articles}
        articles = agreed or (articles if len(headlines) == 1 else [])
    return articles[0] if articles else {}


def _is_about(article: dict[str, Any], root: etree._Element, metas: dict[str, list[Said]]) -> bool:
    """Whether an article in JSON-LD gives this page's address as its own."""
    entity = article.get("mainEntityOfPage")
    stated = (article.get("url"), entity.get("@id") if isinstance(entity, dict) else entity)
    own = {said.value.strip() for said in metas.get("ogurl", ())}
    own |= {
        link.get("href", "").strip()
        for link in islice(root.iter("link"), _MAX_LINKS)
        if "canonical" in link.get("rel", "").lower().split()
    }
    return any(isinstance(address, str) and address.strip() in own for address in stated)


def _titles_elsewhere(root: etree._Element, metas: dict[str, list[Said]]) -> list[str]:
    shown = [text_of(element) for element in islice(root.iter("h1", "title"), _MAX_ELEMENTS)]
    return [
        title for title in (*(said.value for said in metas.get("ogtitle", ())), *shown) if title
    ]


def are_alike(one: str, other: str) -> bool:
    """Whether two titles may be wordings of one: they share a third of the shorter one's words, or
    of its characters in scripts without spaces."""
    first, second = (set(_WORD.findall(fold_accents(fold_case(t)))) for t in (one, other))
    if not (first & second) and not (one.isascii() and other.isascii()):
        first, second = set(one), set(other)
    return len(first & second) * 3 >= min(len(first), len(second))


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


def names_in(value: object, kind: str | None = None) -> list[str]:
    """The names in a JSON-LD value: a string, an object with a name, or a list of these."""
    names = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            if kind and item.get("@type", kind) not in (kind, [kind]):
                continue
            inner = item.get("name")
            names += [clean_value(n) for n in (inner if isinstance(inner, list) else [inner])]
        else:
            names.append(clean_value(item))
    return [name for name in names if name]


def text_of(element: etree._Element) -> str | None:
    """The text of an element as one readable line."""
    # Bounded: nested elements would be read once for each level.
    return clean_value(" ".join(islice(element.itertext(), 100)))


def clean_value(value: object) -> str | None:
    """A value as one readable line, entities resolved (they are often escaped twice)."""
    if not isinstance(value, str) or len(value) > 10 * _MAX_VALUE:
        return None
    text = value
    for _ in range(2):
        text = html.unescape(text) if "&" in text else text
    return for_reading(text)[:_MAX_VALUE].strip() or None


def folded_words(text: str) -> str:
    """A title's words alone, so that the same title compares equal wherever it stands."""
    return " ".join(_WORD.findall(fold_accents(fold_case(text))))

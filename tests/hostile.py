"""Pages and plain texts that are made to hurt: each generator builds one of about `size` bytes.

From what broke parsers before: floods of tags, end tags, attributes, comments and entities, deep
nesting, huge attributes and text nodes, lies about the charset, characters that are none, marks
that compose slowly, direction controls; and texts of more paragraphs, lines or words than any has.
"""

import json
import random
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cleaning.errors import CleaningError
from cleaning.pipeline import clean
from cleaning.source import MAX_TAGS

STORY = (
    "A ferry with 142 passengers ran aground off the point early on Thursday, and it took the "
    "rescuers nearly five hours to bring everyone ashore, the harbour authority said later on."
)
TOKEN = "w7q"  # stands once in each page; no answer may lose it


def _flood(piece: str) -> Callable[[int], bytes]:
    def page(size: int) -> bytes:
        return f"<p>{STORY} {TOKEN}</p>{piece * (size // len(piece))}".encode()

    return page


def _within(before: str, piece: str, after: str) -> Callable[[int], bytes]:
    def page(size: int) -> bytes:
        return f"<p>{STORY}</p>{before}{piece * (size // len(piece))}{after}".encode()

    return page


def _encoded(declared: str, real: str) -> Callable[[int], bytes]:
    def page(size: int) -> bytes:
        text = f"{STORY} é " * (size // 190)
        head = f'<meta charset="{declared}"><p>{TOKEN} '
        return head.encode() + text.encode(real, "replace")

    return page


def _distinct(size: int) -> bytes:
    """Attributes of one tag, each of another name: libxml2 compares them pair by pair."""
    attributes = " ".join(f"a{number}=1" for number in range(size // 9))
    return f"<p>{TOKEN}</p><p {attributes}>{STORY}".encode()


def _crowd(size: int) -> bytes:
    """As many attributes as are allowed, on every tag."""
    tag = "<b " + " ".join(f"a{number}" for number in range(1900)) + ">"
    return f"<p>{STORY} {TOKEN}</p>{tag * (size // len(tag))}".encode()


def _classes(size: int) -> bytes:
    """A class of its own for every paragraph, so that nothing is known."""
    count = size // 60
    body = "".join(f"<p class='Zz{n}-Yx q{n}Rs'>word {n} of it</p>" for n in range(count))
    return f"<p>{STORY} {TOKEN}</p>{body}".encode()


def _rows(size: int) -> bytes:
    cells = "<td>a<td>b" * 5
    row = f"<tr>{cells}"
    return f"<p>{STORY} {TOKEN}</p><table>{row * (size // len(row))}".encode()


def _just_below(piece: str) -> Callable[[int], bytes]:
    """As many tags as are allowed, with text between them up to the size."""

    def page(size: int) -> bytes:
        count = MAX_TAGS // piece.count("<") - 10
        filler = ("fill " * size)[: max(size // count - len(piece), 0)]
        return f"<p>{STORY} {TOKEN}</p>{(piece + filler) * count}".encode()

    return page


def _repeated(piece: str) -> Callable[[int], bytes]:
    """A plain text of one pattern."""

    def text(size: int) -> bytes:
        return f"{STORY} {TOKEN}\n\n{piece * (size // len(piece.encode()))}".encode()

    return text


def _numbered(pattern: str) -> Callable[[int], bytes]:
    """A plain text of one pattern with other words in each place."""

    def text(size: int) -> bytes:
        count = size // len(pattern.format(99_999))
        body = "".join(pattern.format(number * 7919 % 99_991) for number in range(count))
        return f"{STORY} {TOKEN}\n\n{body}".encode()

    return text


def _drawn(words: int, end: str) -> Callable[[int], bytes]:
    """A plain text of sentences of so many words, none of which says what another says."""

    def text(size: int) -> bytes:
        draw = random.Random(1)
        known = [
            "".join(draw.choices("abcdeghilmnorstu", k=draw.randint(3, 9))) for _ in range(9999)
        ]
        body = []
        while size > 0:
            body.append(" ".join(draw.choices(known, k=words)).capitalize() + end)
            size -= len(body[-1])
        return f"{STORY} {TOKEN}\n\n{''.join(body)}".encode()

    return text


def _alternating(size: int) -> bytes:
    """A plain text in all layouts in turn."""
    layouts = (
        "x\n\nline that is wrapped at\nsome width and goes\non behind it\n\n\t\t* y\n\r\n1. z "
    )
    return f"{TOKEN} {layouts * (size // len(layouts))}".encode()


PAGES: dict[str, Callable[[int], bytes]] = {
    "paragraphs": _flood("<p>x"),
    "end tags": _flood("</p>"),
    "unmatched end tags": _flood("</div></b></table>"),
    "breaks": _flood("<br>"),
    "empty blocks": _flood("<div></div>"),
    "formatting": _flood("<b><i>"),
    "links": _flood("<a href=x>y"),
    "lists": _flood("<ul><li>x"),
    "tables in tables": _flood("<table><tr><td>x"),
    "rows": _rows,
    "chrome in chrome": _within("<nav>" * 450, "<b>x</b>" + " word" * 28, TOKEN),
    "chrome in chrome, small": _within("<nav>" * 450 + TOKEN, "<i></i>" + "w " * 75, ""),
    "deep": _flood("<div>"),
    "comments": _flood("<!--x-->"),
    "open comments": _flood("<!--"),
    "instructions": _flood("<?x?>"),
    "entities": _flood("&amp;&lt;"),
    "broken entities": _flood("&#0;&#xD800;&nosuch;&#x110000;"),
    "less than": _flood("<"),
    "greater than": _flood(">"),
    "open quotes": _flood("<p a='"),
    "scripts": _flood("<script>x</script>"),
    "open script": _within(f"<p>{TOKEN}<script>", "x < y; ", ""),
    "text node": _within(f"<p>{TOKEN} ", "x", ""),
    "words": _within(f"<p>{TOKEN} ", "word and word, ", ""),
    "one word": _within(f"<p>{TOKEN} ", "again ", ""),
    "attribute": _within("<p class='", "share ", f"'>{TOKEN}"),
    "style": _within("<p style='", "display ", f"'>{TOKEN}"),
    "attributes": _distinct,
    "crowded tags": _crowd,
    "classes": _classes,
    "title": _within("<title>", "- a | ", f"</title><p>{TOKEN}"),
    "headings": _flood("<h1>x - y | z</h1>"),
    "JSON-LD depth": _within("<script type=application/ld+json>", "[", f"</script><p>{TOKEN}"),
    "JSON-LD things": _within(
        "<script type=application/ld+json>[", '{"@type":"NewsArticle"},', f"{{}}]</script>{TOKEN}"
    ),
    "metas": _flood("<meta name=author content=x>"),
    "allowed paragraphs": _just_below("<p>x"),
    "allowed items": _just_below("<li>x"),
    "allowed nested lists": _just_below("</ul><ul><li>x"),
    "allowed cells": _just_below("<tr><td>x<td>y"),
    "allowed classes": _just_below("<div class='Story x-y share' id=q></div>"),
    "allowed links": _just_below("<a href=x>y</a>"),
    "allowed breaks": _just_below("<br><br>x"),
    "allowed headings": _just_below("<h2>x - y</h2>"),
    "allowed quotes": _just_below("<q>x</q>"),
    "allowed hidden words": _just_below("<span hidden>x</span>y"),
    "allowed table of words": _just_below("<tr><td>x<b>y</b></td>"),
    "allowed end tags": _just_below("</div>"),
    "allowed formatting": _just_below("<b>x</i>"),
    "allowed depth": _just_below("<div>x</div>" * 200 + "<div>" * 2 + "</div>" * 2),
    "nul": _within(f"<p>{TOKEN}", "\x00a", ""),
    "bidi": _within(f"<p>{TOKEN}", "\u202ea\u202c\u2066b\u2069", ""),
    "alternating marks": _within(f"<p>{TOKEN}", "\u0301\u0323", ""),
    "marked letters": _within(f"<p>{TOKEN}", "a\u0301\u0323", ""),
    "expanding": _within(f"<p>{TOKEN}", "\ufdfa", ""),
    "utf-7 lie": _encoded("utf-7", "utf-8"),
    "utf-16 lie": _encoded("utf-16", "utf-8"),
    "gbk lie": _encoded("gbk", "utf-8"),
    "latin lie": _encoded("utf-8", "latin-1"),
    "unknown charset": _encoded("x-no-such", "utf-8"),
}
TEXTS: dict[str, Callable[[int], bytes]] = {
    "text of paragraphs": _repeated("x\n\n"),
    "text of other paragraphs": _numbered("w{}x\n\n"),
    "text of lines": _repeated(f"{STORY}\n"),
    "text of other lines": _numbered(f"Line {{0}} says of {{0}} that {STORY}\n"),
    "text of short lines": _repeated("again\n"),
    "text of rows": _repeated("a\tb\tc\n"),
    "text of items": _repeated("- an item of it\n"),
    "text of headlines": _repeated("Harbour Closed as Ferry Runs Aground\n"),
    "text of credits": _repeated("By John Smith, AP | 1 May 2019\n"),
    "text of dates": _repeated("1 May 2019 10:30\n"),
    "text of numbers": _numbered("{}\n"),
    "text of marks": _repeated("!\n"),
    "text of one word": _repeated("again "),
    "text of one paragraph": _repeated(f"{STORY} "),
    "text of one ideograph": _repeated("伊"),
    "text of ideographs": _repeated("伊拉克总理说，他们将在今天离开。"),
    "text of one-word sentences": _drawn(1, ". "),
    "text of sentences": _drawn(20, ". "),
    "text of drawn lines": _drawn(3, ".\n"),
    "text of drawn paragraphs": _drawn(60, ".\n\n"),
    "text of long paragraphs": _drawn(200, ".\n\n"),
    "text of open quotes": _repeated('"Again. '),
    "text of split hyphens": _repeated("x -a"),
    "text of broken hyphens": _repeated("pre-\npost "),
    "text of bars": _repeated("a | b - c » d\n"),
    "text of joiners": _repeated("می\u200cشود "),
    "text of wrapped lines": _repeated(
        "it goes on at the same width as all of its other lines and\n"
    ),
    "text of all layouts": _alternating,
}
GENERATORS = PAGES | TEXTS


def measure(name: str, size: int) -> dict[str, object]:
    """What became of a page: CPU seconds, whether it was refused and why, whether the token is
    still there."""
    page = GENERATORS[name](size)
    start = time.process_time()
    try:
        kind = "text/plain" if name in TEXTS else "text/html"
        cleaned = clean(page, content_type=kind)
        refused, kept = None, TOKEN in cleaned.source
    except CleaningError as error:
        refused, kept = str(error), False
    return {"seconds": time.process_time() - start, "refused": refused, "kept": kept}


def main(name: str, size: int) -> None:
    """Print what `measure` finds, and the most memory that this process took, in MB."""
    for kind in ("text/html", "text/plain"):  # what is loaded once
        clean(f"<p>{STORY}\n\n" + f"<p>Not so, say others.\n\n{STORY}\n\n" * 4, content_type=kind)
    told = measure(name, size)
    print(json.dumps({**told, "megabytes": _most_memory()}))


def _most_memory() -> float:
    """The most memory that this program took, in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # A new process takes over its parent's ru_maxrss; this begins anew with the program.
        return int(re.findall(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)[0]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**2

"""The peers of `./dev bench extraction`, in an environment of their own.

Reads one JSON line a page from standard input (`html`, `url`), answers each with one JSON line:
for every tool its text, and for those that read metadata also title, authors and day, with the
CPU milliseconds it took. Nothing here looks anything up: pictures are not fetched.
"""

import json
import logging
import signal
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import htmldate
import newspaper
import trafilatura
from lxml import html as lxml_html
from readability import Document
from resiliparse.extract.html2text import extract_plain_text

SECONDS = 30  # after which a tool has found nothing
Found = dict[str, Any]


def main() -> None:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, out_of_time)
    print(json.dumps(list(TOOLS)), flush=True)
    for line in sys.stdin:
        page = json.loads(line)
        answer = {}
        for name, tool in TOOLS.items():
            signal.alarm(SECONDS)
            start = time.process_time()
            try:
                found = tool(page["html"], page["url"])
            except Exception as error:  # noqa: BLE001  a peer may raise anything
                found = {"error": repr(error)[:200]}
            finally:
                signal.alarm(0)
            found["ms"] = 1000 * (time.process_time() - start)
            answer[name] = found
        print(json.dumps(answer), flush=True)


def out_of_time(*_: object) -> None:
    raise TimeoutError


def trafilatura_as(**options: Any) -> Callable[[str, str], Found]:
    def tool(html: str, url: str) -> Found:
        return {"text": trafilatura.extract(html, url=url, **options) or ""}

    return tool


def trafilatura_metadata(html: str, url: str) -> Found:
    found = trafilatura.bare_extraction(html, url=url, with_metadata=True)
    if found is None:
        return {}
    authors = found.author.split("; ") if found.author else []
    return {"title": found.title, "authors": authors, "day": found.date}


def readability(html: str, url: str) -> Found:
    del url
    summary = Document(html).summary()
    return {"text": lxml_html.fromstring(summary).text_content() if summary else ""}


def newspaper4k(html: str, url: str) -> Found:
    article = newspaper.Article(url or "http://page.example/", fetch_images=False)
    article.download(input_html=html)
    article.parse()
    day = str(article.publish_date)[:10] if article.publish_date else None
    return {"text": article.text, "title": article.title, "authors": article.authors, "day": day}


def resiliparse(html: str, url: str) -> Found:
    del url
    return {"text": extract_plain_text(html, main_content=True, alt_texts=False, links=False)}


def htmldate_day(html: str, url: str) -> Found:
    return {"day": htmldate.find_date(html, url=url, original_date=True)}


TOOLS: dict[str, Callable[[str, str], Found]] = {
    "trafilatura": trafilatura_as(),
    "trafilatura precision": trafilatura_as(favor_precision=True),
    "trafilatura fast": trafilatura_as(fast=True),
    "readability-lxml": readability,
    "newspaper4k": newspaper4k,
    "resiliparse": resiliparse,
    "trafilatura metadata": trafilatura_metadata,
    "htmldate": htmldate_day,
}

if __name__ == "__main__":
    main()

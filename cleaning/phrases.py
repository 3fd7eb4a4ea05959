"""The stock phrases of site furniture, from `data/phrases.json`."""

import json
from functools import cache
from importlib import resources
from typing import Any, TypedDict

import regex

from cleaning.normalise import for_comparing
from cleaning.remembered import remembered
from cleaning.words import blank_marks, joined_words, words

# A line that begins with a stock phrase and goes on for longer is a sentence of its own.
_LONGEST_OPENING = 12
# What leads to something else ends in one of them.
COLONS = (":", "：")
FURNITURE = (
    "navigation_label",
    "share_line",
    "newsletter_line",
    "ad_marker",
    "copyright_line",
    "comment_line",
    "picture_line",
    "site_notice",
)
# Of stock sentences: words of one (of those of a cookie notice), characters of all.
_LONGEST_SENTENCE, _LONGEST_NOTICE = 30, 400
_SENTENCE_END = regex.compile(r"(?<=[.!?…][)\"”»]?)\s+|(?<=[。！？])\s*")
_SPEECH = regex.compile(r"[\"“”„«»「」『』]")


class _Phrases(TypedDict):
    whole: frozenset[str]
    opening: tuple[str, ...]
    sentence: tuple[str, ...]


@remembered
def key(text: str) -> str:
    """A text's folded words joined by spaces: equal for texts that read the same.

    >>> key("Editor’s Picks:")
    'editor s picks'
    """
    text = blank_marks(text)
    joined = joined_words(text)  # of ASCII, comparing folds nothing but the case
    return " ".join(words(for_comparing(text))) if joined is None else joined


def rough_key(text: str) -> str:
    """A cheaper key, for long texts of which only the sameness matters.

    >>> rough_key("Editor’s  Picks:")
    'editor’s picks:'
    """
    return " ".join(text.casefold().split())


@remembered
def furniture(line_key: str) -> str | None:
    """The kind of furniture whose stock phrase a line is, or None.

    >>> furniture("latest news"), furniture("troops leave iraq")
    ('navigation_label', None)
    """
    phrases = _phrases()
    is_short = line_key.count(" ") < _LONGEST_OPENING
    for kind in FURNITURE:
        if line_key in phrases[kind]["whole"]:
            return kind
        if is_short and line_key.startswith(phrases[kind]["opening"]):
            return kind
    return None


@remembered
def stock_sentences(text: str) -> str | None:
    """The kind of furniture that a text is made of, sentence by sentence; None if any sentence is
    none. Who says more than the stock phrases, says them in quotes, or leads to something else with
    a colon, tells a story.

    >>> stock_sentences("Follow us on Facebook for alerts. Download our free app.")
    'share_line'
    >>> stock_sentences("We use cookies to bait ants. They come in hundreds.") is None
    True
    """
    if len(text) > _LONGEST_NOTICE or text.endswith(COLONS) or _SPEECH.search(text):
        return None
    kinds = []
    is_line = False
    # Nearly every text is found out by its first sentence.
    for own in filter(None, map(key, _SENTENCE_END.splititer(text))):
        kind = _stock_sentence(own)
        if kind is None:
            kind, is_line = furniture(own), True
        if kind is None:
            return None
        kinds.append(kind)
    # A line of furniture says so among sentences only; alone it may be a subheading.
    return kinds[0] if kinds and (len(kinds) > 1 or not is_line) else None


def _stock_sentence(sentence_key: str) -> str | None:
    if sentence_key.count(" ") >= _LONGEST_SENTENCE:
        return None
    phrases = _sentences().get(sentence_key.split(" ", 1)[0], {})
    return next(
        (kind for phrase, kind in phrases.items() if f"{sentence_key} ".startswith(phrase)), None
    )


def is_furniture(line_key: str) -> bool:
    """Whether a line is a stock phrase of site furniture, and nothing more.

    >>> is_furniture("latest news"), is_furniture("share this article with troops leave iraq")
    (True, False)
    """
    return any(line_key in phrases["whole"] for phrases in _phrases().values())


def is_stock_phrase(text_key: str, kind: str) -> bool:
    """Whether a key is a stock phrase of this kind, and nothing more.

    >>> is_stock_phrase("also read", "read_more")
    True
    """
    return f"{text_key} " in _words_of(kind)


def opens_with_cue(text_key: str) -> bool:
    """Whether a key begins with a phrase that sends the reader to another article.

    >>> opens_with_cue("also read dow plunges"), opens_with_cue("dow plunges")
    (True, False)
    """
    return f"{text_key} ".startswith(_words_of("read_more"))


def says_stock_phrase(text_key: str, kind: str) -> bool:
    """Whether a stock phrase of this kind stands anywhere in a key.

    >>> says_stock_phrase("jane doe contributed to this report", "contributed")
    True
    """
    return any(f" {phrase}" in f" {text_key} " for phrase in _words_of(kind))


def strip_stock_words(text_key: str, *kinds: str) -> str:
    """A key without the stock words of these kinds at its beginning.

    >>> strip_stock_words("last updated on 6 february 2018", "updated")
    '6 february 2018'
    """
    phrases = _words_of(*kinds)
    while f"{text_key} ".startswith(phrases):
        found = next(phrase for phrase in phrases if f"{text_key} ".startswith(phrase))
        text_key = text_key[len(found) :].lstrip()
    return text_key


@cache
def _words_of(*kinds: str) -> tuple[str, ...]:
    loaded = _load()
    return tuple(
        f"{phrase} " for kind in kinds for phrase in sorted(loaded[kind], key=len, reverse=True)
    )


@cache
def _phrases() -> dict[str, _Phrases]:
    loaded = _load()
    return {
        kind: {
            "whole": frozenset(loaded[kind]["whole"]),
            "opening": tuple(loaded[kind]["opening"]),
            "sentence": tuple(f"{phrase} " for phrase in loaded[kind].get("sentence", ())),
        }
        for kind in FURNITURE
    }


@cache
def _sentences() -> dict[str, dict[str, str]]:
    """The beginnings of stock sentences by their first words, with their kinds."""
    found: dict[str, dict[str, str]] = {}
    for kind, phrases in _phrases().items():
        for phrase in phrases["sentence"]:
            found.setdefault(phrase.split(" ", 1)[0], {})[phrase] = kind
    return found


@cache
def _load() -> dict[str, Any]:
    file = resources.files("cleaning").joinpath("data", "phrases.json")
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded

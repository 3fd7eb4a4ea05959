"""What wire copy says about itself: the agency that is credited, and where it reports from.

An agency is credited by a dateline ("LONDON (Reuters) - "), or by a line that says only its name.
One that is cited ("told Reuters", "the AP reports") is not.
"""

from collections.abc import Sequence

import regex

from cleaning.phrases import key

# Names as they are credited -> the agency's usual name.
AGENCIES = {
    "reuters": "Reuters",
    "thomson reuters": "Reuters",
    "ap": "AP",
    "associated press": "AP",
    "the associated press": "AP",
    "afp": "AFP",
    "agence france presse": "AFP",
    "dpa": "dpa",
    "deutsche presse agentur": "dpa",
    "upi": "UPI",
    "united press international": "UPI",
    "bloomberg": "Bloomberg",
    "xinhua": "Xinhua",
    "tass": "TASS",
    "interfax": "Interfax",
    "ansa": "ANSA",
    "efe": "EFE",
    "europa press": "Europa Press",
    "apa": "APA",
    "kyodo": "Kyodo",
    "kyodo news": "Kyodo",
    "yonhap": "Yonhap",
    "pti": "PTI",
    "press trust of india": "PTI",
    "ians": "IANS",
    "anadolu agency": "Anadolu",
    "anadolu": "Anadolu",
    "pa": "PA",
    "pa media": "PA",
    "press association": "PA",
    "belga": "Belga",
    "lusa": "Lusa",
    "sid": "SID",
    "kna": "KNA",
    "epd": "epd",
    "canadian press": "CP",
    "the canadian press": "CP",
}
# Such as: "LONDON, Feb 6 (Reuters) -", "Washington (AP) —", "Berlin (dpa/lnw) –".
_DATELINE = regex.compile(
    r"^\s*(?P<place>(?:\p{Lu}[\p{L}\p{M}'’.\-]*(?:[\s,/]+|$)){1,6}?)"
    r"(?:(?:\d{1,2}\.?\s+)?\p{L}{3,9}\.?(?:\s+\d{1,2})?\s*,?\s*(?:\d{4}\s*)?)?"
    r"[(/](?P<agency>[^()/]{2,40})(?:/[^()]{1,20})?[)/]\s*[.]?[-–—:]"
)
# Such as: "QUILLHAVEN — A ferry", "AUBURN, Wash. — It": capitals, as no sentence begins.
_PLACE_ALONE = regex.compile(
    r"^\s*(?P<place>\p{Lu}{2}[\p{Lu}'’.\- ]*(?:,\s\p{Lu}[\p{L}.]{1,14})?)"
    r"(?:,\s[\p{L}\d. ]{3,14})?\s*[-–—]\s"
)
# Such as: "(Reuters) - The company said".
_BARE_DATELINE = regex.compile(r"^\s*\((?P<agency>[^()]{2,40})\)\s*[-–—]")
# Such as: "— AP", "Source: Reuters", "© 2018 AFP", "By Associated Press".
_CREDIT = regex.compile(
    r"^\s*(?:[-–—]+|(?i:source|sources|quelle|fuente|fonte|by|von|par|por)\b\s*:?|"
    r"(?:©|\([cC]\)|(?i:copyright))\s*(?:\d{4}\s*)?)?\s*(?P<agency>[\p{L}\s]{2,40}?)\s*\.?$"
)


# Labels that stand before a dash like a place.
_NO_PLACES = frozenset(
    {
        "UPDATE",
        "EXCLUSIVE",
        "BREAKING",
        "ANALYSIS",
        "CORRECTED",
        "OPINION",
        "LIVE",
        "VIDEO",
        "WATCH",
    }
)


def credited_agency(paragraphs: Sequence[str], lines: Sequence[str]) -> str | None:
    """The agency that the first paragraph's dateline or a credit line names.

    `paragraphs` are the article's text; `lines` the short lines around it. None if they name
    none, or more than one.

    >>> credited_agency(["LONDON, Feb 6 (Reuters) - Shares fell."], [])
    'Reuters'
    >>> credited_agency(["He told Reuters that shares fell."], []) is None
    True
    """
    found = [
        match["agency"]
        for match in (
            *(
                pattern.match(paragraphs[0])
                for pattern in (_DATELINE, _BARE_DATELINE)
                if paragraphs
            ),
            *map(_CREDIT.match, lines),
        )
        if match
    ]
    agencies = {AGENCIES[name] for name in map(_agency_key, found) if name in AGENCIES}
    return agencies.pop() if len(agencies) == 1 else None


def dateline_place(paragraph: str) -> str | None:
    """The place that a first paragraph reports from, as it is written.

    >>> dateline_place("LONDON, Feb 6 (Reuters) - Shares fell.")
    'LONDON'
    >>> dateline_place("Washington (AP) — He said so.")
    'Washington'
    >>> dateline_place("QUILLHAVEN — A passenger ferry ran aground.")
    'QUILLHAVEN'
    >>> dateline_place("In London he told Reuters - twice - that shares fell.") is None
    True
    """
    found = _DATELINE.match(paragraph) or _PLACE_ALONE.match(paragraph)
    if found is None:
        return None
    if "agency" in found.groupdict() and _agency_key(found["agency"]) not in AGENCIES:
        return None
    place: str = found["place"].strip(" ,/")
    return place if place and place.upper() not in _NO_PLACES else None


def _agency_key(name: str) -> str:
    return key(name.split("/", maxsplit=1)[0])

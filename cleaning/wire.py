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
_SHORT_NAME = 4
_WORD = r"\p{Lu}[\p{L}\p{M}'’.\-]*"
_SMALL = r"(?:de|del|da|do|dos|das|di|du|la|le|les|el|al|of|the|upon|am|an|der|im|bei|sur|en|y|e)"
_PLACE = rf"(?P<place>{_WORD}(?:[\s/](?:{_SMALL}\s){{0,2}}{_WORD}){{0,4}}(?:,\s?{_WORD}){{0,2}}?)"
_DAY = (
    r"(?:,\s*|\s+)(?:\d{1,2}\.?\s+(?:de\s)?\p{L}{3,10}\.?|\p{L}{3,10}\.?\s+\d{1,2}\.?)"
    r"(?:,?\s+(?:de\s)?\d{4})?"
)
_DATELINE = regex.compile(
    rf"^\s*{_PLACE}(?:{_DAY})?,?\s*"
    r"(?:\((?P<agency>[^()/]{2,40})(?:/[^()]{1,20})?\)\s*[-–—:_]|/(?P<agency>[^()/]{2,40})/\s*[-–—.:])"
)
# Such as: "AUBURN, Wash. — It", "QUILLHAVEN, March 6 — A ferry". Capitals and a dash alone are also
# "NASA — which" and "EXCLUSIVE —".
_PLACE_ALONE = regex.compile(
    rf"^\s*(?P<place>\p{{Lu}}{{2}}[\p{{Lu}}'’.\- ]*)"
    rf"(?:(?P<state>,\s\p{{Lu}}[\p{{L}}.]{{1,14}})|{_DAY})\s*[-–—]\s"
)
# Such as: "(Reuters) - The company said".
_BARE_DATELINE = regex.compile(r"^\s*\((?P<agency>[^()]{2,40})\)\s*[-–—]")
# Such as: "— AP", "Source: Reuters", "© 2018 AFP", "By Associated Press".
_CREDIT = regex.compile(
    r"^\s*(?:[-–—]+|(?i:source|sources|quelle|fuente|fonte|by|von|par|por)\b\s*:?|"
    r"(?:©|\([cC]\)|(?i:copyright))\s*(?:\d{4}\s*)?)?\s*(?P<agency>[\p{L}\s\-]{2,40}?)\s*\.?$"
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
    agencies = {agency for agency in map(_agency, found) if agency}
    return agencies.pop() if len(agencies) == 1 else None


def dateline_place(paragraph: str) -> str | None:
    """The place that a first paragraph reports from, as it is written.

    >>> dateline_place("LONDON, Feb 6 (Reuters) - Shares fell.")
    'LONDON'
    >>> dateline_place("Washington (AP) — He said so.")
    'Washington'
    >>> dateline_place("AUBURN, Wash. — A passenger ferry ran aground.")
    'AUBURN, Wash.'
    >>> dateline_place("In London he told Reuters - twice - that shares fell.") is None
    True
    """
    found = _DATELINE.match(paragraph)
    if found is not None:
        return found["place"].strip(" ,/") if _agency(found["agency"]) else None
    alone = _PLACE_ALONE.match(paragraph)
    return (alone["place"].strip() + (alone["state"] or "")) if alone else None


def _agency(name: str) -> str | None:
    """The agency of a credited name: short ones as they are written, "Sid" may be a person."""
    own = _agency_key(name)
    agency = AGENCIES.get(own) or AGENCIES.get(own.removesuffix(" staff").removesuffix(" news"))
    is_short = agency is not None and len(own) <= _SHORT_NAME
    return None if is_short and name.strip() not in {agency, str(agency).upper()} else agency


def _agency_key(name: str) -> str:
    return key(name.split("/", maxsplit=1)[0])

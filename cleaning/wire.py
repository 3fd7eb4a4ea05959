"""What wire copy says about itself: the agency that is credited, and where it reports from.

An agency is credited by a dateline ("LONDON (Reuters) - "), or by a line that says only its name.
One that is cited ("told Reuters", "the AP reports") is not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from cleaning.phrases import is_stock_phrase, key

# Names as they are credited -> the agency's usual name.
AGENCIES = {
    "reuters": "Reuters",
    "thomson reuters": "Reuters",
    "thomson reuters foundation": "Thomson Reuters Foundation",
    "ap": "AP",
    "associated press": "AP",
    "the associated press": "AP",
    "afp": "AFP",
    "agence france presse": "AFP",
    "dpa": "dpa",
    "deutsche presse agentur": "dpa",
    "dpa afx": "dpa-AFX",
    "upi": "UPI",
    "united press international": "UPI",
    "bloomberg": "Bloomberg",
    "dow jones": "Dow Jones",
    "dow jones newswires": "Dow Jones",
    "xinhua": "Xinhua",
    "新 华 社": "Xinhua",
    "中 新 社": "CNS",
    "tass": "TASS",
    "тасс": "TASS",
    "риа новости": "RIA Novosti",
    "interfax": "Interfax",
    "интерфакс": "Interfax",
    "ansa": "ANSA",
    "efe": "EFE",
    "europa press": "Europa Press",
    "apa": "APA",
    "agi": "AGI",
    "anp": "ANP",
    "pap": "PAP",
    "ntb": "NTB",
    "ritzau": "Ritzau",
    "sda": "SDA",
    "keystone sda": "SDA",
    "aap": "AAP",
    "kyodo": "Kyodo",
    "kyodo news": "Kyodo",
    "共 同": "Kyodo",
    "jiji": "Jiji",
    "時 事": "Jiji",
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
_SHORT_NAME = 4  # letters
# Such as: "LONDON, Feb 6 (Reuters) -", "Washington (AP) —", "Berlin (dpa/lnw) –".
_WORD = r"\p{Lu}[\p{L}\p{M}'’.\-]*"
_SMALL = r"(?:de|del|da|do|dos|das|di|du|la|le|les|el|al|of|the|upon|am|an|der|im|bei|sur|en|y|e)"
_PLACE = rf"(?P<place>{_WORD}(?:[\s/](?:{_SMALL}\s){{0,2}}{_WORD}){{0,4}}(?:,\s?{_WORD}){{0,2}}?)"
_DAY = (
    r"(?:,\s*|\s+)(?:\d{1,2}\.?\s+(?:de\s)?\p{L}{3,10}\.?|\p{L}{3,10}\.?\s+\d{1,2}\.?)"
    r"(?:,?\s+(?:de\s)?\d{4})?"
)
_HAN_DAY = r"\d{1,2}月\d{1,2}日"
_HAN_BYLINE = r"(?:[(（](?:记者)?[^()（）]{1,40}[)）])?\s*+"
_DASH = r"[-–—:_]{1,2}\s*+"
_DATELINES = tuple(
    map(
        regex.compile,
        (
            rf"\s*+{_PLACE}(?:{_DAY})?,?\s*+\((?P<agency>[^()/]{{2,40}})(?:/[^()]{{1,20}})?\)\s*+\.?{_DASH}",
            rf"\s*+{_PLACE}(?:{_DAY})?,?\s*+\.?\s*+/(?P<agency>[^()/]{{2,40}})/\s*+(?:{_DASH}|\.\s*+)",
            # "ROMA, 6 FEB - " behind the agency: "(ANSA) - ROMA, 6 FEB - Il governo".
            rf"\s*+\((?P<agency>[^()]{{2,40}})\)\s*+[-–—]{{1,2}}\s*+{_PLACE}{_DAY}\s*+[-–—]\s++",
            # "(Reuters) - The company said".
            r"\s*+\((?P<agency>[^()]{2,40})\)\s*+[-–—]{1,2}\s*+",
            # "МОСКВА, 6 фев — РИА Новости."
            rf"\s*+{_PLACE}{_DAY}\s*+[-–—]\s*+(?P<agency>[\p{{L}} ]{{2,40}})\.\s++",
            # "新华社北京2月6日电（记者张三）", "【ロンドン共同】".
            rf"\s*+(?P<agency>新华社|中新社)(?P<place>\p{{Han}}{{2,10}}?){_HAN_DAY}电\s*+{_HAN_BYLINE}",
            r"\s*+[【(（](?P<place>[\p{Han}\p{Katakana}ー・]{2,16}?)[=＝]?(?P<agency>共同|時事)[】)）]\s*+",
        ),
    )
)
# Such as: "AUBURN, Wash. — It", "QUILLHAVEN, March 6 — A ferry".
_PLACE_ALONE = regex.compile(
    rf"\s*+(?P<place>\p{{Lu}}{{2}}[\p{{Lu}}'’.\- ]{{0,40}})"
    rf"(?:(?P<state>,\s\p{{Lu}}[\p{{L}}.]{{1,14}})|{_DAY})\s*+[-–—]{{1,2}}\s++"
)
# Such as: "LONDON — Shares". Capitals and a dash alone are also "NASA — which" and "EXCLUSIVE —",
# so only the cities that need no country are known by them, and only before a new sentence.
_CITY = regex.compile(
    r"\s*+(?P<place>\p{Lu}{2}[\p{Lu}. ]{0,24}?)\s*+[–—-]{1,2}\s++(?=[“\"‘'«„]?(?:\p{Lu}|\d))"
)
_LONGEST_DATELINE = 160  # characters
# Each of these forms holds one of them.
_MAY_BE_DATELINE = re.compile(r"[-–—/(（【]|新华社|中新社")
# Such as: "— AP", "Source: Reuters", "© 2018 AFP", "By Associated Press".
_CREDIT = regex.compile(
    r"^\s*(?:[-–—]+|(?i:source|sources|quelle|fuente|fonte|by|von|par|por)\b\s*:?|"
    r"(?:©|\(?[cC]\)|(?i:copyright))\s*(?:\d{4}\s*)?)?\s*(?P<agency>[\p{L}\s\-]{2,40}?)\s*\.?$"
)


@dataclass(frozen=True, slots=True)
class Dateline:
    """Where a paragraph reports from and the agency it credits, either of which may be missing;
    its text ends at `end`, behind the dash."""

    place: str | None
    agency: str | None
    end: int


def read_dateline(paragraph: str, start: int = 0) -> Dateline | None:
    """The dateline that stands at `start` of a paragraph, if one does.

    >>> read_dateline("LONDON, Feb 6 (Reuters) - Shares fell.")
    Dateline(place='LONDON', agency='Reuters', end=26)
    >>> read_dateline("AUBURN, Wash. — A passenger ferry ran aground.").place
    'AUBURN, Wash.'
    >>> read_dateline("In London he told Reuters - twice - that shares fell.") is None
    True
    """
    end = start + _LONGEST_DATELINE
    if _MAY_BE_DATELINE.search(paragraph, start, end) is None:
        return None
    for pattern in _DATELINES:
        found = pattern.match(paragraph, start, end)
        agency = agency_of(found["agency"]) if found else None
        if found and agency:
            place = found.groupdict().get("place")
            return Dateline(place.strip(" ,/") if place else None, agency, found.end())
    found = _PLACE_ALONE.match(paragraph, start, end)
    if found is not None:
        return Dateline(found["place"].strip() + (found["state"] or ""), None, found.end())
    found = _CITY.match(paragraph, start, end)
    if found is not None and is_stock_phrase(key(found["place"]), "dateline_city"):
        return Dateline(found["place"].strip(), None, found.end())
    return None


def credited_agency(paragraphs: Sequence[str], lines: Sequence[str]) -> str | None:
    """The agency that the first paragraph's dateline or a credit line names.

    `paragraphs` are the article's text; `lines` the short lines around it. None if they name
    none, or more than one.

    >>> credited_agency(["LONDON, Feb 6 (Reuters) - Shares fell."], [])
    'Reuters'
    >>> credited_agency(["He told Reuters that shares fell."], []) is None
    True
    """
    dateline = read_dateline(paragraphs[0]) if paragraphs else None
    named = [agency_of(match["agency"]) for match in map(_CREDIT.match, lines) if match]
    agencies = set(filter(None, [dateline.agency if dateline else None, *named]))
    return agencies.pop() if len(agencies) == 1 else None


def agency_of(name: str) -> str | None:
    """The agency that goes by a name; None for any other name.

    Short Latin names count only as they are written: "Sid" may be a person.

    >>> agency_of("Agence France-Presse"), agency_of("Sid")
    ('AFP', None)
    """
    own = _agency_key(name)
    agency = AGENCIES.get(own) or AGENCIES.get(own.removesuffix(" staff").removesuffix(" news"))
    is_short = agency is not None and own.isascii() and len(own) <= _SHORT_NAME
    return None if is_short and name.strip() not in {agency, str(agency).upper()} else agency


def _agency_key(name: str) -> str:
    return key(name.split("/", maxsplit=1)[0])

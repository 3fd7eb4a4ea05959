"""Bytes or text, as they were sent -> decoded text and its format.

Decoding is done here, from an allow-list, and never left to a parser: a believed utf-7 turned
harmless text into a live script, and a believed utf-16 turns ASCII into noise. In order:

1. a byte order mark, or the pattern of NUL bytes that UTF-16 leaves in markup;
2. UTF-8, where the bytes are valid: other encodings' bytes hardly ever are;
3. the charsets that the sender, the page's <meta> and its XML declaration name, in this order,
   of several bytes a character: where all bytes, or nearly all, prove them;
4. UTF-8 with a few bytes lost;
5. the first named charset of one byte a character that says more than windows-1252, which is
   what servers send by default; any bytes decode so, and nothing proves it;
6. what the bytes look like (Cyrillic, Chinese, Japanese, Korean), else windows-1252, which every
   old page without a charset is read as.

For HTML the limits are checked that keep the parser linear in time.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass

from cleaning.errors import SourceTooLarge, UndecodableSource
from cleaning.model import Format

# The largest of 1,842 real pages has 19,600. A page of as many as this takes 1.4 s.
MAX_TAGS = 30_000
# Elements inside each other; 56 on the deepest real page. libxml2 stops reading at 2,048 without
# an error, so the limit must stay below that. Checked on the parsed tree.
MAX_DEPTH = 500
# libxml2 appends an attribute in time linear in those before it: 50,000 in one tag took 2.8 s,
# 4 MB of tags with 2,000 each 2 s. Minified scripts look like tags with up to 1,000.
MAX_ATTRIBUTES = 2_000

# One byte for each character: nearly any bytes "decode", so validity proves nothing.
_SINGLE_BYTE = {
    # The Encoding Standard reads ASCII and Latin-1 as windows-1252; so do all browsers.
    **dict.fromkeys(("ascii", "us-ascii", "latin1", "iso-8859-1", "cp1252"), "cp1252"),
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
    **{f"cp{n}": f"cp{n}" for n in range(1250, 1259)},
    **{
        f"{label}{n}": f"iso8859-{n}"
        for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)
        for label in ("iso-8859-", "iso8859-", "iso_8859-")
    },
    **{f"x-cp{n}": f"cp{n}" for n in range(1250, 1259)},
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical"), "iso8859-8"),
    **dict.fromkeys(("latin2", "l2"), "iso8859-2"),
    **dict.fromkeys(("koi8", "koi"), "koi8-r"),
    "x-mac-cyrillic": "mac-cyrillic",
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "windows-874"), "cp874"),
    **{name: name for name in ("koi8-r", "koi8-u")},
    "macintosh": "mac-roman",
}
# Several bytes for each character: bytes of another encoding hardly ever pass.
_MULTI_BYTE = {
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "windows-949"), "cp949"),
    **dict.fromkeys(("euc-jp", "x-euc-jp"), "euc_jp"),
    "iso-2022-jp": "iso2022_jp",
}
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_XML_CHARSET = re.compile(rb"<\?xml[^<>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})")
# Bytes looked at where the encoding is told by what they look like.
_LOOKED_AT = 100_000
# UTF-16 leaves a NUL in every second byte of markup; text alone in other scripts has few.
_LEAST_NULS = 0.1
# A byte of a multi-byte character that got lost spoils one character, not the page's encoding.
_VALID_PER_INVALID = 50

_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.IGNORECASE
)
_OPENS_AS_HTML = re.compile(
    r"<(?:!doctype|!--|\?xml|(?:html|head|body|title|meta|link|script|style|base|main|article|"
    r"section|header|nav|div|p|span|a|b|i|em|strong|h[1-6]|ul|ol|table|figure|img|br|blockquote)"
    r"[\s/>])",
    re.IGNORECASE,
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# The attribute syntax of the HTML Standard's tokeniser, possessive throughout.
_ATTRIBUTE = (
    r"[ \t\n\r\f/]*+[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+"
    r"(?:[ \t\n\r\f]*+=[ \t\n\r\f]*+(?:\"[^\"]*+\"|'[^']*+'|[^ \t\n\r\f>\"'][^ \t\n\r\f>]*+)?+)?+"
)
_CROWDED_TAG = re.compile(
    rf"<[a-zA-Z][^ \t\n\r\f/>]*+(?:{_ATTRIBUTE}){{{MAX_ATTRIBUTES + 1}}}".encode()
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A source as text without lone surrogates, NUL and byte order mark, what it is, and the text
    in UTF-8, which is how a page is parsed."""

    text: str
    format: Format
    encoded: bytes


def read_source(source: bytes | str, content_type: str | None = None) -> Decoded:
    """Decode a source and tell HTML from plain text.

    `content_type` is a media type as in HTTP (`text/html; charset=gbk`); without one, or with
    one that says neither, the text's first characters tell the format. Raises
    `UndecodableSource` and, for HTML, `SourceTooLarge`.
    """
    text = source if isinstance(source, str) else decode(source, content_type)
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        # A search for lone surrogates takes ten times as long as encoding, and few texts have any.
        text = _SURROGATES.sub("\ufffd", text)
        encoded = text.encode()
    if b"\x00" in encoded:
        text, encoded = text.replace("\x00", ""), encoded.replace(b"\x00", b"")
    text, encoded = text.removeprefix("\ufeff"), encoded.removeprefix(BOM_UTF8)
    kind = _format(text, content_type)
    if kind == "html":
        check_tags(encoded)
    return Decoded(text, kind, encoded)


def check_tags(html: bytes) -> None:
    """Raise `SourceTooLarge` where parsing would take more than linear time."""
    tags = html.count(b"<")
    if tags > MAX_TAGS:
        raise SourceTooLarge("tags", tags, MAX_TAGS)
    if _CROWDED_TAG.search(html):
        raise SourceTooLarge("attributes of one tag", MAX_ATTRIBUTES + 1, MAX_ATTRIBUTES)


def decode(source: bytes, content_type: str | None = None) -> str:
    """The text of these bytes, by the rules above. Raises `UndecodableSource`."""
    for mark, encoding in (
        (BOM_UTF8, "utf-8-sig"),
        (BOM_UTF16_LE, "utf-16"),
        (BOM_UTF16_BE, "utf-16"),
    ):
        if source.startswith(mark):
            return _strictly(source, encoding)
    wide = _utf_16(source)
    if wide:
        return _strictly(source, wide)
    named = _named_charsets(source, content_type)
    if "iso-2022-jp" in named and b"\x1b" in source:
        return source.decode("iso2022_jp", "replace")
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        invalid_utf8 = error
    if b"\x00" in source:
        raise UndecodableSource("utf-8", invalid_utf8.start) from invalid_utf8
    several = [_MULTI_BYTE[name] for name in named if name in _MULTI_BYTE]
    for encoding in (*several, "utf-8"):
        text = source.decode(encoding, "replace")
        if sum(c > "\x7f" for c in text) > _VALID_PER_INVALID * text.count("\ufffd"):
            return text
    single = [_SINGLE_BYTE[name] for name in named if name in _SINGLE_BYTE]
    telling = [encoding for encoding in single if encoding != "cp1252"]
    encoding = next(iter(telling or single), None) or _looks_like(source)
    return source.decode(encoding, "replace")


def _strictly(source: bytes, encoding: str) -> str:
    try:
        return source.decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableSource(encoding.removesuffix("-sig"), error.start) from error


def _utf_16(source: bytes) -> str | None:
    """The byte order that the NULs of UTF-16 show."""
    head = source[:_LOOKED_AT]
    # Markup begins with "<": the first character shows the order, the others bear it out.
    if len(head) < 2 or (head[0] == 0) == (head[1] == 0) or len(source) % 2:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    few, many = sorted((even, odd))
    if many < _LEAST_NULS * len(head) / 2 or few > many / 10 or (odd > even) != (head[1] == 0):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _named_charsets(source: bytes, content_type: str | None) -> list[str]:
    """The charsets that the sender and, of HTML, the page name, the sender's first."""
    kind = _media_type(content_type)
    # The HTML Standard looks at the first 1,024 bytes; publishers put it later.
    head = b"" if kind == "text/plain" else source[:4096]
    header = _CHARSET.search(content_type or "")
    found = [header[1]] if header else []
    inside = (_META_CHARSET.search(head), _XML_CHARSET.match(head.lstrip()))
    found += [match[1].decode("ascii", "replace") for match in inside if match]
    return [name.lower() for name in found]


def _looks_like(source: bytes) -> str:
    """The encoding that undeclared bytes look like.

    Western text has its letters beyond ASCII one by one; Cyrillic words are made of them, and
    most are small. East Asian bytes decode into characters of the language's own.
    """
    head = source[:_LOOKED_AT]
    high = _HIGH_RUN.findall(head)
    beyond = sum(map(len, high))
    if beyond < _FEWEST_HIGH or beyond < 2 * len(high):
        return "cp1252"
    for encoding, own, least in _EAST_ASIAN:
        text = head.decode(encoding, "ignore")
        foreign = sum(c > "\x7f" for c in text)
        is_whole = 2 * foreign >= beyond * 0.95
        if is_whole and len(own.findall(text)) >= least * foreign:
            return encoding
    runs = b"".join(run for run in high if len(run) > 2)
    small_1251, small_koi8 = _count(runs, 0xE0, 0xFF), _count(runs, 0xC0, 0xDF)
    if small_1251 + small_koi8 < 0.9 * beyond:
        return "cp1252"
    return "cp1251" if small_1251 >= small_koi8 else "koi8-r"


def _count(source: bytes, low: int, high: int) -> int:
    return sum(low <= byte <= high for byte in source)


_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_FEWEST_HIGH = 20  # bytes; fewer tell nothing
# Encodings of two bytes a character, characters that their text is made of, and how much of it.
_EAST_ASIAN = (
    ("cp932", re.compile("[\u3041-\u30ff]"), 0.2),
    ("cp949", re.compile("[\uac00-\ud7a3]"), 0.8),
    ("gb18030", re.compile("[\u4e00-\u9fa5\u3000-\u303f\uff00-\uffef]"), 0.95),
)


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


def _format(text: str, content_type: str | None) -> Format:
    media_type = _media_type(content_type)
    if media_type in _HTML_TYPES:
        return "html"
    if media_type == "text/plain":
        return "text"
    return "html" if _OPENS_AS_HTML.match(text.lstrip()[:64]) else "text"

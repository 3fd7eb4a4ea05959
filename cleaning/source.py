"""Bytes or text, as they were sent -> decoded text and its format.

Decoding is done here, from an allow-list, and never left to a parser: a believed utf-7 turned
harmless text into a live script, and a believed utf-16 turns ASCII into noise. In order: a byte
order mark; the charset that the sender or the page declares, where its bytes prove themselves;
UTF-8 where the bytes are valid; then windows-1252, which every old page without a charset is
read as. For HTML the limits are checked that keep the parser linear in time.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass

from cleaning.errors import SourceTooLarge, UndecodableSource
from cleaning.model import Format

# The largest of 1,842 real pages has 19,600. A page of as many as this is cleaned in about 2 s.
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
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
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
    "euc-jp": "euc_jp",
}
_HTML_TYPES = ("text/html", "application/xhtml+xml")
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
_CROWDED_TAG = re.compile(rf"<[a-zA-Z][^ \t\n\r\f/>]*+(?:{_ATTRIBUTE}){{{MAX_ATTRIBUTES + 1}}}")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A source as text without lone surrogates, NUL and byte order mark, and what it is."""

    text: str
    format: Format


def read_source(source: bytes | str, content_type: str | None = None) -> Decoded:
    """Decode a source and tell HTML from plain text.

    `content_type` is a media type as in HTTP (`text/html; charset=gbk`); without one, or with
    one that says neither, the text's first characters tell the format. Raises
    `UndecodableSource` and, for HTML, `SourceTooLarge`.
    """
    text = source if isinstance(source, str) else decode(source, content_type)
    try:
        text.encode()
    except UnicodeEncodeError:
        # A search for lone surrogates takes ten times as long as encoding, and few texts have any.
        text = _SURROGATES.sub("\ufffd", text)
    if "\x00" in text:
        text = text.replace("\x00", "")
    text = text.removeprefix("\ufeff")
    kind = _format(text, content_type)
    if kind == "html":
        check_tags(text)
    return Decoded(text, kind)


def check_tags(html: str) -> None:
    """Raise `SourceTooLarge` where parsing would take more than linear time."""
    tags = html.count("<")
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
    declared = _declared_charset(source, content_type)
    if declared in _MULTI_BYTE:
        try:
            return source.decode(_MULTI_BYTE[declared])
        except UnicodeDecodeError:
            pass
    try:
        return source.decode()
    except UnicodeDecodeError as error:
        invalid_utf8 = error
    if b"\x00" in source:
        raise UndecodableSource("utf-8", invalid_utf8.start) from invalid_utf8
    lenient = source.decode(errors="replace")
    invalid = lenient.count("\ufffd")
    if sum(c > "\x7f" for c in lenient) > _VALID_PER_INVALID * invalid:
        return lenient
    try:
        return source.decode(_SINGLE_BYTE.get(declared, "cp1252"))
    except UnicodeDecodeError:
        raise UndecodableSource("utf-8", invalid_utf8.start) from invalid_utf8


def _strictly(source: bytes, encoding: str) -> str:
    try:
        return source.decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableSource(encoding.removesuffix("-sig"), error.start) from error


def _declared_charset(source: bytes, content_type: str | None) -> str:
    named = _CHARSET.search(content_type or "")
    if named:
        return named[1].lower()
    # The HTML Standard looks at the first 1,024 bytes; publishers put it later.
    inside = _META_CHARSET.search(source[:4096])
    return inside[1].decode("ascii", "replace").lower() if inside else ""


def _format(text: str, content_type: str | None) -> Format:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type in _HTML_TYPES:
        return "html"
    if media_type == "text/plain":
        return "text"
    return "html" if _OPENS_AS_HTML.match(text.lstrip()[:64]) else "text"

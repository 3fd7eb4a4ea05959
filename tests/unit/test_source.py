import pytest

from cleaning.errors import SourceTooLarge, UndecodableSource
from cleaning.source import MAX_ATTRIBUTES, MAX_TAGS, decode, read_source

GERMAN = "Zürich – die Börse schließt früher"


def test_utf_8_needs_no_declaration() -> None:
    assert read_source(GERMAN.encode()).text == GERMAN


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_names_the_encoding_and_disappears(encoding: str) -> None:
    assert read_source(GERMAN.encode(encoding), "text/plain; charset=latin1").text == GERMAN


def test_the_charset_of_the_content_type_is_used() -> None:
    source = "Москва, 6 марта".encode("windows-1251")
    assert read_source(source, 'text/plain; charset="windows-1251"').text == "Москва, 6 марта"


def test_the_charset_of_a_meta_element_is_used() -> None:
    page = (
        '<html><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>新华社北京电'
    )
    assert read_source(page.encode("gbk")).text == page


def test_a_wrong_single_byte_charset_does_not_beat_valid_utf_8() -> None:
    assert read_source(GERMAN.encode(), "text/plain; charset=iso-8859-1").text == GERMAN


def test_text_without_a_charset_falls_back_to_windows_1252() -> None:
    assert read_source(GERMAN.encode("cp1252")).text == GERMAN


def test_one_broken_character_does_not_turn_a_page_into_noise() -> None:
    source = (GERMAN * 40).encode() + b"\xc3"
    assert read_source(source).text == GERMAN * 40 + "\ufffd"


def test_a_declared_utf_7_is_not_believed() -> None:
    text = read_source(b"+ADw-script+AD4-alert(1)", "text/html; charset=utf-7").text
    assert "<script>" not in text


def test_a_declared_utf_16_without_its_mark_is_not_believed() -> None:
    assert read_source(b"plain ASCII text", "text/plain; charset=utf-16").text == "plain ASCII text"


@pytest.mark.parametrize("source", [b"\x89PNG\r\n\x00\x00\xff", b"\xff\xfe\x00"])
def test_bytes_that_are_no_text_are_refused_with_their_position(source: bytes) -> None:
    with pytest.raises(UndecodableSource) as refused:
        read_source(source)
    assert 0 <= refused.value.position <= len(source)


def test_surrogates_nul_and_mark_are_gone() -> None:
    assert read_source("\ufeffa\ud800b\x00c").text == "a\ufffdbc"


@pytest.mark.parametrize(
    ("source", "content_type", "expected"),
    [
        ("  \n<!DOCTYPE html><p>x", None, "html"),
        ("<p>x", None, "html"),
        ("<Reuters> London", None, "text"),
        ("1 < 2 <p>", None, "text"),
        ("x", "text/html", "html"),
        ("x", "application/xhtml+xml; charset=utf-8", "html"),
        ("<p>x", "text/plain", "text"),
        ("<p>x", "application/octet-stream", "html"),
        ("", None, "text"),
    ],
)
def test_the_format_is_declared_or_sniffed(
    source: str, content_type: str | None, expected: object
) -> None:
    assert read_source(source, content_type).format == expected


def test_a_flood_of_tags_is_refused() -> None:
    with pytest.raises(SourceTooLarge) as refused:
        read_source("<p>" * (MAX_TAGS + 1))
    assert refused.value.what == "tags"


@pytest.mark.parametrize("attribute", [" a{}", " a{}='>'", ' a{}="<b"', "/a{}"])
def test_a_tag_with_a_flood_of_attributes_is_refused(attribute: str) -> None:
    tag = "<p" + "".join(attribute.format(n) for n in range(MAX_ATTRIBUTES + 1)) + ">"
    with pytest.raises(SourceTooLarge):
        read_source("<!-- <p a=' -->" + tag + "x")


def test_plain_text_may_hold_any_number_of_brackets() -> None:
    assert read_source("a " + "<" * (MAX_TAGS + 1)).format == "text"


RUSSIAN = "<p>Привет, это новости из города, сказал он вчера вечером журналистам</p>"
CHINESE = "<p>新华社北京电，记者从有关部门获悉，今年的经济增长超过预期，专家表示欢迎。</p>"
JAPANESE = "<p>渡輪は木曜日の朝に岬の近くで座礁し、救助隊は全員を上陸させるのに五時間かかった。</p>"
KOREAN = "<p>여객선이 목요일 아침 일찍 곶 앞바다에서 좌초했으며 구조대가 모두를 구조했다.</p>"
HEBREW = "<p>שלום לכולם</p>"
GERMAN = "<p>Größe und Straße, Mädchen über Österreich, café, naïve</p>"


@pytest.mark.parametrize(
    ("text", "encoding", "head", "header"),
    [
        (RUSSIAN, "cp1251", "<meta charset=windows-1251>", "iso-8859-1"),
        (CHINESE, "gb18030", "<meta charset=gb2312>", "utf-8"),
        (JAPANESE, "cp932", "<meta charset=shift_jis>", "utf-8"),
        (JAPANESE, "iso2022_jp", "<meta charset=iso-2022-jp>", None),
        (HEBREW, "iso8859-8", "<meta charset=iso-8859-8-i>", None),
        (RUSSIAN, "cp1251", "<?xml version='1.0' encoding='windows-1251'?>", None),
        (RUSSIAN, "utf-8", "<meta charset=gbk>", None),
        (RUSSIAN, "utf-16-le", "", "utf-16le"),
        (RUSSIAN, "utf-16-be", "", None),
        (RUSSIAN, "cp1251", "", None),
        (RUSSIAN, "koi8-r", "", None),
        (CHINESE, "gb18030", "", None),
        (JAPANESE, "cp932", "", None),
        (KOREAN, "cp949", "", None),
        (GERMAN, "cp1252", "", None),
        (GERMAN, "utf-8", "<meta charset=utf-7>", "utf-7"),
    ],
)
def test_the_encoding_is_what_the_bytes_bear_out(
    text: str, encoding: str, head: str, header: str | None
) -> None:
    kind = f"text/html; charset={header}" if header else "text/html"
    assert decode((head + text).encode(encoding), kind).endswith(text)


def test_a_stray_byte_spoils_one_character_and_not_the_page() -> None:
    page = (f"<meta charset=gb2312>{CHINESE * 20}").encode("gb18030")
    assert "记者从有关部门获悉" in decode(page + b"\xff", "text/html")
    assert decode(b"caf\xe9 \x81").startswith("café ")


def test_a_text_that_mentions_a_charset_does_not_declare_it() -> None:
    told = "Use <meta charset=koi8-r> here. Größe"
    assert decode(told.encode("cp1252"), "text/plain") == told

"""Text that breaks text handling: every kind of space, invisible and combining characters,
scripts without spaces, letters that fold into several, and the furniture that rules look for."""

from hypothesis import strategies as st

SPACES = " \t\n\r\v\f\x1c\x1f\x85\xa0\u1680\u2000\u2009\u2028\u2029\u202f\u205f\u3000"
INVISIBLE = "\x00\x01\x7f\x9f\xad\u200b\u200c\u200d\u200e\u202e\u2066\u2069\ufeff\ufe0f\u034f\u3164"
SURROGATES = "\ud800\udbff\udfff"
MARKS = "\u0301\u0308\u0323\u064b\u093e\u0e33\u0e48"
LETTERS = "aZéßİıſﬁǆΣςЖаｗＴ1½²伊拉克こﾊﾞ한ไทယာ្लاﷺ"
STOPS = ".,;:!?-–—()[]{}\"'“”‘’»›|/\\&<>#…。！？\ufffd"
LINES = (
    "Latest news",
    "By Jane Doe",
    "06 February 2018",
    "Updated: 3 May 2020, 10:00 GMT",
    "Home » News » Council approves the bridge",
    "Council approves the bridge",
    "Council approves the…",
    "(AP) - The council",
    "UPDATE 1-Council approves the bridge",
    "(Adds details)",
    "(Reporting by Jane Doe; Editing by John Roe)",
    "(MORE)",
    "Von Erika Muster | 5. März 2021, 14:30 Uhr",
    "二〇一八年 2018年2月6日",
    "the council said on Monday that the bridge across the river would be closed for a year.",
    "said -as ever- that the US -led",
)

characters = st.one_of(
    *map(st.sampled_from, (SPACES, INVISIBLE, MARKS, LETTERS, STOPS)),
    st.sampled_from(SURROGATES),
    st.characters(),
)
pieces = st.one_of(
    characters,
    st.sampled_from(("\n", "\n\n", "\r\n\r\n")),
    st.sampled_from(LINES),
    st.sampled_from(MARKS).map(lambda mark: "e" + mark * 40),
)
texts = st.lists(pieces, max_size=40).map("".join)

# Words of one known alphabet, in sentences: text in which every word is sure to be one word.
plain_words = st.lists(st.text("abcdefghij", min_size=2, max_size=5), min_size=1, max_size=120).map(
    " ".join
)

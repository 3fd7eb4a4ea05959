"""How many statements told twice are linked, and how many blocks are linked for nothing.

Cases are made of real articles: a sentence of one paragraph is told again in another, altered. What
alters it knows nothing of how it is looked for. Found is a case whose two blocks are linked, with
half of the words that both tell marked in each of them. `./dev bench teasers` prints these, too.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import regex
import xxhash

from cleaning.errors import NothingLeft
from cleaning.normalise import for_reading
from cleaning.pipeline import clean
from cleaning.repeats import find_repeats
from cleaning.words import is_unspaced, words
from tests.bench.table import print_table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = ("articles-news.jsonl.gz", "articles-mixed.jsonl.gz", "articles-multilingual.jsonl.gz")
Half = Literal["tuned", "held out"]

# A statement has so many words; twice as many characters of a script without spaces.
SHORTEST, LONGEST = 12, 60
FOUND = 0.5  # of the words that both blocks tell must be marked in each
FEWEST_PARAGRAPHS = 4
ALL = "all"

# --- articles ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """The paragraphs of an article, and the group of languages that it is counted in."""

    url: str
    source: str
    paragraphs: tuple[str, ...]
    language: str
    group: str


def read_articles(half: Half, directory: Path = DATA) -> list[Article]:
    """The articles of one half of the publishers: what was tuned on one is told of the other."""
    found = []
    for name in FILES:
        with gzip.open(directory / name, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                is_held_out = xxhash.xxh3_64_intdigest(publisher(row["url"]).encode()) % 2 == 1
                if is_held_out is (half == "held out"):
                    paragraphs = tuple(filter(None, map(for_reading, row["gold"].splitlines())))
                    if len(paragraphs) >= FEWEST_PARAGRAPHS:
                        language = language_of(" ".join(paragraphs))
                        found.append(
                            Article(
                                row["url"],
                                name,
                                paragraphs,
                                language,
                                GROUPS.get(language, "others"),
                            )
                        )
    return found


def publisher(url: str) -> str:
    """The last two labels of an address's host."""
    return ".".join((urlsplit(url).hostname or "").split(".")[-2:])


COMMON = {
    "en": "the of and to that is was with his for it by this are from",
    "de": "der die und den von zu das mit sich des auf ist nicht ein eine dem",
    "fr": "le la les des et du une est dans pour que qui sur au pas par",
    "es": "el la los las del y que en una por con para su se como más",
    "it": "il di che la per un non è della con gli nel sono del alla anche",
    "pt": "o de que e do da em um para com não uma os no na dos as",
    "nl": "de het een van en dat is op te voor met niet zijn aan er",
}
GROUPS = {"en": "English", "unspaced": "unspaced scripts"}


def language_of(text: str) -> str:
    """A language of COMMON, `unspaced`, or `other`: enough to choose a frame."""
    found = words(text.casefold())[:600]
    if sum(map(is_unspaced, found)) * 2 > len(found):
        return "unspaced"
    counts = Counter(found)
    shares = {
        code: sum(counts[word] for word in common.split()) / max(len(found), 1)
        for code, common in COMMON.items()
    }
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] > 0.1 else "other"


# --- statements ----------------------------------------------------------------------------


class Token(NamedTuple):
    """A written word, and which word of the statement it still is (None: it was put there)."""

    text: str
    origin: int | None = None


Tokens = list[Token]
_SENTENCE = regex.compile(
    r"[^.!?。！？]+(?:[.!?。！？]+(?!\s|$)[^.!?。！？]*)*[.!?。！？]*[\"'”’»」)\]]*\s*"
)
_STOP = regex.compile(r"[.!?。！？]\W*$")
_UNSPACED_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{1,2}"
    r"|[\p{L}\p{M}\p{N}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]]+|\S",
    regex.V1,
)
_EDGES = " \t.,;:!?。！？，、；“”\"'«»„‘’()[]—–-"
# Where a clause ends: behind a mark, or before a word that joins clauses.
_ENDS_CLAUSE = regex.compile(r"[,;:，；、—–]$")
_JOINS = frozenset(
    (
        *(
            "and",
            "but",
            "while",
            "because",
            "after",
            "before",
            "when",
            "which",
            "who",
            "that",
            "as",
        ),
        *(
            "if",
            "although",
            "und",
            "aber",
            "weil",
            "dass",
            "nachdem",
            "wenn",
            "et",
            "mais",
            "parce",
        ),
        *("après", "quand", "qui", "que", "y", "pero", "porque", "cuando", "e", "ma", "perché"),
        *("quando", "mas", "en", "maar", "omdat"),
    )
)


def statements(paragraph: str) -> list[str]:
    """The sentences of a paragraph that are long enough, without their quotation marks."""
    found = [part.strip(_EDGES) for part in _SENTENCE.findall(paragraph) if _STOP.search(part)]
    return [part for part in found if SHORTEST <= size(part) <= LONGEST]


def size(text: str) -> float:
    """Words, of which two characters of an unspaced script make one."""
    found = words(text)
    return len(found) - sum(map(is_unspaced, found)) / 2


def tokens(statement: str) -> Tokens:
    """What stands between spaces; in a script without them, two characters for a word."""
    is_spaced = sum(map(is_unspaced, words(statement))) * 2 <= len(words(statement))
    parts = statement.split() if is_spaced else _UNSPACED_WORD.findall(statement)
    return [Token(part, place) for place, part in enumerate(parts)]


# --- what alters them ----------------------------------------------------------------------


@dataclass(slots=True)
class Setting:
    """What an alteration may use: chance, the language, and words of other articles in it."""

    draw: Random
    language: str
    strange: Sequence[str]

    def words(self, count: int) -> Tokens:
        """Words in a row from another article."""
        start = self.draw.randrange(max(1, len(self.strange) - count))
        return [Token(word) for word in self.strange[start : start + count]]


Alteration = Callable[[Tokens, Setting], Tokens]


def verbatim(said: Tokens, _: Setting) -> Tokens:
    return said


def cut(said: Tokens, setting: Setting) -> Tokens:
    """Its first or its last 60 percent."""
    keep = max(1, round(0.6 * len(said)))
    return said[:keep] if setting.draw.random() < 0.5 else said[-keep:]


def reordered(said: Tokens, setting: Setting) -> Tokens:
    """Its clauses in another order; of a single clause, its halves."""
    parts = clauses(said)
    if len(parts) < 2:
        half = round(len(said) * setting.draw.uniform(0.35, 0.65))
        parts = [said[:half], said[half:]]
    if len(parts) == 2:
        parts.reverse()
    else:
        before = list(parts)
        while parts == before:
            setting.draw.shuffle(parts)
    return [token for part in parts for token in part]


def clauses(said: Tokens) -> list[Tokens]:
    """Parts of four words at least."""
    shortest = 4
    parts: list[Tokens] = [[]]
    for token in said:
        if len(parts[-1]) >= shortest and token.text.casefold() in _JOINS:
            parts.append([])
        parts[-1].append(token)
        if len(parts[-1]) >= shortest and _ENDS_CLAUSE.search(token.text):
            parts.append([])
    if len(parts) > 1 and len(parts[-1]) < shortest:
        rest = parts.pop()
        parts[-1] += rest
    return parts


def inserted(said: Tokens, setting: Setting) -> Tokens:
    """Three to ten strange words in its midst."""
    at = round(len(said) * setting.draw.uniform(0.3, 0.7))
    return [*said[:at], *setting.words(setting.draw.randint(3, 10)), *said[at:]]


def dropped(said: Tokens, setting: Setting) -> Tokens:
    """One word in seven is missing."""
    return [token for token in said if setting.draw.random() > 1 / 7]


def replaced(said: Tokens, setting: Setting) -> Tokens:
    """One word in six is another, or has another ending."""
    told = []
    for token in said:
        if setting.draw.random() > 1 / 6:
            told.append(token)
        elif len(token.text) > 5 and setting.draw.random() < 0.5:
            told.append(Token(token.text[:-2] + setting.draw.choice(("en", "s", "o", "ing"))))
        else:
            told += setting.words(1)
    return told


def fragments(said: Tokens, setting: Setting) -> Tokens:
    """Two or three pieces in quotation marks, in words of another's."""
    pieces = 3 if len(said) >= 22 else 2
    told: Tokens = setting.words(2)
    room = len(said) // pieces
    for piece in range(pieces):
        length = min(room, setting.draw.randint(5, 8))
        start = piece * room + setting.draw.randint(0, room - length)
        quoted = list(said[start : start + length])
        quoted[0] = quoted[0]._replace(text=f"“{quoted[0].text}")
        quoted[-1] = quoted[-1]._replace(text=f"{quoted[-1].text}”")
        told += [*quoted, *setting.words(setting.draw.randint(2, 4))]
    return told


# Direct speech -> what a reporter makes of it.
INDIRECT = {
    "en": {
        "we": "they", "our": "their", "us": "them", "i": "he", "my": "his", "me": "him",
        "will": "would", "can": "could", "may": "might", "must": "had to", "is": "was",
        "are": "were", "has": "had", "have": "had", "does": "did", "do": "did", "isn't": "was not",
        "don't": "did not", "we'll": "they would", "it's": "it was", "i'm": "he was",
        "we're": "they were", "this": "that", "these": "those", "here": "there", "now": "then",
        "today": "that day", "tomorrow": "the next day", "yesterday": "the day before",
        "you": "people", "your": "people's", "last": "the previous", "ago": "earlier",
    },
    "de": {
        "wir": "sie", "uns": "sich", "unsere": "ihre", "unser": "ihr", "ich": "er", "mein": "sein",
        "ist": "sei", "sind": "seien", "hat": "habe", "haben": "hätten", "wird": "werde",
        "werden": "würden", "kann": "könne", "können": "könnten", "muss": "müsse", "will": "wolle",
        "heute": "an jenem Tag", "morgen": "am nächsten Tag",
    },
    "fr": {
        "nous": "ils", "notre": "leur", "nos": "leurs", "je": "il", "est": "était",
        "sont": "étaient", "a": "avait", "ont": "avaient", "sera": "serait", "peut": "pouvait",
        "va": "allait", "aujourd'hui": "ce jour-là", "demain": "le lendemain",
    },
    "es": {
        "nosotros": "ellos", "nuestro": "su", "nuestra": "su", "es": "era", "son": "eran",
        "ha": "había", "han": "habían", "será": "sería", "está": "estaba", "puede": "podía",
        "hoy": "ese día", "mañana": "al día siguiente",
    },
}  # fmt: skip
# Words that a reporter uses for others.
SYNONYMS = {
    "en": {
        "said": "stated", "people": "persons", "many": "numerous", "big": "large", "began":
        "started", "begin": "start", "help": "assist", "show": "reveal", "shows": "reveals",
        "use": "employ", "used": "employed", "also": "in addition", "but": "yet", "however":
        "though", "about": "around", "more": "further", "most": "the majority of", "after":
        "following", "before": "prior to", "because": "since", "while": "whereas", "get":
        "obtain", "make": "produce", "made": "produced", "new": "recent", "old": "ancient",
        "need": "require", "needs": "requires", "buy": "purchase", "find": "discover", "found":
        "discovered", "keep": "retain", "want": "wish", "good": "fine", "bad": "poor",
        "important": "crucial", "often": "frequently", "work": "labour", "home": "house",
        "children": "kids", "company": "firm", "country": "nation", "city": "town", "part":
        "portion", "end": "finish", "like": "such as", "even": "indeed", "only": "merely",
        "including": "among them",
    },
    "de": {
        "sagte": "erklärte", "auch": "zudem", "viele": "zahlreiche", "aber": "jedoch", "nur":
        "lediglich", "sehr": "überaus", "immer": "stets", "seit": "ab", "etwa": "ungefähr",
        "beginnt": "startet",
    },
    "fr": {
        "mais": "cependant", "aussi": "également", "beaucoup": "nombre", "très": "fort",
    },
    "es": {
        "pero": "sin embargo", "también": "además", "muchos": "numerosos", "muy": "sumamente",
    },
}  # fmt: skip


def _by_table(said: Tokens, table: dict[str, str], draw: Random, chance: float) -> Tokens:
    told: Tokens = []
    for token in said:
        own = token.text.strip(_EDGES)
        other = table.get(own.casefold().replace("’", "'"))
        if other is None or draw.random() > chance:
            told.append(token)
        else:
            head, _, tail = token.text.partition(own)
            parts = other.split()
            parts[0], parts[-1] = head + parts[0], parts[-1] + tail
            told += map(Token, parts)
    return told


def indirect(said: Tokens, setting: Setting) -> Tokens:
    """Direct speech becomes indirect; in other languages some words are replaced."""
    table = INDIRECT.get(setting.language)
    if table is None:
        return replaced(said, setting)
    return _by_table(said, table, setting.draw, 1.0)


def paraphrased(said: Tokens, setting: Setting) -> Tokens:
    """Indirect, with other words, some missing, and its clauses in another order half the time."""
    told = _by_table(said, SYNONYMS.get(setting.language, {}), setting.draw, 0.8)
    told = indirect(told, setting)
    told = [token for token in told if setting.draw.random() > 1 / 12]
    told = [token if setting.draw.random() > 1 / 12 else setting.words(1)[0] for token in told]
    return reordered(told, setting) if setting.draw.random() < 0.5 else told


ALTERATIONS: dict[str, Alteration] = {
    "word for word": verbatim,
    "cut": cut,
    "reordered": reordered,
    "insertion": inserted,
    "words dropped": dropped,
    "words replaced": replaced,
    "quoted in pieces": fragments,
    "indirect speech": indirect,
    "paraphrased": paraphrased,
}

# How a statement is told; {} is where. The first of a language quote, the others report.
FRAMES = {
    "en": (
        '"{}," the head of the group said in an interview.',
        "“{}”, read a statement from the organisation.",
        "In a statement, the group said that {}.",
        "A spokeswoman later told reporters that {}, without giving further details.",
        "According to one of those present, {}.",
        "{}.",
    ),
    "de": (
        "„{}“, sagte ein Sprecher am Abend.",
        "„{}“, heißt es in der Mitteilung.",
        "Der Verband teilte mit, {}.",
        "Nach Angaben der Behörde {}.",
    ),
    "fr": (
        "« {} », a déclaré le porte-parole.",
        "Selon le communiqué, {}.",
        "Il a affirmé que {}.",
    ),
    "es": ("«{}», dijo el portavoz.", "Según el comunicado, {}.", "El portavoz afirmó que {}."),
    "it": ("«{}», ha detto il portavoce.", "Secondo il comunicato, {}."),
    "pt": ("“{}”, disse o porta-voz.", "Segundo o comunicado, {}."),
    "nl": ("“{}”, zei een woordvoerder.", "Volgens de verklaring {}."),
    "unspaced": ("“{}”，发言人说。", "声明说，{}。", "{}。"),
    "other": ("“{}”.", "{}."),
}

# --- cases ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """An article that tells a statement twice: in the blocks `first` and `again`, `again` being
    the altered one, wherever it stands. `places`: where the words told twice begin, in each."""

    kind: str
    group: str
    texts: tuple[str, ...]
    first: int
    again: int
    places: tuple[tuple[int, int], ...] = field(repr=False)


def cases(articles: Sequence[Article], seed: int = 1) -> Iterator[Case]:
    """A case of each kind for each article that holds a statement."""
    by_language: dict[str, list[Article]] = {}
    for article in articles:
        by_language.setdefault(article.language, []).append(article)
    for article in articles:
        for kind in ALTERATIONS:
            draw = Random(f"{seed} {kind} {article.url}")
            case = make_case(article, kind, draw, by_language[article.language])
            if case is not None:
                yield case


def make_case(article: Article, kind: str, draw: Random, others: Sequence[Article]) -> Case | None:
    """Tell one of the article's statements again; None if it makes none."""
    sources = [
        (index, said)
        for index, paragraph in enumerate(article.paragraphs)
        for said in statements(paragraph)
    ]
    other = draw.choice(others)
    strange = tokens(" ".join(other.paragraphs)[:4000])
    if len({index for index, _ in sources}) < 2 or other is article or len(strange) < 50:
        return None
    first, statement = draw.choice(sources)
    hosts = [index for index, _ in sources if index != first]
    setting = Setting(
        draw, article.language, [token.text.strip(_EDGES) or "–" for token in strange]
    )
    said = tokens(statement)
    told = ALTERATIONS[kind](said, setting)
    frames = FRAMES[article.language]
    is_quote = kind in ("word for word", "cut", "insertion")
    frame = draw.choice(frames[:2] if is_quote else frames[1:])
    between = "" if article.language == "unspaced" else " "
    before, _, after = frame.partition("{}")
    sentence, starts = written(told, between)
    texts = list(article.paragraphs)
    host = draw.choice(hosts)
    how = draw.choice(("behind", "before", "alone"))
    if how == "alone":
        texts.insert(host + 1, before + sentence + after)
        again, offset = host + 1, len(before)
        first += first > host
    elif how == "behind":
        texts[host] = f"{texts[host]} {before}{sentence}{after}"
        again, offset = host, len(article.paragraphs[host]) + 1 + len(before)
    else:
        texts[host] = f"{before}{sentence}{after} {texts[host]}"
        again, offset = host, len(before)
    at = texts[first].index(statement)
    origins = written(said, between, statement)[1]
    places = tuple(
        (at + origins[token.origin], offset + start)
        for token, start in zip(told, starts, strict=True)
        if token.origin is not None and words(token.text)
    )
    return Case(kind, article.group, tuple(texts), first, again, places)


def written(
    told: Sequence[Token], between: str, statement: str | None = None
) -> tuple[str, list[int]]:
    """A statement as text, and where each of its words begins in it (or in `statement`)."""
    text = between.join(token.text for token in told)
    starts, end = [], 0
    for token in told:
        core = token.text.strip(_EDGES) or token.text
        at = (statement or text).index(core, end)
        starts.append(at)
        end = at + len(core)
    return text, starts


def covered(case: Case) -> float:
    """The share of the words told twice that is marked, in the block that marks less of them; 0 if
    the blocks are not linked."""
    earlier, later = sorted((case.first, case.again))
    repeat = find_repeats(case.texts).get(later)
    if repeat is None or repeat.of != earlier or not case.places:
        return 0.0
    there, here = ([span.there for span in repeat.shared], [span.here for span in repeat.shared])
    first, again = (there, here) if case.first == earlier else (here, there)
    marked = [
        sum(any(span.start <= place[side] < span.end for span in spans) for place in case.places)
        for side, spans in enumerate((first, again))
    ]
    return min(marked) / len(case.places)


# --- what is printed -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """How many cases of a kind were found in a group of languages, and the share of the words told
    twice that is marked in those. Group None: all."""

    kind: str
    group: str | None
    cases: int
    found: int
    marked: float


def measure_statements(articles: Sequence[Article], seed: int = 1) -> list[Row]:
    """A row for each kind of alteration and group of languages, and one for all of each."""
    results: dict[tuple[str, str | None], list[float]] = {}
    for case in cases(articles, seed):
        share = covered(case)
        for kind in (case.kind, ALL):
            for group in (case.group, None):
                results.setdefault((kind, group), []).append(share)
    rows = []
    for (kind, group), shares in results.items():
        found = [share for share in shares if share >= FOUND]
        rows.append(Row(kind, group, len(shares), len(found), sum(found) / max(len(found), 1)))
    return rows


@dataclass(frozen=True, slots=True)
class Link:
    """Two blocks of an untouched article that are linked, and the words that they share."""

    article: Article
    of: int
    index: int
    shared: str


def untouched_links(articles: Iterable[Article]) -> list[Link]:
    """All links in untouched articles. Whether one is false only a reader can tell."""
    return [
        Link(
            article,
            repeat.of,
            index,
            " | ".join(
                article.paragraphs[index][span.here.start : span.here.end] for span in repeat.shared
            ),
        )
        for article in articles
        for index, repeat in find_repeats(article.paragraphs).items()
    ]


def copies(articles: Iterable[Article], seed: int = 1) -> tuple[int, int, int]:
    """Of articles to which one of their own long paragraphs was added again: how many there are,
    from how many just that block was removed by its rule, and how many untouched ones lose any."""
    made = removed = lost = 0
    for article in articles:
        draw = Random(f"{seed} {article.url}")
        long = [
            index
            for index, paragraph in enumerate(article.paragraphs)
            if statements(paragraph) and _is_prose(paragraph)
        ]
        before = repeated_paragraphs(article.paragraphs)
        lost += bool(before)
        if not long or before:
            continue
        source = draw.choice(long)
        at = draw.randint(source + 1, len(article.paragraphs))
        texts = [*article.paragraphs[:at], article.paragraphs[source], *article.paragraphs[at:]]
        made += 1
        removed += repeated_paragraphs(texts) == [article.paragraphs[source]]
    return made, removed, lost


def _is_prose(paragraph: str) -> bool:
    """Whether it is no entry of a list, which may come again."""
    return paragraph[0].isalpha() and size(paragraph) >= 25 and paragraph.endswith(".")


def repeated_paragraphs(texts: Sequence[str]) -> list[str]:
    """What the cleaner removes of a text as paragraphs that stand there twice."""
    try:
        article = clean("\n\n".join(texts), content_type="text/plain")
    except NothingLeft:
        return []
    return [block.text for _, block in article.removed if block.rule == "repeated_paragraph"]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="statements", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="a directory of articles")
    parser.add_argument("--half", choices=("tuned", "held out"), default="held out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--links", action="store_true", help="list the links of untouched articles")
    options = parser.parse_args(argv)
    if not options.data.exists():
        print(f"{options.data} is absent: name a directory of articles (--data)")
        return 0
    articles = read_articles(options.half, options.data)
    rows = measure_statements(articles, options.seed)
    groups = [None, *sorted({row.group for row in rows if row.group})]
    by_place = {(row.kind, row.group): row for row in rows}
    print_table(
        f"Statements told twice, {len(articles)} articles: share found (cases)",
        ("told again", *(group or "all languages" for group in groups), "marked of the found"),
        [
            (
                kind,
                *(
                    f"{row.found / row.cases:.1%} ({row.cases})" if row else "–"
                    for row in (by_place.get((kind, group)) for group in groups)
                ),
                f"{by_place[kind, None].marked:.0%}",
            )
            for kind in (*ALTERATIONS, ALL)
        ],
    )
    links = untouched_links(articles)
    print_table(
        "Links in untouched articles, true and false",
        ("file", "articles", "of them linked", "links"),
        [
            (
                name,
                sum(article.source == name for article in articles),
                len({link.article.url for link in links if link.article.source == name}),
                sum(link.article.source == name for link in links),
            )
            for name in FILES
        ],
    )
    if options.links:
        for link in links:
            print(f"{link.article.url[:70]} {link.of} -> {link.index}: {link.shared}")
    made, removed, lost = copies(articles, options.seed)
    print(
        f"\nA paragraph told again word for word: removed, and nothing else, from {removed} of "
        f"{made} articles. Of {len(articles)} untouched articles {lost} hold a paragraph twice."
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Articles with what is pasted into them: the cases that the text model learns and is measured by.

A case is an article's title and paragraphs, and between them, in places drawn at random, teasers
of other articles, lines of site furniture, and the title again; as plain text in several layouts,
as a bare page, or put into the article's own page. Every piece knows what it is, and where it went
can be read from the cleaned article. Untouched articles are cases too. Nothing crosses a fold: an
article meets teasers and furniture of publishers of its own fold only, and a wording of furniture
belongs to one fold.
"""

import random
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

import xxhash
from lxml import etree

from cleaning.cohesion import share, stems
from cleaning.model import CleanedArticle
from cleaning.page import parse_page, read_page
from cleaning.source import read_source
from tests.quality.scoring import DATA, FOLDS, fold_of, pages, publisher

Kind = Literal["title", "body", "teaser", "chrome", "title again"]
FILES = ("articles-news", "articles-mixed", "articles-multilingual")
LAYOUTS = ("blank lines", "blank lines, tight teasers", "single lines")
FORMS = ("headline, lead", "headline and lead in one", "headline")
# Real furniture is taken from so many blocks around and between the story's.
_ABOVE, _BELOW = 8, 12
_LONGEST_LINE = 160
_FEWEST, _MOST = 5, 120  # paragraphs of an article that is used
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<=[.!?。！？])[”\"»“']?\s*(?=\S)")


@dataclass(frozen=True)
class Article:
    """A publisher's text, and the furniture of its page: above, between and below the story."""

    url: str
    title: str
    paragraphs: Sequence[str]
    language: str
    html: str  # its page; empty if it has none
    above: Sequence[str] = ()
    between: Sequence[str] = ()
    below: Sequence[str] = ()

    @property
    def fold(self) -> int:
        """The fold of its publisher."""
        return fold_of(self.url)


@dataclass(frozen=True)
class Piece:
    """A block of a case, and what it is. `about` tells more: a teaser's form, topic and cue."""

    text: str
    kind: Kind
    about: Mapping[str, str] = field(default_factory=dict)
    tight: bool = False  # no blank line before it


@dataclass(frozen=True)
class Case:
    """An article with what was put into it. `layout`: one of LAYOUTS, "page" or "own page"."""

    article: Article
    pieces: Sequence[Piece]
    layout: str
    source: str

    @property
    def is_html(self) -> bool:
        """Whether the source is a page."""
        return self.layout in {"page", "own page"}

    @property
    def is_control(self) -> bool:
        """Whether nothing was put in."""
        return all(piece.kind in {"title", "body"} for piece in self.pieces)


# --- articles ------------------------------------------------------------------------------


def articles(names: Sequence[str] = FILES, directory: Path = DATA) -> Iterator[Article]:
    """The articles with a full text of their own."""
    for name in names:
        for row in pages(name, directory):
            article = _article(row)
            if article is not None:
                yield article


def wire_articles(name: str = "wire-a-documents", directory: Path = DATA) -> Iterator[Article]:
    """The stories of an archive of wire copy as they were first sent: short paragraphs, no page."""
    for row in pages(name, directory):
        paragraphs = [line.strip() for line in row["text"].splitlines() if line.strip()]
        is_usable = row["recipe"] == "original" and row["title"]
        if is_usable and _FEWEST <= len(paragraphs) <= _MOST:
            site = "-".join(row["source"].lower().split())
            url = f"https://{site}.example/{row['id']}"
            yield Article(url, row["title"], paragraphs, language_of(row["text"]), html="")


def _article(row: Mapping[str, Any]) -> Article | None:
    gold = row["gold"] or ""
    paragraphs = [line.strip() for line in gold.splitlines() if line.strip()]
    if not _FEWEST <= len(paragraphs) <= _MOST:
        return None
    document = read_page(read_source(row["html"], "text/html").text, url=row["url"] or None)
    title = " ".join((row.get("title") or next(iter(document.titles), "")).split())
    if not title:
        return None
    paragraphs = [
        text
        for text in paragraphs
        if _folded(text) != _folded(title) and not _is_furniture(row["url"], text)
    ]
    if not paragraphs:
        return None
    said = {_folded(paragraph) for paragraph in paragraphs}
    whole = " ".join(map(_folded, paragraphs))
    kept = [index for index, block in enumerate(document.blocks) if block.verdict is None]
    if not kept:
        return None
    lines: dict[str, list[str]] = {"above": [], "between": [], "below": []}
    for index, block in enumerate(document.blocks):
        if block.verdict is None or block.verdict.rule == "hidden":
            continue
        where = "above" if index < kept[0] else "below" if index > kept[-1] else "between"
        for line in block.text.splitlines():
            own = _folded(line)
            if own and len(line) <= _LONGEST_LINE and own not in said and own not in whole:
                lines[where].append(line)
    return Article(
        row["url"],
        title,
        paragraphs,
        language_of(gold),
        row["html"],
        tuple(lines["above"][-_ABOVE:]),
        tuple(lines["between"]),
        tuple(lines["below"][:_BELOW]),
    )


def _is_furniture(url: str, paragraph: str) -> bool:
    """Whether a line of a gold text is furniture by our own reading (credits, dates, tags).

    gold_furniture.txt holds the hashes of such lines: of the 250 least likely ones, the 130 that
    a person would cut. The texts themselves stay with their publishers.
    """
    return xxhash.xxh3_64_hexdigest(f"{url} {_folded(paragraph)}".encode()) in _furniture_lines()


@cache
def _furniture_lines() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("gold_furniture.txt").read_text("utf-8").split())


def language_of(text: str) -> str:
    """A rough language: whose function words there are most of; without any, the script."""
    counts = {word: 0 for sample in _SAMPLES.values() for word in sample.split()}
    every = text.lower().split()
    for word in every:
        if word in counts:
            counts[word] += 1
    score = {
        code: sum(counts[word] for word in sample.split()) for code, sample in _SAMPLES.items()
    }
    best = max(score, key=score.__getitem__)
    if score[best] > _FEWEST_SAMPLES * len(every):
        return best
    letters = Counter(unicodedata.name(c, "?").split()[0] for c in text[:2000] if c.isalpha())
    script = letters.most_common(1)[0][0] if letters else "?"
    return "zh" if script == "CJK" else script.lower()


_FEWEST_SAMPLES = 0.02
_SAMPLES = {
    "en": "the and of that",
    "de": "der und die nicht",
    "fr": "les des est dans",
    "es": "los que una por",
    "it": "che della non per",
    "pt": "que uma para não",
}


# --- furniture in other words --------------------------------------------------------------

# Wordings of furniture by language, "en" for all. {d} a date, {n} a number, {p} a person, {s} the
# site's name, {t} the title, {w} a word or two of a topic.
_WORDINGS: dict[str, Sequence[str]] = {
    "en": (
        "{d}", "Published {d}", "Updated {d}", "Last updated on {d}", "{n} min read",
        "{n} minute read", "Reading time: {n} minutes", "Latest news", "Breaking news",
        "Top stories", "Most read", "Most popular", "Trending now", "Editor's picks",
        "Home", "Menu", "Search", "Skip to main content", "Home » News » {t}",
        "Home > {w} > {t}", "News / {w} / {t}", "You are here: Home > {w}",
        "News | Sport | Business | Opinion | Culture", "Politics  World  Sport  Video",
        "Share this article", "Share on Facebook", "Share on Facebook Share on X Email Print",
        "Share", "Tweet", "Print this page", "Copy link", "Follow us on Twitter", "Save article",
        "Email this story to a friend", "Follow {s} on Google News", "Like us on Facebook",
        "Sign up for our newsletter", "Subscribe to our newsletter", "Subscribe now",
        "Get the best of {s} delivered to your inbox every morning", "Enter your email address",
        "Sign up for the {s} daily briefing and never miss a story", "Join our mailing list",
        "Already a subscriber? Log in", "Log in", "Advertisement", "ADVERTISEMENT", "Ad",
        "Sponsored content", "Article continues below advertisement", "Story continues below",
        "Paid content", "Scroll to continue", "Photo: {p}", "Photo by {p}/Getty Images",
        "Image: {p} / {s}", "(Photo by {p})", "Credit: {p}", "File photo: {p}",
        "Photograph: {p}/Reuters", "Image credit: {p}", "Picture: {s}", "Tags: {w}, {w}, {w}",
        "Topics: {w}, {w}", "Filed under: {w}", "More on this topic: {w}", "Tags", "{w}, {w}, {w}",
        "Copyright © {y} {s}. All rights reserved.", "© {y} {s}", "All rights reserved",
        "This material may not be published, broadcast, rewritten or redistributed.",
        "Contact us", "Contact the newsroom: news@{h}", "Email: editor@{h}",
        "Tel: +44 20 7946 0{n}", "Got a tip? Write to tips@{h}", "{n} comments",
        "Comments ({n})", "Leave a comment", "Join the conversation", "Be the first to comment",
        "No comments yet",
        "View all comments", "By {p}", "By {p}, {s}", "Written by {p}",
        "{p} is a reporter for {s}.",
        "{d} | {n} min read", "By {p} | {d}", "Back to top", "Next article", "Previous article",
        "Read next", "Related articles", "More from {s}", "You may also like", "Recommended",
        "Listen to this article", "Watch live", "Download our app", "About us", "Privacy policy",
        "Terms and conditions", "Cookie settings", "Advertise with us", "Terms of use | Privacy",
        "Help us improve: report an error", "Views: {n}", "{n} shares", "Posted in {w} on {d}",
    ),
    "de": (
        "{d}", "Veröffentlicht am {d}", "Stand: {d}", "Aktualisiert: {d}", "Lesezeit: {n} Minuten",
        "{n} Min. Lesezeit", "Startseite", "Startseite > {w} > {t}", "Home / {w} / {t}", "Menü",
        "Meistgelesen", "Aktuelle Nachrichten", "Mehr zum Thema", "Artikel teilen",
        "Auf Facebook teilen", "Teilen", "Drucken", "Per E-Mail weiterleiten", "Merken",
        "Newsletter abonnieren", "Jetzt unseren Newsletter bestellen", "Jetzt abonnieren",
        "Täglich die wichtigsten Nachrichten von {s} per E-Mail", "Bereits Abonnent? Anmelden",
        "Anzeige", "- Anzeige -", "Werbung", "Foto: {p}", "Foto: dpa", "Bild: {p}/{s}",
        "© dpa / {p}", "Schlagworte: {w}, {w}", "Themen: {w}, {w}, {w}", "© {y} {s}",
        "Alle Rechte vorbehalten", "Kontakt", "Impressum", "Datenschutz", "Kommentare ({n})",
        "{n} Kommentare", "Kommentar schreiben", "Von {p}", "Von {p}, {s}", "Zur Startseite",
        "Lesen Sie auch", "Das könnte Sie auch interessieren", "Nach oben", "Artikel anhören",
        "Fehler melden", "Zurück", "Weitere Artikel", "Folgen Sie uns auf Instagram",
    ),
    "fr": (
        "{d}", "Publié le {d}", "Mis à jour le {d}", "Temps de lecture : {n} min",
        "Accueil > {w} > {t}", "Accueil", "Partager", "Partager sur Facebook", "Imprimer",
        "Inscrivez-vous à notre newsletter", "Abonnez-vous", "Publicité", "Photo {p}",
        "Crédit photo : {p}", "Mots-clés : {w}, {w}", "© {y} {s}", "Tous droits réservés",
        "Nous contacter", "{n} commentaires", "Laisser un commentaire", "Par {p}", "À lire aussi",
        "Les plus lus", "Mentions légales", "Suivez-nous",
    ),
    "es": (
        "{d}", "Publicado el {d}", "Actualizado: {d}", "{n} min de lectura", "Inicio > {w} > {t}",
        "Portada", "Compartir", "Compartir en Facebook", "Imprimir", "Suscríbete",
        "Recibe nuestro boletín", "Publicidad", "Foto: {p}", "Etiquetas: {w}, {w}", "© {y} {s}",
        "Todos los derechos reservados", "Contacto", "{n} comentarios", "Deja un comentario",
        "Por {p}", "Lo más leído", "Aviso legal", "Síguenos",
    ),
    "it": (
        "{d}", "Pubblicato il {d}", "Aggiornato {d}", "Tempo di lettura: {n} minuti",
        "Home > {w} > {t}", "Condividi", "Condividi su Facebook", "Stampa", "Iscriviti",
        "Iscriviti alla newsletter", "Pubblicità", "Foto: {p}", "Tag: {w}, {w}", "© {y} {s}",
        "Tutti i diritti riservati", "Contatti", "{n} commenti", "Di {p}", "I più letti",
        "Leggi anche", "Seguici su Facebook",
    ),
    "pt": (
        "{d}", "Publicado em {d}", "Atualizado em {d}", "{n} min de leitura", "Início > {w} > {t}",
        "Compartilhe", "Compartilhar no Facebook", "Imprimir", "Assine", "Assine a newsletter",
        "Publicidade", "Foto: {p}", "Tags: {w}, {w}", "© {y} {s}", "Todos os direitos reservados",
        "Contato", "{n} comentários", "Por {p}", "Mais lidas", "Leia também", "Siga-nos",
    ),
    "zh": (
        "{d}", "发布时间：{d}", "更新时间：{d}", "来源：{s}", "首页 > {w} > {t}", "首页",
        "分享到微信",
        "分享", "打印", "订阅", "广告", "图片来源：{p}", "责任编辑：{p}", "标签：{w} {w}",
        "版权所有 {s}",
        "未经授权不得转载", "联系我们", "评论（{n}）", "作者：{p}", "相关新闻", "热门文章",
        "上一篇", "下一篇", "阅读 {n}", "记者 {p}",
    ),
}  # fmt: skip
_CUES = {
    "en": ("Read more:", "ALSO READ:", "Related:", "READ ALSO", "See also:", "Read next:", "More:",
           "Related story", "Don't miss:", "Recommended:", "WATCH:", "Also on our site:",
           "You might like:", "MORE ON THIS", "Read:", "RELATED ARTICLE |", "Must read:"),
    "de": ("Lesen Sie auch:", "Mehr zum Thema:", "Auch interessant:", "Siehe auch:", "Lesetipp:",
           "Weiterlesen:", "Lesen Sie hier:"),
    "fr": ("À lire aussi :", "Lire aussi :", "LIRE AUSSI", "Voir aussi :", "Sur le même sujet :"),
    "es": ("Lea también:", "Te puede interesar:", "Lee más:", "Ver también:"),
    "it": ("Leggi anche:", "Ti potrebbe interessare:", "Guarda anche:"),
    "pt": ("Leia também:", "Leia mais:", "Veja também:"),
    "zh": ("相关阅读：", "延伸阅读：", "推荐阅读：", "更多："),
}  # fmt: skip
_DATES = {
    "en": ("{day} {month} {year}", "{month} {day}, {year}", "{weekday}, {day} {month} {year}",
           "{month} {day}, {year} 10:{min} AM", "{year}-{mm}-{day}", "{day}/{mm}/{year}"),
    "de": ("{day}. {month} {year}", "{day}.{mm}.{year}", "{day}.{mm}.{year}, 14:{min} Uhr"),
    "fr": ("{day} {month} {year}", "{day}/{mm}/{year} à 14h{min}"),
    "es": ("{day} de {month} de {year}", "{day}/{mm}/{year}"),
    "it": ("{day} {month} {year}", "{day}/{mm}/{year}"),
    "pt": ("{day} de {month} de {year}", "{day}/{mm}/{year} 14h{min}"),
    "zh": ("{year}年{mm}月{day}日", "{year}-{mm}-{day} 14:{min}"),
}  # fmt: skip
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
          "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
          "dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
          "dezembro",
    "zh": "1 2 3 4 5 6 7 8 9 10 11 12",
}  # fmt: skip
_PEOPLE = (
    "Anna Berger", "John O'Neill", "Maria Lopez", "Wei Zhang", "Tom Baker", "Priya Nair",
    "Jean Dupont", "Karl Heinz Vogt", "Lucia Rossi", "Ahmed Said", "Emily Carter", "Joao Silva",
)  # fmt: skip
_SITES = (
    "The Morning Post", "Daily Herald", "Newsline", "City Times", "Der Kurier", "Le Quotidien",
    "El Diario", "Il Giornale", "Tribune", "The Observer Weekly", "Global Wire", "Nordblatt",
)  # fmt: skip


def wordings(language: str, fold: int, *, cues: bool = False) -> list[str]:
    """The wordings of furniture, or of cues, that belong to a fold."""
    table: Mapping[str, Sequence[str]] = _CUES if cues else _WORDINGS
    folds = _wording_folds(cues)
    own = [text for text in table.get(language, ()) if folds[text] == fold]
    return own or [text for text in table["en"] if folds[text] == fold]


@cache
def _wording_folds(cues: bool) -> dict[str, int]:  # noqa: FBT001
    table: Mapping[str, Sequence[str]] = _CUES if cues else _WORDINGS
    chance = random.Random(7)
    folds: dict[str, int] = {}
    for texts in table.values():
        order = list(texts)
        chance.shuffle(order)
        for number, text in enumerate(order):
            folds.setdefault(text, number % FOLDS)
    return folds


def _filled(wording: str, article: Article, chance: random.Random) -> str:
    language = article.language if article.language in _DATES else "en"
    site = chance.choice(_SITES)
    topic = sorted({word for word in _WORD.findall(article.title) if len(word) > 4}) or ["World"]
    text = wording
    while "{w}" in text:
        text = text.replace("{w}", chance.choice([*topic, "Politics", "Economy", "Sport"]), 1)
    when = chance.choice(_DATES[language])
    return (
        text.replace("{d}", when)
        .replace("{day}", str(chance.randint(1, 28)))
        .replace("{mm}", f"{chance.randint(1, 12):02}")
        .replace("{min}", f"{chance.randint(0, 59):02}")
        .replace("{month}", chance.choice(_MONTHS[language].split()))
        .replace("{weekday}", chance.choice(("Monday", "Tuesday", "Friday", "Sunday")))
        .replace("{year}", str(chance.randint(2012, 2026)))
        .replace("{y}", str(chance.randint(2012, 2026)))
        .replace("{n}", str(chance.randint(1, 250)))
        .replace("{p}", chance.choice(_PEOPLE))
        .replace("{s}", site)
        .replace("{h}", f"{site.split()[-1].lower()}.com")
        .replace("{t}", article.title)
    )


# --- cases ---------------------------------------------------------------------------------


class Maker:
    """Makes cases of articles with the others of their folds. Equal seeds make equal cases."""

    def __init__(self, among: Sequence[Article], seed: int = 0) -> None:
        self._seed = seed
        self._others: dict[tuple[int, str], list[Article]] = {}
        for article in among:
            self._others.setdefault((article.fold, article.language), []).append(article)
        self._stems: dict[str, frozenset[str]] = {}

    def cases(self, article: Article, number: int) -> Iterator[Case]:
        """`number` cases in each layout, and the untouched article as text and as its own page, if
        it has one."""
        whole = _whole(article)
        yield Case(article, whole, "blank lines", as_text(whole))
        if article.html:
            yield Case(article, whole, "own page", article.html)
        for layout in (*LAYOUTS, "page", *(("own page",) if article.html else ())):
            for turn in range(number):
                chance = random.Random(f"{self._seed}:{article.url}:{layout}:{turn}")
                case = self._case(article, layout, chance)
                if case is not None:
                    yield case

    def _case(self, article: Article, layout: str, chance: random.Random) -> Case | None:
        teasers = [
            self._teaser(article, layout, chance)
            for _ in range(chance.choices((0, 1, 2, 3), (1, 5, 3, 1))[0])
        ]
        teasers = [teaser for teaser in teasers if teaser]
        if layout == "own page":
            return _in_own_page(article, teasers, chance) if teasers else None
        slots: list[list[Piece]] = [[] for _ in range(len(article.paragraphs) + 1)]
        for teaser in teasers:
            slots[chance.randrange(len(slots))] += teaser
        head, foot, top = self._around(article, chance)
        for _ in range(chance.choice((0, 0, 1, 2))):
            slots[chance.randrange(1, len(slots))].append(self._line(article, "between", chance))
        body = [Piece(text, "body") for text in article.paragraphs]
        pieces = [*top, Piece(article.title, "title"), *head, *slots[0]]
        for paragraph, slot in zip(body, slots[1:], strict=True):
            pieces += [paragraph, *slot]
        pieces += foot
        source = as_page(pieces, chance) if layout == "page" else as_text(pieces, layout)
        return Case(article, pieces, layout, source)

    def _around(
        self, article: Article, chance: random.Random
    ) -> tuple[list[Piece], list[Piece], list[Piece]]:
        """Furniture right below the title, at the end, and at the beginning."""
        top = [self._line(article, "above", chance) for _ in range(chance.choice((0, 0, 1, 2, 4)))]
        head = [self._line(article, "above", chance) for _ in range(chance.choice((0, 1, 1, 2)))]
        foot = [self._line(article, "below", chance) for _ in range(chance.choice((0, 1, 3, 5)))]
        title = article.title
        site = chance.choice(_SITES)
        again = (
            title, f"{title} | {site}", f"{title} - {site}", f"Home » News » {title}",
            f"{site} > {title}", f"{title[: max(int(len(title) * 0.75), 12)].rstrip()}…",
        )  # fmt: skip
        for place in (top, head, foot):
            if chance.random() < 0.25:
                text = chance.choice(again)
                place.append(Piece(text, "title again"))
        return head, foot, top

    def _line(self, article: Article, where: str, chance: random.Random) -> Piece:
        """A line of furniture: from the article's own page, another one's, or worded for it."""
        way = chance.choice(("own", "other", "worded", "worded"))
        if way != "worded":
            origin = article if way == "own" else chance.choice(self._peers(article))
            lines = getattr(origin, where) or origin.below
            if lines:
                return Piece(chance.choice(lines), "chrome", {"from": "pages"})
        wording = chance.choice(wordings(article.language, article.fold))
        return Piece(_filled(wording, article, chance), "chrome", {"from": "wordings"})

    def _peers(self, article: Article) -> list[Article]:
        return self._others[article.fold, article.language]

    def _teaser(self, article: Article, layout: str, chance: random.Random) -> list[Piece]:
        others = [
            other
            for other in self._peers(article)
            if publisher(other.url) != publisher(article.url)
        ]
        if not others:
            return []
        topic = chance.choice(("other", "other", "related"))
        if topic == "related":
            own = self._stems_of(article)
            ranked = sorted(others, key=lambda other: -share(self._about(other), own))
            other = chance.choice(ranked[:3])
        else:
            other = chance.choice(others)
        lead = _lead(other, chance)
        form = chance.choice(FORMS) if lead else FORMS[2]
        cue = (
            chance.choice(wordings(article.language, article.fold, cues=True))
            if chance.random() < 0.35
            else ""
        )
        about = {"form": form, "topic": topic, "cue": "cue" if cue else "no cue"}
        tight = layout == LAYOUTS[1]
        lines = [other.title, lead] if form == FORMS[0] else [other.title]
        if form == FORMS[1]:
            stop = "" if other.title[-1:] in ".!?…" else chance.choice((".", ":", " –", ""))
            lines = [f"{other.title}{stop} {lead}"]
        if cue and chance.random() < 0.6:
            lines[0] = f"{cue} {lines[0]}"
        elif cue:
            lines.insert(0, cue)
        return [
            Piece(line, "teaser", about, tight=tight and number > 0)
            for number, line in enumerate(lines)
        ]

    def _stems_of(self, article: Article) -> frozenset[str]:
        if article.url not in self._stems:
            self._stems[article.url] = stems(" ".join(article.paragraphs))
        return self._stems[article.url]

    def _about(self, article: Article) -> frozenset[str]:
        key = f"title of {article.url}"
        if key not in self._stems:
            self._stems[key] = stems(f"{article.title} {article.paragraphs[0]}")
        return self._stems[key]


def _whole(article: Article) -> list[Piece]:
    return [
        Piece(article.title, "title"),
        *(Piece(text, "body") for text in article.paragraphs),
    ]


def _lead(other: Article, chance: random.Random) -> str:
    """The beginning of an article's first paragraph: one to three sentences."""
    first = next((text for text in other.paragraphs[:4] if len(text) > 60), "")
    sentences = _SENTENCE.split(first)
    text = " ".join(sentences[: chance.randint(1, 3)]).strip()
    if len(text) > 400:
        text = text[:300].rsplit(" ", 1)[0] + "…"
    return text


def as_text(pieces: Sequence[Piece], layout: str = LAYOUTS[0]) -> str:
    """Pieces as plain text."""
    parts = []
    for number, piece in enumerate(pieces):
        if number:
            parts.append("\n" if layout == LAYOUTS[2] or piece.tight else "\n\n")
        parts.append(piece.text)
    return "".join(parts)


def as_page(pieces: Sequence[Piece], chance: random.Random) -> str:
    """Pieces as a page that says nothing by its classes: the title in <h1>, the rest in <p> or
    <div>."""
    plain = chance.choice(("p", "div"))
    parts = []
    for piece in pieces:
        tag = "h1" if piece.kind == "title" else chance.choice(("p", plain, plain))
        parts.append(f"<{tag}>{escape(piece.text)}</{tag}>")
    title = next((piece.text for piece in pieces if piece.kind == "title"), "")
    return (
        f"<html><head><title>{escape(title)}</title></head><body><div>{''.join(parts)}</div>"
        "</body></html>"
    )


def _in_own_page(
    article: Article, teasers: Sequence[Sequence[Piece]], chance: random.Random
) -> Case | None:
    """Teasers between the paragraphs of the article's own page, in elements without classes."""
    root = parse_page(read_source(article.html, "text/html").text)
    if root is None:
        return None
    wanted = {_folded(text) for text in article.paragraphs if len(text) > 80}
    places = [
        element
        for element in root.iter("p", "div")
        if not element.findall(".//p") and _folded("".join(element.itertext())) in wanted
    ]
    if len(places) < 3:
        return None
    used: list[Piece] = []
    for teaser in teasers:
        beside = chance.choice(places)
        way = chance.choice(("p", "div", "box"))
        elements = [_element("p" if way == "box" else way, piece.text) for piece in teaser]
        if way == "box":
            box = etree.Element("div")
            box.extend(elements)
            elements = [box]
        for element in reversed(elements):
            element.tail = None
            beside.addnext(element)
        used += teaser
    pieces = [*_whole(article), *used]
    source = etree.tostring(root, encoding="unicode", method="html", doctype="<!DOCTYPE html>")
    return Case(article, pieces, "own page", source)


def _element(tag: str, text: str) -> etree._Element:
    element = etree.Element(tag)
    element.text = text
    return element


# --- what became of them -------------------------------------------------------------------


def removed_pieces(case: Case, cleaned: CleanedArticle) -> list[tuple[bool, str | None] | None]:
    """Whether each piece was removed, mostly, and by which rule; None if it cannot be found in what
    was read."""
    gone = [(block.start, block.end, block.rule) for block in cleaned.blocks if not block.kept]
    places = place_pieces(case, cleaned.source)
    return [None if place is None else _fate(place, gone) for place in places]


def place_pieces(case: Case, source: str) -> list[tuple[int, int] | None]:
    """Where each piece stands in a document's text; None if it does not."""
    letters = [index for index, char in enumerate(source) if not char.isspace()]
    squeezed = "".join(source[index] for index in letters)
    found: list[tuple[int, int] | None] = []
    position = 0
    for piece in case.pieces:
        own = "".join(piece.text.split())
        if case.layout == "own page":
            at = squeezed.rfind(own) if piece.kind == "teaser" else squeezed.find(own)
        else:
            at = squeezed.find(own, position)
        if at < 0 or not own:
            found.append(None)
            continue
        if case.layout != "own page":
            position = at + len(own)
        found.append((letters[at], letters[at + len(own) - 1] + 1))
    return found


def _fate(
    place: tuple[int, int], gone: Sequence[tuple[int, int, str | None]]
) -> tuple[bool, str | None]:
    start, end = place
    first = max(bisect_left(gone, start, key=itemgetter(0)) - 1, 0)
    shared = {
        rule: max(0, min(high, end) - max(low, start))
        for low, high, rule in gone[first:]
        if low < end
    }
    most = max(shared, key=shared.__getitem__, default=None)
    return 2 * sum(shared.values()) > end - start, most


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))

"""Copies whose words were damaged, replaced, dropped or cut: how many meet and are recognised.

Articles of an archive of generated wire copy are edited in ways that no archive holds, and each
copy is compared with its original. An edit is drawn anew for each article, from a fixed seed.
"""

import argparse
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from cleaning.fingerprint import Fingerprint
from service.duplicates.model import DEFAULT_POLICY, Relation, Submission
from service.duplicates.submit import clean_submission
from service.duplicates.verify import verify
from tests.bench.recognise import DATA, Row, read
from tests.bench.table import print_table

HOURS = 5.0  # between a copy and its original
_WORD = re.compile(r"\w+")
# What a bad scan makes of letters.
_MISREAD = {
    "l": "1",
    "o": "0",
    "e": "c",
    "m": "rn",
    "i": "l",
    "h": "b",
    "n": "u",
    "s": "5",
    "a": "o",
    "t": "f",
}
Edit = Callable[[str, Random, Sequence[str]], str]


def main(argv: Sequence[str] | None = None) -> int:
    """Print a row for each edit; 2 if the archive is not there."""
    parser = argparse.ArgumentParser(prog="damage", description=__doc__)
    parser.add_argument("archive", nargs="?", default="b", help="a, b or c (b)")
    parser.add_argument("--articles", type=int, default=120, metavar="N", help="(120)")
    parser.add_argument("--data", type=Path, default=DATA, help="where wire-X-*.jsonl.gz lie")
    options = parser.parse_args(argv)
    file = options.data / f"wire-{options.archive}-documents.jsonl.gz"
    if not file.exists():
        print(f"{file.name} is not in {options.data.name}; name a folder with --data")
        return 2
    originals = [row for row in read(file) if row["recipe"] == "original"]
    chosen = Random(5).sample(originals, min(options.articles, len(originals)))
    texts = [str(row["text"]) for row in originals]
    rows = [_judged(name, edit, chosen, texts) for name, edit in EDITS.items()]
    title = f"wire-{options.archive}: copies beside their originals"
    print_table(title, ("edit", "copies", "meet", "recognised", "near", "part of the other"), rows)
    return 0


def _judged(name: str, edit: Edit, chosen: Sequence[Row], texts: Sequence[str]) -> tuple[str, ...]:
    draw = Random(name)
    found: Counter[Relation | None] = Counter()
    met = 0
    for row in chosen:
        original = _fingerprint(row, str(row["text"]))
        copy = _fingerprint(row, edit(str(row["text"]), draw, texts))
        meets = not set(copy.slots).isdisjoint(original.slots)
        met += meets
        likeness = verify(copy, original, DEFAULT_POLICY, HOURS) if meets else None
        found[likeness.relation if likeness else None] += 1
    near = found[Relation.EXACT] + found[Relation.NEAR]
    part = found[Relation.CONTAINED] + found[Relation.CONTAINS]
    total = len(chosen)
    return (
        name,
        f"{total}",
        f"{met / total:.2f}",
        f"{(near + part) / total:.2f}",
        f"{near}",
        f"{part}",
    )


def _fingerprint(row: Row, text: str) -> Fingerprint:
    return Fingerprint(clean_submission(Submission(text=text, title=row["title"])).compared_text)


# --- edits ---------------------------------------------------------------------------------


def misread(share: float) -> Edit:
    """Letters misread, about `share` of them, and a few lost."""

    def edit(text: str, draw: Random, _: Sequence[str]) -> str:
        return "".join(
            _MISREAD[c]
            if c in _MISREAD and draw.random() < share * 2
            else (c if draw.random() > share / 3 else "")
            for c in text
        )

    return edit


def replaced(share: float) -> Edit:
    """Words replaced by others of the archive."""

    def edit(text: str, draw: Random, texts: Sequence[str]) -> str:
        others = [word for word in draw.choice(texts).split() if len(word) > 3]
        return _WORD.sub(
            lambda word: draw.choice(others) if draw.random() < share else word[0], text
        )

    return edit


def dropped(share: float) -> Edit:
    """Words left out."""
    return lambda text, draw, _: " ".join(w for w in text.split(" ") if draw.random() > share)


def cut(share: float) -> Edit:
    """The first paragraphs, so many that they hold `share` of the text."""

    def edit(text: str, _: Random, __: Sequence[str]) -> str:
        kept: list[str] = []
        for paragraph in text.split("\n\n"):
            if sum(map(len, kept)) >= share * len(text):
                break
            kept.append(paragraph)
        return "\n\n".join(kept)

    return edit


def shuffled(text: str, draw: Random, _: Sequence[str]) -> str:
    """The sentences in another order."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    draw.shuffle(sentences)
    return " ".join(sentences)


def embedded(others: int) -> Edit:
    """The text between the paragraphs of so many others."""

    def edit(text: str, draw: Random, texts: Sequence[str]) -> str:
        around = "\n\n".join(draw.choice(texts) for _ in range(others)).split("\n\n")
        place = draw.randrange(len(around) + 1)
        return "\n\n".join([*around[:place], text, *around[place:]])

    return edit


def both(first: Edit, second: Edit) -> Edit:
    """One edit after the other."""
    return lambda text, draw, texts: second(first(text, draw, texts), draw, texts)


EDITS: dict[str, Edit] = {
    **{f"{share:.0%} of letters misread": misread(share) for share in (0.02, 0.04, 0.06)},
    **{f"{share:.0%} of words replaced": replaced(share) for share in (0.1, 0.2, 0.3)},
    **{f"{share:.0%} of words left out": dropped(share) for share in (0.1, 0.2)},
    **{f"cut to {share:.0%}": cut(share) for share in (0.5, 0.35, 0.25)},
    "sentences shuffled": shuffled,
    "inside another": embedded(1),
    "inside three others": embedded(3),
    "inside another, 20% of words replaced": both(replaced(0.2), embedded(1)),
    "inside another, 4% of letters misread": both(misread(0.04), embedded(1)),
    "cut to 50%, 20% of words replaced": both(cut(0.5), replaced(0.2)),
    "cut to 50%, 2% of letters misread": both(cut(0.5), misread(0.02)),
}

"""Articles and values for tests; what a test does not name does not matter to it."""

from datetime import UTC, datetime
from itertools import cycle, islice
from random import Random

from cleaning.model import CleanedArticle
from service.duplicates.model import Match, Relation, Submission
from service.duplicates.submit import clean_submission

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_SYLLABLES = tuple(first + vowel for first in "bdfglmnprstvwyz" for vowel in "aeiou")


def prose(seed: int, sentences: int = 12) -> str:
    """Paragraphs of made-up words, one sentence each: the same for the same seed, and with no
    shingle in common with those of another seed."""
    draw = Random(seed)
    return "\n\n".join(_sentence(draw) for _ in range(sentences))


def an_article(body: str | None = None, *, seed: int = 1, **fields: object) -> Submission:
    """A submission in plain text."""
    return Submission(text=prose(seed) if body is None else body, **fields)  # type: ignore[arg-type]


def cleaned(body: str | None = None, *, seed: int = 1) -> CleanedArticle:
    """The cleaned form of `an_article`."""
    return clean_submission(an_article(body, seed=seed))


def a_match(other: str = "b", *, relation: Relation = Relation.NEAR, arrival: int = 1) -> Match:
    """A verified match."""
    return Match(
        id=other,
        arrival=arrival,
        relation=relation,
        jaccard=0.7,
        containment=0.8,
        contained_in=0.9,
        shared_words=100,
    )


def words_of(text: str, count: int) -> str:
    """The first words of a text, round and round if there are too few."""
    return " ".join(islice(cycle(text.split()), count))


def _sentence(draw: Random) -> str:
    words = [
        "".join(draw.choice(_SYLLABLES) for _ in range(draw.randint(2, 3)))
        for _ in range(draw.randint(14, 24))
    ]
    return " ".join(words).capitalize() + "."

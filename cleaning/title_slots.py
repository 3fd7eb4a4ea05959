"""Cleaned article -> its title as it is compared, and the slot by which articles of the same title
meet.

Two headlines are the same if they read the same, but for the slugs, notes and take numbers of wire
copy; what cleaning takes for the site's name is not in the title any more. A cut or reworded
headline is another one: in generated wire copy every pair of titles that share four words in five
is a copy, which its text tells, or two stories ("Thomas out of Six Nations", "Robinson out of Six
Nations").
"""

from cleaning.fingerprint import Fingerprint, title_slot
from cleaning.model import CleanedArticle
from cleaning.phrases import furniture
from cleaning.titles import title_key_of, word_count

# Of fewer words ("Morning briefing", "News in brief") most are the names of columns.
FEWEST_WORDS = 4


def compared_title(article: CleanedArticle) -> str | None:
    """What articles of the same title have in common; None if the title says too little."""
    title = title_key_of(article.title or "")
    if word_count(title) < FEWEST_WORDS or furniture(title):
        return None
    return title


def slots_of(article: CleanedArticle, fingerprint: Fingerprint) -> tuple[bytes, ...]:
    """All buckets that an article belongs into: its fingerprint's, and its title's if its text is
    long enough to be compared."""
    title = compared_title(article)
    if title is None or fingerprint.is_too_short:
        return fingerprint.slots
    return (*fingerprint.slots, title_slot(title))

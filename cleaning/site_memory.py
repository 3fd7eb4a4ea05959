"""Which blocks of an article its site shows on so many other stories that they are not of this one.

A count alone cannot tell. Subheadings ("Why it matters"), the rows of a table, ingredients, the
background of a running topic and a statement that is quoted again stand on many stories, too, and
belong to each of them. So evidence is weighed by what a block is: a line above or below the story
goes on little, with the lines it stands among; a line inside the story, or a sentence, must stand
on nearly all stories of the site and have nothing in common with this one; a label inside the
story, a long paragraph, speech and questions always stay.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import regex

from cleaning.cohesion import share, stems
from cleaning.model import Role, SiteBlock, SourceBlock
from cleaning.titles import is_paragraph, word_count
from cleaning.wire import read_dateline

# Chosen by reasoning, on the safe side: an article that is cleaned before it is compared may be a
# copy of one of the stories that are counted as others.
FEWEST_STORIES, FEWEST_FOR_SENTENCE = 5, 32
# Of the site's stories that are remembered. A day's teasers stand on some, a site's furniture on
# most of them, the rows of a table on those of one section.
_OFTEN, _NEARLY_ALWAYS = 0.25, 0.75
# In a list of lines of which more are new than this, all belong to the article.
_MOST_NEW = 0.5
# News paragraphs have some 25 words, lines of furniture that are sentences seldom twenty.
_LONG = 25
_LABEL_WORDS = 4
# The share of its rare words that a block may have in common with the article.
_NOTHING_SHARED = 0.15
_SENTENCE = regex.compile(r"(?<!\.)[.。?？][\"'”’»)\]]*$")
# A statement is quoted again, a questionnaire asks everybody the same.
_SPEECH = regex.compile(r"[\"“”„«»?？]")
_LETTER = regex.compile(r"\p{L}")
_IN_THE_STORY = frozenset({Role.BODY, Role.CAPTION})


def find_furniture(
    blocks: Sequence[SourceBlock],
    known: Mapping[int, SiteBlock],
    undecided: Collection[int],
    title: str,
) -> dict[int, int]:
    """The indexes of the blocks that are furniture of the site, each with the number of its other
    stories on which it stands.

    `known`: what the site knows of the blocks. `undecided`: the blocks for which no other rule has
    signed; of others none is furniture. Nothing is if no paragraph of the story would be left.
    """
    frequent = {
        index
        for index in undecided
        if index in known
        and _is_on(known[index], FEWEST_STORIES, _OFTEN)
        and _LETTER.search(blocks[index].text)
        and not _is_dateline(blocks[index].text)
    }
    if not frequent:
        return {}
    own = stems(title).union(*(stems(blocks[i].text) for i in undecided if i not in frequent))

    def is_everywhere(index: int, fewest: int) -> bool:
        text = blocks[index].text
        return (
            _is_on(known[index], fewest, _NEARLY_ALWAYS)
            and share(stems(text), own) <= _NOTHING_SHARED
            and not _SPEECH.search(text)
        )

    found = {
        index
        for index in frequent
        if _is_sentence(blocks[index].text)
        and word_count(blocks[index].text) < _LONG
        and is_everywhere(index, FEWEST_FOR_SENTENCE)
    }
    paragraphs = {i for i in undecided if i not in found and is_paragraph(blocks[i].text)}
    story = paragraphs - frequent
    if not story:
        return {}
    first, last = min(story), max(story)
    lines = [index for index in sorted(undecided) if not _is_sentence(blocks[index].text)]
    for run in _runs(lines):
        if first < run[0] < last:
            found |= {
                index
                for index in frequent.intersection(run)
                if blocks[index].role in _IN_THE_STORY
                and word_count(blocks[index].text) > _LABEL_WORDS
                and is_everywhere(index, FEWEST_STORIES)
            }
        elif len(frequent.intersection(run)) >= _MOST_NEW * len(run):
            found |= frequent.intersection(run)
            if run[-1] + 1 in paragraphs & frequent:  # it is a heading of what stays
                found.discard(run[-1])
    return {index: known[index].stories for index in sorted(found)}


def _is_on(block: SiteBlock, fewest: int, share_of_site: float) -> bool:
    return block.stories >= max(fewest, share_of_site * block.of)


def _is_sentence(text: str) -> bool:
    return is_paragraph(text) or _SENTENCE.search(text) is not None


def _is_dateline(text: str) -> bool:
    """Whether a block begins with a dateline, or is one that stands alone."""
    return read_dateline(text) is not None or read_dateline(f"{text} - ") is not None


def _runs(indexes: Iterable[int]) -> list[list[int]]:
    """The runs of consecutive numbers."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs

"""What the page model would remove from a story although it goes with what stays.

The model judges each block by itself, and a short one looks like a label: a table would lose some
of its rows, a list an entry, a story a subheading. Nothing that the page marks as something else,
or that is links, is kept here.
"""

import numpy as np
from numpy.typing import NDArray

from cleaning.page_cut import HEADINGS, Cut
from cleaning.page_features import LONG_RUN, Features
from cleaning.shape import Column

# Blocks go together where this share of their text, in characters, is kept. Measured on real pages:
# half costs precision on news, four fifths gains a quarter less elsewhere.
_MOST = 2 / 3
# Paragraphs, and long runs of text below the story, go with it only where the model is in doubt, up
# to so much more log odds than its threshold: a teaser is most often set as a paragraph too.
_SOME_DOUBT = 1.0
_PARAGRAPHS = frozenset({"p", "div"})
# A subheading has so many words at most; longer ones are more often teasers.
_SUBHEADING = 10
# A link that holds more blocks was never closed.
_CARD = 4
_COLLECTIONS = frozenset({"ul", "ol", "dl", "table"})
_ALIKE = "Most of what the page sets like this in its story is kept."
_COLLECTED = "Most of the list or table that it is part of is kept."
_SUBHEADS = "It is a heading right above a part of the story."


def split_cards(cut: Cut, kept: NDArray[np.bool_]) -> list[int]:
    """The kept blocks of links that lose another block: a link is one teaser, cue and headline."""
    found: list[int] = []
    for number, tag in enumerate(cut.tags):
        first, last = int(cut.first[number]), int(cut.last[number])
        if tag == "a" and 2 <= last - first <= _CARD and not kept[first:last].all():
            found += (np.flatnonzero(kept[first:last]) + first).tolist()
    return found


def companions(
    cut: Cut,
    features: Features,
    *,
    kept: NDArray[np.bool_],
    is_free: NDArray[np.bool_],
    doubt: NDArray[np.floating],
) -> dict[int, str]:
    """The removed blocks that stay, each with the reason.

    `is_free`: which blocks the page neither marks nor makes a link of. `doubt`: the log odds above
    the model's threshold. Linear in blocks and elements.
    """
    story = np.flatnonzero(kept)
    story = story[story != features.title]
    if not len(story):
        return {}
    first, end = int(story[0]), int(story[-1]) + 1
    removed = [b for b in np.flatnonzero(~kept & is_free).tolist() if b > first]
    if not removed:
        return {}
    sizes = np.array([len(text) for text in cut.texts], np.float64)
    sizes[:first] = sizes[end:] = 0
    kept_sizes = sizes * kept
    alike = features.alike
    goes_alike = _mostly(np.bincount(alike, kept_sizes), np.bincount(alike, sizes))[alike]
    before, kept_before = (np.concatenate(([0.0], np.cumsum(row))) for row in (sizes, kept_sizes))
    goes_whole = _mostly(
        kept_before[cut.last] - kept_before[cut.first], before[cut.last] - before[cut.first]
    )
    collection = _collections(cut)
    in_doubt = doubt <= _SOME_DOUBT
    is_run = (features.weight >= LONG_RUN) & in_doubt
    stays = kept.copy()
    found: dict[int, str] = {}
    # From below, as a heading may stand above a heading.
    for block in reversed(removed):
        owner = int(cut.owner[block])
        if block >= end:
            goes = is_run[block]
        else:
            goes = in_doubt[block] or cut.tags[owner] not in _PARAGRAPHS
        if goes and goes_alike[block]:
            found[block] = _ALIKE
        elif block < end and goes_whole[collection[owner]] and collection[owner]:
            found[block] = _COLLECTED
        elif block < end and stays[block + 1] and _is_subheading(cut, block):
            found[block] = _SUBHEADS
        stays[block] = block in found
    found.pop(features.title, None)
    return found


def _mostly(kept: Column, whole: Column) -> NDArray[np.bool_]:
    """Where text is kept, and most of all."""
    mostly: NDArray[np.bool_] = (kept >= _MOST * whole) & (kept > 0)
    return mostly


def _collections(cut: Cut) -> list[int]:
    """For each element the nearest list or table that it is or stands in; 0 if there is none."""
    found = [0] * len(cut.tags)
    for number, (tag, above) in enumerate(zip(cut.tags, cut.parent.tolist(), strict=True)):
        if number:
            found[number] = number if tag in _COLLECTIONS else found[above]
    return found


def _is_subheading(cut: Cut, block: int) -> bool:
    is_heading = cut.tags[cut.owner[block]] in HEADINGS
    return is_heading and len(cut.texts[block].split()) <= _SUBHEADING

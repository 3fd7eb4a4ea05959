"""How many blocks a document has at most, whatever its format, and how many of them are judged.

Each block costs, however short: up to 20 us to be cut and kept, 100 us to be judged. Of 1,842 real
pages the largest is cut into 2,064 blocks, and the largest document has 918.
"""

from collections.abc import Iterator

# What follows so many blocks is not lost but joined, as many neighbours a block as it takes.
MOST_ALONE, MOST_JOINED = 9_000, 1_000
MOST_BLOCKS = MOST_ALONE + MOST_JOINED
# The text rules, the text model and the search for repeats read so many blocks from the beginning;
# what follows is kept, unless the markup removes it.
MOST_JUDGED = 4_000


def joined(count: int) -> Iterator[tuple[int, int]]:
    """Which of `count` pieces of a document become one block together: from, and up to.

    >>> list(joined(MOST_BLOCKS))
    []
    >>> list(joined(MOST_ALONE + 2 * MOST_JOINED))[:2]
    [(9000, 9002), (9002, 9004)]
    """
    if count <= MOST_BLOCKS:
        return
    size = -(-(count - MOST_ALONE) // MOST_JOINED)
    for first in range(MOST_ALONE, count, size):
        yield first, min(first + size, count)

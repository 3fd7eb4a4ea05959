"""Articles that have nothing in common, for tests that share a service."""

from random import Random
from string import ascii_lowercase

from tests.web.builders import STORY


def story(name: str) -> str:
    """A story that has hardly a word in common with that of another name."""
    letters = list(ascii_lowercase)
    Random(name).shuffle(letters)
    return STORY.translate(str.maketrans(ascii_lowercase, "".join(letters)))

"""What moved a model's score of a block -> sentences for the person who reviews it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_MOST_REASONS = 2
# A kind of question that moved the log odds by less than this is not worth telling.
_LEAST_MOVE = 0.2


@dataclass(frozen=True)
class Reasons:
    """What a model asks, by kind: the beginnings of its features' names, and what an answer for and
    against removal means to a reader. The first kind that fits a feature counts."""

    table: Mapping[str, tuple[tuple[str, ...], str, str]]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of questions, in order."""
        return tuple(self.table)

    def kind_of(self, feature: str) -> str:
        """The kind of question that asks for a feature. Raises KeyError for one of no kind."""
        for kind, (beginnings, _, _) in self.table.items():
            if feature.startswith(beginnings):
                return kind
        raise KeyError(feature)

    def in_words(self, moves: Sequence[float], *, removed: bool) -> Sequence[str]:
        """The strongest reasons for a verdict, the strongest first.

        `moves`: for each of `kinds`, how far it moved the log odds of not belonging.
        """
        told = self._told[removed]
        strongest = sorted(range(len(told)), key=moves.__getitem__, reverse=removed)
        return [
            told[kind]
            for kind in strongest[:_MOST_REASONS]
            if told[kind] and (moves[kind] if removed else -moves[kind]) > _LEAST_MOVE
        ]

    @cached_property
    def _told(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What each kind says for a block that is kept, and for one that is removed."""
        return (
            tuple(on for _, _, on in self.table.values()),
            tuple(off for _, off, _ in self.table.values()),
        )

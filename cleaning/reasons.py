"""What moved a model's score of a block -> sentences for the person who reviews it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

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
        sign = 1 if removed else -1
        strong = [
            (sign * move, off if removed else on)
            for move, (_, off, on) in zip(moves, self.table.values(), strict=True)
            if sign * move > _LEAST_MOVE
        ]
        strong.sort(key=itemgetter(0), reverse=True)
        return [reason for _, reason in strong[:_MOST_REASONS] if reason]

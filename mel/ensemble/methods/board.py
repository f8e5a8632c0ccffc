"""Members' ranks as whole numbers, parted by class: where blends are tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mel.ensemble.coding import Coded
from mel.ensemble.methods.area import area
from mel.ensemble.ranks import Floats
from mel.errors import MelError

__all__ = ["MOST", "Board", "Ranks", "Total"]

Ranks = NDArray[np.int32 | np.int64]

MOST = 2**20  # parts that the weights of a blend may hold together
_FINE = 2**40  # steps of a percentile where blocks of unlike sizes are ranked each on its own
_INT32 = 2**31 - 1


@dataclass
class Total:
    """A blend under way: whole parts of each member, and the sums of its rows' ranks."""

    parts: NDArray[np.int64]
    positive: Ranks
    negative: Ranks

    @property
    def size(self) -> int:
        """All parts together, by size."""
        return int(np.abs(self.parts).sum())

    @property
    def weights(self) -> Floats:
        """The parts as weights."""
        return np.asarray(self.parts / self.size, dtype=np.float64)


@dataclass(frozen=True)
class Board:
    """The useful members over the rows that may choose weights.

    Ranks are whole numbers from 0 to `top`, and blends have whole numbers of parts: sums are exact,
    and images that tie by arithmetic tie. `patient` numbers the patients of the positive rows and
    of the negative ones; `above` is the true positive rate above which the area counts.
    """

    positive: Ranks  # (members, positive rows)
    negative: Ranks  # (members, negative rows)
    top: int
    above: float
    patient: tuple[NDArray[np.int64], NDArray[np.int64]]

    @classmethod
    def of(
        cls,
        coded: Coded,
        target: NDArray[np.bool_],
        known: NDArray[np.bool_],
        patient: NDArray[np.int64],
        above: float,
    ) -> tuple[Self, NDArray[np.int64]]:
        """Rank the known rows among each other, in their blocks; name the members that are kept.

        A member that is one tie in every block orders nothing, and is left out.
        """
        truth, whose = target[known], patient[known]
        counts = coded.counts(known)[known]
        one = len(coded.firsts[0]) == 2
        top = 2 * len(truth) if one else _FINE
        factor = np.int64(1) if one else _FINE // (2 * counts)
        kind = np.int32 if top <= _INT32 else np.int64
        places = np.flatnonzero(truth), np.flatnonzero(~truth)
        sides = [np.empty((len(coded.codes), len(rows)), kind) for rows in places]
        useful: list[int] = []
        for member in range(len(coded.codes)):
            ranks = coded.doubled(member, known, known)
            if (ranks == counts).all():
                continue
            for side, rows in zip(sides, places, strict=True):
                side[len(useful)] = (ranks * factor)[rows]
            useful.append(member)
        positive, negative = (side[: len(useful)] for side in sides)
        board = cls(positive, negative, top, above, (whose[truth], whose[~truth]))
        return board, np.array(useful, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.positive)

    def check_classes(self) -> None:
        """Raise MelError where there are no positives or no negatives: no area exists."""
        positives, negatives = self.positive.shape[1], self.negative.shape[1]
        if not positives or not negatives:
            raise MelError(
                f"AUC needs both classes, got {positives} positives in {positives + negatives} "
                "rows that may choose the weights; build fewer folds, or use method 'mean'"
            )

    def total(self, parts: Sequence[int] | NDArray[np.int64]) -> Total:
        """Give the blend of these parts, one a member."""
        own = np.array(parts, dtype=np.int64)
        kind = self._kind(int(np.abs(own).sum()))
        sides = [np.zeros(side.shape[1], kind) for side in (self.positive, self.negative)]
        for side, ranks in zip(sides, (self.positive, self.negative), strict=True):
            for member in np.flatnonzero(own):
                side += np.multiply(ranks[member], own[member], dtype=kind)
        return Total(own, sides[0], sides[1])

    def moved(self, total: Total, member: int, parts: int) -> Total:
        """Give the blend with so many parts more of a member, or fewer."""
        changed = total.parts.copy()
        changed[member] += parts
        return Total(changed, *self._sums(total, member, parts))

    def value(self, total: Total) -> float:
        """Give the objective of a blend."""
        return area(total.positive.copy(), total.negative.copy(), self.above)

    def trial(self, total: Total, member: int, parts: int) -> float:
        """Give the objective that `moved` would have; a blend of nothing, or too fine, has none."""
        held = int(total.parts[member])
        size = total.size - abs(held) + abs(held + parts)
        if not 0 < size <= MOST:
            return -np.inf
        return area(*self._sums(total, member, parts), self.above)

    def _sums(self, total: Total, member: int, parts: int) -> tuple[Ranks, Ranks]:
        kind = self._kind(total.size + abs(parts))
        return (
            _sum(total.positive, self.positive[member], parts, kind),
            _sum(total.negative, self.negative[member], parts, kind),
        )

    def _kind(self, parts: int) -> type[np.int32] | type[np.int64]:
        return np.int32 if parts * self.top <= _INT32 else np.int64


def _sum(total: Ranks, ranks: Ranks, parts: int, kind: type) -> Ranks:
    if parts == 1:
        return np.add(total, ranks, dtype=kind)
    sums: Ranks = np.multiply(ranks, parts, dtype=kind)
    sums += total.astype(kind, copy=False)
    return sums

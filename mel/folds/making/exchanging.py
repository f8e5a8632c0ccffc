"""Two folds exchange groups for as long as that makes chi-square smaller."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mel.folds.making.weighing import Weighed

__all__ = ["POOL", "exchange"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.float64)

POOL = 512  # groups of a fold that a sweep compares with those of another


def exchange(table: Weighed, place: Whole, pair: tuple[int, int], sweep: int) -> None:
    """Move and swap groups between two folds while that helps, always by the best there is.

    `place` gives the fold of each group and is changed. Where a fold has more than `POOL` groups,
    a part of them takes turns with each `sweep`. A fold keeps a positive and a negative.
    """
    search = _Exchange(table, place, pair, sweep)
    while search.step():
        pass
    search.settle(place, pair)


class _Side:
    """The groups of one fold that may be exchanged, the last of them empty: a move is a swap."""

    def __init__(self, table: Weighed, place: Whole, fold: int, sweep: int) -> None:
        members = np.flatnonzero(place == fold)
        chosen = _pool(members, sweep)
        self.scale = float(table.scale[fold])
        self.counts: Floats = table.counts[members].sum(axis=0)
        self.classes: Whole = table.classes[members].sum(axis=0)
        self.groups: Whole = np.append(chosen, -1)
        self.rows: Floats = _with_empty(table.counts[chosen])
        self.kinds: Whole = _with_empty(table.classes[chosen])
        self.own: Floats = (self.rows**2) @ table.weights

    def open(self) -> None:
        """Put another empty group at the end, since the last is taken by a move."""
        self.groups = np.append(self.groups, -1)
        self.rows, self.kinds = _with_empty(self.rows), _with_empty(self.kinds)
        self.own = np.append(self.own, 0.0)

    def swap(self, i: int, other: "_Side", j: int) -> None:
        """Give one's group i for the other's group j."""
        for name in ("groups", "rows", "kinds", "own"):
            mine, theirs = getattr(self, name), getattr(other, name)
            mine[i], theirs[j] = theirs[j].copy(), mine[i].copy()


class _Exchange:
    """All swaps between two folds at once: what each of them would change in chi-square.

    For a swap that takes z from fold a to fold b, chi-square changes by 2 z·W·d + (s_a + s_b)
    z·W·z, with d = s_b n_b - s_a n_a for counts n and inverse shares s: all expected counts cancel.
    """

    def __init__(self, table: Weighed, place: Whole, pair: tuple[int, int], sweep: int) -> None:
        self.weights = table.weights
        self.a = _Side(table, place, pair[0], sweep)
        self.b = _Side(table, place, pair[1], 2 * sweep)  # so that other groups meet each time
        self.both = self.a.scale + self.b.scale
        self.difference = self.b.scale * self.b.counts - self.a.scale * self.a.counts
        self.products = (self.a.rows * self.weights) @ self.b.rows.T

    def step(self) -> bool:
        """Make the best swap that leaves both folds both classes, unless none helps."""
        pull = 2 * self.weights * self.difference
        gives = self.a.rows @ pull + self.both * self.a.own
        takes = self.b.rows @ pull - self.both * self.b.own
        change = gives[:, None] - takes[None, :] - 2 * self.both * self.products
        while True:
            i, j = divmod(int(change.argmin()), change.shape[1])
            if change[i, j] >= 0:
                return False
            if self._allowed(i, j):
                self._swap(i, j)
                return True
            change[i, j] = np.inf

    def _allowed(self, i: int, j: int) -> bool:
        taken = self.a.kinds[i] - self.b.kinds[j]
        return bool((self.a.classes > taken).all() and (self.b.classes > -taken).all())

    def _swap(self, i: int, j: int) -> None:
        self.difference = self.difference + self.both * (self.a.rows[i] - self.b.rows[j])
        taken = self.a.kinds[i] - self.b.kinds[j]
        self.a.classes, self.b.classes = self.a.classes - taken, self.b.classes + taken
        opened = [side.groups[at] < 0 for side, at in ((self.a, i), (self.b, j))]
        for side, empty in zip((self.a, self.b), opened, strict=True):
            if empty:
                side.open()
        self.products = np.pad(self.products, [(0, int(empty)) for empty in opened])
        self.a.swap(i, self.b, j)
        self.products[i] = self.b.rows @ (self.a.rows[i] * self.weights)
        self.products[:, j] = self.a.rows @ (self.b.rows[j] * self.weights)

    def settle(self, place: Whole, pair: tuple[int, int]) -> None:
        """Write down where the groups are now."""
        for fold, side in zip(pair, (self.a, self.b), strict=True):
            place[side.groups[side.groups >= 0]] = fold


def _pool(members: Whole, sweep: int) -> Whole:
    """Take groups of all sizes, others in each sweep, where there are too many for all swaps."""
    stride = -(-len(members) // POOL)
    return members if stride < 2 else members[sweep % stride :: stride]


def _with_empty(rows: NDArray[Number]) -> NDArray[Number]:
    return np.concatenate([rows, np.zeros_like(rows[:1])])

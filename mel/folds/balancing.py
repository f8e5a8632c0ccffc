"""Groups dealt out so that every fold has its share of everything: chi-square, made small.

All sums are of whole numbers below 2^53, where floating point is exact. So no order of summation,
no library and no processor changes a fold map.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["deal"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.float64)

_EXACT = 2.0**53
_FEWEST = 5  # a category is weighed as if each fold expected this many: Cochran's rule
_POSITIVES = 1  # which category those are; rows are the first
_WEIGHT = 50.0  # of the positives
_SWEEPS = 20
_POOL = 512  # groups of a fold that a sweep compares with those of another
_ALL_PAIRS = 12  # folds; with more of them each meets only its nearest ones in a sweep


def deal(counts: Whole, negatives: Whole, shares: Sequence[int]) -> Whole:
    """Give the number of the fold for each group, the groups given largest first.

    counts: (groups, categories), the first category the rows, the second the positives. negatives:
    (groups,). shares: how the folds relate in size, whole numbers: (1, 1, 1) for three equal folds.

    Minimised is the sum over folds and categories of (count - expected)^2 / expected, where
    expected is the fold's share of the category's total, at least five; the positives count fifty
    times. Groups are dealt in the order given, each to where it does least harm; then groups are
    moved and swapped between two folds for as long as that helps. Every fold gets a positive and a
    negative: there must be groups enough for that, `shares` of each at the least. The order of the
    groups decides between equals.

    >>> counts = np.array([[4, 1], [3, 1], [2, 0], [1, 0]])
    >>> deal(counts, counts[:, 0] - counts[:, 1], (1, 1)).tolist()
    [0, 1, 1, 0]
    """
    table = _Table(counts, negatives, shares)
    place = table.greedy(np.full(len(counts), -1))
    if not table.covered(place):
        place = table.greedy(_anchors(counts[:, _POSITIVES], negatives, len(shares)))
    for sweep in range(_SWEEPS):
        gains = [table.exchange(place, a, b, sweep) for a, b in _pairs(len(shares), sweep)]
        if not any(gains):
            break
    return place


def _pairs(n_folds: int, sweep: int) -> Iterator[tuple[int, int]]:
    if n_folds <= _ALL_PAIRS:
        yield from combinations(range(n_folds), 2)
        return
    for step in range(_ALL_PAIRS // 2):
        apart = 1 + (sweep * _ALL_PAIRS // 2 + step) % (n_folds - 1)
        yield from ((fold, (fold + apart) % n_folds) for fold in range(n_folds))


def _anchors(positives: Whole, negatives: Whole, n_folds: int) -> Whole:
    """Put a positive and a negative into each fold, by the smallest groups that do; -1: free."""
    smallest = range(len(positives) - 1, -1, -1)
    mixed = [g for g in smallest if positives[g] and negatives[g]]
    pure = [g for g in smallest if positives[g] and not negatives[g]]
    others = [g for g in smallest if not positives[g]]
    pairs = min(n_folds, len(pure), len(others))
    place = np.full(len(positives), -1)
    place[pure[:pairs]] = place[others[:pairs]] = np.arange(pairs)
    place[mixed[: n_folds - pairs]] = np.arange(pairs, n_folds)
    return place


class _Table:
    """The groups' counts with what the search needs: weights, and how to weigh a fold's share."""

    def __init__(self, counts: Whole, negatives: Whole, shares: Sequence[int]) -> None:
        self.counts = counts.astype(np.float64)
        self.classes = np.stack([counts[:, _POSITIVES], negatives], axis=1)
        size = np.asarray(shares, dtype=np.int64)
        self.scale = (np.lcm.reduce(size) // size).astype(np.float64)  # 1 / share, whole
        self.weights = self._weights(min(shares) / sum(shares))

    def _weights(self, smallest: float) -> Floats:
        """Weigh a category by 1 / expected, scaled up to the largest whole numbers that fit."""
        totals = np.maximum(self.counts.sum(axis=0), _FEWEST / smallest)
        boost = np.ones(len(totals))
        boost[_POSITIVES] = _WEIGHT
        largest = float((boost * self.counts.max(axis=0)).sum() * self.scale.max())
        fits = 2.0 ** np.floor(np.log2(_EXACT / (32 * largest)))
        weights: Floats = np.maximum(1.0, np.round(fits * boost / totals))
        return weights

    def greedy(self, place: Whole) -> Whole:
        """Deal the free groups in their order, each to the fold where chi-square grows least."""
        weighed = np.zeros((len(self.scale), self.counts.shape[1]))
        for fold in range(len(self.scale)):
            weighed[fold] = self.counts[place == fold].sum(axis=0) * self.weights
        own = (self.counts**2) @ self.weights
        for group in np.flatnonzero(place < 0):
            row = self.counts[group]
            fold = int(np.argmin((2 * (weighed @ row) + own[group]) * self.scale))
            place[group] = fold
            weighed[fold] += row * self.weights
        return place

    def covered(self, place: Whole) -> bool:
        """Whether each fold has both classes."""
        return all(self.classes[place == fold].sum(axis=0).all() for fold in range(len(self.scale)))

    def exchange(self, place: Whole, a: int, b: int, sweep: int) -> int:
        """Move and swap groups between two folds while that helps; gives how often it did."""
        search = _Exchange(self, place, (a, b), sweep)
        done = 0
        while search.step():
            done += 1
        search.settle(place, (a, b))
        return done


class _Side:
    """The groups of one fold that may be exchanged, the last of them empty: a move is a swap."""

    def __init__(self, table: _Table, place: Whole, fold: int, sweep: int) -> None:
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

    def __init__(self, table: _Table, place: Whole, pair: tuple[int, int], sweep: int) -> None:
        self.weights = table.weights
        self.a, self.b = (_Side(table, place, fold, sweep) for fold in pair)
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
    stride = -(-len(members) // _POOL)
    return members if stride < 2 else members[sweep % stride :: stride]


def _with_empty(rows: NDArray[Number]) -> NDArray[Number]:
    return np.concatenate([rows, np.zeros_like(rows[:1])])

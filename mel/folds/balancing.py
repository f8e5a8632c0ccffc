"""Groups dealt out so that every fold has its share of everything: chi-square, made small.

All sums are of whole numbers below 2^53, where floating point is exact. So no order of summation,
no library and no processor changes a fold map.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
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
_WEIGHTS = (1.0, 50.0)  # of the positives: as all else, then above all else
_SWEEPS = 20  # with each weight
_GAIN = 0.01  # of chi-square, that a sweep must make to be worth another
_PATIENCE = 5  # sweeps without it
_POOL = 512  # groups of a fold that a sweep compares with those of another
_ALL_PAIRS = 12  # folds; with more of them each meets only its nearest ones in a sweep


def deal(counts: Whole, negatives: Whole, shares: Sequence[int]) -> Whole:
    """Give the number of the fold for each group, the groups given largest first.

    counts: (groups, categories), the first category the rows, the second the positives. negatives:
    (groups,). shares: how the folds relate in size, whole numbers: (1, 1, 1) for three equal folds.

    Minimised is the sum over folds and categories of (count - expected)^2 / expected, where
    expected is the fold's share of the category's total, at least five. Groups are dealt in the
    order given, each to where it does least harm; then groups are moved and swapped between two
    folds for as long as that helps; and then again with the positives counting fifty times, which
    evens out what is left of them. (Counting so from the start, they would hold still much else.)
    Every fold gets a positive and a negative: there must be groups enough for that, as many of
    each as folds. The order of the groups decides between equals.

    >>> counts = np.array([[4, 1], [3, 1], [2, 0], [1, 0]])
    >>> deal(counts, counts[:, 0] - counts[:, 1], (1, 1)).tolist()
    [0, 1, 1, 0]
    """
    table = _Table(counts, negatives, shares)
    place = table.greedy(np.full(len(counts), -1))
    if not table.covered(place):
        place = table.greedy(_anchors(counts[:, _POSITIVES], negatives, len(shares)))
    for weight in _WEIGHTS:
        table.weigh(weight)
        _descend(table, place, len(shares))
    return place


def _descend(table: "_Table", place: Whole, n_folds: int) -> None:
    """Exchange groups between all pairs of folds until that hardly helps any more."""
    idle, now = 0, table.chi_square(place)
    for sweep in range(_SWEEPS):
        for pair in _pairs(n_folds, sweep):
            table.exchange(place, pair, sweep)
        before, now = now, table.chi_square(place)
        idle = 0 if before - now >= _GAIN else idle + 1
        if idle >= _rounds(place, n_folds):
            return


def _rounds(place: Whole, n_folds: int) -> int:
    """Give in how many sweeps every pair of folds meets and every group is looked at."""
    largest = int(np.bincount(place, minlength=n_folds).max())
    meetings = 1 if n_folds <= _ALL_PAIRS else -(-2 * (n_folds - 1) // _ALL_PAIRS)
    return min(max(-(-largest // _POOL), meetings), _PATIENCE)


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
        self.shares = np.asarray(shares, dtype=np.int64)
        self.scale = (np.lcm.reduce(self.shares) // self.shares).astype(np.float64)  # 1 / share
        self.totals = np.maximum(self.counts.sum(axis=0), _FEWEST * sum(shares) / min(shares))
        self.unit = 1.0
        self.weights: Floats = np.ones(len(self.totals))
        self.weigh(_WEIGHTS[0])

    def weigh(self, positives: float) -> None:
        """Weigh a category by 1 / expected, scaled up to the largest whole numbers that fit."""
        boost = np.ones(len(self.totals))
        boost[_POSITIVES] = positives
        largest = float((boost * self.counts.max(axis=0)).sum() * self.scale.max())
        self.unit = max(1.0, 2.0 ** np.floor(np.log2(_EXACT / (32 * largest))))
        self.weights = np.maximum(1.0, np.round(self.unit * boost / self.totals))

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

    def exchange(self, place: Whole, pair: tuple[int, int], sweep: int) -> None:
        """Move and swap groups between two folds for as long as that helps."""
        search = _Exchange(self, place, pair, sweep)
        while search.step():
            pass
        search.settle(place, pair)

    def chi_square(self, place: Whole) -> float:
        """Give what is made small, from exact sums."""
        whole, total = int(self.shares.sum()), self.counts.sum(axis=0)
        found = 0
        for fold, share in enumerate(self.shares):
            off = whole * self.counts[place == fold].sum(axis=0) - share * total
            exact = sum(int(w) * int(d) ** 2 for w, d in zip(self.weights, off, strict=True))
            found += exact * int(self.scale[fold])
        return float(Fraction(found, int(self.unit) * whole * int(self.scale[0] * self.shares[0])))


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
    stride = -(-len(members) // _POOL)
    return members if stride < 2 else members[sweep % stride :: stride]


def _with_empty(rows: NDArray[Number]) -> NDArray[Number]:
    return np.concatenate([rows, np.zeros_like(rows[:1])])

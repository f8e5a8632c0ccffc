"""Groups dealt out so that every fold has its share of everything: chi-square, made small.

All sums are of whole numbers below 2^53, where floating point is exact. So no order of summation,
no library and no processor changes a fold map.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mel.folds.making.exchanging import POOL, exchange
from mel.folds.making.weighing import POSITIVES, Weighed

__all__ = ["deal"]

Whole = NDArray[np.int64]

_WEIGHTS = (1.0, 50.0)  # of the positives: as all else, then above all else
_SWEEPS = 20  # with each weight
_GAIN = 0.01  # of chi-square, that a sweep must make to be worth another
_PATIENCE = 5  # sweeps without it
_ALL_PAIRS = 12  # folds; with more of them each meets only some others in a sweep


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
    table = Weighed(counts, negatives, shares)
    place = table.greedy(np.full(len(counts), -1))
    if not table.covered(place):
        place = table.greedy(_anchors(counts[:, POSITIVES], negatives, len(shares)))
    for weight in _WEIGHTS:
        table.weigh(weight)
        _descend(table, place, len(shares))
    return place


def _descend(table: Weighed, place: Whole, n_folds: int) -> None:
    """Exchange groups between all pairs of folds until that hardly helps any more."""
    idle, now = 0, table.chi_square(place)
    for sweep in range(_SWEEPS):
        for pair in _pairs(n_folds, sweep):
            exchange(table, place, pair, sweep)
        before, now = now, table.chi_square(place)
        idle = 0 if before - now >= _GAIN else idle + 1
        if idle >= _rounds(place, n_folds):
            return


def _rounds(place: Whole, n_folds: int) -> int:
    """Give in how many sweeps every pair of folds meets and every group is looked at."""
    largest = int(np.bincount(place, minlength=n_folds).max())
    meetings = 1 if n_folds <= _ALL_PAIRS else -(-2 * (n_folds - 1) // _ALL_PAIRS)
    return min(max(-(-largest // POOL), meetings), _PATIENCE)


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

"""How far folds are from their shares: chi-square over all categories, in exact sums.

All are sums of whole numbers below 2^53, where floating point is exact, whatever their order.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import frexp

import numpy as np
from numpy.typing import NDArray

__all__ = ["POSITIVES", "Weighed"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

POSITIVES = 1  # which category those are; rows are the first
_EXACT = 2.0**53
_FEWEST = 5  # a category is weighed as if each fold expected this many: Cochran's rule


class Weighed:
    """The groups' counts with what the search needs: weights, and how to weigh a fold's share."""

    def __init__(self, counts: Whole, negatives: Whole, shares: Sequence[int]) -> None:
        self.counts = counts.astype(np.float64)
        self.classes = np.stack([counts[:, POSITIVES], negatives], axis=1)
        self.shares = np.asarray(shares, dtype=np.int64)
        self.scale = (np.lcm.reduce(self.shares) // self.shares).astype(np.float64)  # 1 / share
        self.totals = np.maximum(self.counts.sum(axis=0), _FEWEST * sum(shares) / min(shares))
        self.unit = 1.0
        self.weights: Floats = np.ones(len(self.totals))
        self.weigh(1.0)

    def weigh(self, positives: float) -> None:
        """Weigh a category by 1 / expected, scaled up to the largest whole numbers that fit."""
        boost = np.ones(len(self.totals))
        boost[POSITIVES] = positives
        largest = float((boost * self.counts.max(axis=0)).sum() * self.scale.max())
        self.unit = max(1.0, 2.0 ** (frexp(_EXACT / (32 * largest))[1] - 1))
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

    def chi_square(self, place: Whole) -> float:
        """Give what is made small, from exact sums."""
        whole, total = int(self.shares.sum()), self.counts.sum(axis=0)
        found = 0
        for fold, share in enumerate(self.shares):
            off = whole * self.counts[place == fold].sum(axis=0) - share * total
            exact = sum(int(w) * int(d) ** 2 for w, d in zip(self.weights, off, strict=True))
            found += exact * int(self.scale[fold])
        return float(Fraction(found, int(self.unit) * whole * int(self.scale[0] * self.shares[0])))

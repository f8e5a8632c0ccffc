"""DeLong's variance of AUCs of the same images, and the paired test of two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike

from mel.errors import MelError
from mel.metrics.ranking import Floats, checked, one_class, percentile

__all__ = ["Paired", "delong", "paired"]

_WIDE = 1.959963984540054  # standard errors on either side of a 95 % interval
_LEAST = 1e-12  # a standard error below this is rounding: the two order all pairs alike


def delong(target: ArrayLike, scores: Sequence[ArrayLike]) -> tuple[Floats, Floats]:
    """Give the AUC of each of `scores` and the covariance matrix of these AUCs.

    After DeLong, DeLong and Clarke-Pearson (Biometrics 44:837, 1988): the covariances of each
    positive's share of the negatives below it and of each negative's share of the positives above
    it, over their numbers. The shares come from mid-ranks, as Sun and Xu showed (IEEE Signal
    Processing Letters 21:1389, 2014): O(n log n) and not the number of pairs.

    It takes images for independent. Images of one patient are not: prefer `auc_gain` for a verdict.
    Raises MelError where a class has fewer than two images, and as `auc` does.

    >>> aucs, covariance = delong([0, 0, 1, 1], [[0.1, 0.4, 0.35, 0.8]])
    >>> aucs.tolist(), covariance.tolist()
    ([0.75], [[0.125]])
    """
    pairs = [checked(target, score, "DeLong") for score in scores]
    truth = pairs[0][0]
    if min(truth.sum(), (~truth).sum()) == 0:
        raise one_class(truth, "DeLong")
    if min(truth.sum(), (~truth).sum()) < 2:
        raise MelError("DeLong needs two images of each class; measure more images")
    above = [percentile(values[truth], np.sort(values[~truth])) for _, values in pairs]
    below = [1 - percentile(values[~truth], np.sort(values[truth])) for _, values in pairs]
    spread = np.cov(above) / truth.sum() + np.cov(below) / (~truth).sum()
    return np.array([shares.mean() for shares in above]), np.atleast_2d(spread)


@dataclass(frozen=True)
class Paired:
    """By how much one AUC is above another on the same images, and how sure that is.

    `low` and `high` are the ends of the 95 % interval, `p` the two-sided p-value against no
    difference.

    >>> Paired(gain=0.02, low=-0.01, high=0.05, p=0.19).gain
    0.02
    """

    gain: float
    low: float
    high: float
    p: float


def paired(target: ArrayLike, score: ArrayLike, other: ArrayLike) -> Paired:
    """Compare the AUCs of two scores of the same images by DeLong's test.

    Two scores that order all pairs alike have no difference: p is 1. Raises MelError as `delong`.

    >>> paired([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.1, 0.4, 0.35, 0.8])
    Paired(gain=0.0, low=0.0, high=0.0, p=1.0)
    """
    aucs, spread = delong(target, [score, other])
    gain = float(aucs[0] - aucs[1])
    error = sqrt(max(float(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]), 0.0))
    if error < _LEAST:
        return Paired(gain, gain, gain, 1.0 if abs(gain) < _LEAST else 0.0)
    wide = _WIDE * error
    return Paired(gain, gain - wide, gain + wide, erfc(abs(gain) / error / sqrt(2)))

"""The AUC of rows that count several times or not at all, for many such weights at once."""

import numpy as np
from numpy.typing import NDArray

from mel.metrics.ranking import Floats

__all__ = ["above", "by_images", "by_patients"]


def by_images(truth: NDArray[np.bool_], score: Floats, weights: Floats) -> Floats:
    """Give the AUC of every row of `weights` (resamples x images), one pass over sorted scores.

    An image of weight 2 counts as two; not a number where a class has no weight.

    >>> truth, score = np.array([False, True, True]), np.array([0.2, 0.1, 0.3])
    >>> by_images(truth, score, np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 3.0], [0.0, 1.0, 1.0]]))
    array([0.5 , 0.75,  nan])
    """
    positive, negative = _steps(truth, score, weights)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return _shares((positive * below).sum(axis=1), pairs)


def _steps(truth: NDArray[np.bool_], score: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Give the weights of the positives and of the negatives at each score, from the lowest up."""
    order = np.argsort(score, kind="stable")
    positive = weights[:, order] * truth[order]
    negative = weights[:, order] - positive
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    return np.add.reduceat(positive, starts, axis=1), np.add.reduceat(negative, starts, axis=1)


def above(truth: NDArray[np.bool_], score: Floats, weights: Floats, min_tpr: float) -> Floats:
    """Give the area above `min_tpr` instead, `mel.metrics.partial_auc`.

    The lowest positives alone decide, each by the negatives below it.
    """
    positive, negative = _steps(truth, score, weights)
    sums = positive.sum(axis=1), negative.sum(axis=1)
    below = np.cumsum(negative, axis=1) - negative
    some = positive.any(axis=0)
    positive, negative, below = positive[:, some], negative[:, some], below[:, some]
    before = np.cumsum(positive, axis=1) - positive
    taken = np.clip((1 - min_tpr) * sums[0][:, None] - before, 0, positive)
    share = np.divide(taken, positive, out=np.zeros_like(taken), where=positive > 0)
    return _shares((taken * (below + negative * share / 2)).sum(axis=1), sums[0] * sums[1])


def by_patients(
    truth: NDArray[np.bool_], score: Floats, group: NDArray[np.intp], times: Floats
) -> Floats:
    """Give `by_images` where all images of a patient weigh alike: `times`, resamples x patients.

    `group` numbers each image's patient. It counts once how often the positives of each patient
    outscore the negatives of each other. These counts are whole and half numbers: both ways give
    the same to the last bit.
    """
    patients = times.shape[1]
    known, which = np.unique(score[truth], return_inverse=True)
    wins = np.zeros((len(known) + 1) * patients)
    for side in ("left", "right"):  # a negative that ties with a positive counts half
        first = np.searchsorted(known, score[~truth], side)
        wins += np.bincount(first * patients + group[~truth], minlength=len(wins)) / 2
    beaten = np.cumsum(wins.reshape(-1, patients), axis=0)[which]
    holders, whose = np.unique(group[truth], return_inverse=True)
    counts = np.zeros((len(holders), patients))
    np.add.at(counts, whose, beaten)
    total = ((times[:, holders] @ counts) * times).sum(axis=1)
    positives = times @ np.bincount(group[truth], minlength=patients)
    return _shares(total, positives * (times @ np.bincount(group[~truth], minlength=patients)))


def _shares(wins: Floats, pairs: Floats) -> Floats:
    found = np.full(len(pairs), np.nan)
    np.divide(wins, pairs, out=found, where=pairs > 0)
    return found

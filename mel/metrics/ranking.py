"""Ranks against a stored distribution, and the exact AUC that they give."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mel.errors import MelError

__all__ = ["Floats", "auc", "checked", "one_class", "percentile"]

Floats = NDArray[np.float64]


def percentile(scores: ArrayLike, reference: ArrayLike) -> Floats:
    """Give each score's place among `reference`, a sorted array: 0 below all, 1 above all.

    The place is (count below + half the count equal) / count, the mid-rank of the field, and
    depends on nothing but the score and the reference: one score alone gets exactly what it gets
    in a batch. Raises MelError for a score that is not finite and for a reference that is empty
    or unsorted.

    >>> percentile([0.2, 0.5, 9.0], reference=[0.1, 0.2, 0.3, 0.4])
    array([0.375, 1.   , 1.   ])
    """
    known = np.asarray(reference, dtype=np.float64)
    values = np.asarray(scores, dtype=np.float64)
    if not known.size or not (known[1:] >= known[:-1]).all() or not np.isfinite(known[-1]):
        raise MelError(f"a ranking reference of {known.size} scores; give finite ones, sorted")
    if not np.isfinite(values).all():
        raise MelError("a score to be ranked is not finite; score the image again")
    below = np.searchsorted(known, values, side="left")
    at_most = np.searchsorted(known, values, side="right")
    return np.asarray((below + at_most) / (2 * len(known)), dtype=np.float64)


def auc(target: ArrayLike, score: ArrayLike) -> float:
    """Give the area under the ROC curve: the chance that a positive outscores a negative.

    Ties count half (Mann-Whitney U). One sort of the negatives and one search of the positives;
    equal to scikit-learn's `roc_auc_score` up to rounding. Raises MelError when a class is missing,
    a target is not 0 or 1, a score is not finite, or their lengths differ.

    >>> auc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    truth, values = checked(target, score)
    if truth.all() or not truth.any():
        raise one_class(truth)
    return float(percentile(values[truth], np.sort(values[~truth])).mean())


def checked(
    target: ArrayLike, score: ArrayLike, what: str = "AUC"
) -> tuple[NDArray[np.bool_], Floats]:
    """Give targets as booleans and scores as floats; refuse what `what` cannot be computed of."""
    truth, values = np.asarray(target), np.asarray(score, dtype=np.float64)
    if truth.shape != values.shape:
        raise MelError(
            f"{what} got {truth.size} targets and {values.size} scores; give one of each"
        )
    if not np.isin(truth, (0, 1)).all():
        raise MelError(f"{what} got a target that is not 0 or 1; keep the labelled rows only")
    if not np.isfinite(values).all():
        raise MelError(f"{what} got a score that is not finite; score every row")
    return truth.astype(bool), values


def one_class(truth: NDArray[np.bool_], what: str = "AUC") -> MelError:
    """Give the error of targets among which a class is missing."""
    return MelError(f"{what} needs both classes, got {truth.sum()} positives in {truth.size} rows")

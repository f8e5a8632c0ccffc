"""Exact AUC, its patient-bootstrap interval, and ranks against a stored distribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mel.errors import MelError

__all__ = ["AucReport", "auc", "auc_gain", "auc_interval", "auc_report", "percentile"]

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
    truth, values = _checked(target, score)
    if truth.all() or not truth.any():
        raise MelError(f"AUC needs both classes, got {truth.sum()} positives in {truth.size} rows")
    return float(percentile(values[truth], np.sort(values[~truth])).mean())


def _checked(target: ArrayLike, score: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    truth, values = np.asarray(target), np.asarray(score, dtype=np.float64)
    if truth.shape != values.shape:
        raise MelError(f"AUC got {truth.size} targets and {values.size} scores; give one of each")
    if not np.isin(truth, (0, 1)).all():
        raise MelError("AUC got a target that is not 0 or 1; keep the labelled rows only")
    if not np.isfinite(values).all():
        raise MelError("AUC got a score that is not finite; score every row")
    return truth.astype(bool), values


def _bootstrap_aucs(target: Floats, score: Floats, weights: Floats) -> Floats:
    """AUC of every row of `weights` (resamples x images), in one pass over the sorted scores."""
    order = np.argsort(score, kind="stable")
    positive = weights[:, order] * target[order]
    negative = weights[:, order] - positive
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    positive = np.add.reduceat(positive, starts, axis=1)
    negative = np.add.reduceat(negative, starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    wins = (positive * below).sum(axis=1)
    return np.asarray(wins[pairs > 0] / pairs[pairs > 0], dtype=np.float64)


def auc_interval(
    target: ArrayLike,
    score: ArrayLike,
    patient: ArrayLike,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Give a percentile bootstrap interval of the AUC, resampling patients, not images.

    Images of one patient are alike, so that resampling images would give too narrow an interval.
    """
    (aucs,) = _resampled(target, [score], patient, resamples, seed)
    low, high = np.quantile(aucs, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def auc_gain(
    target: ArrayLike,
    score: ArrayLike,
    other: ArrayLike,
    patient: ArrayLike,
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Give by how much the AUC of `score` is above that of `other`, and the ends of its interval.

    Both score the same images, row by row; each resample of the patients counts for both, so that
    what is hard for both is not taken for a difference.

    >>> auc_gain([0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8], [0.1, 0.9, 0.2, 0.8], ["a", "b", "c", "d"])
    (0.0, 0.0, 0.0)
    """
    ours, theirs = _resampled(target, [score, other], patient, resamples, seed)
    low, high = np.quantile(ours - theirs, [(1 - level) / 2, (1 + level) / 2])
    return auc(target, score) - auc(target, other), float(low), float(high)


def _resampled(
    target: ArrayLike, scores: Sequence[ArrayLike], patient: ArrayLike, resamples: int, seed: int
) -> list[Floats]:
    """Give the AUCs of each of `scores` under the same draws of patients."""
    checked = [_checked(target, score) for score in scores]
    _, group = np.unique(np.asarray(patient), return_inverse=True)
    count = int(group.max()) + 1
    draw = np.random.default_rng(seed)
    found: list[list[Floats]] = [[] for _ in scores]
    for size in [50] * (resamples // 50) + ([resamples % 50] if resamples % 50 else []):
        times = draw.multinomial(count, np.full(count, 1 / count), size=size)
        weights = times[:, group].astype(np.float64)
        for aucs, (truth, values) in zip(found, checked, strict=True):
            aucs.append(_bootstrap_aucs(truth.astype(np.float64), values, weights))
    joined = [np.concatenate(aucs) for aucs in found]
    if not joined[0].size:
        truth = checked[0][0]
        raise MelError(f"AUC needs both classes, got {truth.sum()} positives in {truth.size} rows")
    return joined


@dataclass(frozen=True)
class AucReport:
    """A member's AUC over all rows, as the mean of its folds, and with its 95 % interval."""

    pooled: float
    fold_mean: float
    low: float
    high: float

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for a header."""
        return dict(vars(self))


def auc_report(
    target: ArrayLike, score: ArrayLike, patient: ArrayLike, fold: ArrayLike
) -> AucReport:
    """Report the AUC as mel always does: pooled, per-fold mean, patient-bootstrap interval."""
    truth, values, folds = np.asarray(target), np.asarray(score), np.asarray(fold)
    per_fold = [auc(truth[folds == k], values[folds == k]) for k in np.unique(folds)]
    low, high = auc_interval(truth, values, patient)
    return AucReport(auc(truth, values), float(np.mean(per_fold)), low, high)

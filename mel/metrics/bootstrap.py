"""Intervals of an AUC, and of the gain of one over another, by resampling patients."""

import numpy as np
from numpy.typing import ArrayLike

from mel.metrics.ranking import Floats, auc, one_class
from mel.metrics.resampling import Resamples

__all__ = ["auc_gain", "auc_interval"]


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

    Gives the low and the high end, 0 to 1; `level` is the share of `resamples` between them. The
    three arrays have a row an image. Raises MelError as `mel.metrics.auc` does, and where not one
    resample holds both classes.

    >>> low, high = auc_interval([0, 1] * 20, [0.2, 0.8, 0.6, 0.4] * 10, patient=range(40))
    >>> 0.5 < low < 0.75 < high < 1
    True
    """
    draws = Resamples(patient, resamples=resamples, seed=seed)
    found = draws.aucs(target, score)
    _refuse_one_class(target, found)
    return draws.interval(found, level)


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
    what is hard for both is not taken for a difference. Raises MelError as `auc_interval`.

    >>> auc_gain([0, 1, 0, 1], [0.1, 0.9, 0.2, 0.8], [0.1, 0.9, 0.2, 0.8], ["a", "b", "c", "d"])
    (0.0, 0.0, 0.0)
    """
    draws = Resamples(patient, resamples=resamples, seed=seed)
    gains = draws.aucs(target, score) - draws.aucs(target, other)
    _refuse_one_class(target, gains)
    return auc(target, score) - auc(target, other), *draws.interval(gains, level)


def _refuse_one_class(target: ArrayLike, found: Floats) -> None:
    if not np.isfinite(found).any():
        raise one_class(np.asarray(target).astype(bool))

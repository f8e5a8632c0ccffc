"""The AUC as mel always reports it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mel.metrics.bootstrap import auc_interval
from mel.metrics.ranking import auc
from mel.metrics.resampling import Resamples

__all__ = ["AucReport", "auc_report"]


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
    target: ArrayLike,
    score: ArrayLike,
    patient: ArrayLike,
    fold: ArrayLike,
    *,
    draws: Resamples | None = None,
) -> AucReport:
    """Report the AUC as mel always does: pooled, per-fold mean, patient-bootstrap interval.

    `draws` are those of `Resamples(patient)`, for whoever has them already.
    """
    truth, values, folds = np.asarray(target), np.asarray(score), np.asarray(fold)
    per_fold = [auc(truth[folds == k], values[folds == k]) for k in np.unique(folds)]
    if draws is None:
        low, high = auc_interval(truth, values, patient)
    else:
        low, high = draws.interval(draws.aucs(truth, values))
    return AucReport(auc(truth, values), float(np.mean(per_fold)), low, high)

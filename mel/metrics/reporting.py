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
    """A member's AUC over all rows, as the mean of its folds, and with its 95 % interval.

    All from 0 to 1; the interval, `low` to `high`, is of the AUC over all rows.

    >>> AucReport(pooled=0.9, fold_mean=0.91, low=0.85, high=0.94).as_dict()
    {'pooled': 0.9, 'fold_mean': 0.91, 'low': 0.85, 'high': 0.94}
    """

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

    The four arrays have a row an image; `fold` numbers the fold that scored it. Raises MelError as
    `mel.metrics.auc` does, also where a fold lacks a class.

    >>> found = auc_report([0, 1] * 20, [0.2, 0.8, 0.6, 0.4] * 10, range(40), [0] * 20 + [1] * 20)
    >>> found.pooled, found.fold_mean, found.low < found.pooled < found.high
    (0.75, 0.75, True)
    """
    truth, values, folds = np.asarray(target), np.asarray(score), np.asarray(fold)
    per_fold = [auc(truth[folds == k], values[folds == k]) for k in np.unique(folds)]
    if draws is None:
        low, high = auc_interval(truth, values, patient)
    else:
        low, high = draws.interval(draws.aucs(truth, values))
    return AucReport(auc(truth, values), float(np.mean(per_fold)), low, high)

"""What counts where positives are few: the top of the ROC curve, and precision."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mel.errors import MelError
from mel.metrics.ranking import Floats, checked, one_class

__all__ = ["average_precision", "partial_auc"]


def partial_auc(target: ArrayLike, score: ArrayLike, min_tpr: float = 0.8) -> float:
    """Give the area between the ROC curve and the line at `min_tpr`: 0 to 1 - `min_tpr`.

    As ISIC 2024 scores a submission (github.com/ISIC-Research/Challenge-2024-Metrics; its README
    says 0.88, the competition used 0.8): labels and scores are turned round, roc(1 - target,
    -score), and the area is taken by trapezes up to a false positive rate of 1 - `min_tpr`, the
    curve's last piece interpolated. The turned curve's false positives are the missed positives, so
    that this is the part of the AUC above the line; 0.2 is perfect and 0.02 is chance at 0.8. At 0
    it is the AUC. It is the plain area, and not that of scikit-learn's `roc_auc_score` with
    `max_fpr`, which McClish's way brings to 0.5 to 1 (Medical Decision Making 9:190, 1989).

    Raises MelError as `auc` does, and for a `min_tpr` outside 0 to 1.

    >>> partial_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], min_tpr=0.5)
    0.25
    """
    if not 0 <= min_tpr < 1:
        raise MelError(f"a least true positive rate of {min_tpr}; give one from 0 to below 1")
    truth, values = checked(target, score, "partial AUC")
    if truth.all() or not truth.any():
        raise one_class(truth, "partial AUC")
    missed, spared = _lowest_first(truth, values)
    end = 1 - min_tpr
    inside = missed <= end
    rates = np.append(missed[inside], end)
    heights = np.append(spared[inside], np.interp(end, missed, spared))
    return float(np.trapezoid(heights, rates))


def _lowest_first(truth: NDArray[np.bool_], values: Floats) -> tuple[Floats, Floats]:
    """Give the shares of positives and of negatives up to each score, from none to all."""
    order = np.argsort(values, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(values[order]) > 0, True])
    both = [np.r_[0, np.cumsum(each[order])[last]] for each in (truth, ~truth)]
    return both[0] / both[0][-1], both[1] / both[1][-1]


def average_precision(target: ArrayLike, score: ArrayLike) -> float:
    """Give the mean precision over the positives: the share of positives among what scores as high.

    The sum over thresholds of precision times the step in recall, as scikit-learn's
    `average_precision_score`; chance is the prevalence. Raises MelError as `auc` does, but for
    targets that are all positive.

    >>> round(average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
    0.8333
    """
    truth, values = checked(target, score, "average precision")
    if not truth.any():
        raise one_class(truth, "average precision")
    order = np.argsort(-values, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(values[order]) < 0, True])
    hits = np.cumsum(truth[order])[last]
    steps = np.diff(np.r_[0, hits]) / hits[-1]
    return float((hits / (last + 1) * steps).sum())

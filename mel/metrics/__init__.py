"""Exact measures of scores, and how sure they are: no library above numpy, no model.

`auc` and its kin judge the order of scores, `brier` and its kin probabilities. Intervals come
from resampling patients, since images of one patient are alike.
"""

from mel.metrics.bootstrap import auc_gain, auc_interval
from mel.metrics.delong import Paired, delong, paired
from mel.metrics.partial import average_precision, partial_auc
from mel.metrics.probability import (
    Reliability,
    brier,
    calibration_error,
    rate_intervals,
    reliability,
)
from mel.metrics.ranking import auc, percentile
from mel.metrics.reporting import AucReport, auc_report
from mel.metrics.resampling import Resamples

__all__ = [
    "AucReport",
    "Paired",
    "Reliability",
    "Resamples",
    "auc",
    "auc_gain",
    "auc_interval",
    "auc_report",
    "average_precision",
    "brier",
    "calibration_error",
    "delong",
    "paired",
    "partial_auc",
    "percentile",
    "rate_intervals",
    "reliability",
]

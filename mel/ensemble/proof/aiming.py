"""Operating points: thresholds found on the other folds, judged on this one, beside naive ones."""

import numpy as np
from numpy.typing import NDArray

from mel.config import OperatingSettings
from mel.ensemble.calibration import Calibration
from mel.ensemble.operating import OperatingPoint, Share
from mel.ensemble.proof.calibrating import Fitting
from mel.ensemble.proof.thresholds import spread, threshold
from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows
from mel.metrics import Resamples, rate_intervals

__all__ = ["LADDER", "honest_alarms", "operate"]

_RUNGS = (0.8, 0.9, 0.95)
LADDER = (
    *(OperatingSettings(aim="sensitivity", value=value) for value in _RUNGS),
    *(OperatingSettings(aim="specificity", value=value) for value in _RUNGS),
)
"""Aims that every report shows beside the user's own."""


def operate(
    rows: Rows,
    scores: Floats,
    fitting: Fitting,
    draws: Resamples,
    aim: OperatingSettings,
    calibration: Calibration,
    *,
    vary: bool = True,
) -> OperatingPoint:
    """Find the threshold on all honest scores, and what it is worth on rows that did not choose it.

    Without `vary`, the interval of the threshold itself is not drawn: its ends are the threshold.
    A cost counts at the prevalence that the settings name; where they name none, at that of the
    very rows that choose, so that no fold has a part in its own threshold.
    """
    moved = aim.aim == "cost" and calibration.used_at != calibration.prevalence
    prevalence = calibration.used_at if moved else None
    found = threshold(rows.target, scores, aim, prevalence)
    honest = honest_alarms(rows, scores, fitting, aim, prevalence)
    low = high = found
    if vary:
        low, high = spread(rows.target, scores, aim, draws, prevalence)
    alarms = (honest, scores >= found)
    shares = [_shares(rows.target, alarm, draws) for alarm in alarms]
    said = float(calibration.apply([found])[0])
    return OperatingPoint(aim.aim, aim.value, found, low, high, said, *shares[0], *shares[1])


def honest_alarms(
    rows: Rows,
    scores: Floats,
    fitting: Fitting,
    aim: OperatingSettings,
    prevalence: float | None = None,
) -> NDArray[np.bool_]:
    """Say which images raise an alarm at the threshold that was found without their fold."""
    alarms = np.zeros(len(scores), dtype=bool)
    for held, rest, known in fitting:
        alarms[held] = scores[held] >= threshold(rows.target[rest], known, aim, prevalence)
    return alarms


def _shares(target: Floats, alarm: NDArray[np.bool_], draws: Resamples) -> tuple[Share, Share]:
    truth = target == 1
    part = np.column_stack([alarm & truth, ~alarm & ~truth])
    whole = np.column_stack([truth, ~truth])
    low, high = rate_intervals(part.sum(axis=0), whole.sum(axis=0), draws.ratios(part, whole))
    values = part.sum(axis=0) / whole.sum(axis=0)
    sensitivity, specificity = (
        Share(*map(float, row)) for row in zip(values, low, high, strict=True)
    )
    return sensitivity, specificity

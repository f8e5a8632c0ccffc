"""How well calibrated the blend is: every method, judged on folds that it was not fitted on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mel.config import CalibrationSettings
from mel.ensemble.calibration import Calibration
from mel.ensemble.proof.fitting import METHODS, fit
from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows
from mel.metrics import Reliability, Resamples, brier, calibration_error, reliability

__all__ = ["Calibrated", "Fitting", "calibrate", "fitting_rows"]

RAW = "the score itself"
Fitting = Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]]
"""A fold each: its rows, the rows that may train it, and honest scores of the latter."""


@dataclass(frozen=True)
class Calibrated:
    """One method, cross-fitted: Brier score, expected calibration error and reliability."""

    method: str
    brier: float
    error: float
    curve: Reliability


def fitting_rows(rows: Rows, scores: Floats, inner: Sequence[Floats] | None) -> Fitting:
    """Give what may be fitted for each fold: `inner` from `nested`, or where it is None `scores`.

    Then the weights behind the other folds' scores have seen this one; what is fitted on those
    scores has not.
    """
    return [
        (rows.fold == fold, rest, scores[rest] if inner is None else inner[fold])
        for fold, rest in enumerate(rows.trains)
    ]


def calibrate(
    rows: Rows,
    scores: Floats,
    fitting: Fitting,
    draws: Resamples,
    settings: CalibrationSettings,
) -> tuple[Calibration, tuple[Calibrated, ...]]:
    """Give the chosen calibration, fitted on all honest scores, and every method's worth.

    Each fold is judged by curves fitted without it, at the prevalence of its training. First comes
    the score itself, as if it were a probability.
    """
    chosen = fit(settings.method, rows.target, scores, settings.prevalence)
    found = {RAW: np.clip(scores, 0, 1)} | dict(_crossed(rows, scores, fitting))
    return chosen, tuple(
        Calibrated(
            method,
            brier(rows.target, said),
            calibration_error(rows.target, said),
            reliability(rows.target, said, draws),
        )
        for method, said in found.items()
    )


def _crossed(rows: Rows, scores: Floats, fitting: Fitting) -> Iterator[tuple[str, Floats]]:
    for method in METHODS:
        said = np.empty(len(scores))
        for held, rest, known in fitting:
            said[held] = fit(method, rows.target[rest], known).apply(scores[held])
        yield method, said

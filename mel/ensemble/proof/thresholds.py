"""Thresholds for an aim, and how far they vary when patients are resampled."""

from collections.abc import Callable

import numpy as np

from mel.config import OperatingSettings
from mel.ensemble.ranks import Floats
from mel.metrics import Resamples

__all__ = ["spread", "threshold"]

_CHUNK = 50
_ROUNDING = 1e-9
_Rule = Callable[[Floats], Floats]  # weights (draws x images) to the place of each draw's threshold


def threshold(
    target: Floats, score: Floats, aim: OperatingSettings, prevalence: float | None = None
) -> float:
    """Give the score from which on an image is an alarm.

    "sensitivity": the highest with which at least that share of the positives raise an alarm.
    "specificity": the lowest with which at least that share of the negatives do not. "cost": the
    one with the least sum of misses, each worth `aim.value` false alarms, and of false alarms, at
    `prevalence`, by default that of the targets; of equals the one with fewer misses.

    >>> target, score = np.array([0.0, 1, 0, 1]), np.array([0.1, 0.4, 0.5, 0.8])
    >>> threshold(target, score, OperatingSettings(aim="sensitivity", value=0.9))
    0.4
    >>> threshold(target, score, OperatingSettings(aim="cost", value=0.5))
    0.8
    """
    places, rule = _rule(target, score, aim, prevalence)
    return float(places[rule(np.ones((1, len(score))))[0].astype(int)])


def spread(
    target: Floats,
    score: Floats,
    aim: OperatingSettings,
    draws: Resamples,
    prevalence: float | None = None,
) -> tuple[float, float]:
    """Give the ends of the 95 % interval of `threshold` where patients are resampled."""
    places, rule = _rule(target, score, aim, prevalence)
    found = [
        places[rule(draws.times[start : start + _CHUNK][:, draws.group]).astype(int)]
        for start in range(0, draws.resamples, _CHUNK)
    ]
    return draws.interval(np.concatenate(found))


def _rule(
    target: Floats, score: Floats, aim: OperatingSettings, prevalence: float | None
) -> tuple[Floats, _Rule]:
    """Give the possible thresholds and how weights of the images choose among them."""
    if aim.aim == "cost":
        return _costs(target, score, aim.value, prevalence)
    wanted = target == (1 if aim.aim == "sensitivity" else 0)
    rows = np.flatnonzero(wanted)
    falling = aim.aim == "sensitivity"
    rows = rows[np.argsort(-score[rows] if falling else score[rows], kind="stable")]
    places = score[rows] if falling else np.nextafter(score[rows], np.inf)

    def choose(weights: Floats) -> Floats:
        reached = np.cumsum(weights[:, rows], axis=1)
        enough = aim.value * reached[:, -1:] - _ROUNDING
        return np.asarray((reached >= enough).argmax(axis=1), dtype=np.float64)

    return places, choose


def _costs(
    target: Floats, score: Floats, ratio: float, prevalence: float | None
) -> tuple[Floats, _Rule]:
    order = np.argsort(score, kind="stable")
    truth = target[order]
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    places = np.append(score[order][starts], np.nextafter(score.max(), np.inf))
    odds = 1.0
    if prevalence is not None:
        own = target.mean()
        odds = prevalence / (1 - prevalence) * (1 - own) / own

    def choose(weights: Floats) -> Floats:
        mine = weights[:, order]
        missed = np.cumsum(mine * truth, axis=1)
        spared = np.cumsum(mine * (1 - truth), axis=1)
        cost = ratio * odds * missed - spared  # of a threshold above each image, but for a constant
        before = np.hstack([np.zeros((len(mine), 1)), cost[:, starts[1:] - 1], cost[:, -1:]])
        return np.asarray(before.argmin(axis=1), dtype=np.float64)

    return places, choose

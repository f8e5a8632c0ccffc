"""Calibrations fitted to scores: Platt's sigmoid, a temperature, an isotonic curve."""

from dataclasses import replace

import numpy as np

from mel.ensemble.calibration import Calibration, logits
from mel.ensemble.ranks import Floats

__all__ = ["METHODS", "fit"]

METHODS = ("platt", "temperature", "isotonic")
_STEPS = 100
_CLOSE = 1e-10


def fit(method: str, target: Floats, scores: Floats, used_at: float | None = None) -> Calibration:
    """Fit one of `METHODS` to 0/1 targets; `used_at` is the prevalence it shall speak of.

    "platt": slope and offset on the score's logit, by maximum likelihood with Platt's targets,
    which stand off 0 and 1 as much as so many images can show (Advances in Large Margin
    Classifiers, 1999). "temperature": the slope alone (Guo et al., ICML 2017), the offset being
    the logit of the prevalence, since a blend of ranks is centred where a probability would be at
    a prevalence of one half. "isotonic": the rising curve of least squares by scikit-learn
    (Zadrozny and Elkan, KDD 2002). A score that falls where it should rise gets a flat curve.

    >>> draw = np.random.default_rng(0)
    >>> score = draw.random(20_000)
    >>> target = (draw.random(20_000) < score).astype(float)
    >>> found = fit("platt", target, score)
    >>> abs(found.slope - 1) < 0.05, abs(found.offset) < 0.05
    (True, True)
    """
    prevalence = float((target.sum() + 1) / (len(target) + 2))
    plain = Calibration(method, len(target), prevalence, used_at or prevalence)
    if method == "isotonic":
        return _isotonic(target, scores, plain)
    free = method == "platt"
    offset = float(np.log(prevalence / (1 - prevalence)))
    slope, moved = _sigmoid(_soft(target), logits(scores), 0.0 if free else offset, free=free)
    if slope <= 0:
        slope, moved = 0.0, offset
    return replace(plain, slope=slope, offset=moved)


def _soft(target: Floats) -> Floats:
    positives = target.sum()
    high = (positives + 1) / (positives + 2)
    return np.asarray(np.where(target == 1, high, 1 / (len(target) - positives + 2)))


def _sigmoid(target: Floats, logit: Floats, offset: float, *, free: bool) -> tuple[float, float]:
    """Give slope and offset of greatest likelihood by Newton's steps, halved where they overshoot.

    The offset stays where it is unless `free`.
    """
    columns = np.column_stack([logit, np.ones(len(logit))])[:, : 2 if free else 1]
    found = np.zeros(columns.shape[1])
    loss = _loss(target, columns @ found + offset)
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-(columns @ found + offset)))
        gradient = columns.T @ (said - target)
        curvature = (columns * (said * (1 - said))[:, None]).T @ columns
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        while (after := _loss(target, columns @ (found - step) + offset)) > loss + _CLOSE:
            step = step / 2
        found, gained, loss = found - step, loss - after, after
        if gained <= _CLOSE * max(loss, 1.0):
            break
    return float(found[0]), float(found[1] if free else offset)


def _loss(target: Floats, logit: Floats) -> float:
    return float((np.logaddexp(0, logit) - target * logit).sum())


def _isotonic(target: Floats, scores: Floats, plain: Calibration) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, target)
    levels = np.maximum.accumulate(model.y_thresholds_)
    knots = tuple(map(float, model.X_thresholds_))
    return replace(plain, knots=knots, levels=tuple(map(float, levels)))

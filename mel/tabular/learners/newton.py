"""Logistic regression's minimum by Newton's method: the same weights on every machine."""

import numpy as np

from mel.tabular.features import Floats

__all__ = ["newton"]

_STEPS, _NEAR = 50, 1e-10


def newton(design: Floats, target: Floats, weight: Floats, ridge: float) -> Floats:
    """Give the weights of the columns, then the intercept, at which the loss is least.

    The loss is the weighted log loss plus `ridge` / 2 times the squares of the columns' weights.
    It is convex, and each step is halved until it falls (Boyd and Vandenberghe, Convex
    Optimization, 9.5).

    >>> column, target = np.array([[-1.0], [-1.0], [1.0], [1.0]]), np.array([0.0, 0.0, 0.0, 1.0])
    >>> newton(column, target, np.ones(4), ridge=1e6).round(3).tolist()
    [0.0, -1.099]
    """
    rows = np.column_stack([design, np.ones(len(design))])
    penalty = np.full(rows.shape[1], ridge)
    penalty[-1] = _NEAR
    beta = np.zeros(rows.shape[1])
    share = float((weight * target).sum() / weight.sum())
    beta[-1] = np.log(share / (1 - share))
    loss = _loss(rows, target, weight, penalty, beta)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(rows @ beta)))
        slope = rows.T @ (weight * (chance - target)) + penalty * beta
        curve = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows
        step = np.linalg.solve(curve + np.diag(penalty), slope)
        size = 1.0
        while (new := _loss(rows, target, weight, penalty, beta - size * step)) > loss:
            size /= 2
            if size < _NEAR:
                return beta
        beta, loss = beta - size * step, new
        if np.abs(step).max() <= _NEAR:
            break
    return beta


def _loss(rows: Floats, target: Floats, weight: Floats, penalty: Floats, beta: Floats) -> float:
    margin = rows @ beta
    own = np.logaddexp(0, margin) - target * margin
    return float((weight * own).sum() + (penalty * beta * beta).sum() / 2)

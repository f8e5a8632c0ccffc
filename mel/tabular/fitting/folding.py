"""All learners for one fold: fitted on rows free of it, averaged in log-odds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from mel.config import TabularSettings
from mel.tabular.features import FeatureList, Floats, Matrix, Norms, Reader, Rows, Stored
from mel.tabular.fitting.plan import Mask, Plan
from mel.tabular.fitting.rounds import choose_rounds
from mel.tabular.fitting.searching import search
from mel.tabular.learners import LEARNERS, AnyModel, weights_of

__all__ = ["FoldModel", "fit_fold", "level"]

_FAR = 40.0  # in log-odds: beyond it a probability of doubles is 0 or 1
_HALVINGS, _DECIMALS = 50, 9  # the last digits depend on how a machine adds up


class FoldModel(Stored):
    """What scores one fold: the norms and the models, all fitted on the rows it may train on.

    `shift` is taken off the log-odds, so that the mean probability of these rows is their share of
    positives: it takes back what a positive counted in fitting, and what averaging log-odds costs.
    `chosen` are settings found inside the training rows, by learner.
    """

    norms: Norms
    shift: float
    models: list[AnyModel]
    chosen: dict[str, dict[str, float]] = Field(default={})

    def probability(self, features: FeatureList, rows: Rows, only: Mask | None = None) -> Floats:
        """Give the probability of each row, or of some: learners count alike, and their seeds."""
        readers = {model.reader for model in self.models}
        matrices = {reader: features.matrix(rows, self.norms, reader) for reader in readers}
        if only is not None:
            matrices = {reader: matrix[only] for reader, matrix in matrices.items()}
        return _chance(log_odds(self.models, matrices), self.shift)


def log_odds(models: Sequence[Any], matrices: Mapping[Reader, Matrix]) -> Floats:
    """Give the mean log-odds of the learners, each the mean of its models."""
    by_learner: dict[str, list[Floats]] = {}
    for model in models:
        found = model.log_odds(matrices[model.reader])
        by_learner.setdefault(model.learner, []).append(found)
    means = [Rows.sum_of(columns) / len(columns) for columns in by_learner.values()]
    return Rows.sum_of(means) / len(means)


def _chance(odds: Floats, shift: float) -> Floats:
    return np.asarray(1 / (1 + np.exp(shift - odds)))


def fit_fold(plan: Plan, *folds: int) -> FoldModel:
    """Fit all learners on the rows that are free of `folds`.

    Rounds and settings that are to be chosen are chosen by the folds inside these rows.
    """
    train = plan.free_of(*folds)
    norms: Norms = {norm.by: norm.fit(plan.rows, train) for norm in plan.features.norms}
    models: list[Any] = []
    chosen: dict[str, dict[str, float]] = {}
    matrices: dict[Reader, Matrix] = {}
    for name in plan.settings.learners:
        reader = LEARNERS[name].reader
        matrix = matrices.setdefault(reader, plan.features.matrix(plan.rows, norms, reader))
        settings = plan.settings
        if settings.search.trials:
            settings, found = search(plan, name, matrix, folds)
            chosen[name] = found
        if name == "lightgbm" and settings.choose_rounds:
            settings = choose_rounds(plan, matrix, folds, settings)
            chosen[name] = chosen.get(name, {}) | {"rounds": settings.rounds}
        models += _fitted(plan, name, matrix, train, settings)
    odds = log_odds(models, {reader: matrix[train] for reader, matrix in matrices.items()})
    shift = level(odds, float(plan.target[train].mean()))
    return FoldModel(norms=norms, shift=shift, models=models, chosen=chosen)


def level(odds: Floats, share: float) -> float:
    """Give what to take off log-odds so that the mean of their probabilities is `share`.

    >>> odds = np.array([-3.0, -1.0, 2.0])
    >>> shift = level(odds, 0.2)
    >>> float((1 / (1 + np.exp(shift - odds))).mean().round(6))
    0.2
    """
    low, high = float(odds.min()) - _FAR, float(odds.max()) + _FAR
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _chance(odds, middle).mean() > share else (low, middle)
    return round(low, _DECIMALS)


def _fitted(
    plan: Plan, name: str, matrix: Any, train: Mask, settings: TabularSettings
) -> list[Any]:
    learner, target = LEARNERS[name], plan.target[train]
    weight = weights_of(target, settings.positive_weight)
    return [
        learner.fit(matrix[train], target, weight, settings, settings.seed + number)
        for number in range(learner.seeds(settings))
    ]

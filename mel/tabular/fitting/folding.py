"""All learners for one fold: fitted on rows free of it, averaged in log-odds."""

from typing import Any

import numpy as np
from pydantic import Field

from mel.config import TabularSettings
from mel.tabular.features import FeatureList, Floats, Norms, Rows, Stored
from mel.tabular.fitting.plan import Mask, Plan
from mel.tabular.fitting.rounds import choose_rounds
from mel.tabular.fitting.searching import search
from mel.tabular.learners import LEARNERS, AnyModel, weights_of

__all__ = ["FoldModel", "fit_fold"]


class FoldModel(Stored):
    """What scores one fold: the norms and the models, all fitted on the rows it may train on.

    `shift` is taken off the log-odds: the logarithm of what a positive counted in fitting.
    `chosen` are settings found inside the training rows, by learner.
    """

    norms: Norms
    shift: float
    models: list[AnyModel]
    chosen: dict[str, dict[str, float]] = Field(default={})

    def probability(self, features: FeatureList, rows: Rows) -> Floats:
        """Give each row's probability: learners count alike, and so do a learner's seeds."""
        return np.asarray(1 / (1 + np.exp(self.shift - self.log_odds(features, rows))))

    def log_odds(self, features: FeatureList, rows: Rows) -> Floats:
        """Give each row's log-odds before the shift."""
        by_learner: dict[str, list[Floats]] = {}
        matrices = {m.reader: features.matrix(rows, self.norms, m.reader) for m in self.models}
        for model in self.models:
            found = model.log_odds(matrices[model.reader])
            by_learner.setdefault(model.learner, []).append(found)
        means = [Rows.sum_of(columns) / len(columns) for columns in by_learner.values()]
        return Rows.sum_of(means) / len(means)


def fit_fold(plan: Plan, *folds: int) -> FoldModel:
    """Fit all learners on the rows that are free of `folds`.

    Rounds and settings that are to be chosen are chosen by the folds inside these rows.
    """
    train = plan.free_of(*folds)
    norms: Norms = {norm.by: norm.fit(plan.rows, train) for norm in plan.features.norms}
    models: list[Any] = []
    chosen: dict[str, dict[str, float]] = {}
    for name in plan.settings.learners:
        learner = LEARNERS[name]
        matrix = plan.features.matrix(plan.rows, norms, learner.reader)
        settings = plan.settings
        if settings.search.trials:
            settings, found = search(plan, name, matrix, folds)
            chosen[name] = found
        if name == "lightgbm" and settings.choose_rounds:
            settings = choose_rounds(plan, matrix, folds, settings)
            chosen[name] = chosen.get(name, {}) | {"rounds": settings.rounds}
        models += _fitted(plan, name, matrix, train, settings)
    shift = float(np.log(plan.settings.positive_weight))
    return FoldModel(norms=norms, shift=shift, models=models, chosen=chosen)


def _fitted(
    plan: Plan, name: str, matrix: Any, train: Mask, settings: TabularSettings
) -> list[Any]:
    learner, target = LEARNERS[name], plan.target[train]
    weight = weights_of(target, settings.positive_weight)
    return [
        learner.fit(matrix[train], target, weight, settings, settings.seed + number)
        for number in range(learner.seeds(settings))
    ]

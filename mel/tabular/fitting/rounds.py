"""How many trees: chosen by whole groups held out inside the training rows."""

import numpy as np

from mel.config import TabularSettings
from mel.tabular.features import Matrix
from mel.tabular.fitting.plan import Plan
from mel.tabular.learners import LightGbm, weights_of

__all__ = ["choose_rounds"]


def choose_rounds(
    plan: Plan, matrix: Matrix, folds: tuple[int, ...], settings: TabularSettings
) -> TabularSettings:
    """Give the settings with the rounds at which the held-out log loss is least, at most theirs.

    Each fold inside the rows free of `folds` is held out once; their losses are averaged by rows.
    A positive counts there what it counts in fitting.
    """
    total, rows, heavy = np.zeros(settings.rounds), 0, settings.positive_weight
    for train, held in plan.inner(*folds):
        parts = [
            (matrix[mask], plan.target[mask], weights_of(plan.target[mask], heavy))
            for mask in (train, held)
        ]
        total += LightGbm().losses(parts[0], parts[1], settings) * held.sum()
        rows += int(held.sum())
    if not rows:
        return settings
    return settings.model_copy(update={"rounds": int(np.argmin(total / rows)) + 1})

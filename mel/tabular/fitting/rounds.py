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
    """
    total, rows = np.zeros(settings.rounds), 0
    for train, held in plan.inner(*folds):
        parts = [
            (matrix[mask], plan.target[mask], weights_of(plan.target[mask], 1.0))
            for mask in (train, held)
        ]
        total += LightGbm().losses(parts[0], parts[1], settings) * held.sum()
        rows += int(held.sum())
    if not rows:
        return settings
    return settings.model_copy(update={"rounds": int(np.argmin(total / rows)) + 1})

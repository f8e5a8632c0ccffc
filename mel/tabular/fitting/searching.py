"""A search over a learner's settings, by folds inside the training rows; optuna does it."""

from importlib import import_module
from typing import Any

import numpy as np

from mel.config import TabularSettings
from mel.errors import MelError
from mel.metrics import auc
from mel.tabular.features import Matrix
from mel.tabular.fitting.plan import Plan
from mel.tabular.learners import LEARNERS, weights_of

__all__ = ["search"]


def search(
    plan: Plan, name: str, matrix: Matrix, folds: tuple[int, ...]
) -> tuple[TabularSettings, dict[str, float]]:
    """Give the settings with the best mean AUC over the folds inside the rows free of `folds`.

    The first trial is the settings as they are. The same seed gives the same trials. Also gives
    what was chosen, and the AUC. Raises MelError when optuna is not installed.
    """
    optuna = _optuna()
    sampler = optuna.samplers.TPESampler(seed=plan.settings.search.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    plain = _inner_auc(plan, name, matrix, folds, plan.settings)

    def objective(trial: Any) -> float:
        return _inner_auc(plan, name, matrix, folds, LEARNERS[name].suggest(trial, plan.settings))

    study.optimize(objective, n_trials=plan.settings.search.trials)
    if study.best_value <= plain:
        return plan.settings, {"inner auc": plain}
    best = LEARNERS[name].suggest(optuna.trial.FixedTrial(study.best_params), plan.settings)
    return best, {"inner auc": study.best_value} | study.best_params


def _optuna() -> Any:
    try:
        optuna = import_module("optuna")
    except ImportError:
        raise MelError(
            "tabular.search: needs optuna, which is not installed; install mel[search], or set "
            "trials = 0"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _inner_auc(
    plan: Plan, name: str, matrix: Matrix, folds: tuple[int, ...], settings: TabularSettings
) -> float:
    """The mean AUC of the inner folds that have both classes."""
    found = []
    for train, held in plan.inner(*folds):
        target = plan.target[train]
        weight = weights_of(target, settings.positive_weight)
        model = LEARNERS[name].fit(matrix[train], target, weight, settings, settings.seed)
        truth = plan.target[held]
        if 0 < truth.sum() < len(truth):
            found.append(auc(truth, model.log_odds(matrix[held])))
    return float(np.mean(found)) if found else 0.5

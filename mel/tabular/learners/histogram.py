"""scikit-learn's HistGradientBoosting, stored as arrays of numbers and replayed by own code."""

from typing import Any, ClassVar, Literal

import numpy as np

from mel.config import TabularSettings
from mel.errors import MelError
from mel.tabular.features import Floats, Matrix, Reader
from mel.tabular.learners.base import Model, Number, expanded
from mel.tabular.learners.trees import Tree, tree_of

__all__ = ["Histogram", "HistogramModel"]


class HistogramModel(Model):
    """The trees and what they start from."""

    reader: ClassVar[Reader] = "trees"
    learner: Literal["histogram"] = "histogram"
    baseline: Number
    trees: list[Tree]

    def log_odds(self, matrix: Matrix) -> Floats:
        """Add the trees one after the other, as scikit-learn does."""
        columns = expanded(matrix.values, matrix.levels)
        total = np.full(len(columns), self.baseline)
        for tree in self.trees:
            total = total + tree.values(columns)
        return total

    def contributions(self, matrix: Matrix) -> None:
        """Give None: scikit-learn has no SHAP values."""
        del matrix


class Histogram:
    """Gradient boosting by another hand: other draws and other splits than LightGBM's."""

    reader: Reader = "trees"

    def seeds(self, settings: TabularSettings) -> int:  # noqa: ARG002
        """Give 1."""
        return 1

    def fit(
        self,
        matrix: Matrix,
        target: Floats,
        weight: Floats,
        settings: TabularSettings,
        seed: int,
    ) -> HistogramModel:
        """Fit `settings.histogram.rounds` trees; words are columns of 0 and 1."""
        columns = expanded(matrix.values, matrix.levels)
        columns[:, np.isnan(columns).all(axis=0)] = 0.0  # scikit-learn refuses a column of none
        found = estimator(settings, seed).fit(columns, target, sample_weight=weight)
        return stored(found)

    def suggest(self, trial: Any, settings: TabularSettings) -> TabularSettings:
        """Give one trial's settings."""
        update = {
            "rounds": trial.suggest_int("histogram rounds", 50, 400, step=25),
            "leaves": trial.suggest_int("leaves", 2, 15),
            "l2": trial.suggest_float("l2", 0.1, 100.0, log=True),
        }
        histogram = settings.histogram.model_copy(update=update)
        return settings.model_copy(update={"histogram": histogram})


def estimator(settings: TabularSettings, seed: int) -> Any:
    """Give scikit-learn's own estimator, not fitted."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    own = settings.histogram
    return HistGradientBoostingClassifier(
        learning_rate=own.learning_rate,
        max_iter=own.rounds,
        max_leaf_nodes=own.leaves,
        min_samples_leaf=own.min_data_in_leaf,
        l2_regularization=own.l2,
        max_features=own.feature_fraction,
        early_stopping=False,
        random_state=seed,
    )


def stored(found: Any) -> HistogramModel:
    """Give the numbers of a fitted estimator; a version that keeps them otherwise is refused."""
    try:
        trees = [tree_of(stage[0].nodes) for stage in found._predictors]
        return HistogramModel(baseline=float(found._baseline_prediction.ravel()[0]), trees=trees)
    except (AttributeError, ValueError, IndexError) as error:
        raise MelError(
            f"scikit-learn keeps its trees in a way mel does not know ({error}); take the learner "
            "'lightgbm' instead of 'histogram'"
        ) from error

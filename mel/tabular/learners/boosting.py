"""LightGBM: its own text model, its own SHAP values, categories native."""

from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from mel.config import TabularSettings
from mel.tabular.features import Floats, Matrix, Reader
from mel.tabular.learners.base import Model
from mel.tabular.learners.library import Trees, library

__all__ = ["LightGbm", "LightGbmModel"]


class LightGbmModel(Model):
    """A LightGBM model as its own text."""

    reader: ClassVar[Reader] = "trees"
    learner: Literal["lightgbm"] = "lightgbm"
    text: str

    @cached_property
    def booster(self) -> Any:
        """The model, opened."""
        from lightgbm import Booster

        return Booster(model_str=self.text)

    @cached_property
    def trees(self) -> Trees | None:
        """The model, opened by LightGBM's library alone; None where that is not found."""
        opened = library()
        return None if opened is None else Trees(self.text, opened)

    def log_odds(self, matrix: Matrix) -> Floats:
        """Give the sum of the trees' leaves, row by row."""
        if not len(matrix.values):
            return np.empty(0)
        if self.trees is not None:
            return self.trees.raw(matrix.values)
        found = self.booster.predict(matrix.values, raw_score=True, num_threads=1)
        return np.asarray(found, dtype=np.float64)

    def contributions(self, matrix: Matrix) -> Floats:
        """Give LightGBM's own exact SHAP values, rows x columns."""
        found = self.booster.predict(matrix.values, pred_contrib=True, num_threads=1)
        return np.asarray(found, dtype=np.float64)[:, :-1]

    def gain(self, columns: int) -> Floats:  # noqa: ARG002
        """Give the total gain of the splits in each column."""
        return np.asarray(self.booster.feature_importance("gain"), dtype=np.float64)


class LightGbm:
    """Gradient boosting of small trees."""

    reader: Reader = "trees"

    def seeds(self, settings: TabularSettings) -> int:
        """Give as many as the settings say."""
        return settings.seeds

    def fit(
        self,
        matrix: Matrix,
        target: Floats,
        weight: Floats,
        settings: TabularSettings,
        seed: int,
    ) -> LightGbmModel:
        """Fit `settings.rounds` trees."""
        import lightgbm

        data = _dataset(matrix, target, weight)
        found = lightgbm.train(_parameters(matrix, settings, seed), data, settings.rounds)
        return LightGbmModel(text=found.model_to_string())

    def losses(
        self,
        train: tuple[Matrix, Floats, Floats],
        held: tuple[Matrix, Floats, Floats],
        settings: TabularSettings,
    ) -> Floats:
        """Give the log loss of held-out rows after each round."""
        import lightgbm

        data = _dataset(*train)
        record: dict[str, Any] = {}
        lightgbm.train(
            _parameters(train[0], settings, settings.seed) | {"metric": "binary_logloss"},
            data,
            settings.rounds,
            valid_sets=[_dataset(*held, reference=data)],
            valid_names=["held"],
            callbacks=[lightgbm.record_evaluation(record)],
        )
        return np.array(record["held"]["binary_logloss"])

    def suggest(self, trial: Any, settings: TabularSettings) -> TabularSettings:
        """Give one trial's settings."""
        return settings.model_copy(
            update={
                "rounds": trial.suggest_int("rounds", 50, 400, step=25),
                "num_leaves": trial.suggest_int("num_leaves", 2, 15),
                "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 400, log=True),
                "lambda_l2": trial.suggest_float("lambda_l2", 0.1, 100.0, log=True),
                "feature_fraction": trial.suggest_float("feature_fraction", 0.2, 1.0),
            }
        )


def _dataset(
    matrix: Matrix, target: Floats, weight: Floats, reference: object | None = None
) -> Any:
    import lightgbm

    return lightgbm.Dataset(
        matrix.values,
        target,
        weight=None if (weight == 1).all() else weight,
        categorical_feature=list(matrix.levels),
        reference=reference,
        params={"max_bin": _BINS, "verbosity": -1},
    )


_BINS = 63  # of a column: finer ones are slower and no better on scores


def _parameters(matrix: Matrix, settings: TabularSettings, seed: int) -> dict[str, Any]:
    rises = [int(i in matrix.rises) for i in range(len(matrix.titles))]
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_data_in_leaf,
        "lambda_l2": settings.lambda_l2,
        "feature_fraction": settings.feature_fraction,
        "extra_trees": settings.extra_trees,
        "max_bin": _BINS,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,  # sums of floats depend on how they are split among threads
        "verbosity": -1,
    } | ({"monotone_constraints": rises} if settings.monotone and any(rises) else {})

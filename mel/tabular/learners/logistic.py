"""Logistic regression with small weights: Newton's method, and plain numbers to replay it."""

from typing import Any, ClassVar, Literal

import numpy as np

from mel.config import TabularSettings
from mel.tabular.features import Floats, Matrix, Reader
from mel.tabular.learners.base import Model, Number, expanded
from mel.tabular.learners.newton import newton

__all__ = ["Logistic", "LogisticModel"]

_ALIKE = 1e-10  # of a column: a spread that is none
_DIGITS = 9  # of each weight that are kept: the last ones depend on the machine's algebra


class LogisticModel(Model):
    """Weights of the standardised columns; a missing number counts as the training's mean.

    `flags` are columns whose being missing has a weight of its own: one for each set of rows that
    lack something. The weights are of the numbers, the words, then the flags.
    """

    reader: ClassVar[Reader] = "linear"
    learner: Literal["logistic"] = "logistic"
    intercept: Number
    weight: list[Number]
    mean: list[Number]
    scale: list[Number]
    flags: list[int]

    def log_odds(self, matrix: Matrix) -> Floats:
        """Add up the columns one after the other: a row's bits do not depend on the others."""
        total = np.full(len(matrix.values), self.intercept)
        for column in self._parts(matrix):
            total = total + column
        return total

    def contributions(self, matrix: Matrix) -> Floats:
        """Give weight times distance from the mean: the SHAP values of a line."""
        parts = self._parts(matrix)
        numbers = [i for i in range(matrix.values.shape[1]) if i not in matrix.levels]
        owners = numbers + [i for i, count in matrix.levels.items() for _ in range(count)]
        found = np.zeros_like(matrix.values)
        for owner, part in zip([*owners, *self.flags], parts, strict=True):
            found[:, owner] += part
        return found

    def _parts(self, matrix: Matrix) -> list[Floats]:
        values = _columns(matrix, self.flags)
        scaled = zip(values.T, self.mean, self.scale, self.weight, strict=True)
        return [np.nan_to_num((v - mean) * (w / scale)) for v, mean, scale, w in scaled]


class Logistic:
    """Regularised logistic regression."""

    reader: Reader = "linear"

    def seeds(self, settings: TabularSettings) -> int:  # noqa: ARG002
        """Give 1: nothing is drawn."""
        return 1

    def fit(
        self,
        matrix: Matrix,
        target: Floats,
        weight: Floats,
        settings: TabularSettings,
        seed: int,  # noqa: ARG002
    ) -> LogisticModel:
        """Minimise the log loss plus the squares of the weights over 2C; the intercept is free."""
        flags = _flags(matrix)
        columns = _columns(matrix, flags)
        mean, scale = _centre(columns)
        design = np.nan_to_num((columns - mean) / scale)
        found = newton(design, target, weight, 1.0 / settings.logistic.c)
        return LogisticModel(
            intercept=_kept(found[-1]),
            weight=[_kept(w) for w in found[:-1]],
            mean=[_kept(m) for m in mean],
            scale=[_kept(s) for s in scale],
            flags=flags,
        )

    def suggest(self, trial: Any, settings: TabularSettings) -> TabularSettings:
        """Give one trial's settings."""
        c = trial.suggest_float("c", 1e-4, 10.0, log=True)
        return settings.model_copy(
            update={"logistic": settings.logistic.model_copy(update={"c": c})}
        )


def _kept(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _flags(matrix: Matrix) -> list[int]:
    """The first column of each set of rows that lack a number."""
    lacking = {
        np.packbits(gone).tobytes(): i
        for i in reversed(range(matrix.values.shape[1]))
        if i not in matrix.levels and (gone := np.isnan(matrix.values[:, i])).any()
    }
    return sorted(lacking.values())


def _columns(matrix: Matrix, flags: list[int]) -> Floats:
    """The numbers, a column for each word, a column for each flag."""
    flagged = [np.isnan(matrix.values[:, i]).astype(np.float64) for i in flags]
    return np.column_stack([expanded(matrix.values, matrix.levels), *flagged])


def _centre(columns: Floats) -> tuple[Floats, Floats]:
    """The mean and the standard deviation of what is there; 1 where all is alike."""
    known = ~np.isnan(columns)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, columns, 0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, columns - mean, 0) ** 2).sum(axis=0) / count)
    return mean, np.where(spread > _ALIKE * (1 + np.abs(mean)), spread, 1.0)

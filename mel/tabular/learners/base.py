"""The one interface of all level-2 learners."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mel.config import TabularSettings
from mel.tabular.features import Floats, Matrix, Reader, Stored

__all__ = ["Learner", "Model", "Number", "expanded", "weights_of"]

Number = Annotated[float, Field(allow_inf_nan=False)]


class Model(Stored):
    """One fitted model: plain numbers or text, that `model_dump_json` stores.

    The same row gets the same bits alone and in any batch.
    """

    reader: ClassVar[Reader]

    def log_odds(self, matrix: Matrix) -> Floats:
        """Give the log-odds of a positive for each row."""
        raise NotImplementedError

    def contributions(self, matrix: Matrix) -> Floats | None:
        """Give what each column adds to each row's log-odds (SHAP values), or None."""
        raise NotImplementedError

    def gain(self, columns: int) -> Floats | None:
        """Give by column how much its splits lowered the loss in training, or None."""
        del columns
        return None


class Learner(Protocol):
    """Fits one model; `reader` says which columns it gets, `seeds` how many it shall be of."""

    reader: Reader

    def seeds(self, settings: TabularSettings) -> int:
        """Give how many models differ only by their seed; 1 where no draw is made."""
        ...

    def fit(
        self,
        matrix: Matrix,
        target: Floats,
        weight: Floats,
        settings: TabularSettings,
        seed: int,
    ) -> Model:
        """Fit one model; the same input gives the same model."""
        ...

    def suggest(self, trial: Any, settings: TabularSettings) -> TabularSettings:
        """Give settings for one trial of a search."""
        ...


def weights_of(target: Floats, positive_weight: float) -> Floats:
    """Give each row's weight in fitting: `positive_weight` for a positive, 1 for a negative."""
    return np.where(target == 1, positive_weight, 1.0)


def expanded(values: Floats, levels: Mapping[int, int]) -> Floats:
    """Give a matrix with a column of 0 and 1 for each word of each categorical column.

    The numbers come first, in their order; a missing word is 0 in all of its columns.

    >>> expanded(np.array([[5.0, 1.0], [6.0, np.nan]]), {1: 2}).tolist()
    [[5.0, 0.0, 1.0], [6.0, 0.0, 0.0]]
    """
    plain = [values[:, i] for i in range(values.shape[1]) if i not in levels]
    coded: list[NDArray[np.float64]] = [
        (values[:, i] == level).astype(np.float64)
        for i, count in levels.items()
        for level in range(count)
    ]
    return np.column_stack([*plain, *coded])

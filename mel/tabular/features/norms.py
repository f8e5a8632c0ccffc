"""Scores against what is usual at a site or an age: norms, fitted on training rows only."""

from typing import ClassVar, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Feature, Floats, Norms

__all__ = ["Norm"]

_PRIOR = 20  # rows: as if that many at the overall mean were in every group
_ALL, _NONE = "all", "missing"


class Norm(Feature):
    """By how much an image's mean normal score is above the usual one of its site or age band."""

    unit: ClassVar[str] = "standard deviations of a bell curve"
    leak: ClassVar[str] = (
        "the usual score is a mean over the training rows of each fold's model, without targets"
    )
    kind: Literal["norm"] = "norm"
    by: Literal["site", "age"]

    @property
    def title(self) -> str:
        """What it is compared by."""
        return f"members: above the usual at this {self.by}"

    @property
    def reads(self) -> tuple[str, ...]:
        """Where, or how old."""
        return (self.by,)

    @property
    def rising(self) -> bool:
        """Always: the usual score is a number of the model."""
        return True

    def groups(self, rows: Rows) -> list[str]:
        """Name the group of each image: a site, or ten years of age."""
        return rows.once(f"groups by {self.by}", lambda: self._groups(rows))

    def _groups(self, rows: Rows) -> list[str]:
        column = rows.images[self.by]
        if self.by == "age":
            ages = column.cast(pl.Float64).fill_nan(None)
            column = (ages / 10).floor().cast(pl.Int64).cast(pl.String) + "0s"
        return column.cast(pl.String).fill_null(_NONE).to_list()

    def fit(self, rows: Rows, train: NDArray[np.bool_]) -> dict[str, float]:
        """Give the usual score of each group over the training rows, and of all."""
        names = np.array(self.groups(rows))[train]
        values = rows.consensus[train]
        overall = float(values.sum() / len(values))
        found = {_ALL: overall}
        for name in np.unique(names):
            mine = values[names == name]
            found[str(name)] = float((mine.sum() + _PRIOR * overall) / (len(mine) + _PRIOR))
        return found

    def column(self, rows: Rows, norms: Norms) -> Floats:
        """Give the differences; a group that no training row was in counts as all together."""
        usual = norms[self.by]
        means = [usual.get(name, usual[_ALL]) for name in self.groups(rows)]
        return rows.consensus - np.array(means, dtype=np.float64)

"""The matrix that a learner reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mel.tabular.features.stored import Floats

__all__ = ["Matrix"]


@dataclass(frozen=True, eq=False)
class Matrix:
    """Images x features, float64, missing as NaN, with what a learner must know of the columns.

    `levels` is by categorical column the number of its words; `rises` are the columns that never
    fall where a member's score rises.
    """

    values: Floats
    titles: tuple[str, ...]
    levels: Mapping[int, int]
    rises: tuple[int, ...]

    def __getitem__(self, rows: NDArray[Any]) -> "Matrix":
        """Give some of the rows."""
        return Matrix(self.values[rows], self.titles, self.levels, self.rises)

"""What every feature is: data of its own file, a unit, and why it leaks nothing."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from mel.tabular.features.rows import Rows

__all__ = ["Feature", "Floats", "Norms", "Reader", "Stored"]

Floats = NDArray[np.float64]
Reader = Literal["trees", "linear"]
Norms = dict[str, dict[str, float]]  # a norm's name -> a group -> the usual score in it


class Stored(BaseModel):
    """Data of a stack's files: strict types, no unknown key."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Feature(Stored):
    """One column of the matrix.

    `unit` is what a value counts, `leak` why it gives nothing away; both for people, in the table
    of `mel tabular features`. `readers` are the kinds of learners that get it.
    """

    unit: ClassVar[str] = ""
    leak: ClassVar[str] = ""
    readers: ClassVar[tuple[Reader, ...]] = ("trees", "linear")

    @property
    def title(self) -> str:
        """What the column is called in tables; no two of a list are called the same."""
        raise NotImplementedError

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns of the images that it is made of, beside image_id and the scores."""
        return ()

    @property
    def rising(self) -> bool:
        """Whether it never falls where a member's score rises, whatever else is the same."""
        return False

    def column(self, rows: Rows, norms: Norms) -> Floats:
        """Give the feature of each image, float64, missing as NaN, in the rows' order."""
        raise NotImplementedError

"""What features read: images and scores joined by id, sorted, each patient's images together.

Rows are sorted by image_id before anything is summed, so that the order they came in changes no
bit, and a patient's sums take nothing but this patient's images.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.checks import is_missing
from mel.errors import MelError, many
from mel.metrics import percentile

__all__ = ["Patients", "Rows", "normal_scores", "own_percentiles"]

Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Patients:
    """Which of the rows are one patient's: `group` of each row, `size` of each group."""

    group: NDArray[np.intp]
    size: NDArray[np.intp]

    @classmethod
    def of(cls, patient: pl.Series) -> "Patients":
        """Number the patients in the order of their names."""
        _, group = np.unique(patient.cast(pl.String).to_numpy(), return_inverse=True)
        return cls(group, np.bincount(group))

    @property
    def images(self) -> Floats:
        """How many images each row's patient has."""
        return self.size[self.group].astype(np.float64)

    def total(self, values: Floats) -> Floats:
        """Give each row the sum over its patient's rows, added in the rows' order."""
        found = np.bincount(self.group, values, minlength=len(self.size))
        return np.asarray(found, dtype=np.float64)[self.group]


@dataclass(frozen=True, eq=False)
class Rows:
    """Images sorted by image_id, and of each member the score and its percentile, 0 to 1.

    `finest` is by member the least step of its percentiles: half a row of its reference.
    """

    images: pl.DataFrame
    scores: Mapping[str, Floats]
    percentiles: Mapping[str, Floats]
    finest: Mapping[str, float]

    def __len__(self) -> int:
        return self.images.height

    @cached_property
    def patients(self) -> Patients:
        """The patients; images without the column patient_id are refused."""
        if "patient_id" not in self.images.columns:
            raise MelError(
                "images: no column 'patient_id', which patient context is made of; give it, or "
                "score with the variant 'single'"
            )
        if missing := self.images.select(is_missing("patient_id")).to_series().sum():
            raise MelError(
                f"images: {many(int(missing), 'row')} without patient_id; give each one, or "
                "score with the variant 'single'"
            )
        return Patients.of(self.images["patient_id"])

    @cached_property
    def normal(self) -> dict[str, Floats]:
        """By member the normal score of each percentile: its place on a bell curve."""
        return {
            name: normal_scores(ranks, self.finest[name])
            for name, ranks in self.percentiles.items()
        }

    @cached_property
    def consensus(self) -> Floats:
        """The mean of the members' normal scores."""
        return self.sum_of(list(self.normal.values())) / len(self.normal)

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Give what `make` gives, made once: what rests on these rows alone never changes."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]  # type: ignore[no-any-return]

    @cached_property
    def _made(self) -> dict[str, Any]:
        return {}

    def channel(self, member: str | None) -> Floats:
        """Give the normal scores of a member, or the consensus."""
        return self.consensus if member is None else self.normal[member]

    @staticmethod
    def sum_of(columns: list[Floats]) -> Floats:
        """Add columns one after the other: the same bits for one row as for many."""
        total = np.zeros_like(columns[0])
        for column in columns:
            total = total + column
        return total


def normal_scores(ranks: Floats, finest: float) -> Floats:
    """Give the standard normal quantile of percentiles, none nearer to 0 or 1 than `finest`.

    >>> normal_scores(np.array([0.0, 0.5, 1.0]), 0.025).round(2).tolist()
    [-1.96, 0.0, 1.96]
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(ranks, finest, 1 - finest)), dtype=np.float64)


def own_percentiles(scores: Floats, network: NDArray[np.int64]) -> Floats:
    """Rank out-of-fold scores, each among those of the network that made it.

    Each fold's network has its own scale, so that scores of two folds cannot be compared as they
    are. `network` numbers them.

    >>> own_percentiles(np.array([1.0, 2.0, 70.0, 60.0]), np.array([0, 0, 1, 1])).tolist()
    [0.25, 0.75, 0.75, 0.25]
    """
    found = np.empty(len(scores))
    for number in np.unique(network):
        mine = network == number
        found[mine] = percentile(scores[mine], np.sort(scores[mine]))
    return found

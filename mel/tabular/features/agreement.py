"""Several members' scores of one image: what they say together, and how far they agree."""

from collections.abc import Callable
from typing import ClassVar, Literal, get_args

import numpy as np

from mel.tabular.features.members import SCORE_LEAK
from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Feature, Floats, Norms, Reader

__all__ = ["AGREEMENTS", "Agreement", "Difference"]

Statistic = Literal["mean", "spread", "least", "most"]
AGREEMENTS: tuple[Statistic, ...] = get_args(Statistic)


def _spread(rows: Rows) -> Floats:
    away = [(column - rows.consensus) ** 2 for column in rows.normal.values()]
    return np.asarray(np.sqrt(rows.sum_of(away) / len(away)))


_AGREEMENT: dict[str, Callable[[Rows], Floats]] = {
    "mean": lambda rows: rows.consensus,
    "spread": _spread,
    "least": lambda rows: np.minimum.reduce(list(rows.normal.values())),
    "most": lambda rows: np.maximum.reduce(list(rows.normal.values())),
}


class Agreement(Feature):
    """What the members say together of one image: mean, spread, least and most normal score."""

    unit: ClassVar[str] = "standard deviations of a bell curve"
    leak: ClassVar[str] = SCORE_LEAK
    kind: Literal["agreement"] = "agreement"
    statistic: Statistic

    @property
    def title(self) -> str:
        """The statistic."""
        return f"members: {self.statistic}"

    @property
    def rising(self) -> bool:
        """All but the spread."""
        return self.statistic != "spread"

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the statistic over the members."""
        return _AGREEMENT[self.statistic](rows)


class Difference(Feature):
    """By how much a member is above the mean of all members."""

    unit: ClassVar[str] = "standard deviations of a bell curve"
    leak: ClassVar[str] = SCORE_LEAK
    readers: ClassVar[tuple[Reader, ...]] = ("trees",)  # a line has it by its normal scores
    kind: Literal["difference"] = "difference"
    name: str

    @property
    def title(self) -> str:
        """The member, and what is made of it."""
        return f"{self.name}: above the members' mean"

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the differences."""
        return rows.normal[self.name] - rows.consensus

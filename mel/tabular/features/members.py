"""Members' scores as features: ranks, normal scores, logits, and how far members agree."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, FiniteFloat

from mel.errors import MelError
from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Feature, Floats, Norms, Reader

__all__ = ["Agreement", "Difference", "Logit", "NormalScore", "Percentile", "logits"]

_LEAST = 1e-7  # no probability is nearer to 0 or 1: float32 knows none
_OOF = "the network that gave it never saw the image's fold; ranked by scores, without targets"


class Percentile(Feature):
    """A member's score as its percentile among its out-of-fold scores.

    A train image is ranked among the scores of its own network, a new image, scored by the mean
    over the networks, among those of all: `reference`, sorted.
    """

    unit: ClassVar[str] = "share of the reference below, 0 to 1"
    leak: ClassVar[str] = _OOF
    rises: ClassVar[bool] = True
    readers: ClassVar[tuple[Reader, ...]] = ("trees",)
    kind: Literal["percentile"] = "percentile"
    name: str
    reference: Annotated[list[FiniteFloat], Field(min_length=1)]

    @property
    def title(self) -> str:
        """The member, and what is made of it."""
        return f"{self.name}: percentile"

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the percentiles."""
        return rows.percentiles[self.name]


class NormalScore(Feature):
    """The percentile's place on a bell curve: what a straight line can be drawn through."""

    unit: ClassVar[str] = "standard deviations of a bell curve"
    leak: ClassVar[str] = _OOF
    rises: ClassVar[bool] = True
    readers: ClassVar[tuple[Reader, ...]] = ("linear",)
    kind: Literal["normal score"] = "normal score"
    name: str

    @property
    def title(self) -> str:
        """The member, and what is made of it."""
        return f"{self.name}: normal score"

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the normal scores."""
        return rows.normal[self.name]


class Logit(Feature):
    """The log-odds of a member whose scores are probabilities, as its networks gave them."""

    unit: ClassVar[str] = "log-odds"
    leak: ClassVar[str] = "the network that gave it never saw the image's fold; no target"
    rises: ClassVar[bool] = True
    kind: Literal["logit"] = "logit"
    name: str

    @property
    def title(self) -> str:
        """The member, and what is made of it."""
        return f"{self.name}: logit"

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the log-odds; scores that are no probabilities are refused."""
        found = rows.scores[self.name]
        if len(found) and not (found.min() >= 0 and found.max() <= 1):
            odd = found[(found < 0) | (found > 1)][0]
            raise MelError(
                f"scores: {self.name} gave probabilities when the stack was trained, and gives "
                f"{odd:g} now; predict it with the same member"
            )
        return logits(found)


def logits(probability: Floats) -> Floats:
    """Give log-odds, finite also for 0 and 1.

    >>> logits(np.array([0.0, 0.5, 1.0])).round(2).tolist()
    [-16.12, 0.0, 16.12]
    """
    kept = np.clip(probability, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


Statistic = Literal["mean", "spread", "least", "most"]


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
    leak: ClassVar[str] = _OOF
    kind: Literal["agreement"] = "agreement"
    statistic: Statistic

    @property
    def title(self) -> str:
        """The statistic."""
        return f"members: {self.statistic}"

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the statistic over the members."""
        return _AGREEMENT[self.statistic](rows)


class Difference(Feature):
    """By how much a member is above the mean of all members."""

    unit: ClassVar[str] = "standard deviations of a bell curve"
    leak: ClassVar[str] = _OOF
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

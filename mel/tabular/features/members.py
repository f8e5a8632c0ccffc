"""A member's scores as features: ranks, normal scores and logits."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, FiniteFloat

from mel.errors import MelError
from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Feature, Floats, Norms, Reader

__all__ = ["SCORE_LEAK", "Logit", "NormalScore", "Percentile", "logits"]

_LEAST = 1e-7  # no probability is nearer to 0 or 1: float32 knows none
SCORE_LEAK = (
    "the network that gave it never saw the image's fold; ranked by scores, without targets"
)


class Percentile(Feature):
    """A member's score as its percentile among its out-of-fold scores.

    A train image is ranked among the scores of its own network, a new image, scored by the mean
    over the networks, among those of all: `reference`, sorted.
    """

    unit: ClassVar[str] = "share of the reference below, 0 to 1"
    leak: ClassVar[str] = SCORE_LEAK
    readers: ClassVar[tuple[Reader, ...]] = ("trees",)
    kind: Literal["percentile"] = "percentile"
    name: str
    reference: Annotated[list[FiniteFloat], Field(min_length=1)]

    @property
    def title(self) -> str:
        """The member, and what is made of it."""
        return f"{self.name}: percentile"

    @property
    def rising(self) -> bool:
        """Always."""
        return True

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the percentiles."""
        return rows.percentiles[self.name]


class NormalScore(Feature):
    """The percentile's place on a bell curve: what a straight line can be drawn through."""

    unit: ClassVar[str] = "standard deviations of a bell curve"
    leak: ClassVar[str] = SCORE_LEAK
    readers: ClassVar[tuple[Reader, ...]] = ("linear",)
    kind: Literal["normal score"] = "normal score"
    name: str

    @property
    def title(self) -> str:
        """The member, and what is made of it."""
        return f"{self.name}: normal score"

    @property
    def rising(self) -> bool:
        """Always."""
        return True

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the normal scores."""
        return rows.normal[self.name]


class Logit(Feature):
    """The log-odds of a member's score, as its networks gave it: a probability, or a logit."""

    unit: ClassVar[str] = "log-odds"
    leak: ClassVar[str] = "the network that gave it never saw the image's fold; no target"
    kind: Literal["logit"] = "logit"
    name: str
    scale: Literal["probability", "logit"] = "probability"

    @property
    def title(self) -> str:
        """The member, and what is made of it."""
        return f"{self.name}: logit"

    @property
    def rising(self) -> bool:
        """Always."""
        return True

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the log-odds; scores that should be probabilities and are none are refused."""
        found = rows.scores[self.name]
        if self.scale == "logit":
            return np.clip(found, *logits(np.array([0.0, 1.0])))
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

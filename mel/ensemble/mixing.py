"""How members' percentiles become one score: alone exactly as in a batch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np

from mel.ensemble.ranks import Floats
from mel.errors import MelError
from mel.metrics import percentile

__all__ = ["RANK", "Scale", "combine", "mix", "spread_out"]

Kind = Literal["rank", "power", "logit"]
_DECIMALS = 12
_LEAST = 0.01  # of an exponent that is not 0: the root of a smaller one has no digits left


@dataclass(frozen=True)
class Scale:
    """The scale on which percentiles are averaged: as they are, as powers or as logits.

    Powers and logits take (p n + 1/2) / (n + 1) for the percentile p against n scores, which is
    never 0 or 1. "power" is the power mean (the mean of p^exponent, brought back by its root):
    exponent 1 is the plain mean, 0 the geometric, -1 the harmonic; "logit" is the mean of
    log(p / (1 - p)), brought back. So every scale gives scores between 0 and 1.
    """

    kind: Kind = "rank"
    exponent: float = 1.0

    def __post_init__(self) -> None:
        root = np.isfinite(self.exponent) and (self.exponent == 0 or abs(self.exponent) >= _LEAST)
        if self.kind not in get_args(Kind) or not root:
            raise MelError(f"scale {self.kind!r} with exponent {self.exponent}; blend again")

    def there(self, place: Floats, known: int | Floats) -> Floats:
        """Bring percentiles against `known` scores, each its own number, onto the scale."""
        if self.kind == "rank":
            return place
        inner = (place * known + 0.5) / (known + 1)
        if self.kind == "logit":
            return np.asarray(np.log(inner) - np.log1p(-inner))
        return np.asarray(np.log(inner) if self.exponent == 0 else inner**self.exponent)

    def back(self, value: Floats) -> Floats:
        """Bring means on the scale back to the percentiles' own."""
        if self.kind == "rank":
            return value
        if self.kind == "logit":
            return np.asarray(1 / (1 + np.exp(-value)))
        return np.asarray(np.exp(value) if self.exponent == 0 else value ** (1 / self.exponent))

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for a file."""
        return {"kind": self.kind, "exponent": self.exponent}

    @classmethod
    def of(cls, content: dict[str, Any]) -> Self:
        """Take what `as_dict` gave."""
        return cls(content["kind"], float(content["exponent"]))


RANK = Scale()


def mix(
    places: Iterable[tuple[Floats, int | Floats]],
    weights: Sequence[float] | Floats,
    scale: Scale = RANK,
) -> Floats:
    """Give the weighted mean of members' percentiles; each comes with the number ranked against.

    A negative weight counts a member's mirror image, 1 - p, by the weight's size: that orders
    images as subtracting p does, and the score stays between 0 and 1. Members are added one after
    the other, element by element, so that an image's result depends on no other image: alone or
    in a batch, it is the same to the last bit. The result is rounded to twelve decimals, so that
    images with equal means are tied whatever the order of the members.

    Sizes of the weights must sum to 1.

    >>> place = np.array([0.25, 1.0])
    >>> mix([(place, 4), (place, 4)], [0.75, -0.25])
    array([0.375, 0.75 ])
    """
    total: Floats | float = 0.0
    for (place, known), weight in zip(places, weights, strict=True):
        if weight:
            shown = place if weight > 0 else 1 - place
            total = total + abs(weight) * scale.there(shown, known)
    return np.round(scale.back(np.asarray(total, dtype=np.float64)), _DECIMALS)


def spread_out(blends: Floats, spread: Floats | None) -> Floats:
    """Give blends their percentile among `spread`, sorted blends of other images, if there is one.

    Members with weights of either sign cancel each other, in each fold by another measure: the
    blends of one fold may lie closer together than those of another. As percentiles they compare.
    """
    return blends if spread is None else percentile(blends, spread)


def combine(
    scores: Sequence[Floats],
    references: Sequence[Floats],
    weights: Sequence[float] | Floats,
    scale: Scale = RANK,
    spread: Floats | None = None,
) -> Floats:
    """Give `mix` of every member's percentiles against its own sorted reference, spread out.

    >>> combine([np.array([3.0, 0.0])], [np.array([1.0, 2.0, 3.0, 4.0])], [1.0])
    array([0.625, 0.   ])
    """
    members = [both for both in zip(scores, references, weights, strict=True) if both[2]]
    places = ((percentile(column, known), len(known)) for column, known, _ in members)
    blends = mix(places, [weight for _, _, weight in members], scale)
    return spread_out(blends, spread)

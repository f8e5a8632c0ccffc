"""Calibration: a blend's score to a probability, as plain numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from mel.ensemble.ranks import Floats
from mel.errors import MelError
from mel.files import required

__all__ = ["Calibration", "logits", "shifted"]

_DECIMALS = 12
_EDGE = 1e-4  # scores are kept this far from 0 and 1 before their logit is taken
_FIELDS = {"method": str, "slope": float, "offset": float, "knots": list, "levels": list}
_FIELDS |= {"images": int, "prevalence": float, "used_at": float}


def logits(scores: ArrayLike) -> Floats:
    """Give log(s / (1 - s)), of scores kept off 0 and 1 by a ten-thousandth.

    >>> logits([0.5, 1.0]).round(2)
    array([0.  , 9.21])
    """
    kept = np.clip(np.asarray(scores, dtype=np.float64), _EDGE, 1 - _EDGE)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def shifted(probability: ArrayLike, trained: float, used: float) -> Floats:
    """Move probabilities from one prevalence to another, all else about the images being alike.

    The odds are multiplied by those of the new prevalence over those of the old: Bayes' rule with
    another prior, of which they are sure (Saerens, Latinne and Decaestecker, Neural Computation
    14:21, 2002, the formula for new priors that are known; they also estimate unknown ones).

    >>> shifted([0.5, 0.0, 1.0], trained=0.5, used=0.1)
    array([0.1, 0. , 1. ])
    """
    said = np.asarray(probability, dtype=np.float64)
    up = said * (used / trained)
    return np.asarray(up / (up + (1 - said) * ((1 - used) / (1 - trained))), dtype=np.float64)


@dataclass(frozen=True)
class Calibration:
    """A rising function of the blend's score, from its out-of-fold scores.

    "platt" and "temperature" are sigmoid(slope * logit(score) + offset); "isotonic" runs through
    `levels` at the scores `knots`, in straight lines between. `images` and `prevalence` are those
    it was fitted on (the latter a share, 0 to 1); `used_at` is the prevalence that probabilities
    are given for. Raises MelError for a curve that does not rise and for a share not between 0 and
    1.

    >>> curve = {"knots": (0.2, 0.8), "levels": (0.0, 0.4)}
    >>> Calibration("isotonic", 1000, 0.1, 0.1, **curve).apply([0.5, 0.8])
    array([0.2, 0.4])
    """

    method: str
    images: int
    prevalence: float
    used_at: float
    slope: float = 1.0
    offset: float = 0.0
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        numbers = (self.slope, self.offset, *self.knots, *self.levels)
        rising = all(np.diff(each).min(initial=0.0) >= 0 for each in (self.knots, self.levels))
        shares = all(0 < share < 1 for share in (self.prevalence, self.used_at))
        fine = np.isfinite(numbers).all() and rising and shares and self.slope >= 0
        if not fine or len(self.knots) != len(self.levels):
            raise MelError(f"a {self.method} calibration that does not rise; calibrate again")

    def apply(self, scores: ArrayLike, prevalence: float | None = None) -> Floats:
        """Give the probabilities of scores, each from its own score alone, to the last bit.

        At `prevalence`, else at `used_at`. No probability is nearer to 0 or 1 than half an image
        of those it was fitted on: so many images cannot show more.
        Raises MelError for a score that is not finite, and a prevalence not between 0 and 1.

        >>> found = Calibration("platt", 1000, 0.1, 0.1, slope=2.0, offset=-3.0)
        >>> found.apply([0.5, 0.9]).round(3), found.apply([0.9], prevalence=0.01).round(3)
        (array([0.047, 0.801]), array([0.268]))
        """
        values = np.asarray(scores, dtype=np.float64)
        if not np.isfinite(values).all():
            raise MelError("a score to be calibrated is not finite; score the image again")
        if self.knots:
            said = np.interp(values, self.knots, self.levels)
        else:
            said = 1 / (1 + np.exp(-(self.slope * logits(values) + self.offset)))
        least = 0.5 / self.images
        used = self.used_at if prevalence is None else prevalence
        if not 0 < used < 1:
            raise MelError(f"a prevalence of {used}; give a share between 0 and 1")
        moved = shifted(np.clip(said, least, 1 - least), self.prevalence, used)
        return np.round(moved, _DECIMALS)

    def at(self, prevalence: float) -> Self:
        """Give the same curve for another prevalence.

        >>> found = Calibration("platt", 1000, 0.1, 0.1, slope=2.0, offset=-3.0)
        >>> found.at(0.01).apply([0.9]).round(3)
        array([0.268])
        """
        return replace(self, used_at=prevalence)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data."""
        return asdict(self) | {"knots": list(self.knots), "levels": list(self.levels)}

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Read what `as_dict` gave; MelError or TypeError for anything else."""
        found = dict(required(content, _FIELDS, "calibration"))
        pairs = {name: tuple(float(x) for x in found[name]) for name in ("knots", "levels")}
        return cls(**(found | pairs))

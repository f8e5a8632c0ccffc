"""Whether the test images score like the out-of-fold ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from mel.ensemble.ranks import Floats

__all__ = ["Drift", "drift"]

_FAR = 0.1  # largest gap between two distributions that is taken for a shift worth a warning
_WIDE = 1.36  # of the Kolmogorov-Smirnov statistic, at the level of 5 %
_FEW = 30  # test images


@dataclass(frozen=True)
class Drift:
    """The largest gap between the shares of test and of out-of-fold images below a score.

    The two-sample Kolmogorov-Smirnov statistic; `at` is the score of the gap, `upwards` whether
    more test images score above it. `noise` is what independent images exceed once in twenty
    times where nothing differs; images of one patient are alike, so that it is too small.
    """

    what: str
    gap: float
    at: float
    upwards: bool
    noise: float
    images: int

    @property
    def warns(self) -> bool:
        """Whether the gap is both beyond noise and large enough to matter: a tenth."""
        return self.images >= _FEW and self.gap > max(_FAR, self.noise)

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        side = "higher" if self.upwards else "lower"
        gap = f"{100 * self.gap:.1f} %"
        if self.warns:
            return (
                f"Drift in {self.what}: test images score {side} than out-of-fold ones; the share "
                f"{'above' if self.upwards else 'below'} {self.at:.3g} differs by {gap}"
            )
        return f"No drift in {self.what} worth a warning: largest gap {gap}"


def drift(pairs: Mapping[str, tuple[Floats, Floats]]) -> tuple[Drift, ...]:
    """Compare distributions by name: (out-of-fold scores, test scores); none without test images.

    >>> found = drift({"blend": (np.linspace(0, 1, 101), np.linspace(0.5, 1, 51))})[0]
    >>> round(found.gap, 3), found.upwards, found.warns
    (0.495, True, True)
    """
    return tuple(_drift(what, *both) for what, both in pairs.items() if len(both[1]))


def _drift(what: str, oof: Floats, test: Floats) -> Drift:
    known, new = np.sort(oof), np.sort(test)
    points = np.concatenate([known, new])
    below = [np.searchsorted(each, points, side="right") / len(each) for each in (known, new)]
    gaps = below[0] - below[1]
    place = int(np.abs(gaps).argmax())
    noise = _WIDE * sqrt((len(known) + len(new)) / (len(known) * len(new)))
    gap = float(gaps[place])
    return Drift(what, abs(gap), float(points[place]), gap > 0, noise, len(new))

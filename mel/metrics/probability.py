"""Whether probabilities can be taken at their word: Brier score, reliability, its mean error."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mel.errors import MelError
from mel.metrics.ranking import Floats, checked
from mel.metrics.resampling import Resamples

__all__ = ["Reliability", "brier", "calibration_error", "rate_intervals", "reliability"]

_BINS = 10
_WIDE = 1.959963984540054  # standard errors on either side of a 95 % interval


def brier(target: ArrayLike, probability: ArrayLike) -> float:
    """Give the mean square of probability minus target: 0 is perfect (Brier, 1950).

    Saying the prevalence p of every image gives p (1 - p): compare with that. Raises MelError for
    a target that is not 0 or 1, and for what is no probability.

    >>> brier([0, 1], [0.25, 0.5])
    0.15625
    """
    truth, said = _probabilities(target, probability)
    return float(np.square(said - truth).mean())


def _probabilities(target: ArrayLike, probability: ArrayLike) -> tuple[NDArray[np.bool_], Floats]:
    truth, said = checked(target, probability, "calibration")
    if not said.size or said.min() < 0 or said.max() > 1:
        raise MelError("calibration got no probabilities from 0 to 1; calibrate the scores first")
    return truth, said


def calibration_error(target: ArrayLike, probability: ArrayLike, bins: int = _BINS) -> float:
    """Give the expected calibration error: what is said minus what is seen, in the mean.

    The mean over `bins` groups, weighted by their images, of the absolute difference between the
    mean probability and the share of positives (Naeini et al., AAAI 2015; Guo et al., ICML 2017).
    Groups hold equally many images, since with rare positives nearly all images would stand in
    the first of groups of equal width; images with one probability share a group. Few images make
    it large by chance alone. Raises MelError as `brier` does.

    >>> round(calibration_error([0, 0, 1, 1], [0.1, 0.1, 0.8, 0.8], bins=2), 12)
    0.15
    """
    truth, said = _probabilities(target, probability)
    which = _groups(said, bins)
    gaps = np.bincount(which, weights=said - truth)
    return float(np.abs(gaps).sum() / len(said))


def _groups(said: Floats, bins: int) -> NDArray[np.intp]:
    """Number the groups of images from the lowest up; none is empty, ties are together."""
    edges = np.quantile(said, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf")
    _, which = np.unique(np.searchsorted(edges, said, side="left"), return_inverse=True)
    return np.asarray(which, dtype=np.intp)


@dataclass(frozen=True)
class Reliability:
    """Groups of images from the lowest probability up: what was said and what was seen.

    `said` is a group's mean probability, `seen` its share of positives with the ends of the 95 %
    interval from resampling patients; `images` and `positives` are counts. All but these are from 0
    to 1, and each has a value a group.

    >>> Reliability((0.1,), (0.12,), (0.08,), (0.17,), (500,), (60,)).positives
    (60,)
    """

    said: tuple[float, ...]
    seen: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    images: tuple[int, ...]
    positives: tuple[int, ...]


def reliability(
    target: ArrayLike, probability: ArrayLike, draws: Resamples, bins: int = _BINS
) -> Reliability:
    """Give the reliability curve over groups of equally many images, with intervals.

    Groups are those of `calibration_error`; `draws` resamples the patients of the same images. An
    interval is never narrower than Wilson's (JASA 22:209, 1927) for independent images: with few
    positives in a group, the resamples know too little of what else could have been.

    Raises MelError as `brier` does.

    >>> draws = Resamples(range(40))
    >>> curve = reliability([0, 1] * 20, [0.2, 0.8] * 20, draws, bins=2)
    >>> [round(said, 2) for said in curve.said], curve.seen, curve.images
    ([0.2, 0.8], (0.0, 1.0), (20, 20))
    """
    truth, said = _probabilities(target, probability)
    which = _groups(said, bins)
    member = which[:, None] == np.arange(which.max() + 1)
    images, positives = member.sum(axis=0), (member & truth[:, None]).sum(axis=0)
    low, high = rate_intervals(positives, images, draws.ratios(member & truth[:, None], member))
    mean = np.bincount(which, weights=said) / images
    return Reliability(
        _plain(mean),
        _plain(positives / images),
        _plain(low),
        _plain(high),
        tuple(map(int, images)),
        tuple(map(int, positives)),
    )


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(map(float, values))


def rate_intervals(part: ArrayLike, whole: ArrayLike, resampled: Floats) -> tuple[Floats, Floats]:
    """Give the lower and upper ends, `(k,)` each, of the 95 % intervals of the shares part / whole.

    `part` and `whole` are counts `(k,)`, `resampled` the shares of `(resamples, k)` draws, 0 to 1.
    An end is the quantile of these, or that of Wilson's interval where it is further out.

    >>> low, high = rate_intervals([0], [50], np.zeros((9, 1)))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0], [0.071])
    """
    hits, tries = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    square = _WIDE**2
    middle = (hits + square / 2) / (tries + square)
    half = _WIDE / (tries + square) * np.sqrt(hits * (tries - hits) / tries + square / 4)
    ends = np.quantile(np.nan_to_num(resampled, nan=0.5), [0.025, 0.975], axis=0)
    low, high = np.minimum(ends[0], middle - half), np.maximum(ends[1], middle + half)
    return np.maximum(low, 0.0), np.minimum(high, 1.0)

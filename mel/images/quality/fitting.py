"""From the measures of training pictures to the limits beyond which a picture is flagged."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from mel.errors import ImageError, MelError
from mel.images.decoding import decode
from mel.images.measuring import measure
from mel.images.quality.blurring import blurred, sharpness_weights
from mel.images.quality.measures import COLOURS, MEASURES, SIDE, Floats, measures

__all__ = ["Fitted", "Sample", "fitted", "oddness", "sampled"]

_RARE = 0.001  # share of the training pictures beyond each limit
_EVERY = 5  # one picture in so many is blurred as well, and parts that are held out in turn
_FEWEST = 20
_STEPS = 201  # quantiles of oddness that are kept
_COLOURS = [MEASURES.index(name) for name in COLOURS]
_LOW, _HIGH = MEASURES.index("light low"), MEASURES.index("light high")


class Sample(NamedTuple):
    """Measures of pictures, a row each; of some, blurred; the shorter side of each in pixels."""

    values: Floats
    blurry: Floats
    sides: Floats


class Fitted(NamedTuple):
    """Numbers by which a picture is judged.

    centre, whitening: a mean, and a matrix after which the training pictures are round. low,
    high: how far colours reach below and above the centre. weights, sharp: of sharpness, and its
    limit. dark, bright, side: limits of light and of the shorter side. oddness, odd: quantiles
    of the training pictures' own, in even steps, and its limit.
    """

    centre: Floats
    whitening: Floats
    low: Floats
    high: Floats
    weights: Floats
    oddness: Floats
    sharp: float
    dark: float
    bright: float
    side: float
    odd: float


def sampled(references: Sequence[str], most: int, seed: int) -> Sample:
    """Measure a random sample of pictures, in threads; see `Looks.fit`."""
    order = np.random.default_rng(seed).permutation(len(references))[:most]
    with ThreadPoolExecutor(2) as pool:
        rows = pool.map(lambda at: _measured(references[at[1]], blur=at[0] % _EVERY == 0),
                        enumerate(order))  # fmt: skip
        found = [row for row in rows if row is not None]
    if len(found) < _FEWEST:
        raise MelError(
            f"looks: {len(found)} readable pictures; give at least {_FEWEST} of the training ones"
        )
    values, blurry, sides = zip(*found, strict=True)
    some = [row for rows in blurry for row in rows]
    return Sample(np.array(values), np.array(some), np.array(sides, dtype=np.float64))


def _measured(reference: str, *, blur: bool) -> tuple[Floats, list[Floats], int] | None:
    try:
        header, pixels = measure(reference), decode(reference, SIDE)
    except ImageError:
        return None
    return measures(pixels), list(blurred(pixels)) if blur else [], min(header.width, header.height)


def fitted(sample: Sample) -> Fitted:
    """Fit everything; oddness and sharpness are judged on pictures that had no part in them."""
    values = sample.values
    parts = np.arange(len(values)) % _EVERY
    odd = np.zeros(len(values))
    for part in range(_EVERY):
        held = parts == part
        odd[held] = oddness(values[held], _rounded(values[~held]))
    weights = sharpness_weights(values, sample.blurry)
    sharp = values @ weights
    return _rounded(values)._replace(
        weights=weights,
        oddness=np.quantile(odd, np.linspace(0, 1, _STEPS)),
        odd=float(np.quantile(odd, 1 - _RARE)),
        sharp=float(np.quantile(sharp, _RARE)),
        dark=float(np.quantile(values[:, _HIGH], _RARE)),
        bright=float(np.quantile(values[:, _LOW], 1 - _RARE)),
        side=min(SIDE, float(np.quantile(sample.sides, _RARE)) / 2),
    )


def _rounded(values: Floats) -> Fitted:
    """Give the centre and the spread; the covariance leans to its diagonal where there are few."""
    count, wide = values.shape
    centre = values.mean(axis=0)
    spread = np.cov(values.T)
    lean = wide / (wide + count)
    spread = (1 - lean) * spread + lean * np.diag(np.diag(spread)) + 1e-6 * np.eye(wide)
    whitening = np.linalg.inv(np.linalg.cholesky(spread))
    ends = np.quantile(values, (_RARE, 1 - _RARE), axis=0)
    low, high = np.maximum(centre - ends[0], 1e-3), np.maximum(ends[1] - centre, 1e-3)
    none = np.zeros(wide)
    return Fitted(centre, whitening, low, high, none, none, 0.0, 0.0, 0.0, 0.0, 1.0)


def oddness(values: Floats, limits: Fitted) -> Floats:
    """Give how far pictures lie from the training pictures, a number a row of measures.

    The larger of two: the Mahalanobis distance over all measures, as a share of that which a
    normal cloud's rarest thousandth has; and the farthest any colour lies from the centre, as a
    share of the training pictures' reach. Colours that come together in no picture are found by
    the first, one that alone is strange by the second.
    """
    aside = values - limits.centre
    across = np.linalg.norm(aside @ limits.whitening.T, axis=1) / _reach(len(MEASURES))
    share = np.where(aside < 0, -aside / limits.low, aside / limits.high)
    return np.asarray(np.maximum(across, share[:, _COLOURS].max(axis=1)), dtype=np.float64)


def _reach(wide: int) -> float:
    """Give the root of chi-square's 99.9th percentile, by Wilson and Hilferty's formula (1931)."""
    part = 2 / (9 * wide)
    return float(np.sqrt(wide * (1 - part + 3.0902 * np.sqrt(part)) ** 3))

"""What blur does to a picture's detail, learned by blurring the training pictures themselves."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mel.images.quality.measures import DETAIL, MEASURES, Floats, measures

__all__ = ["blurred", "sharpness_weights"]

_DETAIL = [MEASURES.index(name) for name in DETAIL]
_SHARE = 0.01  # of the variance that is added, so that few pictures do not make it singular
_SHAKE = 10  # pixels of a diagonal movement

_WAYS: tuple[Callable[[Image.Image], Image.Image], ...] = (
    lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    lambda image: image.filter(ImageFilter.GaussianBlur(4)),
    lambda image: image.filter(ImageFilter.BoxBlur((6, 0))),
    lambda image: image.filter(ImageFilter.BoxBlur((0, 6))),
    lambda image: Image.fromarray(_shaken(np.asarray(image))),
)


def blurred(pixels: NDArray[np.uint8]) -> Iterator[Floats]:
    """Give the measures of a picture out of focus (two ways) and moved (three directions)."""
    image = Image.fromarray(pixels)
    for way in _WAYS:
        yield measures(np.asarray(way(image)))


def _shaken(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    padded = np.pad(pixels, ((0, _SHAKE), (0, _SHAKE), (0, 0)), mode="edge").astype(np.uint32)
    side = len(pixels)
    summed = sum(padded[k : k + side, k : k + side] for k in range(_SHAKE))
    return np.asarray(summed // _SHAKE, dtype=np.uint8)


def sharpness_weights(sharp: Floats, blurry: Floats) -> Floats:
    """Give weights a measure by which sharp pictures lie above blurred ones: Fisher's discriminant.

    `sharp` and `blurry` have a row a picture, `MEASURES` as columns; only detail has weight. The
    scale is that of a standard deviation among the sharp.
    """
    one, other = sharp[:, _DETAIL], blurry[:, _DETAIL]
    spread = (np.cov(one.T) + np.cov(other.T)) / 2
    spread += np.diag(_SHARE * np.diag(spread) + 1e-9)
    found = np.linalg.solve(spread, one.mean(axis=0) - other.mean(axis=0))
    scale = float(np.std(one @ found))
    weights = np.zeros(len(MEASURES))
    weights[_DETAIL] = found / scale if scale > 0 else found
    return weights

"""Flips and quarter turns: pixels that move and do not change."""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.compiled import compiled

__all__ = ["turn"]

Bytes = NDArray[np.uint8]


def turn(images: Bytes, affine: NDArray[np.float64]) -> Bytes:
    """Give each image seen through its affine matrix, a flip or a quarter turn about its middle.

    The same, to the bit, as `mel.cnn.augmenting.resampling.resample` would give.
    """
    out = np.empty_like(images)
    _turn(images, np.rint(affine).astype(np.int64).reshape(-1, 6), out)
    return out


@compiled
def _turn(images: Bytes, steps: NDArray[np.int64], out: Bytes) -> None:
    size = images.shape[1]
    for n in range(len(images)):
        a, b, c, d, e, f = steps[n]
        for y in range(size):
            for x in range(size):
                column, row = a * x + b * y + c, d * x + e * y + f
                out[n, y, x, 0] = images[n, row, column, 0]
                out[n, y, x, 1] = images[n, row, column, 1]
                out[n, y, x, 2] = images[n, row, column, 2]

"""The colours of images: their mean, and each image's matrix applied to all its pixels."""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.compiled import compiled

__all__ = ["means", "recolour", "scaled"]

Bytes = NDArray[np.uint8]
Reals = NDArray[np.float32]


def recolour(images: Bytes, colour: Reals) -> None:
    """Change the colours of `images`, which are overwritten.

    `colour` is float32 `(n, 3, 4)`: a pixel (r, g, b) becomes `colour @ (r, g, b, 1)`, clipped.
    """
    _recolour(images, scaled(colour, 1))


def means(images: Bytes) -> NDArray[np.float64]:
    """Give the mean of each image over all its pixels and colours, 0 to 255."""
    found = np.empty(len(images))
    _means(images, found)
    return found


def scaled(colour: Reals, full: int) -> Reals:
    """Prepare matrices for lanes that count in 1/full, and for a cut that shall round."""
    ready = np.asarray(colour, dtype=np.float32).reshape(-1, 3, 4).copy()
    ready[:, :, :3] /= full
    ready[:, :, 3] += 0.5
    return ready.reshape(-1, 12)


@compiled
def _means(images: Bytes, found: NDArray[np.float64]) -> None:
    for n in range(len(images)):
        flat = images[n].ravel()
        total = 0
        for i in range(flat.size):
            total += flat[i]
        found[n] = total / flat.size


@compiled
def _recolour(images: Bytes, colour: Reals) -> None:
    low, high = np.float32(0), np.float32(255)
    for n in range(len(images)):
        flat = images[n].reshape(-1)
        a, b, c, d, e, f, g, h, i, j, k, m = colour[n]
        for at in range(flat.size // 3):
            red, green = np.float32(flat[3 * at]), np.float32(flat[3 * at + 1])
            blue = np.float32(flat[3 * at + 2])
            flat[3 * at] = np.int32(min(max(a * red + b * green + c * blue + d, low), high))
            flat[3 * at + 1] = np.int32(min(max(e * red + f * green + g * blue + h, low), high))
            flat[3 * at + 2] = np.int32(min(max(i * red + j * green + k * blue + m, low), high))

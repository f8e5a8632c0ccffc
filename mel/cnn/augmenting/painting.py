"""The loops that paint over an image: smooth lines, a rim, blank squares."""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.compiled import compiled

__all__ = ["blank", "paint_hairs", "paint_rim"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Reals = NDArray[np.float32]

_SOFT = 1.6  # pixels over which the edge of a hair fades


@compiled
def blank(images: Bytes, corners: Ints, side: int, chosen: Ints) -> None:
    """Make a square of the `chosen` images black; `corners` has the x and y of each one's."""
    for k in range(len(chosen)):
        x, y = corners[k]
        images[chosen[k], y : y + side, x : x + side] = 0


@compiled
def paint_hairs(image: Bytes, lines: Reals, widths: Reals, colours: Reals) -> None:
    """Paint lines over a uint8 image `(s, s, 3)`, their edges smooth; see `draw_hairs`."""
    size = image.shape[0]
    covered = np.zeros((size, size), np.float32)
    for hair in range(len(lines)):
        top, bottom = size, 0
        for k in range(lines.shape[1] - 1):
            wide = np.float32(max(widths[hair, k], widths[hair, k + 1]) / 2 + _SOFT)
            x0, y0 = lines[hair, k]
            x1, y1 = lines[hair, k + 1]
            first, last = max(int(min(y0, y1) - wide), 0), min(int(max(y0, y1) + wide) + 1, size)
            left, right = max(int(min(x0, x1) - wide), 0), min(int(max(x0, x1) + wide) + 1, size)
            across, down = x1 - x0, y1 - y0
            square = max(across * across + down * down, np.float32(1e-6))
            for y in range(first, last):
                for x in range(left, right):
                    t = ((x - x0) * across + (y - y0) * down) / square
                    t = min(max(t, 0.0), 1.0)
                    far = np.sqrt((x - x0 - t * across) ** 2 + (y - y0 - t * down) ** 2)
                    half = (widths[hair, k] * (1 - t) + widths[hair, k + 1] * t) / 2
                    share = min(max((half - far) / _SOFT + 0.5, 0.0), min(2 * half, 1.0))
                    covered[y, x] = max(covered[y, x], np.float32(share))
            top, bottom = min(top, first), max(bottom, last)
        _blend(image, covered, colours[hair], top, bottom)


@compiled
def _blend(image: Bytes, covered: Reals, colour: Reals, top: int, bottom: int) -> None:
    """Mix a colour into the pixels by how much of each is covered, and uncover them."""
    for y in range(top, bottom):
        for x in range(covered.shape[1]):
            if covered[y, x] > 0:
                share = covered[y, x] * colour[3]
                for c in range(3):
                    mixed = image[y, x, c] * (1 - share) + colour[c] * share
                    image[y, x, c] = np.int32(mixed + 0.5)
                covered[y, x] = 0


@compiled
def paint_rim(
    image: Bytes, middle_x: float, middle_y: float, radius: float, soft: float, dark: Reals
) -> None:
    """Darken a uint8 image `(s, s, 3)` outside a circle, over an edge of `soft` pixels.

    Towards the edge the light falls off, by a fifth over the last fifth of the radius.
    """
    size = image.shape[0]
    bright = (0.8 * radius) ** 2
    for y in range(size):
        for x in range(size):
            square = (x - middle_x) ** 2 + (y - middle_y) ** 2
            if square <= bright:
                continue
            far = np.sqrt(square)
            fall = min((far / radius - 0.8) / 0.2, 1.0)
            outside = min(max((far - radius) / soft + 0.5, 0.0), 1.0)
            outside = outside * outside * (3 - 2 * outside)
            for c in range(3):
                lit = image[y, x, c] * (1 - 0.2 * fall * fall)
                image[y, x, c] = np.int32(lit * (1 - outside) + dark[c] * outside + 0.5)

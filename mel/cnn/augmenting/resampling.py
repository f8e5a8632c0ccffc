"""The one pass over the pixels: each image moved by its affine matrix and recoloured by its own.

Fixed point and three colours in one number: a pixel is an int64 with red, green and blue in lanes
of 20 bits, so that one multiplication serves all three. Bilinear weights are of 6 bits in each
direction: their products add up to 2**12, and 255 * 2**12 fits a lane.
"""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.compiled import compiled
from mel.cnn.augmenting.recolouring import scaled

__all__ = ["resample"]

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Reals = NDArray[np.float32]

_POINT = 32  # bits of a coordinate behind its point
_REACH = 3  # images to each side that the mirrored edges go on for; a view reaches less far


def resample(images: Bytes, affine: NDArray[np.float64], colour: Reals | None) -> Bytes:
    """Give each image seen through its affine matrix, bilinearly, mirrored about its outer pixels.

    `images` are uint8 `(n, s, s, 3)`. `affine` is float64 `(n, 2, 3)`: the pixel (x, y) of the
    result is the one at `affine @ (x, y, 1)`, rounded to 1/64. `colour` is float32 `(n, 3, 4)`:
    a pixel (r, g, b) becomes `colour @ (r, g, b, 1)`, clipped to 0 to 255; None changes none.

    >>> image = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    >>> mirror = np.array([[[-1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]])
    >>> bool((resample(image, mirror, None) == image[:, :, ::-1]).all())
    True
    """
    steps = np.rint(affine * 2.0**_POINT).astype(np.int64)
    steps[:, :, 2] += 1 << (_POINT - 7)  # half of 1/64: what follows cuts off
    out = np.empty_like(images)
    inside = np.arange(-_REACH * images.shape[1], (_REACH + 1) * images.shape[1])
    last = images.shape[1] - 1
    mirror = last - np.abs(inside % (2 * last) - last)
    if colour is None:
        _resample(images, steps.reshape(-1, 6), mirror, out)
    else:
        _resample_recolour(images, steps.reshape(-1, 6), mirror, scaled(colour, 4096), out)
    return out


@compiled
def _resample(images: Bytes, steps: Ints, mirror: Ints, out: Bytes) -> None:
    size = images.shape[1]
    packed, line = np.empty(size * size, np.int64), np.empty(size, np.int64)
    for n in range(len(images)):
        _pack(images[n].ravel(), packed)
        flat = out[n].reshape(-1)
        for y in range(size):
            _line(packed, size, steps[n], mirror, y, line)
            _unpack(line, flat[3 * size * y : 3 * size * (y + 1)])


@compiled
def _resample_recolour(images: Bytes, steps: Ints, mirror: Ints, colour: Reals, out: Bytes) -> None:
    size = images.shape[1]
    packed, line = np.empty(size * size, np.int64), np.empty(size, np.int64)
    for n in range(len(images)):
        _pack(images[n].ravel(), packed)
        flat = out[n].reshape(-1)
        for y in range(size):
            _line(packed, size, steps[n], mirror, y, line)
            _unpack_recolour(line, colour[n], flat[3 * size * y : 3 * size * (y + 1)])


@compiled
def _pack(flat: Bytes, packed: Ints) -> None:
    for i in range(packed.size):
        green, blue = np.int64(flat[3 * i + 1]), np.int64(flat[3 * i + 2])
        packed[i] = np.int64(flat[3 * i]) | (green << 20) | (blue << 40)


@compiled
def _line(packed: Ints, size: int, steps: Ints, mirror: Ints, y: int, line: Ints) -> None:
    """Fill one line of the result; between `first` and `end` all four neighbours are inside."""
    ax, bx = steps[0], steps[1] * y + steps[2]
    ay, by = steps[3], steps[4] * y + steps[5]
    limit = (size - 1) << _POINT
    first, end = _within(bx, ax, limit, size)
    other, other_end = _within(by, ay, limit, size)
    first, end = max(first, other), min(end, other_end)
    if end <= first:
        first = end = size
    for x in range(first):
        line[x] = _mirrored(packed, size, mirror, bx + ax * x, by + ay * x)
    _interior(packed, size, bx, ax, by, ay, first, end, line)
    for x in range(end, size):
        line[x] = _mirrored(packed, size, mirror, bx + ax * x, by + ay * x)


@compiled
def _within(start: int, step: int, limit: int, size: int) -> tuple[int, int]:
    """Give the first and the end of those x for which 0 <= start + step * x < limit."""
    if step == 0:
        return (0, size) if 0 <= start < limit else (0, 0)
    if step > 0:
        first, end = -(start // step), -((start - limit) // step)
    else:
        first, end = (limit - start) // step + 1, start // -step + 1
    return max(first, 0), min(end, size)


@compiled
def _interior(
    packed: Ints,
    size: int,
    bx: int,
    ax: int,
    by: int,
    ay: int,
    first: int,
    end: int,
    line: Ints,
) -> None:
    """Interpolate without a test; unsigned places spare the one for negative indices."""
    wide, one = np.uint64(size), np.uint64(1)
    point, part, low = np.uint64(32), np.uint64(26), np.uint64(63)
    for x in range(first, end):
        px, py = np.uint64(bx + ax * x), np.uint64(by + ay * x)
        at = (py >> point) * wide + (px >> point)
        across, down = np.int64((px >> part) & low), np.int64((py >> part) & low)
        upper, lower = packed[at], packed[at + wide]
        top = (upper << 6) + (packed[at + one] - upper) * across
        bottom = (lower << 6) + (packed[at + wide + one] - lower) * across
        line[x] = (top << 6) + (bottom - top) * down


@compiled
def _mirrored(packed: Ints, size: int, mirror: Ints, px: int, py: int) -> np.int64:
    """Interpolate where a neighbour may lie outside, whose place the mirror then tells."""
    column, row = (px >> _POINT) + _REACH * size, (py >> _POINT) + _REACH * size
    across, down = (px >> 26) & 63, (py >> 26) & 63
    left, right = mirror[column], mirror[column + 1]
    upper, lower = mirror[row] * size, mirror[row + 1] * size
    top = (packed[upper + left] << 6) + (packed[upper + right] - packed[upper + left]) * across
    bottom = (packed[lower + left] << 6) + (packed[lower + right] - packed[lower + left]) * across
    return np.int64((top << 6) + (bottom - top) * down)


@compiled
def _unpack(line: Ints, flat: Bytes) -> None:
    half = 2048 * (1 + (1 << 20) + (1 << 40))
    for x in range(line.size):
        value = line[x] + half
        flat[3 * x] = (value >> 12) & 255
        flat[3 * x + 1] = (value >> 32) & 255
        flat[3 * x + 2] = (value >> 52) & 255


@compiled
def _unpack_recolour(line: Ints, colour: Reals, flat: Bytes) -> None:
    """Recolour from the lanes themselves, in 1/4096, so that a pixel is rounded once only."""
    low, high, lane = np.float32(0), np.float32(255), (1 << 20) - 1
    a, b, c, d, e, f, g, h, i, j, k, m = colour
    for x in range(line.size):
        red = np.float32(np.int32(line[x] & lane))
        green = np.float32(np.int32((line[x] >> 20) & lane))
        blue = np.float32(np.int32((line[x] >> 40) & lane))
        flat[3 * x] = np.int32(min(max(a * red + b * green + c * blue + d, low), high))
        flat[3 * x + 1] = np.int32(min(max(e * red + f * green + g * blue + h, low), high))
        flat[3 * x + 2] = np.int32(min(max(i * red + j * green + k * blue + m, low), high))

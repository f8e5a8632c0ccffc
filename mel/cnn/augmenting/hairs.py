"""Hairs as they lie over a lesion: bent lines, mostly along each other, dark, ending in a tip."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["draw_hairs"]

Reals = NDArray[np.float32]

_MOST = 14  # hairs in an image
_POINTS = 25  # of a hair's line
_LENGTH = (0.25, 1.1)  # of the image's side
_WIDTH = (0.0035, 0.011)  # of the side: 0.9 to 2.8 pixels of 256
_COLOURS = np.array([[26, 18, 18], [70, 42, 34], [112, 70, 52]], dtype=np.float32)  # black to brown


def draw_hairs(draw: np.random.Generator, size: int) -> tuple[Reals, Reals, Reals]:
    """Draw the hairs of one image, in pixels of a side of `size`.

    Gives the points of their lines `(hairs, points, 2)` as x and y, the width at each point
    `(hairs, points)`, and `(hairs, 4)`: red, green and blue, and how much they cover, 0 to 1.

    >>> lines, widths, colours = draw_hairs(np.random.default_rng(0), 256)
    >>> lines.shape[1:], widths.shape == lines.shape[:2], colours.shape[1]
    ((25, 2), True, 4)
    """
    count = int(draw.integers(1, _MOST + 1))
    lines = _lines(draw, count) * size
    along = np.linspace(0, 1, _POINTS)
    taper = 1 - 0.75 * along**3
    main = draw.uniform(*_WIDTH)  # of one skin the hairs are alike
    widths = main * draw.uniform(0.7, 1.3, (count, 1)) * taper * size
    between = draw.random()
    shade = _COLOURS[0] * (1 - between) + _COLOURS[draw.integers(1, 3)] * between
    colours = np.clip(shade + draw.normal(0, 6, (count, 1)), 0, 255)
    solid = np.clip(draw.uniform(0.55, 0.95) + draw.normal(0, 0.08, (count, 1)), 0.35, 1)
    return (
        lines.astype(np.float32),
        widths.astype(np.float32),
        np.concatenate([colours, solid], axis=1).astype(np.float32),
    )


def _lines(draw: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw lines whose bend grows or fades along them, about a shared heading, in sides."""
    along = np.linspace(-0.5, 0.5, _POINTS)
    heading = draw.uniform(0, 2 * np.pi) + draw.normal(0, 0.35, (count, 1))
    heading = heading + np.where(draw.random((count, 1)) < 0.15, draw.uniform(0, 6), 0.0)
    bend, change = draw.normal(0, 0.55, (count, 1)), draw.normal(0, 0.8, (count, 1))
    angle = heading + bend * along + change * along**2
    length = draw.uniform(*_LENGTH, (count, 1))
    steps = np.stack([np.cos(angle), np.sin(angle)], axis=2) * (length / _POINTS)[:, :, None]
    walk = np.cumsum(steps, axis=1)
    middle = draw.uniform(0, 1, (count, 1, 2))
    return np.asarray(middle + walk - walk[:, _POINTS // 2 : _POINTS // 2 + 1])

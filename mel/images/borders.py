"""The dark rim that a dermatoscope leaves around a picture: found, and never too much of it."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["DARK", "LIT", "MOST", "Box", "lit_box"]

Box = tuple[float, float, float, float]

DARK = 0.15  # of the luminance that 95 % of the pixels stay below
LIT = 0.25  # the share of its pixels by which a row or column counts as picture
MOST = 0.25  # of a side that is cut off at each end; a rim that seems wider is no rim
_LOOK = 256  # pixels of the longer side at which rims are looked for
_BLACK = 16  # where even the lightest pixels are darker, nothing tells rim and picture apart


def lit_box(image: Image.Image) -> Box:
    """Give the box (left, upper, right, lower; pixels) of an RGB picture without its dark rim.

    The picture is averaged down to at most 512 pixels a side. A pixel is lit when its luminance
    (299 R + 587 G + 114 B) / 1000 is above `DARK` times the 95th percentile of all. From each
    side, rows (columns) of which less than `LIT` is lit are cut off, up to the first that is
    not. Where that would be more than `MOST` of a side at either end, or where the whole picture
    is nearly black, the whole is kept: a dark mole at the edge is no rim.

    >>> rimmed = Image.new("RGB", (100, 60))
    >>> rimmed.paste((200, 150, 140), (10, 0, 90, 60))
    >>> lit_box(rimmed)
    (10.0, 0.0, 90.0, 60.0)
    """
    whole = (0.0, 0.0, float(image.width), float(image.height))
    step = max(1, max(image.size) // _LOOK)
    luminance = np.asarray(image.reduce(step).convert("L"))
    bright = float(np.percentile(luminance, 95))
    if bright < _BLACK:
        return whole
    lit = luminance > DARK * bright
    across, down = _span(lit.mean(axis=0)), _span(lit.mean(axis=1))
    if across is None or down is None:
        return whole
    left, right = (min(float(x * step), whole[2]) for x in across)
    upper, lower = (min(float(y * step), whole[3]) for y in down)
    return (left, upper, right, lower)


def _span(shares: NDArray[np.float64]) -> tuple[int, int] | None:
    """Give the first lit line and the end of the last, or None where too much would go."""
    lines = np.flatnonzero(shares >= LIT)
    if not lines.size:
        return None
    start, stop = int(lines[0]), int(lines[-1]) + 1
    if max(start, len(shares) - stop) > MOST * len(shares):
        return None
    return start, stop

"""Lay one thumbnail over another, and say how alike they are then.

A crop, another aspect ratio or a rounding moves every pixel a little, and detail no longer matches
although the picture is the same. So the one thumbnail is stretched and shifted till it fits the
other best (Lucas and Kanade, An Iterative Image Registration Technique, IJCAI 1981; gain and offset
of the brightness are solved for along the way), and only then are they compared.

Likeness is the correlation of their DCT coefficients below `_DETAIL` cycles, each weighted by its
frequency to the power of 1.5. That takes out the mean fall of a dermatoscopic picture's spectrum,
measured on HAM10000: without it the dark spot in the middle, which is in nearly every
picture, would be nearly all that counts.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mel.kaggle.duplicates.hashing import SIDE, View, basis

__all__ = ["likeness"]

Floats = NDArray[np.float32]

_DETAIL = 16  # frequencies, in half cycles a thumbnail
_FALL = 1.5
_ROUNDS = 8
_SLACK = {0: 0.3, 1: 0.15, 3: 0.05}  # after a round: how far below `least` may still get there
_MIDDLE = (SIDE - 1) / 2
_GRID = (np.arange(SIDE) - _MIDDLE).astype(np.float32)
_PLACES = np.arange(SIDE, dtype=np.float32)
_STEP = 2.0  # pixels that one round may move a border
_SIDES = (0.7, 1.1)  # how far the stretch may go
_SHIFT = 0.15 * SIDE
_DAMPING = 0.05


def likeness(
    ours: NDArray[np.uint8],
    theirs: NDArray[np.uint8],
    views: Sequence[View],
    least: float = -1.0,
) -> Floats:
    """Give how alike pairs of thumbnails are, -1 to 1: `(n, SIDE, SIDE)` twice -> `(n,)`.

    `views` says for each pair which part of our thumbnail shows about what theirs shows: where the
    alignment begins. A pair that is far from `least` after a round or two is given up, with what
    it has reached: in HAM10000 the first round brings copies within 0.2 of the end, the second
    within 0.05, and the margins here are wider.
    """
    source, wanted = ours.astype(np.float32), theirs.astype(np.float32)
    warp = np.array([(v.side, v.side, v.down * SIDE, v.right * SIDE) for v in views], np.float32)
    warp = warp.reshape(-1, 4)
    reached = np.full(len(source), -1, np.float32)
    going = np.arange(len(source))
    for number in range(_ROUNDS):
        step = _change(source[going], _standard(wanted[going]), warp[going])
        warp[going] = _moved(warp[going], step)
        if number in _SLACK:
            now = _correlation(_warped(source[going], warp[going]), wanted[going])
            reached[going] = now
            going = going[now >= least - _SLACK[number]]
    reached[going] = _correlation(_warped(source[going], warp[going]), wanted[going])
    return reached


def _standard(values: Floats) -> Floats:
    centred = values - values.mean((1, 2), keepdims=True)
    return np.asarray(centred / (centred.std((1, 2), keepdims=True) + 1e-6), np.float32)


def _warped(source: Floats, warp: Floats) -> Floats:
    """Sample thumbnails bilinearly under (stretch down, right; shift down, right) in pixels."""
    down = _lines(warp[:, 0], warp[:, 2])
    right = _lines(warp[:, 1], warp[:, 3])
    return np.asarray(down @ source @ right.transpose(0, 2, 1), np.float32)


def _lines(stretch: Floats, shift: Floats) -> Floats:
    """Give the matrices, `(n, SIDE, SIDE)`, that take each place of a line from its neighbours."""
    at = stretch[:, None] * _GRID + (shift + np.float32(_MIDDLE))[:, None]
    far = np.abs(np.clip(at, 0, SIDE - 1)[:, :, None] - _PLACES)
    return np.asarray(np.maximum(np.float32(1) - far, np.float32(0)), np.float32)


def _change(source: Floats, goal: Floats, warp: Floats) -> Floats:
    """Give one Gauss-Newton step: `(n, 4)`, stretches in pixels at the border, then shifts."""
    now = _standard(_warped(source, warp))
    slope_down = np.gradient(now, axis=1) / warp[:, 0, None, None]
    slope_right = np.gradient(now, axis=2) / warp[:, 1, None, None]
    place = _GRID / (SIDE / 2)
    columns = [
        slope_down * place[None, :, None],
        slope_right * place[None, None, :],
        slope_down,
        slope_right,
        now,
        np.ones_like(now),
    ]
    slopes = np.stack(columns, axis=1).reshape(len(now), len(columns), SIDE**2)
    normal = slopes @ slopes.transpose(0, 2, 1) + _DAMPING * np.eye(len(columns), dtype=np.float32)
    rest = slopes @ (goal - now).reshape(len(now), SIDE**2, 1)
    return np.asarray(np.linalg.solve(normal, rest)[:, :4, 0], np.float32)


def _moved(warp: Floats, change: Floats) -> Floats:
    change = np.clip(change, -_STEP, _STEP)
    sides = np.clip(warp[:, :2] + change[:, :2] / np.float32(SIDE / 2), *_SIDES)
    return np.hstack([sides, np.clip(warp[:, 2:] + change[:, 2:], -_SHIFT, _SHIFT)])


def _correlation(ours: Floats, theirs: Floats) -> Floats:
    one, other = _detail(ours), _detail(theirs)
    return np.asarray((one * other).sum(1), np.float32)


def _detail(thumbs: Floats) -> Floats:
    waves = basis(_DETAIL)
    down, right = np.mgrid[0:_DETAIL, 0:_DETAIL]
    weight = np.hypot(down, right) ** _FALL
    vectors = (waves @ thumbs @ waves.T * weight.astype(np.float32)).reshape(
        len(thumbs), _DETAIL**2
    )
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9), np.float32)

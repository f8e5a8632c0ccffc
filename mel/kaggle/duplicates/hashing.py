"""Perceptual hashes: 64 signs of low-frequency cosine coefficients, for every view of a picture.

A thumbnail's two-dimensional discrete cosine transform (DCT-II) is taken, and of the coefficients
of low frequency only the sign is kept (Zauner, Implementation and Benchmarking of Perceptual Image
Hash Functions, 2010, section 3.2). Two choices differ from the usual 8 x 8 hash:

- The threshold is 0 and not the median. A flip then changes the sign of odd coefficients, and a
  transposition swaps two of them, so that the hashes of all eight orientations follow from one.
- Coefficients even in both directions are left out. They are the ones that tell of the dark spot in
  the middle, which nearly all dermatoscopic pictures have: their signs are much alike in
  different pictures, and no flip moves them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ORIENTATIONS", "SIDE", "VIEWS", "View", "hashes", "turn", "turned"]

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float32]

SIDE = 32  # pixels of a thumbnail's side
_BITS = 64
ORIENTATIONS = 8  # 4 * transposed + 2 * upside down + mirrored


@dataclass(frozen=True)
class View:
    """A square part of a thumbnail: its side and its centre's shift, as shares of the side."""

    side: float = 1.0
    down: float = 0.0
    right: float = 0.0

    def turned(self, orientation: int) -> "View":
        """Give the same part of the picture after `turn`."""
        down, right = (self.right, self.down) if orientation & 4 else (self.down, self.right)
        return View(
            self.side, -down if orientation & 2 else down, -right if orientation & 1 else right
        )


def _views() -> tuple[View, ...]:
    """The whole, two centred crops, and four that lie towards a corner."""
    corners = [(y, x) for y in (-0.02, 0.02) for x in (-0.02, 0.02)]
    return (View(), View(0.95), View(0.88), *(View(0.92, y, x) for y, x in corners))


VIEWS = _views()


def _frequencies() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the 64 lowest frequencies that are not even in both directions, closed under swaps."""
    down, right = np.mgrid[0:SIDE, 0:SIDE].reshape(2, -1)
    odd = (down % 2 == 1) | (right % 2 == 1)
    down, right = down[odd], right[odd]
    order = np.lexsort((down, np.minimum(down, right), down**2 + right**2))[:_BITS]
    return down[order], right[order]


_DOWN, _RIGHT = _frequencies()
_REACH = int(max(_DOWN.max(), _RIGHT.max())) + 1


def basis(count: int) -> Floats:
    """Give the first `count` rows of the orthonormal DCT-II of `SIDE` samples."""
    rows, places = np.arange(count)[:, None], np.arange(SIDE)[None] + 0.5
    waves = np.cos(np.pi * rows * places / SIDE) * np.sqrt(2 / SIDE)
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, np.float32)


def _resample(side: float, shift: float) -> Floats:
    """Give the matrix that stretches a part of a line of pixels over the whole, linearly."""
    middle = (SIDE - 1) / 2
    at = np.clip(side * (np.arange(SIDE) - middle) + shift * SIDE + middle, 0, SIDE - 1)
    low = np.minimum(at.astype(np.int64), SIDE - 2)
    matrix = np.zeros((SIDE, SIDE), np.float32)
    matrix[np.arange(SIDE), low] = 1 - (at - low)
    matrix[np.arange(SIDE), low + 1] = at - low
    return matrix


def hashes(thumbs: NDArray[np.uint8], view: View = VIEWS[0]) -> Hashes:
    """Give each thumbnail's hash: `(n, SIDE, SIDE)` of grey levels -> `(n,)`.

    >>> grey = np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE), dtype=np.uint8)
    >>> bool(hashes(grey)[0] == hashes(255 - grey)[0]), hashes(grey).shape
    (False, (1,))
    """
    waves = basis(_REACH)
    down = waves @ _resample(view.side, view.down)
    right = waves @ _resample(view.side, view.right)
    found = np.empty(len(thumbs), np.uint64)
    for start in range(0, len(thumbs), 4096):
        part = thumbs[start : start + 4096].astype(np.float32)
        signs = (down @ part @ right.T)[:, _DOWN, _RIGHT] > 0
        found[start : start + 4096] = _pack(signs)
    return found


def _pack(signs: NDArray[np.bool_]) -> Hashes:
    packed = np.packbits(signs, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8")[:, 0].astype(np.uint64)


def _unpack(values: Hashes) -> NDArray[np.bool_]:
    octets = np.ascontiguousarray(values.astype("<u8")).view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, bitorder="little").astype(bool)


def _swap() -> NDArray[np.int64]:
    place = {pair: index for index, pair in enumerate(zip(_DOWN, _RIGHT, strict=True))}
    return np.array([place[right, down] for down, right in place])


_SWAP = _swap()


def turned(values: Hashes, orientation: int) -> Hashes:
    """Give the hashes that the same pictures have in another orientation (see `turn`)."""
    bits = _unpack(values)
    if orientation & 4:
        bits = bits[:, _SWAP]
    if orientation & 2:
        bits = bits ^ (_DOWN % 2 == 1)
    if orientation & 1:
        bits = bits ^ (_RIGHT % 2 == 1)
    return _pack(bits)


def turn(thumbs: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Give thumbnails `(n, side, side)` transposed (4), upside down (2), mirrored (1), in order."""
    if orientation & 4:
        thumbs = thumbs.transpose(0, 2, 1)
    if orientation & 2:
        thumbs = thumbs[:, ::-1]
    return thumbs[:, :, ::-1] if orientation & 1 else thumbs

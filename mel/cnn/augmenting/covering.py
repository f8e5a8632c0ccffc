"""What covers a part of an image: hairs, the dark rim of a microscope, a blank square."""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.draws import Kind, Seed, generator
from mel.cnn.augmenting.hairs import draw_hairs
from mel.cnn.augmenting.painting import blank, paint_hairs, paint_rim
from mel.config import Augmentation

__all__ = ["cover"]

Bytes = NDArray[np.uint8]
_RIM = (0.46, 0.60)  # radius of what is seen, of the image's side; its corners are at 0.71
_OFF = 0.04  # of the side, by which its middle is off the image's
_SOFT = (0.006, 0.03)  # width of the edge, of the side
_DARK, _CAST = (2.0, 20.0), 2.0  # level of the rim, and how far its colours are from it


def cover(images: Bytes, seed: Seed, settings: Augmentation) -> Bytes:
    """Draw hairs, a rim and a blank square over those images whose turn it is.

    `images` are uint8 `(n, s, s, 3)` and are left as they are; they are given back themselves where
    nothing is to be drawn.
    """
    if not (settings.hair_share or settings.border_share or settings.cutout):
        return images
    covered = images.copy()
    if settings.hair_share:
        _hairs(covered, seed, settings.hair_share)
    if settings.border_share:
        _rims(covered, seed, settings.border_share)
    if settings.cutout:
        _squares(covered, seed, settings)
    return covered


def _hairs(images: Bytes, seed: Seed, share: float) -> None:
    draw = generator(seed, Kind.HAIR)
    chosen = draw.random(len(images)) < share
    for number in np.flatnonzero(chosen):
        paint_hairs(images[number], *draw_hairs(draw, images.shape[1]))


def _rims(images: Bytes, seed: Seed, share: float) -> None:
    draw, size, count = generator(seed, Kind.BORDER), images.shape[1], len(images)
    chosen = draw.random(count) < share
    middle = (size - 1) / 2 + size * draw.uniform(-_OFF, _OFF, (count, 2))
    radius, soft = (size * draw.uniform(*bounds, count) for bounds in (_RIM, _SOFT))
    dark = draw.uniform(*_DARK, (count, 1)) + draw.uniform(-_CAST, _CAST, (count, 3))
    for k in np.flatnonzero(chosen):
        paint_rim(images[k], middle[k, 0], middle[k, 1], radius[k], soft[k], dark[k])


def _squares(images: Bytes, seed: Seed, settings: Augmentation) -> None:
    draw, size, count = generator(seed, Kind.CUTOUT), images.shape[1], len(images)
    chosen = draw.random(count) < settings.cutout_share
    side = round(settings.cutout * size)
    corners = draw.integers(0, size - side + 1, (count, 2))
    blank(images, corners[chosen], side, np.flatnonzero(chosen))

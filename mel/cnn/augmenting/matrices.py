"""What geometry and colour do to an image, as one matrix each."""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.draws import Kind, Seed, generator, uniform
from mel.config import Augmentation

__all__ = ["affine", "colour", "is_recoloured", "is_resampled"]

Matrices = NDArray[np.float64]


def is_resampled(settings: Augmentation) -> bool:
    """Say whether pixels are interpolated: flips and quarter turns only move them."""
    return bool(settings.rotation or settings.shear or settings.zoom or settings.shift)


def is_recoloured(settings: Augmentation) -> bool:
    """Say whether any colour changes."""
    changes = (settings.brightness, settings.contrast, settings.saturation, settings.hue)
    return any(changes)


def affine(count: int, size: int, seed: Seed, settings: Augmentation) -> Matrices:
    """Give float64 `(count, 2, 3)`: from a pixel (x, y, 1) of the result to one of the image.

    About the centre, a view of the image that zoom made smaller and that lies anywhere in it, is
    sheared along x, rotated, flipped or turned by quarters; the shift comes on top.

    >>> affine(1, 64, (0,), Augmentation(flips=False))[0].tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    angle = np.deg2rad(uniform(seed, Kind.ROTATION, count, settings.rotation))
    slant = np.tan(np.deg2rad(uniform(seed, Kind.SHEAR, count, settings.shear)))
    draw = generator(seed, Kind.ZOOM)
    side = 1 - settings.zoom * draw.random(count)
    corner = draw.random((count, 2)) - 0.5
    shift = generator(seed, Kind.SHIFT).uniform(-settings.shift, settings.shift, (count, 2))
    rotation = _matrix(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle))
    shear = _matrix(np.ones(count), slant, np.zeros(count), np.ones(count))
    linear = side[:, None, None] * (rotation @ shear @ _turns(count, seed, settings.flips))
    middle = (size - 1) / 2 + size * (corner * (1 - side)[:, None] + shift)
    offset = middle - linear.sum(axis=2) * ((size - 1) / 2)
    return np.concatenate([linear, offset[:, :, None]], axis=2)


def _turns(count: int, seed: Seed, flips: bool) -> Matrices:
    """Give one of the eight flips and quarter turns an image, or the identity."""
    across, down, swap = (generator(seed, Kind.TURN).random((3, count)) < 0.5) & flips
    x, y, none = np.where(across, -1.0, 1.0), np.where(down, -1.0, 1.0), np.zeros(count)
    return _matrix(
        np.where(swap, none, x),
        np.where(swap, x, none),
        np.where(swap, y, none),
        np.where(swap, none, y),
    )


def _matrix(*cells: NDArray[np.float64]) -> Matrices:
    return np.stack(cells, axis=1).reshape(-1, 2, 2)


def colour(means: NDArray[np.float64], seed: Seed, settings: Augmentation) -> NDArray[np.float32]:
    """Give float32 `(n, 3, 4)`: from a colour (r, g, b, 1) to another, 0 to 255; to be clipped.

    Contrast is about the image's own mean, of which `means` has one an image, and brightness is
    added; then saturation moves away from or towards the mean of the three, and hue turns about
    the axis of the greys, which neither changes.

    >>> colour(np.array([100.0]), (0,), Augmentation())[0].tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    count = len(means)
    shift = 255 * uniform(seed, Kind.BRIGHTNESS, count, settings.brightness)
    contrast = 1 + uniform(seed, Kind.CONTRAST, count, settings.contrast)
    saturation = 1 + uniform(seed, Kind.SATURATION, count, settings.saturation)
    angle = np.deg2rad(uniform(seed, Kind.HUE, count, settings.hue))
    grey = np.full((3, 3), 1 / 3)
    turn = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    cosine, sine = (part(angle)[:, None, None] for part in (np.cos, np.sin))
    tint = grey + saturation[:, None, None] * (cosine * (np.eye(3) - grey) + sine * turn)
    plain = (means * (1 - contrast) + shift)[:, None, None]
    both = [contrast[:, None, None] * tint, np.broadcast_to(plain, (count, 3, 1))]
    return np.concatenate(both, axis=2).astype(np.float32)

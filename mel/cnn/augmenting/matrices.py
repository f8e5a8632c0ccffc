"""What geometry and colour do to an image, as one matrix each."""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.draws import Kind, Seed, generator, uniform
from mel.config import Augmentation

__all__ = ["affine", "colour", "is_recoloured", "is_resampled", "tint", "view"]

Matrices = NDArray[np.float64]
Reals = NDArray[np.float64]


def is_resampled(settings: Augmentation) -> bool:
    """Say whether pixels are interpolated: flips and quarter turns only move them."""
    return bool(settings.rotation or settings.shear or settings.zoom or settings.shift)


def is_recoloured(settings: Augmentation) -> bool:
    """Say whether any colour changes."""
    changes = (settings.brightness, settings.contrast, settings.saturation, settings.hue)
    return any(changes)


def affine(count: int, size: int, seed: Seed, settings: Augmentation) -> Matrices:
    """Draw a view an image: float64 `(count, 2, 3)`; see `view`.

    >>> affine(1, 64, (0,), Augmentation(flips=False))[0].tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    turns = (generator(seed, Kind.TURN).random((3, count)) < 0.5) & settings.flips
    draw = generator(seed, Kind.ZOOM)
    side = 1 - settings.zoom * draw.random(count)
    place = draw.random((count, 2)) - 0.5
    shift = generator(seed, Kind.SHIFT).uniform(-settings.shift, settings.shift, (count, 2))
    rotation = uniform(seed, Kind.ROTATION, count, settings.rotation)
    shear = uniform(seed, Kind.SHEAR, count, settings.shear)
    offset = place * (1 - side)[:, None] + shift
    return view(size, rotation, shear, side, offset, turns)


def view(
    size: int,
    rotation: Reals,
    shear: Reals,
    side: Reals,
    offset: Matrices,
    turns: NDArray[np.bool_],
) -> Matrices:
    """Give float64 `(n, 2, 3)`: from a pixel (x, y, 1) of the result to one of the image.

    About the middle of the view, that is flipped (across where `turns[0]`, down where `turns[1]`,
    about the diagonal where `turns[2]`), then sheared along x and rotated, in degrees. The view's
    `side` is a part of the image's, its middle off the image's by `offset` `(n, 2)` of the side.

    >>> none, one = np.zeros(1), np.ones(1)
    >>> flip = np.array([[True], [False], [False]])
    >>> view(4, none, none, one, np.zeros((1, 2)), flip)[0].tolist()
    [[-1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]
    """
    angle, slant = np.deg2rad(rotation), np.tan(np.deg2rad(shear))
    none, one = np.zeros_like(side), np.ones_like(side)
    turned = _matrix(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle))
    sheared = _matrix(one, slant, none, one)
    linear = side[:, None, None] * (turned @ sheared @ _flipped(*turns))
    middle = (size - 1) / 2 + size * offset
    corner = middle - linear.sum(axis=2) * ((size - 1) / 2)
    return np.concatenate([linear, corner[:, :, None]], axis=2)


def _flipped(
    across: NDArray[np.bool_], down: NDArray[np.bool_], swap: NDArray[np.bool_]
) -> Matrices:
    """Give one of the eight flips and quarter turns an image."""
    x, y = np.where(across, -1.0, 1.0), np.where(down, -1.0, 1.0)
    return _matrix(
        np.where(swap, 0, x), np.where(swap, x, 0), np.where(swap, y, 0), np.where(swap, 0, y)
    )


def _matrix(*cells: Reals) -> Matrices:
    return np.stack(cells, axis=1).reshape(-1, 2, 2)


def colour(means: Reals, seed: Seed, settings: Augmentation) -> NDArray[np.float32]:
    """Draw a change of colours an image: float32 `(n, 3, 4)`; see `tint`.

    >>> colour(np.array([100.0]), (0,), Augmentation())[0].tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    count = len(means)
    return tint(
        means,
        uniform(seed, Kind.BRIGHTNESS, count, settings.brightness),
        uniform(seed, Kind.CONTRAST, count, settings.contrast),
        uniform(seed, Kind.SATURATION, count, settings.saturation),
        uniform(seed, Kind.HUE, count, settings.hue),
    )


def tint(
    means: Reals, brightness: Reals, contrast: Reals, saturation: Reals, hue: Reals
) -> NDArray[np.float32]:
    """Give float32 `(n, 3, 4)`: from a colour (r, g, b, 1) to another, 0 to 255; to be clipped.

    What is off the image's own mean, of which `means` has one an image, is multiplied by
    1 + `contrast`, and 255 * `brightness` is added. Then what is off the mean of the three is
    multiplied by 1 + `saturation` and turned by `hue` degrees about the axis of the greys.

    >>> none = np.zeros(1)
    >>> tint(none, none + 0.2, none, none, none)[0, :, 3].tolist()
    [51.0, 51.0, 51.0]
    """
    factor, angle = 1 + contrast, np.deg2rad(hue)
    grey = np.full((3, 3), 1 / 3)
    turn = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    cosine, sine = (part(angle)[:, None, None] for part in (np.cos, np.sin))
    spread = (1 + saturation)[:, None, None] * (cosine * (np.eye(3) - grey) + sine * turn)
    plain = (means * (1 - factor) + 255 * brightness)[:, None, None]
    linear = factor[:, None, None] * (grey + spread)
    shift = np.broadcast_to(plain, (len(means), 3, 1))
    return np.concatenate([linear, shift], axis=2).astype(np.float32)

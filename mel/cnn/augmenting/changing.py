"""Random changes to a batch of training images, the same for the same seed."""

import numpy as np
from numpy.typing import NDArray

from mel.cnn.augmenting.covering import cover
from mel.cnn.augmenting.draws import Seed
from mel.cnn.augmenting.matrices import affine, colour, is_recoloured, is_resampled
from mel.cnn.augmenting.recolouring import means, recolour
from mel.cnn.augmenting.resampling import resample
from mel.cnn.augmenting.turning import turn
from mel.config import Augmentation

__all__ = ["augment"]

Bytes = NDArray[np.uint8]


def augment(images: Bytes, seed: Seed, settings: Augmentation) -> Bytes:
    """Give a uint8 batch `(n, s, s, 3)` changed, each image by draws of its own.

    `seed` are whole numbers from 0, such as (seed, fold, epoch, step): the same give the same
    changes, whatever else runs. Geometry and colour are one pass over the pixels; where only flips
    and quarter turns are asked for, the pixels are copies. Hairs, a rim and a blank square come
    after, over what is then seen. The images given are left as they are; without any change they
    are given back themselves. MixUp and CutMix, which need labels, are `mix`.

    >>> image = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    >>> changed = augment(image, (0, 0, 0, 7), Augmentation(flips=True))
    >>> changed.shape, int(changed.sum()) == int(image.sum())
    ((1, 4, 4, 3), True)
    """
    images = np.ascontiguousarray(images)
    return cover(_seen(images, seed, settings), seed, settings)


def _seen(images: Bytes, seed: Seed, settings: Augmentation) -> Bytes:
    """Move and recolour."""
    tint = colour(means(images), seed, settings) if is_recoloured(settings) else None
    view = affine(len(images), images.shape[1], seed, settings)
    if is_resampled(settings):
        return resample(images, view, tint)
    moved = turn(images, view) if settings.flips else images
    if tint is not None:
        moved = moved if settings.flips else images.copy()
        recolour(moved, tint)
    return moved

"""Random changes to a batch of training images, vectorised and the same for the same step."""

from typing import Any

import tensorflow as tf

from mel.config import Augmentation

__all__ = ["augment"]


def augment(images: Any, seed: Any, settings: Augmentation) -> Any:
    """Change a uint8 or float batch `(n, s, s, 3)` of values 0 to 255; gives float32, 0 to 255.

    `seed` is an int32 pair; the same pair gives the same changes. Zoom and the flips are one
    crop-and-resize, the quarter turns a transpose, then contrast, saturation and brightness are
    drawn per image.
    """
    batch = tf.cast(images, tf.float32)
    seeds = tf.unstack(tf.random.split(seed, 2))
    if settings.flips or settings.zoom:
        batch = _geometry(batch, seeds[0], settings)
    if settings.brightness or settings.contrast or settings.saturation:
        batch = _colour(batch, seeds[1], settings)
    return batch


def _draw(shape: tuple[Any, ...], seed: Any, index: int, low: float, high: float) -> Any:
    return tf.random.stateless_uniform(shape, tf.random.fold_in(seed, index), low, high)


def _geometry(batch: Any, seed: Any, settings: Augmentation) -> Any:
    count, size = tf.shape(batch)[0], batch.shape[1]
    side = _draw((count, 1), seed, 0, 1 - settings.zoom, 1.0)
    corner = _draw((count, 2), seed, 1, 0.0, 1.0) * (1 - side)
    first, last = corner, corner + side
    if settings.flips:
        flip = _draw((count, 2), seed, 2, 0.0, 1.0) < 0.5
        first, last = tf.where(flip, last, first), tf.where(flip, first, last)
    boxes = tf.concat([first, last], axis=1)
    batch = tf.image.crop_and_resize(batch, boxes, tf.range(count), (size, size))
    if settings.flips:
        turn = _draw((count, 1, 1, 1), seed, 3, 0.0, 1.0) < 0.5
        batch = tf.where(turn, tf.transpose(batch, (0, 2, 1, 3)), batch)
    return batch


def _colour(batch: Any, seed: Any, settings: Augmentation) -> Any:
    shape = (tf.shape(batch)[0], 1, 1, 1)
    contrast = _draw(shape, seed, 0, 1 - settings.contrast, 1 + settings.contrast)
    saturation = _draw(shape, seed, 1, 1 - settings.saturation, 1 + settings.saturation)
    shift = _draw(shape, seed, 2, -255.0, 255.0) * settings.brightness
    mean = tf.reduce_mean(batch, axis=(1, 2, 3), keepdims=True)
    batch = (batch - mean) * contrast + mean + shift
    grey = tf.reduce_mean(batch, axis=-1, keepdims=True)
    return tf.clip_by_value((batch - grey) * saturation + grey, 0.0, 255.0)

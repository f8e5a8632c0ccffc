"""Batches for training and for scoring, from decoded pixels."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from mel.cnn.augmenting import augment
from mel.cnn.feeding.order import epoch_order, fold_seed
from mel.config import MemberSettings

__all__ = ["scoring", "training"]

Ints = NDArray[np.int64]


def training(pixels: Any, rows: Ints, target: Ints, settings: MemberSettings, fold: int) -> Any:
    """Give an endless-for-its-epochs dataset of augmented (images, targets) batches.

    `rows` are rows of `pixels`, aligned with `target`. Every batch depends only on the
    settings' seed, the fold and its step, never on timing.
    """
    size, batch = settings.size, settings.batch

    def orders() -> Iterator[tuple[Ints, int]]:
        step = 0
        for epoch in range(settings.epochs):
            order = epoch_order(target, settings, (settings.seed, fold, epoch))
            for start in range(0, len(order), batch):
                yield order[start : start + batch], step
                step += 1

    def load(order: Ints) -> tuple[Any, Any]:
        return pixels[rows[order]], target[order].astype(np.float32)

    def batch_of(order: Any, step: Any) -> tuple[Any, Any]:
        images, labels = tf.numpy_function(load, [order], (tf.uint8, tf.float32))
        images = tf.ensure_shape(images, (batch, size, size, 3))
        seed = tf.stack([tf.constant(fold_seed(settings.seed, fold), tf.int32), step])
        changed = augment(images, seed, settings.augmentation)
        return changed, tf.ensure_shape(labels[:, None], (batch, 1))

    signature = (tf.TensorSpec((batch,), tf.int64), tf.TensorSpec((), tf.int32))
    source = tf.data.Dataset.from_generator(orders, output_signature=signature)
    return source.map(batch_of, num_parallel_calls=2).prefetch(4)


def scoring(pixels: Any, rows: Ints, batch: int) -> Iterator[NDArray[np.uint8]]:
    """Give unaugmented batches in the order of `rows`; the last may be shorter."""
    for start in range(0, len(rows), batch):
        yield pixels[rows[start : start + batch]]

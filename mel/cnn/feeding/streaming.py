"""Batches for training, made ahead of the step that needs them, the same whatever the threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.cnn.feeding.examples import Examples
from mel.cnn.feeding.order import epoch_order
from mel.cnn.feeding.pictures import Pictures
from mel.cnn.feeding.threads import cores
from mel.config import MemberSettings
from mel.errors import MelError

__all__ = ["batch_of", "named_faults", "training"]

_AHEAD = 4e9  # bytes of batches that are made at a time, at most
_faults: list[MelError] = []


def training(
    pictures: Pictures,
    examples: Examples,
    settings: MemberSettings,
    fold: int,
    first_epoch: int = 0,
) -> Any:
    """Give the batches of a fold's epochs from `first_epoch` on, as a tf.data.Dataset.

    An element is (inputs, labels, weights): uint8 images `(batch, size, size, 3)`, or these and
    float32 metadata `(batch, m)`; float32 `(batch, k)` and `(batch,)`. There are
    `steps_per_epoch` batches an epoch. Each depends on the settings' seed, the fold, the epoch and
    the step in it only: a run that begins at a later epoch sees what an unbroken one sees.
    Iterate within `named_faults`, which says which picture was broken.
    """
    import tensorflow as tf

    def orders() -> Iterator[tuple[NDArray[np.int64], int, int]]:
        for epoch in range(first_epoch, settings.epochs):
            order = epoch_order(examples.target, settings, (settings.seed, fold, epoch))
            for step, start in enumerate(range(0, len(order), settings.batch)):
                yield order[start : start + settings.batch], epoch, step

    def load(order: Any, epoch: Any, step: Any) -> tuple[NDArray[Any], ...]:
        key = (settings.seed, fold, int(epoch), int(step))
        try:
            return batch_of(pictures, examples, order, key, settings)
        except MelError as error:
            _faults.append(error)
            raise

    signature = [tf.TensorSpec((settings.batch,), tf.int64), *[tf.TensorSpec((), tf.int64)] * 2]
    source = tf.data.Dataset.from_generator(orders, output_signature=tuple(signature))
    shapes = _shapes(examples, settings)
    types = [tf.uint8, *[tf.float32] * (len(shapes) - 1)]

    def made(*numbers: Any) -> Any:
        found = tf.numpy_function(load, numbers, types)
        sized = [tf.ensure_shape(part, shape) for part, shape in zip(found, shapes, strict=True)]
        images, labels, weights, *metadata = sized
        return (images, *metadata) if metadata else images, labels, weights

    parallel = source.map(made, num_parallel_calls=_parallel(settings), deterministic=True)
    return parallel.prefetch(2)


def batch_of(
    pictures: Pictures,
    examples: Examples,
    order: NDArray[np.int64],
    key: tuple[int, ...],
    settings: MemberSettings,
) -> tuple[NDArray[Any], ...]:
    """Make one batch: images, labels, weights, and metadata where the examples have it.

    `order` are positions in `examples`, `key` is (seed, fold, epoch, step).
    """
    from mel.cnn.augmenting import Mixture, augment

    images = augment(pictures.take(examples.rows[order]), key, settings.augmentation)
    mixture = Mixture.of(len(images), settings.size, key, settings.augmentation)
    labels, weights = mixture.labels(examples.labels[order], examples.weights[order])
    made = (mixture.images(images), labels, weights)
    if examples.metadata is None:
        return made
    return (*made, mixture.mean(examples.metadata[order]))


@contextmanager
def named_faults() -> Iterator[None]:
    """Raise the MelError that ended a dataset, such as of a broken picture, as itself.

    TensorFlow would raise an error of its own, many lines long.
    """
    _faults.clear()
    try:
        yield
    except MelError:
        raise
    except Exception as error:
        if _faults:
            raise _faults[0] from error
        raise


def _shapes(examples: Examples, settings: MemberSettings) -> list[tuple[int, ...]]:
    batch, size = settings.batch, settings.size
    shapes = [(batch, size, size, 3), (batch, examples.labels.shape[1]), (batch,)]
    return shapes if examples.metadata is None else [*shapes, (batch, examples.metadata.shape[1])]


def _parallel(settings: MemberSettings) -> int:
    """How many batches are made at a time: one a core, unless they are too large for memory."""
    wide = 3 * settings.batch * settings.size**2 * 3  # decoded, changed, handed over
    return max(min(cores(), int(_AHEAD / wide)), 2)

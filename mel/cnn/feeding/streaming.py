"""Batches for training, made ahead of the step that needs them, the same whatever the threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.cnn.feeding.examples import Examples
from mel.cnn.feeding.order import epoch_order, steps_per_epoch
from mel.cnn.feeding.pictures import Pictures
from mel.config import MemberSettings
from mel.errors import MelError
from mel.process import cores

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

    steps = steps_per_epoch(len(examples), settings.batch)

    @lru_cache(maxsize=2)  # batches of two epochs may be made at a time
    def order_of(epoch: int) -> NDArray[np.int64]:
        return epoch_order(examples.target, settings, (settings.seed, fold, epoch))

    def load(number: Any) -> tuple[NDArray[Any], ...]:
        epoch, step = divmod(int(number), steps)
        try:
            order = order_of(epoch)[step * settings.batch : (step + 1) * settings.batch]
            key = (settings.seed, fold, epoch, step)
            return batch_of(pictures, examples, order, key, settings)
        except MelError as error:
            _faults.append(error)
            raise

    shapes = _shapes(examples, settings)
    types = [tf.uint8, *[tf.float32] * (len(shapes) - 1)]

    def made(number: Any) -> Any:
        found = tf.numpy_function(load, [number], types)
        sized = [tf.ensure_shape(part, shape) for part, shape in zip(found, shapes, strict=True)]
        images, labels, weights, *metadata = sized
        return (images, *metadata) if metadata else images, labels, weights

    source = tf.data.Dataset.range(first_epoch * steps, settings.epochs * steps)
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

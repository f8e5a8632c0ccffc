"""The AUC of the held-out fold while a network is trained: looked at, never chosen by."""

from typing import Any

import numpy as np

from mel.cnn import feeding
from mel.cnn.events import Event
from mel.cnn.feeding import Examples, Pictures
from mel.cnn.labels import Labels
from mel.config import CnnSettings
from mel.errors import MelError
from mel.metrics import auc

__all__ = ["NO_NUMBER", "held_out_auc", "looks", "validates"]

NO_NUMBER = "lower learning_rate, or set hardware.precision = 'float32'"  # what helps


def validates(every: int, epochs: int, epoch: int) -> bool:
    """Tell whether an epoch, counted from 0, is looked at: each `every`-th, and the last.

    >>> [epoch for epoch in range(5) if validates(2, 5, epoch)]
    [1, 3, 4]
    """
    return every > 0 and ((epoch + 1) % every == 0 or epoch + 1 == epochs)


def looks(settings: CnnSettings, epochs: int) -> int:
    """Give how often the held-out fold is looked at in the first `epochs` of a training.

    >>> looks(CnnSettings(epochs=5, validate_every=2), 4)
    2
    """
    every, last = settings.validate_every, settings.epochs
    return sum(validates(every, last, epoch) for epoch in range(epochs))


def held_out_auc(
    step: Any, pictures: Pictures, held_out: Examples, labels: Labels, batch: int, tell: Event
) -> float | None:
    """Give the AUC of the pictures as they are; None where not both classes are held out.

    `step` gives the logits of a batch of inputs, see `mel.cnn.devices.using.forward`. Raises
    MelError where these are no numbers.
    """
    if len(np.unique(held_out.target)) < 2:
        return None
    found, start = [], 0
    for images in feeding.scoring(pictures, held_out.rows, batch):
        whole = _padded(images, batch)
        known = held_out.metadata
        if known is None:
            logits = step(whole)
        else:
            logits = step([whole, _padded(known[start : start + batch], batch)])
        found.append(labels.read_out(np.asarray(logits)[: len(images)]))
        start += len(images)
        tell({"done": len(images)})
    scores = np.concatenate(found)
    if not np.isfinite(scores).all():
        raise MelError(f"the held-out fold has scores that are no numbers; {NO_NUMBER}")
    return auc(held_out.target, scores)


def _padded(values: Any, batch: int) -> Any:
    if len(values) == batch:
        return values
    return np.pad(values, [(0, batch - len(values))] + [(0, 0)] * (values.ndim - 1))

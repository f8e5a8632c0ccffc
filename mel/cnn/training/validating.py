"""The AUC of the held-out fold while a network is trained: looked at, never chosen by."""

from typing import Any

import numpy as np

from mel.cnn import feeding
from mel.cnn.events import Event
from mel.cnn.feeding import Examples, Pictures
from mel.cnn.labels import Labels
from mel.metrics import auc

__all__ = ["held_out_auc", "validates"]


def validates(every: int, epochs: int, epoch: int) -> bool:
    """Tell whether an epoch, counted from 0, is looked at: each `every`-th, and the last.

    >>> [epoch for epoch in range(5) if validates(2, 5, epoch)]
    [1, 3, 4]
    """
    return every > 0 and ((epoch + 1) % every == 0 or epoch + 1 == epochs)


def held_out_auc(
    step: Any, pictures: Pictures, held_out: Examples, labels: Labels, batch: int, tell: Event
) -> float | None:
    """Give the AUC of the pictures as they are; None where not both classes are held out.

    `step` gives the logits of a batch of inputs, see `mel.cnn.devices.using.forward`.
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
    return auc(held_out.target, np.concatenate(found))


def _padded(values: Any, batch: int) -> Any:
    if len(values) == batch:
        return values
    return np.pad(values, [(0, batch - len(values))] + [(0, 0)] * (values.ndim - 1))

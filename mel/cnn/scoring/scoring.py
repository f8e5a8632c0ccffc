"""Scores of images by a trained network."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.cnn.events import Event
from mel.cnn.feeding import batches

__all__ = ["score"]

Ints = NDArray[np.int64]
_BATCH = 128


def score(model: Any, pixels: Any, rows: Ints, tell: Event) -> NDArray[np.float64]:
    """Give the probability of each of `rows`, in their order, float64.

    Every batch has one shape (the last is padded), so that the graph is traced once and a score
    does not depend on what else is scored.
    """
    found = []
    for images in batches.scoring(pixels, rows, _BATCH):
        padded = np.zeros((_BATCH, *images.shape[1:]), dtype=np.float32)
        padded[: len(images)] = images
        found.append(np.asarray(model.predict_on_batch(padded))[: len(images), 0])
        tell({"done": len(images)})
    logits = np.concatenate(found).astype(np.float64) if found else np.zeros(0)
    return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float64)

"""The batches as they were asked for before `Pictures` and `Examples`; for what has not moved."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.cnn.feeding import reading, streaming
from mel.cnn.feeding.examples import Examples
from mel.cnn.feeding.pictures import Kept
from mel.config import MemberSettings

__all__ = ["scoring", "training"]

Ints = NDArray[np.int64]


def training(pixels: Any, rows: Ints, target: Ints, settings: MemberSettings, fold: int) -> Any:
    """Give `streaming.training` without weights, of an array of pixels."""
    labels, ones = target[:, None].astype(np.float32), np.ones(len(rows), dtype=np.float32)
    examples = Examples(rows, labels, target, ones)
    batches = streaming.training(Kept(settings.size, {}, pixels), examples, settings, fold)
    return batches.map(lambda images, labels, _: (images, labels))


def scoring(pixels: Any, rows: Ints, batch: int) -> Iterator[NDArray[np.uint8]]:
    """Give `reading.scoring` of an array of pixels."""
    return reading.scoring(Kept(pixels.shape[1], {}, pixels), rows, batch)

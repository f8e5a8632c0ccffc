"""batch_size = "auto": the memory of real training steps, and the batch that fits into it.

A few small batches are measured and a line is laid over them: what a step needs in any case, and
what each image adds. The batch is the largest multiple of 8 for every device whose line stays
under a share of the memory: 80 % of a GPU's or TPU core's, 60 % of what a CPU has free. It is at
most 128 on a CPU, where more is not quicker, and 512 a device elsewhere.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from mel.cnn.devices import Device
from mel.cnn.devices.describing import gigabytes
from mel.cnn.devices.memory import Meter
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.errors import MelError

__all__ = ["EACH", "Line", "fitting", "line_over", "measured", "most_for", "too_large"]

EACH = 8  # images a device: the batch is a multiple of it
_MEASURED = (1, 2, 4)  # of these smallest batches
_STEPS = 2  # a batch: the second has all its buffers
_SLOW = 60.0  # seconds a batch took, after which no larger one is measured
_WAITING = 6  # batches of pictures that wait for the device, in the machine's own memory
_MOST = {"cpu": 128}
_USUAL = 512

Points = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Line:
    """Bytes that a step needs: `fixed`, and `each` for every image of the batch."""

    fixed: float
    each: float

    def at(self, batch: int) -> int:
        """Give the bytes of a step of `batch` images."""
        return round(self.fixed + self.each * batch)


def line_over(points: Points, least: float = 1.0) -> Line:
    """Lay a line over (batch, bytes): its slope by least squares, and no point above it.

    `least` is the slope at least, for one point and for networks so small that noise is all
    that is seen.

    >>> line_over([(8, 1800), (16, 2600), (32, 4200)]).at(64)
    7400
    """
    count = len(points)
    centre = sum(batch for batch, _ in points) / count
    spread = sum((batch - centre) ** 2 for batch, _ in points)
    slope = sum((batch - centre) * size for batch, size in points) / spread if spread else 0.0
    each = max(slope, least)
    return Line(max(size - each * batch for batch, size in points), each)


def fitting(line: Line, limit: float, unit: int, most: int) -> int:
    """Give the largest multiple of `unit`, up to `most`, that needs no more than `limit` bytes.

    Raises MelError when even the smallest needs more.

    >>> fitting(Line(fixed=1000.0, each=100.0), limit=6000, unit=8, most=128)
    48
    """
    room = int((limit - line.fixed) // line.each)
    if room < unit:
        raise MelError(too_large(unit, line.at(unit), limit))
    return min(room, max(most, unit)) // unit * unit


def too_large(batch: int, needed: float | None, limit: float) -> str:
    """Say that even the smallest batch does not fit, and what to lower."""
    needs = "more" if needed is None else gigabytes(round(needed))
    return (
        f"batch_size = 'auto': even a batch of {batch} needs {needs} of the "
        f"{gigabytes(round(limit))} that may be filled; lower size, name a smaller backbone, or "
        f"give batch_size below {batch} with accumulate"
    )


def most_for(device: Device) -> int:
    """Give the largest batch that is chosen on a device, whatever its memory."""
    return _MOST.get(device.kind, _USUAL * device.count)


def measured(
    settings: MemberSettings,
    labels: Labels,
    device: Device,
    meter: Meter,
    done: Callable[[int], None] = lambda _: None,
) -> tuple[list[tuple[int, int]], Line]:
    """Measure steps of small batches on a device that was started; give (batch, bytes), the line.

    The network, its optimizer and its loss are those of the training. Where the machine's own
    memory is measured, room is added for the copy of all variables that is kept after an epoch,
    and for the pictures that wait. Raises MelError when not even the smallest batch fits.
    """
    model, kept = _compiled(settings, labels, device)
    unit, points = EACH * device.count, []
    for times in _MEASURED:
        began = time.monotonic()
        size = meter.peak_of(partial(_train, model, settings, labels, unit * times))
        if size is None:
            break
        points.append((unit * times, size))
        done(unit * times)
        if time.monotonic() - began > _SLOW or size * 2 > meter.memory:
            break  # the next is twice as large
    if not points:
        raise MelError(too_large(unit, None, meter.limit))
    picture = settings.size**2 * 3
    line = line_over(points, least=float(picture * 4))
    if meter.own:
        line = Line(line.fixed + kept, line.each + _WAITING * picture)
    return points, line


def _compiled(settings: MemberSettings, labels: Labels, device: Device) -> tuple[Any, int]:
    """Give the network as its last epoch trains it, all layers, and the bytes of its variables."""
    from mel.cnn import networks
    from mel.cnn.training.session import Session

    with device.scope():
        model = networks.build(settings.model_copy(update={"weights": "none"}), labels)
        device.settle(model)
        session = Session(model, networks.body_layers(model), settings, labels, steps=100)
        session.enter(settings.epochs - 1, device.jit_compile)
        return model, sum(v.numpy().nbytes for v in session.variables.values())


def _train(model: Any, settings: MemberSettings, labels: Labels, batch: int) -> None:
    """Take a few steps on one batch of grey pictures."""
    import numpy as np
    import tensorflow as tf

    from mel.metadata import METADATA

    images = np.full((batch, settings.size, settings.size, 3), 128, dtype=np.uint8)
    known = np.zeros((batch, len(METADATA)), dtype=np.float32)
    inputs = (images, known) if settings.metadata else images
    truth = np.eye(labels.count, dtype=np.float32)[np.arange(batch) % labels.count]
    data = tf.data.Dataset.from_tensors((inputs, truth, np.ones(batch, dtype=np.float32)))
    model.fit(data.repeat(_STEPS), epochs=1, steps_per_epoch=_STEPS, shuffle=False, verbose=0)

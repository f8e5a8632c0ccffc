"""Which layers of the backbone hold still, in which epochs."""

from dataclasses import dataclass
from typing import Any

from mel.config import CnnSettings

__all__ = ["Phase", "hold", "joined", "phases"]


@dataclass(frozen=True)
class Phase:
    """Epochs `first` to `stop` - 1, in which the first `held` layers hold still."""

    first: int
    stop: int
    held: int


def _held(settings: CnnSettings, count: int, epoch: int) -> int:
    """Give how many of `count` layers hold still in an epoch, counted from 0."""
    freeze = settings.freeze
    most = round(freeze.share * count)
    late = epoch - freeze.epochs
    if late < 0:
        return most
    return max(most - most * (late + 1) // (freeze.thaw_epochs + 1), 0)


def phases(settings: CnnSettings, count: int) -> list[Phase]:
    """Part a training into stretches in which the same of `count` layers hold still.

    For `freeze.epochs` it is `freeze.share` of them, from the input on; over the next
    `thaw_epochs` they join in equal parts, from the head down.

    >>> from mel.config import FreezeSettings
    >>> freeze = FreezeSettings(epochs=2, thaw_epochs=1)
    >>> [(p.first, p.stop, p.held) for p in phases(CnnSettings(epochs=9, freeze=freeze), 10)]
    [(0, 2, 10), (2, 3, 5), (3, 9, 0)]
    """
    if not settings.freeze.epochs:
        return [Phase(0, settings.epochs, 0)]
    found: list[Phase] = []
    for epoch in range(settings.epochs):
        held = _held(settings, count, epoch)
        if found and found[-1].held == held:
            found[-1] = Phase(found[-1].first, epoch + 1, held)
        else:
            found.append(Phase(epoch, epoch + 1, held))
    return found


def hold(layers: list[Any], held: int) -> None:
    """Let the first `held` layers hold still and the others learn.

    Batch normalisation that holds still uses the statistics it has, and does not change them.
    """
    for index, layer in enumerate(layers):
        layer.trainable = index >= held


def joined(layers: list[Any], settings: CnnSettings) -> dict[int, int]:
    """Give the epoch in which each variable of the layers joins, by its `id`."""
    found: dict[int, int] = {}
    for phase in reversed(phases(settings, len(layers))):
        for layer in layers[phase.held :]:
            found |= {id(variable): phase.first for variable in layer.variables}
    return found

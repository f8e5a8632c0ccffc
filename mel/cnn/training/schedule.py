"""The learning rate over a training: up to its peak, then down a cosine to nothing."""

from typing import Any

import keras

from mel.config import CnnSettings

__all__ = ["Schedule", "updates"]


def updates(settings: CnnSettings, steps: int, epochs: float | None = None) -> int:
    """Give the updates of the weights in `epochs` of `steps` each, by default in all.

    >>> updates(CnnSettings(epochs=3, accumulate=4), steps=10)
    7
    """
    wanted = settings.epochs if epochs is None else epochs
    return int(wanted * steps + 1e-6) // settings.accumulate


class Schedule(keras.optimizers.schedules.CosineDecay):  # type: ignore[misc]
    """A line from a hundredth of the peak to the peak, then half a cosine wave to zero.

    It is counted in updates: with `accumulate`, so many steps in a row have one rate.
    """

    def __init__(self, settings: CnnSettings, steps: int) -> None:
        warmup = updates(settings, steps, settings.warmup_epochs)
        super().__init__(
            initial_learning_rate=settings.learning_rate / 100,
            decay_steps=max(updates(settings, steps) - warmup, 1),
            warmup_target=settings.learning_rate,
            warmup_steps=warmup,
        )
        self._accumulate = settings.accumulate

    def __call__(self, step: Any) -> Any:
        """Give the rate at a step, which is the index of a batch."""
        return super().__call__(step // self._accumulate)

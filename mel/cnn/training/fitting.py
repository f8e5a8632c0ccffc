"""One fold: fit a fresh network on the other folds, score what it never saw."""

import math
import time
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mel.cnn.devices import choose
from mel.cnn.events import Event
from mel.cnn.feeding import batches
from mel.cnn.feeding.order import fold_seed, steps_per_epoch
from mel.cnn.networks import build
from mel.config import MemberSettings

__all__ = ["fit"]

Ints = NDArray[np.int64]


def fit(
    pixels: Any, rows: Ints, target: Ints, settings: MemberSettings, fold: int, tell: Event
) -> tuple[Any, list[dict[str, float]]]:
    """Train for the settings' fixed epochs; gives the network and a row of history an epoch.

    Nothing held out is looked at: no early stopping, no choice of an epoch.
    """
    device = choose()
    device.use()
    tell({"news": f"on {device}"})
    keras.utils.set_random_seed(fold_seed(settings.seed, fold))
    model = build(settings)
    steps = steps_per_epoch(len(rows), settings.batch)
    model.compile(
        optimizer=_optimizer(settings, steps),
        loss=keras.losses.BinaryCrossentropy(
            from_logits=True, label_smoothing=settings.label_smoothing
        ),
        jit_compile=device.jit_compile,
    )
    watch = _Watch(tell, settings.batch)
    model.fit(
        batches.training(pixels, rows, target, settings, fold),
        epochs=settings.epochs,
        steps_per_epoch=steps,
        callbacks=[watch],
        shuffle=False,
        verbose=0,
    )
    return model, watch.history


def _optimizer(settings: MemberSettings, steps: int) -> Any:
    warmup = round(settings.warmup_epochs * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate / 100,
        decay_steps=max(settings.epochs * steps - warmup, 1),
        warmup_target=settings.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=settings.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


class _Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells of progress about once a second, refuses a loss that is no number."""

    def __init__(self, tell: Event, batch: int) -> None:
        super().__init__()
        self._tell, self._batch = tell, batch
        self._untold, self._told = 0, time.monotonic()
        self._start = 0.0
        self.history: list[dict[str, float]] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._start = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._untold += self._batch
        if time.monotonic() - self._told > 1:
            self._flush(float(logs["loss"]))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        loss = float(logs["loss"])
        self._flush(loss)
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} in epoch {epoch + 1}")
        seconds = time.monotonic() - self._start
        self.history.append({"epoch": epoch + 1, "loss": loss, "seconds": seconds})

    def _flush(self, loss: float) -> None:
        self._tell({"done": self._untold, "loss": loss})
        self._untold, self._told = 0, time.monotonic()

"""What a training tells while it runs, and what it keeps of each epoch."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from mel.cnn.events import Event
from mel.cnn.training.state import Row
from mel.cnn.training.validating import NO_NUMBER
from mel.errors import MelError

__all__ = ["Watch", "calls"]

_EVERY = 1.0  # seconds between two looks at the loss: each waits for the device


class Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells of progress about once a second, makes a row of history of each epoch.

    `validate` gives the held-out AUC after an epoch (counted from 0), or None; `keep` is handed
    the epoch and its row when all else is done. Raises MelError when the loss is no number, and
    when a weight is none at the end of an epoch: such an epoch is not kept.
    """

    def __init__(
        self,
        tell: Event,
        batch: int,
        validate: Callable[[int], float | None],
        keep: Callable[[int, Row], None],
    ) -> None:
        super().__init__()
        self._tell, self._batch, self._validate, self._keep = tell, batch, validate, keep
        self._untold, self._told = 0, time.monotonic()
        self._start, self._images, self._epoch = 0.0, 0, 0
        self._auc: float | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Begin to count."""
        self._epoch, self._images, self._start = epoch, 0, time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        """Count a batch; look at the loss now and then."""
        self._untold += self._batch
        self._images += self._batch
        if time.monotonic() - self._told > _EVERY:
            self._look(float(logs["loss"]))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Make the epoch's row, with its held-out AUC where that is looked at."""
        loss = float(logs["loss"])
        seconds = max(time.monotonic() - self._start, 1e-9)
        self._look(loss)
        self._look_at_weights()
        found = self._validate(epoch)
        self._auc = self._auc if found is None else found
        row: Row = {
            "epoch": epoch + 1,
            "loss": loss,
            "auc": found,
            "learning_rate": float(self.model.optimizer.learning_rate),
            "seconds": seconds,
            "images_per_s": self._images / seconds,
        }
        self._keep(epoch, row)
        self._told = time.monotonic()

    def _look(self, loss: float) -> None:
        if not math.isfinite(loss):
            raise MelError(f"the loss is {loss} in epoch {self._epoch + 1}; {NO_NUMBER}")
        event = {"done": self._untold, "loss": loss, "epoch": self._epoch + 1, "auc": self._auc}
        self._tell(event)
        self._untold, self._told = 0, time.monotonic()

    def _look_at_weights(self) -> None:
        """Refuse weights that the last step of an epoch spoilt: its loss is from before it."""
        for variable in self.model.variables:
            value = np.asarray(variable)
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                raise MelError(
                    f"{variable.path} holds no numbers after epoch {self._epoch + 1}; {NO_NUMBER}"
                )


class _Calls(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Keras' list of callbacks, less what costs at each batch: turning its figures into numbers.

    On a GPU that would wait for the step just begun, before the next one can be handed over.
    """

    def __init__(self, watch: Watch, model: Any) -> None:
        super().__init__([watch], add_history=True, add_progbar=False, model=model)
        self._watch = watch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Do nothing."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Hand the figures on as they are."""
        self._watch.on_train_batch_end(batch, logs)


def calls(watch: Watch, model: Any) -> Any:
    """Give what Keras' `fit` takes as callbacks."""
    return _Calls(watch, model)

"""One fold: fit a network on the other folds, or go on where a stopped run was."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mel.cnn import feeding
from mel.cnn.devices import Device
from mel.cnn.events import Event
from mel.cnn.feeding import Examples, Pictures
from mel.cnn.labels import Labels
from mel.cnn.training.state import State
from mel.config import MemberSettings
from mel.errors import MelError, many

__all__ = ["fit"]


def fit(
    pictures: Pictures,
    examples: Examples,
    settings: MemberSettings,
    fold: int,
    labels: Labels,
    tell: Event,
    *,
    device: Device,
    state: Path,
    held_out: Examples | None = None,
    inputs: Mapping[str, str] | None = None,
    check: Callable[[], None] = lambda: None,
) -> tuple[Any, list[dict[str, Any]]]:
    """Train for the settings' fixed epochs; give the network and a row of history an epoch.

    `device` was started. After each epoch all there is to go on from is kept in the folder
    `state`, and a run that is called with the same `inputs`, what the training is made from, goes
    on there: it ends with the same weights. TensorBoard's logs are in `state`/logs. The weights
    are the averages where the settings have them. `held_out` is only looked at: no early stopping,
    no choice of an epoch. `check` is called before anything is kept, and may raise.

    Raises MelError for a loss that is no number, a picture that is broken, a full disk, and for
    `accumulate` above all the steps there are.
    """
    steps = feeding.steps_per_epoch(len(examples), settings.batch)
    if settings.accumulate > steps * settings.epochs:
        raise MelError(
            f"accumulate {settings.accumulate} is above the {steps * settings.epochs} steps that "
            f"{many(len(examples), 'image')} make in all epochs: no weight would ever move; "
            "lower accumulate or batch_size"
        )
    facts = dict(inputs or {}) | {"fold": fold, "batch": settings.batch, "steps": steps}
    from mel.cnn.training.running import Run  # it imports Keras: only now is a device started

    run = Run(pictures, examples, settings, fold, labels, tell, device, State(state, facts), check)
    with device.scope():
        return run.train(held_out)

"""A member looked at before anything is made, down to the layer that a file does not fit."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mel.cnn.backbones.weights import MisfitError
from mel.cnn.backbones.weights import check_member as check_alone
from mel.cnn.devices import choose
from mel.cnn.events import Event
from mel.cnn.jobs.launch import check_installed, launch
from mel.config import HardwareSettings, MemberSettings
from mel.errors import MelError

__all__ = ["check_member", "run"]


def check_member(settings: MemberSettings) -> None:
    """Refuse a member that no network can be built for, before a long job starts.

    Looks at the backbone's name, at the sizes of training and of scoring, and at the weights,
    without TensorFlow. Only where a file holds another number of parameters, a child process looks
    which layer it is that does not fit. Raises MelError.

    >>> check_member(MemberSettings(backbone="mit_b0", size=100))
    Traceback (most recent call last):
    mel.errors.MelError: mit_b0: takes pictures from 64 pixels, multiples of 32, not 100; set ...
    """
    try:
        check_alone(settings)
    except MisfitError as error:
        raise MelError(_by_layer(settings, str(error))) from None


def _by_layer(settings: MemberSettings, known: str) -> str:
    """Give what loading the weights is refused with; what is known where that cannot be tried."""
    job = {"task": "vet", "settings": settings.model_dump(mode="json")}
    try:
        check_installed()
        with tempfile.TemporaryDirectory(prefix="mel-") as folder:
            launch(job, f"{settings.name}: looking at its weights", 0, Path(folder) / "log.txt")
    except MelError as error:
        _, found, text = str(error).partition(known.partition(";")[0])
        return f"{found}{text}" if found else known
    return known


def run(job: Mapping[str, Any], tell: Event) -> None:  # noqa: ARG001  # every task has both
    """Build the network with its weights, on the CPU."""
    choose(HardwareSettings(device="cpu")).start()
    from mel.cnn import networks  # it imports Keras: only when the device was started

    networks.build(MemberSettings.model_validate(job["settings"]))

"""The networks of trained members, kept ready in this process: batch after batch is answered."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.cnn.events import Event
from mel.cnn.jobs.done import CHECKPOINT, fold_dir
from mel.cnn.jobs.scorers import Scorer
from mel.cnn.jobs.talking import receive, send
from mel.cnn.labels import Labels
from mel.config import HardwareSettings, MemberSettings

__all__ = ["run"]

Ready = Mapping[str, list[Scorer]]


def run(job: Mapping[str, Any], tell: Event) -> None:
    """Load every fold of the members, say so, and answer until the other side hangs up.

    A question names a member and a size and brings pixels, and metadata where the member wants
    it; the answer are the logits of a positive, float64 `(n, folds)`.
    """
    from mel.cnn.devices import choose

    device = choose(HardwareSettings.model_validate(job["hardware"]))
    device.start()
    members = {str(said["name"]): _scorers(said, device) for said in job["members"]}
    tell({"news": f"on {device}"})
    batches = [least for folds in members.values() for one in folds for least in one.batch.values()]
    ready = {"device": str(device), "precision": device.precision, "batch": min(batches)}
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(job["address"])
        send(channel, ready | {"backend": device.backend})
        while (asked := receive(channel)) is not None:
            said, inputs = asked
            send(channel, {}, [_answer(members[said["member"]], int(said["size"]), inputs)])


def _scorers(said: Mapping[str, Any], device: Any) -> list[Scorer]:
    """Build a member's networks, each fold with its own weights."""
    settings = MemberSettings.model_validate(said["settings"])
    found = []
    for fold in said["folds"]:
        scorer = Scorer.of(settings, Labels.read(said["labels"][fold]), device)
        scorer.load(fold_dir(Path(said["folder"]), fold) / CHECKPOINT)
        found.append(scorer)
    return found


def _answer(scorers: list[Scorer], size: int, inputs: list[NDArray[Any]]) -> NDArray[np.float64]:
    from mel.cnn.devices.using import forward

    given = inputs if len(inputs) > 1 else inputs[0]
    columns = [
        one.labels.read_out(np.asarray(forward(one.networks[size])(given))) for one in scorers
    ]
    return np.stack(columns, axis=1).astype(np.float64)

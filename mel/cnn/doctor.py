"""What there is to train with, what will be used and why, and what to set; nothing is trained."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mel.cnn.devices import describing
from mel.cnn.devices.device import misfit
from mel.config import HardwareSettings, MemberSettings
from mel.errors import MelError
from mel.files import read_json, write_json

__all__ = ["Checkup", "doctor"]

_PATIENCE = 300.0  # seconds that looking may take; a driver that hangs ends there


@dataclass(frozen=True)
class Checkup:
    """What `doctor` found: names and values in the order they are shown, all of them text.

    `found` is what there is; `used` what computes each member, or anything where none was given;
    `reasons` why, by device; `advice` what to set where an accelerator is not found; and `fault`
    the first thing that a training here would be refused for, empty where there is none.

    >>> used = {"any": "cpu, float32"}
    >>> Checkup({"CPU": "2 cores"}, used, {"cpu, float32": ("no GPU",)}).fault
    ''
    """

    found: dict[str, str]
    used: dict[str, str]
    reasons: dict[str, tuple[str, ...]]
    advice: tuple[str, ...] = ()
    fault: str = ""


def doctor(members: Sequence[MemberSettings] = (), place: Path = Path()) -> Checkup:
    """Look for what can train, and say what each member would use; `place` is where work goes.

    `members` are settings of a recipe; without any, what `HardwareSettings()` would use is said.
    Nothing is trained. A child process looks, since drivers and TensorFlow itself can crash: then
    `fault` tells of it. Raises nothing for what is missing: `fault` says that.

    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, KERAS_BACKEND="torch"):  # which mel does not train with
    ...     found = doctor()
    >>> list(found.found)[:3], found.used
    (['Python', 'TensorFlow', 'Keras'], {'any': 'nothing'})
    >>> found.fault
    "KERAS_BACKEND is 'torch'..."
    """
    plain = describing.software() | describing.machine(Path(place))
    more = describing.weights() | describing.environment()
    wanted = [each.hardware for each in members] or [HardwareSettings()]
    names = [each.name for each in members] or ["any"]
    try:
        said = _looked(wanted)
    except MelError as error:
        return Checkup(plain | more, dict.fromkeys(names, "not known"), {}, fault=str(error))
    found = plain | describing.accelerators(said["accelerators"]) | more
    choices = dict(zip(names, said["choices"], strict=True))
    faults = [_fault(choices[each.name], each) for each in members]
    faults = faults or [choices["any"].get("refused", "")]
    faults.append(said["broken"])
    return Checkup(
        found,
        {name: choice.get("device", "nothing") for name, choice in choices.items()},
        {each["device"]: tuple(each["reasons"]) for each in said["choices"] if "device" in each},
        tuple(said["advice"]),
        next((fault for fault in faults if fault), ""),
    )


def _fault(choice: dict[str, Any], settings: MemberSettings) -> str:
    """Say why a member would be refused: its device is not there, or cannot share its batch."""
    fault = choice.get("refused") or misfit(settings, choice["count"], choice["backend"])
    return f"{settings.name}: {fault}" if fault else ""


def _looked(hardware: Sequence[HardwareSettings]) -> dict[str, Any]:
    """Let a child process look; raise MelError when it fails, crashes or hangs."""
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        job, out = Path(folder) / "job.json", Path(folder) / "found.json"
        settings = [each.model_dump(mode="json") for each in hardware]
        write_json(job, {"hardware": settings, "out": str(out)})
        done = _run(_command(job))
        if done.returncode or not out.is_file():
            raise MelError(_ended(done))
        return dict(read_json(out))


def _command(job: Path) -> list[str]:
    return [sys.executable, "-m", "mel.cnn.jobs.doctor", str(job)]


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        return subprocess.run(  # noqa: S603  # our own interpreter and module
            command, env=quiet, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise MelError(
            f"looking for devices did not end in {_PATIENCE:g} seconds: a driver hangs; "
            "restart the machine, or set hardware.device = 'cpu'"
        ) from None


def _ended(done: "subprocess.CompletedProcess[str]") -> str:
    """Say how the child process ended, with the last line it wrote."""
    status = done.returncode
    how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    last = (done.stderr.strip().splitlines() or ["it wrote nothing"])[-1]
    return (
        f"looking for devices {how} ({last[:200]}); TensorFlow or a driver does not work here: "
        "install both again, to suit each other"
    )

"""What was found and would be used, for `mel.cnn.doctor`; a process of its own looks.

Started as `python -m mel.cnn.jobs.doctor JOB.json`. The job holds `hardware`, a list of settings,
and `out`, the file that the findings are written to.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mel.cnn.devices import Found, choose, find
from mel.cnn.devices.importing import sparing
from mel.cnn.events import Event
from mel.config import HardwareSettings
from mel.errors import MelError
from mel.files import read_json, write_json

__all__ = ["examine", "run"]


def run(job: Mapping[str, Any], tell: Event) -> None:  # noqa: ARG001  # every task has both
    """Look, choose for each settings, and write what was found."""
    hardware = [HardwareSettings.model_validate(each) for each in job["hardware"]]
    found = examine(hardware)
    backends = [each["backend"] for each in found["choices"] if "backend" in each]
    write_json(Path(job["out"]), found | {"broken": _broken(backends[0]) if backends else ""})


def examine(
    hardware: Iterable[HardwareSettings], look: Callable[[], Found] = find
) -> dict[str, Any]:
    """Give the accelerators, the advice, and for each settings the device or why there is none.

    >>> examine([HardwareSettings(device="tpu")], lambda: Found(cores=2))["choices"][0]["refused"]
    "hardware.device = 'tpu': none was found, only a CPU with 2 cores; ..."
    """
    found = look()
    return {
        "accelerators": [asdict(one) for one in found.accelerators],
        "advice": list(found.advice),
        "choices": [_choice(each, found) for each in hardware],
    }


def _choice(hardware: HardwareSettings, found: Found) -> dict[str, Any]:
    try:
        device = choose(hardware, found)
    except MelError as error:
        return {"refused": str(error)}
    return {
        "device": str(device),
        "count": device.count,
        "backend": device.backend,
        "reasons": list(device.reasons),
    }


def _broken(backend: str) -> str:
    """Import what networks are made of; say what does not work, empty where all does."""
    os.environ["KERAS_BACKEND"] = backend
    for package in ("tensorflow", "keras", "keras_cv"):
        try:
            with sparing():
                importlib.import_module(package)
        except Exception as error:  # noqa: BLE001  # of every kind
            reason = (str(error).strip().splitlines() or [""])[0][:200]
            return f"{package} cannot be imported ({type(error).__name__}: {reason}); reinstall it"
    return ""


if __name__ == "__main__":
    run(read_json(Path(sys.argv[1])), lambda _: None)

"""Run as a process of its own, a backend each: everything on, on one device and on two.

Prints JSON: the losses and held-out AUCs of each epoch; two devices are stopped once on the way.
"""

import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from mel.cnn import training
from mel.cnn.devices import choose
from mel.cnn.feeding import Examples
from mel.cnn.feeding.pictures import Kept
from mel.cnn.labels import Labels
from mel.config import HardwareSettings, MemberSettings

SETTINGS = MemberSettings.model_validate(
    {
        "backbone": "efficientnetv2_micro",
        "size": 32,
        "epochs": 4,
        "batch_size": 4,
        "accumulate": 2 if "accumulate" in sys.argv else 1,
        "ema": 0.8,
        "dropout": 0.0,
        "freeze": {"epochs": 1, "share": 0.5},
        "augmentation": {"rotation": 20.0},
    }
)


class StopError(Exception):
    """A stop on the way."""


def _examples(first: int, stop: int) -> Examples:
    rows = np.arange(first, stop)
    labels = (rows % 2)[:, None].astype(np.float32)
    return Examples(rows, labels, rows % 2, np.ones(len(rows), dtype=np.float32))


def main() -> None:
    """Train on one device, then on two."""
    draw = np.random.default_rng(0)
    pictures = Kept(32, {}, draw.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8))
    found: dict[str, Any] = {"backend": os.environ["KERAS_BACKEND"]}
    for count in (1, 2):
        device = choose(HardwareSettings(device="cpu", devices=count))
        device.start()
        with tempfile.TemporaryDirectory() as folder:
            given: dict[str, Any] = {"device": device, "state": Path(folder)}
            given |= {"held_out": _examples(16, 24)}
            made = (pictures, _examples(0, 16), SETTINGS, 0, Labels(), lambda _: None)
            if count == 2:
                left = [2]

                def check(left: list[int] = left) -> None:
                    left[0] -= 1
                    if left[0] < 0:
                        raise StopError

                with suppress(StopError):
                    training.fit(*made, **given, check=check)
            model, history = training.fit(*made, **given)
        found[str(count)] = [[row["loss"], row["auc"]] for row in history]
        found[f"weights {count}"] = float(
            sum(np.abs(np.asarray(v)).sum() for v in model.trainable_variables)
        )
    sys.stdout.write(json.dumps(found) + "\n")


main()

"""Run as a process of its own, a backend each: one fold on one device, and on two that share.

The training on two is stopped on the way and goes on. Prints JSON: losses, validation AUCs, the
weights' sum and logits of both.
"""

import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mel.cnn import feeding, training
from mel.cnn.devices import Device, choose
from mel.cnn.feeding.pictures import Kept
from mel.cnn.labels import Labels
from mel.config import FreezeSettings, HardwareSettings, MemberSettings, TtaSettings
from mel.metadata import METADATA

# Much that devices could share wrongly; without dropout, of which each draws its own. A part is
# tried on one backend alone where the other refuses it, or where JAX would compile it for long.
JAX = os.environ.get("KERAS_BACKEND") == "jax"
SETTINGS = MemberSettings(
    backbone="efficientnetv2_micro",
    size=32,
    batch_size=8,
    epochs=4,
    accumulate=2 if JAX else 1,  # TensorFlow: one device only
    freeze=FreezeSettings() if JAX else FreezeSettings(epochs=1, share=0.5),
    tta=TtaSettings(turns="flips", sizes=[] if JAX else [48]),
    dropout=0.0,
    metadata=True,
    ema=0.5,
    learning_rate=1e-2,
    label_smoothing=0.1,
)
COUNT = 32
DRAW = np.random.default_rng(0)
IMAGES = DRAW.integers(0, 256, (COUNT, 32, 32, 3)).astype(np.uint8)
PICTURES = Kept(size=32, rows={f"i{row}": row for row in range(COUNT)}, array=IMAGES)
TARGET = (DRAW.random(COUNT) < 0.5).astype(np.int64)
EXAMPLES = feeding.Examples(
    rows=np.arange(COUNT),
    labels=TARGET[:, None].astype(np.float32),
    target=TARGET,
    weights=DRAW.random(COUNT).astype(np.float32),
    metadata=DRAW.random((COUNT, len(METADATA))).astype(np.float32),
)


def device(count: int) -> Device:
    return choose(HardwareSettings(device="cpu", devices=count))


class StopError(Exception):
    """A stop on the way."""


def stop_after(saved: int) -> Any:
    left = [saved]

    def check() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise StopError

    return check


def trained(count: int) -> dict[str, Any]:
    mine = device(count)
    mine.check_batch(SETTINGS.batch)
    mine.start()
    with tempfile.TemporaryDirectory() as folder:
        made = (PICTURES, EXAMPLES, SETTINGS, 0, Labels(), lambda _: None)
        given: dict[str, Any] = {"device": mine, "state": Path(folder), "held_out": EXAMPLES}
        if count == 2:
            with suppress(StopError):
                training.fit(*made, **given, check=stop_after(2))
        model, history = training.fit(*made, **given)
    return {
        "device": str(mine),
        "loss": [row["loss"] for row in history],
        "auc": [row["auc"] for row in history],
        "weights": float(sum(np.abs(np.asarray(v)).sum() for v in model.trainable_variables)),
    }


def scored(count: int, weights: list[Any]) -> list[list[float]]:
    from mel.cnn.jobs.scorers import Scorer

    names = list(PICTURES.rows)
    frame = pl.DataFrame({"image_id": names, "age": [float(row) for row in range(COUNT)]})
    frame = frame.with_columns(sex=pl.lit("male"), site=pl.lit("torso"))
    larger = DRAW.integers(0, 256, (COUNT, 48, 48, 3), dtype=np.uint8)
    pictures = {32: PICTURES, 48: Kept(48, PICTURES.rows, larger if not weights else weights[1])}
    scorer = Scorer.of(SETTINGS, Labels(), device(count))
    if not weights:
        weights += [[w + 0.01 for w in scorer.networks[32].get_weights()], larger]
    for network in scorer.networks.values():
        network.set_weights(weights[0])
    return scorer.logits(frame, pictures, lambda _: None).tolist()


def main() -> None:
    device(1).start()
    weights: list[Any] = []
    found: dict[str, Any] = {
        str(count): trained(count) | {"logits": scored(count, weights)} for count in (1, 2)
    }
    found["opened"] = [name for name in ("jax", "pandas", "sklearn") if name in sys.modules]
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()

"""Run as a process of its own, a backend each: one fold on one device, and on two that share.

Prints JSON: losses, validation AUCs and scores of both.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mel.cnn import feeding, networks, training
from mel.cnn.devices import Device, choose
from mel.cnn.feeding.pictures import Kept
from mel.cnn.labels import Labels
from mel.config import HardwareSettings, MemberSettings
from mel.metadata import METADATA

# Much that devices could share wrongly; without dropout, of which each draws its own.
SETTINGS = MemberSettings(
    backbone="efficientnetv2_micro",
    size=32,
    batch_size=8,
    epochs=2,
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


def begin_at(start: Path) -> None:
    """Let every network begin with the weights in the file `start`, or keep the first one's."""
    build = networks.build

    def begun(*given: Any, **named: Any) -> Any:
        model = build(*given, **named)
        if start.exists():
            model.load_weights(start)
        else:
            model.save_weights(start)
        return model

    networks.build = begun


def trained(count: int) -> dict[str, Any]:
    from mel.cnn.devices.using import forward

    mine = device(count)
    mine.check_batch(SETTINGS.batch)
    mine.start()
    with tempfile.TemporaryDirectory() as folder:
        model, history = training.fit(
            PICTURES,
            EXAMPLES,
            SETTINGS,
            0,
            Labels(),
            lambda _: None,
            device=mine,
            state=Path(folder),
            held_out=EXAMPLES,
        )
    some = 15 if mine.backend == "tensorflow" else SETTINGS.batch  # JAX wants equal shares
    logits = np.asarray(forward(model)([IMAGES[:some], EXAMPLES.metadata[:some]]))
    return {
        "device": str(mine),
        "loss": [row["loss"] for row in history],
        "auc": [row["auc"] for row in history],
        "logits": logits[:, 0].tolist(),
    }


def main(start: str) -> None:
    device(1).start()
    begin_at(Path(start))
    sys.stdout.write(json.dumps({str(count): trained(count) for count in (1, 2)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

"""Run as a process of its own, a backend each: one network on one device, and on two that share.

Prints JSON: losses and scores of both, and what batch normalisation alone each device gives.
"""

import json
import sys
from typing import Any

import numpy as np

from mel.cnn.devices import Device, choose
from mel.config import HardwareSettings, MemberSettings

SETTINGS = MemberSettings(backbone="efficientnetv2_micro", size=32, batch_size=8, dropout=0.0)
DRAW = np.random.default_rng(0)
IMAGES = DRAW.integers(0, 256, (16, 32, 32, 3)).astype(np.float32)
LABELS = (DRAW.random((16, 1)) < 0.5).astype(np.float32)
WEIGHTS = DRAW.random(16).astype(np.float32)


def device(count: int) -> Device:
    return choose(HardwareSettings(device="cpu", devices=count))


def trained(found: Device, start: str) -> tuple[Any, list[float]]:
    """Take eight steps from the weights in the file `start`, or from new ones, then kept there."""
    from pathlib import Path

    import keras
    import tensorflow as tf

    from mel.cnn.networks import build

    found.start()
    keras.utils.set_random_seed(3)
    with found.scope():
        model = build(SETTINGS)
        found.settle(model)
        model.compile(
            optimizer=keras.optimizers.AdamW(1e-2),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
            jit_compile=found.jit_compile,
        )
    if Path(start).exists():
        model.load_weights(start)
    else:
        model.save_weights(start)
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS, WEIGHTS)).repeat()
    data = data.batch(SETTINGS.batch, drop_remainder=True)
    made = model.fit(data, steps_per_epoch=4, epochs=2, verbose=0, shuffle=False)
    return model, [float(loss) for loss in made.history["loss"]]


def main(start: str) -> None:
    from mel.cnn.devices.using import forward

    found: dict[str, Any] = {}
    for count in (1, 2):
        device(count).check_batch(SETTINGS.batch)
        model, losses = trained(device(count), start)
        scores = forward(model)(IMAGES[:15])
        found[str(count)] = {"loss": losses, "scores": np.asarray(scores)[:, 0].tolist()}
        found["device"] = str(device(count))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

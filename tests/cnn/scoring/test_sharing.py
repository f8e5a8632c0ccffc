"""Several devices that share a batch give the scores that one gives, by either backend."""

import os
import subprocess
import sys

import pytest

_CODE = """
import numpy as np
import polars as pl
from mel.cnn.devices import choose
from mel.cnn.feeding.pictures import Kept
from mel.cnn.jobs.score import Scorer
from mel.cnn.labels import Labels
from mel.config import HardwareSettings, MemberSettings, TtaSettings

tta = TtaSettings(turns="flips", sizes=[48])
settings = MemberSettings(backbone="efficientnetv2_micro", size=32, metadata=True, tta=tta)
labels = Labels(("melanoma", "nevus"), (True, False))
names = [f"i{row}" for row in range(37)]
frame = pl.DataFrame({"image_id": names, "age": [float(row) for row in range(37)]})
frame = frame.with_columns(sex=pl.lit("male"), site=pl.lit("torso"))
rows = {name: row for row, name in enumerate(names)}
draw = np.random.default_rng(0)
pictures = {
    size: Kept(size, rows, draw.integers(0, 256, (37, size, size, 3), dtype=np.uint8))
    for size in (32, 48)
}
found = []
for count in (1, 2):
    device = choose(HardwareSettings(device="cpu", devices=count))
    assert device.count == count
    device.start()
    scorer = Scorer.of(settings, labels, device)
    weights = weights if found else scorer.networks[32].get_weights()
    for network in scorer.networks.values():
        network.set_weights([w + 0.01 for w in weights])
    found.append(scorer.logits(frame, pictures, lambda event: None))
assert found[0].shape == (37, 8)
assert np.ptp(found[0]) > 0
print(np.abs(found[0] - found[1]).max())
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_give_the_logits_of_one(backend: str) -> None:
    if backend == "jax":
        pytest.importorskip("jax")
    environ = os.environ | {"KERAS_BACKEND": backend, "MEL_VIRTUAL_DEVICES": "2"}
    command = [sys.executable, "-c", _CODE]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) < 1e-4

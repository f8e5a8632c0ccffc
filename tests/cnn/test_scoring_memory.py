"""Memory while scoring is that of a few batches, however many images there are."""

import subprocess
import sys

_CODE = """
import resource, sys
from dataclasses import dataclass
import numpy as np
from mel.cnn.devices import choose
from mel.cnn.feeding import Pictures
from mel.cnn.jobs.scorers import Scorer
from mel.cnn.labels import Labels
from mel.cnn.scoring import score
from mel.config import HardwareSettings, MemberSettings, TtaSettings

@dataclass(frozen=True)
class Drawn(Pictures):
    def take(self, rows):
        draw = np.random.default_rng(int(rows[0]))
        return draw.integers(0, 256, (len(rows), self.size, self.size, 3), dtype=np.uint8)

device = choose(HardwareSettings(device="cpu"))
device.start()
tta = TtaSettings(turns="flips", crops=5, crop_share=0.9)
settings = MemberSettings(backbone="efficientnetv2_micro", size=64, tta=tta)
scorer = Scorer.of(settings, Labels(), device)
for count in (64, 128, 1024):
    names = [str(i) for i in range(count)]
    pictures = {64: Drawn(64, {name: i for i, name in enumerate(names)})}
    steps = {64: scorer.networks[64].predict_on_batch}
    args = (names, None, settings, Labels(), lambda event: None, scorer.batch)
    assert score(steps, pictures, *args).shape == (count, 20)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
_BOUND = 8  # megabytes; the pictures alone are 12, their views 240


def test_scoring_eight_times_as_many_images_takes_no_more_memory() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True)
    _, few, many = map(int, done.stdout.split())
    assert many - few < _BOUND

"""A real training, killed at random moments, ends as one that was not."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.cnn import train
from mel.config import MemberSettings
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

KILLS = 2
ALL_ON = {
    "backbone": "efficientnetv2_micro",
    "size": 32,
    "epochs": 12,
    "batch_size": 5,
    "accumulate": 2,
    "ema": 0.9,
    "dropout": 0.3,
    "label_smoothing": 0.05,
    "loss": "focal",
    "freeze": {"epochs": 3, "share": 0.7},
    "augmentation": {"rotation": 90.0, "zoom": 0.2, "cutout": 0.2, "mixup": 0.2, "hue": 10.0},
}
TRAIN = """
import sys
from pathlib import Path
from mel.cnn import train
from mel.config import MemberSettings
from mel.tables import Folds, ImageTable
here = Path(sys.argv[1])
settings = MemberSettings.model_validate_json((here / "settings.json").read_text())
table, folds = ImageTable.read(here / "images.parquet"), Folds.read(here / "folds.parquet")
train(table, folds, settings, here / "cnn" / "m", only_folds=[0])
"""


def _killed(here: Path, moment: int, delay: float) -> bool:
    """Kill the parent of a training some time after it kept so many epochs; False: it ended."""
    process = subprocess.Popen([sys.executable, "-c", TRAIN, str(here)])
    state, seen, times = here / "cnn/m/fold0/state.npz", 0, set()
    while seen < moment and process.poll() is None:
        if state.exists():
            times.add(state.stat().st_mtime_ns)
        seen = len(times)
        time.sleep(0.005)
    time.sleep(delay)
    going = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return going


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for orphans in /proc")
def test_a_training_killed_at_random_moments_gives_the_scores_of_one_that_was_not(
    small: ImageTable,
    small_folds: Folds,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    workers_of: Callable[[Path], list[int]],
) -> None:
    settings = MemberSettings.model_validate(ALL_ON)
    small.write(tmp_path / "images.parquet")
    small_folds.write(tmp_path / "folds.parquet")
    (tmp_path / "settings.json").write_text(settings.model_dump_json())
    seed = np.random.SeedSequence().entropy
    draw = np.random.default_rng(seed)
    kills = 0
    for _ in range(KILLS):
        kills += _killed(tmp_path, int(draw.integers(1, 5)), float(draw.uniform(0, 0.3)))
        time.sleep(0.5)
        assert workers_of(tmp_path) == [], f"seed {seed}"
    assert kills, f"no training was killed before it ended, seed {seed}"
    fold = tmp_path / "cnn/m/fold0"
    train(small, small_folds, settings, fold.parent, only_folds=[0])
    assert "goes on after epoch" in capfd.readouterr().err
    train(small, small_folds, settings, tmp_path / "cnn/whole", only_folds=[0])
    for name in ("oof", "test"):
        found = [
            Predictions.read(place / f"{name}.parquet").frame["score"].to_numpy()
            for place in (fold, tmp_path / "cnn/whole/fold0")
        ]
        assert np.allclose(*found, rtol=0, atol=1e-6), f"seed {seed}"
    assert pl.read_parquet(fold / "history.parquet")["epoch"].to_list() == list(range(1, 13))
    assert not (fold / "state.npz").exists()
    assert not (fold / "claim.json").exists()

"""The mark of a trained fold: what it took in all, also where several processes trained it."""

import json
from pathlib import Path
from typing import Any

import pytest

from mel.cnn.devices import Device
from mel.cnn.jobs import fold
from mel.cnn.jobs.done import TRAINED
from mel.cnn.labels import Labels
from mel.config import HardwareSettings, MemberSettings
from mel.tables import Folds, ImageTable


class Network:
    """Stands in for a network."""

    variables: tuple[()] = ()

    def save_weights(self, path: Path) -> None:
        """Write something."""
        path.write_bytes(b"weights")


def test_the_seconds_of_a_fold_are_those_of_all_its_processes(
    small: ImageTable,
    small_folds: Folds,
    micro: MemberSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mel.cnn import training

    def fit(*_: Any, check: Any, **__: Any) -> Any:
        check()
        row = {"loss": 0.5, "auc": None, "learning_rate": 0.1, "images_per_s": 1.0}
        return Network(), [row | {"epoch": n, "seconds": 10.0**n} for n in (1, 2, 3)]

    monkeypatch.setattr(training, "fit", fit)
    monkeypatch.setattr(fold.time, "time", lambda: 1007.0)
    settings = micro.model_copy(update={"hardware": HardwareSettings(pixels="decoded")})
    job = {"fold": 0, "member": str(tmp_path), "cache": "", "training": {}, "started": 1000.0}
    device = Device("cpu", "float32", jit_compile=False, threads=0)
    fold._train(job, settings, device, small, small_folds, Labels(), lambda event: None)
    mark = json.loads((tmp_path / "fold0" / TRAINED).read_text())
    assert mark["seconds"] == 10 + 100 + 7
    assert mark["batch"] == micro.batch

"""What "auto" comes to is measured once, kept with what it was measured on, and taken again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mel.cnn.jobs import probing
from mel.cnn.jobs.done import mark_trained
from mel.cnn.jobs.probing import BATCH, batch_for
from mel.config import HardwareSettings, MemberSettings
from mel.errors import MelError
from mel.files import write_json

AUTO = MemberSettings(backbone="efficientnetv2_micro", size=32, batch_size="auto")


class Stand:
    """Stands in for the process that measures: counts its calls, finds what it is told."""

    def __init__(self) -> None:
        self.calls, self.batch = 0, 24

    def __call__(self, job: Mapping[str, Any], *rest: object) -> None:
        """Find it."""
        self.calls += 1
        found = {"batch": self.batch, "key": job["key"], "device": "gpu"}
        write_json(Path(job["out"]), found)


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Stand:
    made = Stand()
    monkeypatch.setattr(probing, "launch", made)
    return made


def test_a_batch_that_is_given_is_not_measured(stand: Stand, tmp_path: Path) -> None:
    assert batch_for(AUTO.model_copy(update={"batch_size": 7}), tmp_path) == 7
    assert (stand.calls, list(tmp_path.iterdir())) == (0, [])


def test_it_is_measured_once_and_taken_on_every_machine(stand: Stand, tmp_path: Path) -> None:
    assert batch_for(AUTO, tmp_path / "m") == 24
    stand.batch = 64  # what a larger machine would find
    other = AUTO.model_copy(update={"hardware": HardwareSettings(device="cpu")})
    assert batch_for(other, tmp_path / "m") == 24
    assert stand.calls == 1


def test_it_is_measured_again_when_the_training_changes(stand: Stand, tmp_path: Path) -> None:
    batch_for(AUTO, tmp_path)
    stand.batch = 64
    assert batch_for(AUTO.model_copy(update={"ema": 0.9}), tmp_path) == 64
    assert batch_for(AUTO.model_copy(update={"ema": 0.9}), tmp_path, labels_count=8) == 64
    assert stand.calls == 3


def test_where_the_file_is_lost_the_next_folds_take_the_batch_of_a_finished_one(
    stand: Stand, tmp_path: Path
) -> None:
    batch_for(AUTO, tmp_path)
    for fold, digest in enumerate(("another training", AUTO.training_digest)):
        place = tmp_path / f"fold{fold}"
        place.mkdir()
        for name in ("checkpoint.weights.h5", "history.parquet"):
            (place / name).touch()
        mark_trained(tmp_path, fold, {"settings": digest}, 1.0, batch=24 - fold * 8)
    (tmp_path / BATCH).unlink()
    stand.batch = 64
    assert batch_for(AUTO, tmp_path) == 16
    assert batch_for(AUTO, tmp_path) == 16
    assert batch_for(AUTO.model_copy(update={"ema": 0.9}), tmp_path) == 64
    assert stand.calls == 2


def test_a_file_that_says_nonsense_is_refused(stand: Stand, tmp_path: Path) -> None:
    batch_for(AUTO, tmp_path)
    found = json.loads((tmp_path / BATCH).read_text())
    write_json(tmp_path / BATCH, found | {"batch": 0})
    with pytest.raises(MelError, match="remove the file"):
        batch_for(AUTO, tmp_path)


def test_a_real_measurement_says_what_it_was_made_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    hardware = HardwareSettings(device="cpu")
    batch = batch_for(AUTO.model_copy(update={"hardware": hardware}), tmp_path)
    assert batch == 128  # so small a network fits whatever is free: what a CPU takes at most
    found = json.loads((tmp_path / BATCH).read_text())
    assert found["device"].startswith("cpu, float32")
    assert [count for count, _ in found["measured"]] == [8, 16, 32]
    assert found["fixed"] + found["each"] * 32 >= max(size for _, size in found["measured"])
    assert found["memory"] > 10**8


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("the process was killed by signal 9; lower batch_size", "memory ran out while .* lower"),
        ("hardware.device = 'tpu': none was found", "none was found"),
    ],
)
def test_a_measurement_that_fails_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    def killed(*_: object) -> None:
        raise MelError(said)

    monkeypatch.setattr(probing, "launch", killed)
    with pytest.raises(MelError, match=told):
        batch_for(AUTO, tmp_path)
    assert not (tmp_path / BATCH).exists()

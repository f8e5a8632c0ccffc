"""A training small enough for a test: sixteen 32-pixel pictures, in memory."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mel.cnn.devices import Device
from mel.cnn.devices.importing import sparing
from mel.cnn.feeding import Examples
from mel.cnn.feeding.pictures import Kept
from mel.cnn.labels import Labels
from mel.config import MemberSettings

CPU = Device("cpu", "float32", jit_compile=False, threads=0)


@pytest.fixture(scope="session")
def pictures() -> Kept:
    draw = np.random.default_rng(0)
    return Kept(32, {}, draw.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8))


def examples(first: int, stop: int) -> Examples:
    rows = np.arange(first, stop)
    target = rows % 2
    labels = target[:, None].astype(np.float32)
    return Examples(rows, labels, target, np.ones(len(rows), dtype=np.float32))


@pytest.fixture(scope="session")
def all_on() -> MemberSettings:
    """Every setting that has state from one step to the next."""
    return MemberSettings.model_validate(
        {
            "backbone": "efficientnetv2_micro",
            "size": 32,
            "epochs": 5,
            "batch_size": 4,
            "accumulate": 3,
            "ema": 0.8,
            "dropout": 0.3,
            "label_smoothing": 0.05,
            "loss": "focal",
            "freeze": {"epochs": 1, "thaw_epochs": 1, "share": 0.8},
            "augmentation": {"rotation": 90.0, "zoom": 0.2, "cutout": 0.2, "mixup": 0.2},
        }
    )


Fit = Callable[..., tuple[Any, list[dict[str, Any]]]]


@pytest.fixture(scope="session")
def fit(pictures: Kept) -> Fit:
    """Give a function that trains by some settings in a folder."""
    with sparing():
        import keras_cv  # noqa: F401

    from mel.cnn import training

    def run(
        settings: MemberSettings, state: Path, tell: Any = lambda event: None, **other: Any
    ) -> tuple[Any, list[dict[str, Any]]]:
        given: dict[str, Any] = {
            "device": CPU,
            "state": state,
            "held_out": examples(16, 24),
            "inputs": {"settings": settings.training_digest},
        }
        made = examples(0, 16)
        return training.fit(pictures, made, settings, 0, Labels(), tell, **given | other)

    return run

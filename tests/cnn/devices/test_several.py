"""Two devices that share a batch train as one does; they are virtual, and real to the backends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

LOSS, LOGIT = 1e-5, 1e-3  # float32: only the order of sums differs
LOOSE = 1e-3  # the backends' kernels differ


def _run(backend: str, start: Path) -> dict[str, Any]:
    environ = os.environ | {
        "KERAS_BACKEND": backend,
        "MEL_VIRTUAL_DEVICES": "2",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    script = Path(__file__).with_name("sharing.py")
    done = subprocess.run(
        [sys.executable, str(script), str(start)], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    start = tmp_path_factory.mktemp("several") / "start.weights.h5"
    return {backend: _run(backend, start) for backend in ("tensorflow", "jax")}


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_give_the_loss_and_the_scores_of_one(
    found: dict[str, dict[str, Any]], backend: str
) -> None:
    one, two = found[backend]["1"], found[backend]["2"]
    assert two["device"].startswith("2 x cpu")
    assert np.allclose(one["loss"], two["loss"], atol=LOSS)
    assert np.allclose(one["logits"], two["logits"], atol=LOGIT)
    assert np.allclose(one["auc"], two["auc"], atol=0.01)  # two of 240 pairs
    assert len(one["logits"]) == (15 if backend == "tensorflow" else 8)
    assert abs(one["loss"][0] - one["loss"][1]) > 100 * LOSS  # it does train


def test_the_backends_agree_from_the_same_weights(found: dict[str, dict[str, Any]]) -> None:
    a, b = found["tensorflow"]["2"], found["jax"]["2"]
    assert np.allclose(a["loss"], b["loss"], atol=LOOSE)

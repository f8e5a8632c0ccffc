"""Two devices that share a batch train as one does; they are virtual, and real to the backends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

LOSS, LOGIT = 1e-5, 1e-4  # float32: only the order of sums differs
QUICK = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_stopped_on_the_way_give_the_loss_and_the_scores_of_one(backend: str) -> None:
    """With averages, metadata and several views; on TensorFlow freezing, on JAX accumulation."""
    found = _run(backend)
    one, two = found["1"], found["2"]
    assert two["device"].startswith("2 x cpu")
    assert np.allclose(one["loss"], two["loss"], atol=LOSS)
    assert len(two["loss"]) == 4
    assert np.ptp(one["loss"]) > 100 * LOSS  # it does train
    assert np.allclose(one["auc"], two["auc"], atol=0.01)  # two of 240 pairs
    assert one["weights"] == pytest.approx(two["weights"], rel=1e-5)
    assert np.shape(one["logits"]) == (32, 4 if backend == "jax" else 8)
    assert np.ptp(one["logits"]) > 10 * LOGIT
    assert np.allclose(one["logits"], two["logits"], atol=LOGIT)
    assert found["opened"] == (["jax"] if backend == "jax" else [])  # seconds of every start


def _run(backend: str) -> dict[str, Any]:
    environ = os.environ | {
        "KERAS_BACKEND": backend,
        "MEL_VIRTUAL_DEVICES": "2",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "XLA_FLAGS": QUICK,
    }
    script = Path(__file__).with_name("sharing.py")
    command = [sys.executable, str(script)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])

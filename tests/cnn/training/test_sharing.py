"""Averages, freezing and a stop on two devices that share a batch; accumulation where it can be."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.mark.parametrize(("backend", "more"), [("tensorflow", []), ("jax", ["accumulate"])])
def test_two_devices_that_were_stopped_train_as_one_that_was_not(
    backend: str, more: list[str]
) -> None:
    """TensorFlow accumulates on one device only, which is refused before: `Device.check`."""
    environ = {"KERAS_BACKEND": backend, "MEL_VIRTUAL_DEVICES": "2", "TF_CPP_MIN_LOG_LEVEL": "3"}
    script = Path(__file__).with_name("sharing.py")
    done = subprocess.run(
        [sys.executable, str(script), *more],
        env=os.environ | environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert np.allclose(found["1"], found["2"], atol=1e-4)
    assert found["weights 1"] == pytest.approx(found["weights 2"], rel=1e-5)
    assert len(found["2"]) == 4

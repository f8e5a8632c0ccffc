"""`mel cnn doctor` reads on a terminal, and a device that is demanded and missing is status 2."""

from pathlib import Path

import pytest


def test_a_demanded_device_that_is_missing_is_one_line_under_all_that_was_found(
    mel, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    text = recipe.read_text().replace("[cnn]\n", '[cnn]\nhardware = { device = "tpu" }\n')
    recipe.write_text(text)
    done = mel("cnn", "doctor", recipe)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "hardware.device = 'tpu': none was found, only a CPU" in line
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in ("TensorFlow", "memory", "disk", "computes on", "nothing"):
        assert word in done.stdout


def test_a_backend_that_mel_does_not_know_is_told_before_any_training(
    mel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    done = mel("cnn", "doctor")
    assert done.returncode == 2
    assert "KERAS_BACKEND is 'torch'" in done.stderr
    assert "nothing" in done.stdout

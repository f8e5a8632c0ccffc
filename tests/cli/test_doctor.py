"""`mel cnn doctor` reads on a terminal, and a device that is demanded and missing is status 2."""

from pathlib import Path


def test_what_is_found_and_used_fits_a_terminal_and_exits_with_0(mel, monkeypatch) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    done = mel("cnn", "doctor", "demo")
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in ("TensorFlow", "memory", "disk", "efficientnetv2_nano-48", "because"):
        assert word in done.stdout


def test_a_demanded_device_that_is_missing_is_one_line_and_status_2(mel, recipe: Path) -> None:
    text = recipe.read_text().replace("[cnn]\n", '[cnn]\nhardware = { device = "tpu" }\n')
    recipe.write_text(text)
    done = mel("cnn", "doctor", recipe)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "hardware.device = 'tpu': none was found, only a CPU" in line
    assert "nothing" in done.stdout


def test_a_backend_that_mel_does_not_know_is_told_before_any_training(mel, monkeypatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    done = mel("cnn", "doctor")
    assert done.returncode == 2
    assert "KERAS_BACKEND is 'torch'" in done.stderr
    assert "nothing" in done.stdout

"""A disk that fills up in a training: one line, and the run goes on once there is room."""

import shutil

import pytest


@pytest.mark.slow
def test_a_training_on_a_disk_that_fills_up_ends_in_one_line_and_goes_on_once_there_is_room(
    mel, recipe, competition, mounted
):
    disk = mounted("size=4m")
    work, filler = disk / "work", disk / "filler"
    for words in (("kaggle", "load", recipe, "--data", competition), ("folds", "build", recipe)):
        assert mel(*words, "--work", work).returncode == 0
    epoch = 64 << 10  # bytes that the state of an epoch takes, about: there is room for one
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - epoch * 4 // 3))
    train = ("cnn", "train", recipe, "--work", work, "--fold", "0")
    done = mel(*train)
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert "fold0/state.npz: cannot be written (No space left on device)" in line
    fold = work / "cnn/efficientnetv2_micro-32/fold0"
    assert {path.name for path in fold.iterdir()} == {".lock", "log.txt", "logs", "state.npz"}
    filler.unlink()
    done = mel(*train)
    assert done.returncode == 0, done.stderr
    assert "goes on after epoch 1 of 2" in done.stderr
    assert (fold / "done.json").is_file()

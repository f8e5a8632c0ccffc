"""A picture or record that breaks after all was prepared ends the training by its name alone."""

from pathlib import Path

import numpy as np
import pytest

from mel.cnn import train
from mel.config import HardwareSettings
from mel.errors import MelError
from mel.images.references import split
from mel.kaggle import prepare, repath
from mel.predictions import Predictions


def test_a_corrupt_record_ends_the_training_in_one_line_and_mended_it_goes_on(
    small, small_folds, micro, tmp_path
):
    hardware = HardwareSettings(pixels="decoded")
    settings = micro.model_copy(update={"hardware": hardware, "epochs": 1})
    table = repath(small, prepare(small, tmp_path / "prepared", [32]).prepared(32))
    training = small_folds.training(table, 0).sort("image_id")
    place, offset = split(training["path"][7])
    whole = place.read_bytes()
    harmed = bytearray(whole)
    harmed[int(offset or 0) + 200] ^= 255
    place.write_bytes(harmed)
    out = tmp_path / "cnn" / "m"

    with pytest.raises(MelError, match=rf"image '{training['image_id'][7]}': .*damaged") as caught:
        train(table, small_folds, settings, out, only_folds=[0])
    assert "\n" not in str(caught.value)
    assert not (out / "fold0" / "done.json").exists()

    place.write_bytes(whole)
    train(table, small_folds, settings, out, only_folds=[0])
    scores = Predictions.read(Path(out) / "fold0" / "oof.parquet").frame["score"]
    assert np.isfinite(scores.to_numpy()).all()

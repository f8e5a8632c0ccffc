"""A bundle and a competition's files become a checked submission, broken pictures or not."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from mel import kaggle, submit
from mel.config import DataSettings
from mel.errors import MelError
from mel.files import read_json
from mel.kaggle.synthetic import MARKER
from mel.pipeline import infer

SETTINGS = DataSettings(adapter="siim2020")


def test_every_image_of_the_sample_has_a_score_also_one_that_cannot_be_read(
    handmade: Path, tiny_competition: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    data = Path(shutil.copytree(tiny_competition, tmp_path / "data"))
    found = kaggle.load(SETTINGS, data)
    broken, path = found.table.test.sort("image_id").select("image_id", "path").row(3)
    Path(path).write_bytes(b"no picture")
    out = infer(handmade / "blend.mel", data, tmp_path / "out" / "submission.csv", SETTINGS)
    submit.check(out, found.sample)
    rows = pl.read_csv(out).rename({"image_name": "image_id"})
    scores = pl.read_parquet(out.with_name("submission.scores.parquet"))
    both = rows.join(scores.select("image_id", "score"), on="image_id", validate="1:1")
    assert both.filter(pl.col("score").is_null())["image_id"].to_list() == [broken]
    middle = both["score"].median()
    wanted = both["score"].fill_null(middle)
    assert (both["target"] - wanted).abs().max() < 1e-12
    assert f"1 image could not be read (first: {broken}); median given" in capsys.readouterr().err
    lone = found.table.test.filter(pl.len().over("patient_id") == 1)
    variants = scores.join(lone, on="image_id", how="semi")["variant"].to_list()
    assert set(variants) == {"context"}, "as the work folder scores its test images"


def test_without_one_readable_image_there_is_no_submission(
    handmade: Path, tiny_competition: Path, tmp_path: Path
):
    data = Path(shutil.copytree(tiny_competition, tmp_path / "data"))
    for path in kaggle.load(SETTINGS, data).table.test["path"]:
        Path(path).write_bytes(b"no picture")
    with pytest.raises(MelError, match="not one image could be read"):
        infer(handmade / "blend.mel", data, tmp_path / "submission.csv", SETTINGS)
    assert not (tmp_path / "submission.csv").exists()


def test_what_a_synthetic_bundle_says_of_real_images_is_called_synthetic(
    handmade: Path, tiny_competition: Path, tmp_path: Path
):
    """So that `mel submit send` refuses it."""
    data = Path(shutil.copytree(tiny_competition, tmp_path / "data"))
    (data / MARKER).unlink()
    assert not kaggle.load(SETTINGS, data).table.synthetic
    out = infer(handmade / "blend.mel", data, tmp_path / "submission.csv", SETTINGS)
    assert read_json(out.with_suffix(".json"))["synthetic"]

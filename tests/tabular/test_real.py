"""On the real SIIM-ISIC 2020 tables and out-of-fold scores of public CNNs."""

from pathlib import Path

import polars as pl
import pytest

from mel import tabular
from mel.metrics import auc
from mel.predictions import Predictions, test_matrix
from mel.tables import Folds, ImageTable

RENAMED = {
    "image_name": "image_id",
    "age_approx": "age",
    "anatom_site_general_challenge": "site",
    "pred": "score",
}
MEMBERS = ("cp_1", "cp_2")  # they share one fold map


def _csv(path: Path) -> pl.DataFrame:
    frame = pl.read_csv(path, null_values=["", "unknown"], infer_schema_length=None)
    return frame.rename(RENAMED, strict=False)


@pytest.fixture(scope="module")
def siim(real_data) -> Path:
    return real_data / "siim2020"


@pytest.fixture(scope="module")
def real_table(siim) -> ImageTable:
    parts = [
        _csv(siim / f"{split}.csv").with_columns(
            split=pl.lit(split), path=pl.col("image_id") + ".jpg", source=pl.lit("siim2020")
        )
        for split in ("train", "test")
    ]
    return ImageTable.of(pl.concat(parts, how="diagonal_relaxed"), "siim2020")


@pytest.fixture(scope="module")
def real_folds(siim) -> Folds:
    return Folds.of(_csv(siim / "oof" / "cp_1.csv"), seed=0, method="as published")


def test_metadata_alone_tell_something(real_table, real_folds):
    oof, test = tabular.train(real_table, real_folds)
    assert 0.66 < oof.metric["pooled"] < 0.70
    assert test.frame.height == 10_982


def test_a_stack_of_two_members_is_better_than_each(real_table, real_folds, siim, tmp_path):
    oof, test = [], []
    for name in MEMBERS:
        shared = {"name": name, "folds": real_folds.digest}
        frame = _csv(siim / "oof" / f"{name}.csv")
        oof.append(Predictions.of(frame, kind="oof", **shared))
        frame = _csv(siim / "test_predictions" / f"{name}.csv").rename({"target": "score"})
        test.append(Predictions.of(frame.with_columns(fold=None), kind="test", **shared))
    stacked, scored = tabular.train(real_table, real_folds, oof, test, out=tmp_path / "stack")
    target = real_table.train["target"]
    assert stacked.metric["pooled"] > max(auc(target, one.frame["score"]) for one in oof)
    stack = tabular.load(tmp_path / "stack")
    again = stack.score(real_table.test.reverse(), test_matrix(test))
    assert again.reverse().equals(scored.frame.select("image_id", "score"))

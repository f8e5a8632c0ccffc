"""On the real SIIM-ISIC 2020 tables and out-of-fold scores of public CNNs."""

from pathlib import Path

import polars as pl
import pytest

from mel import tabular
from mel.config import TabularSettings
from mel.errors import MelError
from mel.metrics import auc
from mel.predictions import Predictions, test_matrix
from mel.tables import Folds, ImageTable

RENAMED = {
    "image_name": "image_id",
    "age_approx": "age",
    "anatom_site_general_challenge": "site",
    "pred": "score",
}
NATIVE, FOREIGN = ("cp_1", "cp_2"), "gao_b1"  # the first two share one fold map
QUICK = TabularSettings(learners=["logistic"])


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


@pytest.fixture(scope="module")
def members(siim, real_folds):
    """Out-of-fold and test scores of three CNNs, the last of them made on other folds."""
    oof, test = [], []
    for name in (*NATIVE, FOREIGN):
        own = "f" * 16 if name == FOREIGN else real_folds.digest
        mark = {name: {"folds": own, "against": real_folds.digest}} if name == FOREIGN else {}
        shared = {"name": name, "folds": own, "foreign": mark, "scale": "probability"}
        frame = _csv(siim / "oof" / f"{name}.csv")
        oof.append(Predictions.of(frame, kind="oof", **shared))
        frame = _csv(siim / "test_predictions" / f"{name}.csv").rename({"target": "score"})
        test.append(Predictions.of(frame.with_columns(fold=None), kind="test", **shared))
    return oof, test


def test_patients_tell_more_than_images_alone_and_members_more_than_each(
    real_table, real_folds, members, tmp_path
):
    oof, test = (kind[:2] for kind in members)
    stacked, scored = tabular.train(
        real_table, real_folds, oof, test, QUICK, out=tmp_path / "stack"
    )
    variants = {name: one["pooled"] for name, one in stacked.metric["variants"].items()}
    target = real_table.train["target"]
    assert variants["single"] > max(auc(target, one.frame["score"]) for one in oof)
    assert variants["context"] > variants["single"] + 0.003
    assert stacked.frame["score"].mean() == pytest.approx(target.mean(), rel=0.02)
    stack = tabular.load(tmp_path / "stack")
    again = stack.score(real_table.test.reverse(), test_matrix(test), variant="context")
    assert again.reverse().equals(scored.frame.select("image_id", "score"))


def test_foreign_members_are_taken_only_where_asked_and_stay_marked(
    real_table, real_folds, members
):
    with pytest.raises(MelError, match=r"^gao_b1: was made on folds ffff"):
        tabular.train(real_table, real_folds, *members, QUICK)
    taken = [[member.admit(real_folds) for member in kind] for kind in members]
    stacked, scored = tabular.train(real_table, real_folds, *taken, QUICK)
    assert set(stacked.foreign) == set(scored.foreign) == {FOREIGN}
    assert stacked.metric["pooled"] > 0.930


def test_metadata_and_how_a_patients_images_lie_tell_something_without_any_picture(
    real_table, real_folds
):
    oof, test = tabular.train(real_table, real_folds, settings=QUICK)
    variants = {name: one["pooled"] for name, one in oof.metric["variants"].items()}
    assert 0.64 < variants["single"] < 0.72 < variants["context"] < 0.85
    assert test.frame.height == 10_982

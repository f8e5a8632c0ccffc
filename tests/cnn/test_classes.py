"""A network with an output a diagnosis knows the diagnoses of the images that train it, alone."""

import json
from pathlib import Path

import numpy as np
import polars as pl

from mel.cnn import explain, train
from mel.config import MemberSettings
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

RARE = "img06"  # fold 1 scores it


def _with_diagnoses(small: ImageTable, rare: str) -> ImageTable:
    kind = pl.when(pl.col("target") == 1).then(pl.lit("melanoma")).otherwise(pl.lit("nevus"))
    own = pl.when(pl.col("image_id") == RARE).then(pl.lit(rare)).otherwise(kind)
    trains = pl.col("split") == "train"
    return ImageTable.of(small.frame.with_columns(diagnosis=pl.when(trains).then(own)), rare)


def test_a_diagnosis_of_the_scored_fold_changes_nothing_in_its_scores(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    settings = micro.model_copy(update={"head": "diagnosis", "epochs": 1})
    one, other = (tmp_path / name / "m" for name in ("nevus", "angioma"))
    with_rare = _with_diagnoses(small, "angioma")
    assert (
        train(_with_diagnoses(small, "nevus"), small_folds, settings, one, only_folds=[1]) is None
    )
    found = train(with_rare, small_folds, settings, other)
    scores = [
        Predictions.read(place / "fold1" / "oof.parquet").frame["score"] for place in (one, other)
    ]
    assert scores[0].equals(scores[1])

    said = json.loads((other / "recipe.json").read_text())["labels"]
    assert [len(labels["names"]) for labels in said] == [3, 2]
    assert found is not None
    looked = explain(other, small.test)  # scores as `predict` does, from the same networks
    assert np.allclose(looked.scores, found[1].frame["score"], atol=1e-6)
    assert np.allclose(looked.maps.mean((1, 2)) + looked.offsets, looked.logits, atol=1e-4)

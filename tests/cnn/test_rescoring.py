"""Another test-time augmentation scores a trained member again, and trains nothing."""

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl

from mel.cnn import predict, train
from mel.cnn.jobs.done import CHECKPOINT, HISTORY, REFERENCE, TRAINED, fold_dir
from mel.config import MemberSettings, TtaSettings
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

Trained = tuple[Path, Predictions, Predictions]
KEPT = (CHECKPOINT, HISTORY, TRAINED)


def contents(member: Path) -> list[bytes]:
    return [(fold_dir(member, fold) / name).read_bytes() for fold in (0, 1) for name in KEPT]


def test_ranks_over_turns_crops_and_sizes_are_the_same_from_training_and_from_predicting(
    trained: Trained, small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    member = tmp_path / "cnn" / "member"
    shutil.copytree(trained[0], member)
    before = contents(member)
    tta = TtaSettings(turns="flips", crops=5, crop_share=0.8, sizes=[48], average="rank")
    turned = micro.model_copy(update={"tta": tta})
    found = train(small, small_folds, turned, member)
    assert contents(member) == before
    for fold in (0, 1):
        said = json.loads((fold_dir(member, fold) / TRAINED).read_text())
        assert said["inputs"]["settings"] == micro.training_digest == turned.training_digest
    assert found is not None
    oof, test = found
    assert not np.allclose(oof.frame["score"], trained[1].frame["score"], atol=1e-3)
    kinds = pl.read_parquet(fold_dir(member, 0) / REFERENCE)["view"].unique().to_list()
    assert sorted(kinds) == ["corner 32", "corner 48", "middle 32", "middle 48"]

    again = predict(member, small.test)
    assert np.allclose(again.frame["score"], test.frame["score"], atol=1e-6)
    alone = predict(member, small.test.filter(pl.col("image_id") == "img12"))
    expected = test.frame.filter(pl.col("image_id") == "img12")["score"]
    assert np.allclose(alone.frame["score"], expected, atol=1e-6)

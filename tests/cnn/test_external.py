"""Another competition's images train a network, save the folds that score their kin."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.cnn import predict, train
from mel.config import MemberSettings
from mel.errors import MelError
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable


def _with_external(small: ImageTable, kin_target: int) -> ImageTable:
    """Add eight external copies: four of a patient whom fold 0 scores, four of nobody known."""
    kin = pl.col("patient_id") == "p00"
    borrowed = small.train.filter(pl.col("patient_id").is_in(["p00", "p01", "p02"])).head(8)
    external = borrowed.with_columns(
        image_id=pl.concat_str(pl.lit("other-"), "image_id"),
        patient_id=pl.when(kin).then("patient_id").otherwise(pl.lit("stranger")),
        target=pl.when(kin).then(kin_target).otherwise(1).cast(pl.Int8),
        split=pl.lit("external"),
        source=pl.lit("other"),
    )
    return ImageTable.of(pl.concat([small.frame, external]), "joined")


def _first_fold(table: ImageTable, folds: Folds, micro: MemberSettings, out: Path) -> np.ndarray:
    assert train(table, folds, micro, out / "cnn" / micro.name, only_folds=[0]) is None
    scores = Predictions.read(out / "cnn" / micro.name / "fold0" / "oof.parquet")
    return scores.frame.sort("image_id")["score"].to_numpy()


def test_an_external_image_trains_all_folds_but_those_it_is_barred_from(
    trained: tuple[Path, Predictions, Predictions],
    small: ImageTable,
    small_folds: Folds,
    micro: MemberSettings,
    tmp_path: Path,
) -> None:
    tables = [_with_external(small, target) for target in (0, 1)]
    kin = tables[0].external.filter(pl.col("patient_id") == "p00")
    folds = Folds.of(
        small_folds.frame,
        seed=0,
        method="by hand",
        barred=kin.select("image_id", fold=pl.lit(0)),
        external=tables[0].external["image_id"],
    )
    one, other = (
        _first_fold(table, folds, micro, tmp_path / str(number))
        for number, table in enumerate(tables)
    )
    alone = trained[1].frame.filter(pl.col("fold") == 0).sort("image_id")["score"].to_numpy()
    assert np.array_equal(one, other), "the barred images' labels reached the fold"
    assert not np.array_equal(one, alone), "no external image trained the fold"


def test_an_external_image_that_trained_a_fold_is_refused_in_any_list(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    """One that is barred from every fold trained nothing, and is scored like any other."""
    table = _with_external(small, 1)
    first, *others = table.external["image_id"]
    everywhere = pl.DataFrame({"image_id": [first] * 2, "fold": [0, 1]})
    folds = Folds.of(
        small_folds.frame,
        seed=0,
        method="by hand",
        barred=pl.concat(
            [everywhere, pl.DataFrame({"image_id": others, "fold": [0] * len(others)})]
        ),
        external=table.external["image_id"],
    )
    member, once = tmp_path / "cnn" / "m", micro.model_copy(update={"epochs": 1})
    assert train(table, folds, once, member) is not None
    rows = table.external.select("image_id", "path")
    with pytest.raises(MelError, match=rf"trained on image {others[0]} \(7 external images\)"):
        predict(member, rows)
    with pytest.raises(MelError, match="which no fold held out"):
        predict(member, rows.filter(image_id=others[-1]), trained_on="out-of-fold")
    assert predict(member, rows.filter(image_id=first)).frame.height == 1


def test_a_table_without_pictures_cannot_train(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    bare = ImageTable.of(small.frame.with_columns(path=pl.lit(None, pl.String)), "bare")
    with pytest.raises(MelError, match=r"bare: has no pictures .*images = 'files'"):
        train(bare, small_folds, micro, tmp_path / "cnn" / micro.name)
    assert not (tmp_path / "cnn").exists()

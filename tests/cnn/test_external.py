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


@pytest.fixture(scope="module")
def tables(small: ImageTable) -> list[ImageTable]:
    """Twice the same, but for the targets of the external kin."""
    return [_with_external(small, target) for target in (0, 1)]


@pytest.fixture(scope="module")
def folds(tables: list[ImageTable], small_folds: Folds) -> Folds:
    """Kin are barred from the fold that scores the patient, and one stranger from every fold."""
    rows = tables[0].external
    kin = rows.filter(pl.col("patient_id") == "p00").select("image_id", fold=pl.lit(0))
    everywhere = pl.DataFrame({"image_id": [_stranger(rows)] * 2, "fold": [0, 1]})
    return Folds.of(
        small_folds.frame,
        seed=0,
        method="by hand",
        barred=pl.concat([kin, everywhere.cast(kin.schema)]),
        external=rows["image_id"],
    )


def _stranger(rows: pl.DataFrame) -> str:
    return str(rows.filter(pl.col("patient_id") == "stranger")["image_id"].min())


@pytest.fixture(scope="module")
def member(
    tables: list[ImageTable],
    folds: Folds,
    micro: MemberSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    place = tmp_path_factory.mktemp("external") / "cnn" / "m"
    assert train(tables[0], folds, micro, place) is not None
    return place


def _first_fold(member: Path) -> np.ndarray:
    scores = Predictions.read(member / "fold0" / "oof.parquet")
    return scores.frame.sort("image_id")["score"].to_numpy()


def test_an_external_image_trains_all_folds_but_those_it_is_barred_from(
    trained: tuple[Path, Predictions, Predictions],
    tables: list[ImageTable],
    folds: Folds,
    micro: MemberSettings,
    member: Path,
    tmp_path: Path,
) -> None:
    other = tmp_path / "cnn" / "m"
    assert train(tables[1], folds, micro, other, only_folds=[0]) is None
    one = _first_fold(member)
    assert np.array_equal(one, _first_fold(other)), "the barred images' labels reached the fold"
    alone = trained[1].frame.filter(pl.col("fold") == 0).sort("image_id")["score"].to_numpy()
    assert not np.array_equal(one, alone), "no external image trained the fold"


def test_an_external_image_that_trained_a_fold_is_refused_in_any_list(
    tables: list[ImageTable], member: Path
) -> None:
    """One that is barred from every fold trained nothing, and is scored like any other."""
    rows = tables[0].external.select("image_id", "path")
    unseen = _stranger(tables[0].external)
    others = [image_id for image_id in rows["image_id"] if image_id != unseen]
    with pytest.raises(MelError, match=rf"trained on image {others[0]} \(7 external images\)"):
        predict(member, rows)
    with pytest.raises(MelError, match="which no fold held out"):
        predict(member, rows.filter(image_id=others[-1]), trained_on="out-of-fold")
    assert predict(member, rows.filter(image_id=unseen)).frame.height == 1


def test_a_table_without_pictures_cannot_train(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    bare = ImageTable.of(small.frame.with_columns(path=pl.lit(None, pl.String)), "bare")
    with pytest.raises(MelError, match=r"bare: has no pictures .*images = 'files'"):
        train(bare, small_folds, micro, tmp_path / "cnn" / micro.name)
    assert not (tmp_path / "cnn").exists()

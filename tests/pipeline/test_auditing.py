"""The doors of audits and imports: which files they take, and where the findings lie."""

import json
from pathlib import Path

import polars as pl
import pytest

from mel import pipeline
from mel.errors import MelError
from mel.tables import Folds, ImageTable


@pytest.fixture
def work(tmp_path: Path, table: ImageTable, folds: Folds) -> Path:
    """A work folder with images and clean folds."""
    table.write(tmp_path / "work" / "images.parquet")
    folds.write(tmp_path / "work" / "folds.parquet")
    return tmp_path / "work"


def by_row(table: ImageTable) -> pl.DataFrame:
    return table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)


def told(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "audit.json").read_text())
    assert isinstance(found, dict)
    return found


def test_a_work_folders_own_folds_are_audited_into_its_audit_folder(
    work: Path, folds: Folds
) -> None:
    assert pipeline.folds_audit(work).ok
    assert told(work / "audit")["folds"] == folds.digest
    assert pipeline.audit_folder(work, work / "folds.parquet") == work / "audit"


def test_another_map_is_audited_into_a_folder_of_its_name(
    work: Path, table: ImageTable, tmp_path: Path
) -> None:
    pipeline.folds_audit(work)
    other = tmp_path / "other.parquet"
    Folds.of(by_row(table), seed=0, method="by row").write(other)
    found = pipeline.folds_audit(work, other)
    assert not found.ok
    assert told(work / "audit" / "other")["ok"] is False
    assert told(work / "audit")["ok"] is True


def test_plain_files_need_no_work_folder(work: Path, tmp_path: Path) -> None:
    files = {"images": work / "images.parquet", "fold_map": work / "folds.parquet"}
    assert pipeline.folds_audit(**files).ok
    assert told(work / "audit" / "folds")["ok"]
    pipeline.folds_audit(**files, out=tmp_path / "here", compare=False)
    assert told(tmp_path / "here")["comparison"] is None
    with pytest.raises(MelError, match="give --work, or both --images and --folds"):
        pipeline.folds_audit(images=work / "images.parquet")


def test_copies_found_in_the_work_folder_are_taken(
    work: Path, table: ImageTable, folds: Folds, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = pl.DataFrame({"image_id_1": ["img000"], "image_id_2": ["img001"], "kind": ["near"]})
    pairs.write_parquet(work / "duplicates.parquet")
    found = pipeline.folds_audit(work)
    assert found.crossings["kind"].to_list() == ["near pair"]
    assert "duplicates.parquet" in capsys.readouterr().err
    pairs.with_columns(image_id_2=pl.lit("img020")).write_csv(work / "list.csv")
    assert pipeline.folds_audit(work, near=work / "list.csv").ok


def test_further_columns_are_weighed(work: Path, table: ImageTable) -> None:
    more = table.frame.with_columns(camera=pl.col("image_id").str.slice(-1))
    ImageTable.of(more, "more").write(work / "images.parquet")
    assert "camera" in pipeline.folds_audit(work, columns=["camera"]).balance["axis"]
    assert "camera" not in pipeline.folds_audit(work).balance["axis"]
    text = pipeline.embedded()["tiny"].read_text(encoding="utf-8")
    balanced = text.replace("[folds]", '[folds]\nbalance = ["camera"]')
    (work / "recipe.toml").write_text(balanced, encoding="utf-8")
    assert "camera" in pipeline.folds_audit(work).balance["axis"]
    (work / "recipe.toml").write_text("no recipe", encoding="utf-8")
    assert pipeline.folds_audit(work).ok


def test_a_clean_map_is_imported_beside_the_folds(
    work: Path, table: ImageTable, folds: Folds, tmp_path: Path
) -> None:
    folds.frame.write_csv(tmp_path / "theirs.csv")
    found, path = pipeline.folds_import(tmp_path / "theirs.csv", work)
    assert found.ok
    assert path == work / "folds" / "theirs.parquet"
    assert Folds.read(path).digest == folds.digest
    assert told(work / "audit" / "theirs")["ok"]
    _, path = pipeline.folds_import(tmp_path / "theirs.csv", work, tmp_path / "mine.parquet")
    assert path == tmp_path / "mine.parquet"


def test_a_leaking_map_is_written_only_when_asked(
    work: Path, table: ImageTable, tmp_path: Path
) -> None:
    by_row(table).write_csv(tmp_path / "rows.csv")
    found, path = pipeline.folds_import(tmp_path / "rows.csv", work)
    assert (found.ok, path) == (False, None)
    assert not (work / "folds").exists()
    assert told(work / "audit" / "rows")["ok"] is False
    _, path = pipeline.folds_import(tmp_path / "rows.csv", work, keep_leaks=True)
    assert path is not None
    assert path.is_file()
    with pytest.raises(MelError, match="would leak"):
        Folds.read(path).matches(table)


def test_a_map_without_a_class_in_a_fold_is_written_though_it_is_at_fault(
    work: Path, table: ImageTable, tmp_path: Path
) -> None:
    ill = pl.col("patient_id") < "p10"
    frame = table.train.select("image_id", fold=pl.when(ill).then(0).otherwise(1))
    frame.write_csv(tmp_path / "split.csv")
    found, path = pipeline.folds_import(tmp_path / "split.csv", work)
    assert found.faults == ("fold 1 has no positive",)
    assert path is not None


def test_an_imported_map_never_goes_over_the_file_it_came_from(work: Path, folds: Folds) -> None:
    path = work / "theirs.csv"
    folds.frame.write_csv(path)
    before = path.read_bytes()
    with pytest.raises(MelError, match=r"theirs\.csv: unknown suffix"):
        pipeline.folds_import(path, work, path)
    assert path.read_bytes() == before
    assert not (work / "audit").exists()


def test_an_audit_says_which_command_makes_what_is_missing(work: Path) -> None:
    (work / "folds.parquet").unlink()
    with pytest.raises(MelError, match=f"mel folds build RECIPE --work {work}"):
        pipeline.folds_audit(work)
    (work / "images.parquet").unlink()
    with pytest.raises(MelError, match=f"mel kaggle load RECIPE --data DIR --work {work}"):
        pipeline.folds_audit(work)

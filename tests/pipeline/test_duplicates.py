"""Copies in a work folder: found, kept in files, and taken up by the audit of the folds."""

import io
import shutil
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from mel import pipeline
from mel.config import DataSettings
from mel.errors import MelError
from mel.files import read_table
from mel.kaggle import load
from mel.tables import ImageTable

_LIST = "ISIC_2020_Training_Duplicates.csv"


@pytest.fixture
def work(competition: Path, tmp_path: Path) -> Path:
    """A work folder with the synthetic competition loaded."""
    table = load(DataSettings(adapter="siim2020"), competition).table
    table.write(tmp_path / "work" / "images.parquet")
    return tmp_path / "work"


def test_the_copies_of_the_synthetic_competition_are_found_and_no_others(
    work: Path, competition: Path
) -> None:
    found = pipeline.kaggle_duplicates(work, lists=[competition / _LIST])
    frame, header = read_table(work / "duplicates.parquet", "duplicates")
    listed = {tuple(sorted(pair)) for pair in pl.read_csv(competition / _LIST).rows()}
    assert set(frame.select("image_id_1", "image_id_2").rows()) == listed
    assert frame["listed"].all()
    assert frame["distance"].null_count() == 0
    assert header["inputs"] == {"images": ImageTable.read(work / "images.parquet").digest}
    assert found.facts["listed"] == f"{len(listed)} ({len(listed)} found, 0 not)"
    assert 'duplicates = "find"' in found.advice


def test_the_audit_of_the_folds_reads_what_was_found(work: Path) -> None:
    from mel.folds.proving.pairs import read_pairs

    found = pipeline.kaggle_duplicates(work)
    pairs = read_pairs(found.pairs)
    assert pairs["kind"].to_list() == ["near pair"] * 2
    assert (
        pairs.select("one", "other").rows()
        == found.found.pairs.select("image_id_1", "image_id_2").rows()
    )


def test_a_second_run_reads_no_picture_and_writes_the_same(work: Path) -> None:
    first = pipeline.kaggle_duplicates(work)
    content = (work / "duplicates.parquet").read_bytes()
    second = pipeline.kaggle_duplicates(work)
    assert first.facts["images"] == "120 compared, 120 of them read"
    assert second.facts["images"] == "120 compared, 0 of them read"
    assert (work / "duplicates.parquet").read_bytes() == content


def test_the_report_is_a_picture_and_an_old_one_does_not_outlive_its_pairs(work: Path) -> None:
    found = pipeline.kaggle_duplicates(work, report=True)
    assert found.sheet is not None
    with Image.open(io.BytesIO(found.sheet.read_bytes())) as image:
        assert image.width > 1000
    assert pipeline.kaggle_duplicates(work, threshold=0.0, report=True).sheet is None
    assert not (work / "duplicates.png").exists()


def test_broken_pictures_are_said_and_the_others_compared(work: Path, competition: Path) -> None:
    path = next((competition / "jpeg" / "test").iterdir())
    path.write_bytes(b"broken")
    found = pipeline.kaggle_duplicates(work)
    assert found.broken["image_id"].to_list() == [path.stem]
    assert found.facts["broken"] == "1 left out"


def test_nothing_is_found_before_anything_is_loaded(work: Path, tmp_path: Path) -> None:
    (work / "images.parquet").unlink()
    with pytest.raises(MelError, match=r"images.parquet: no such file; load the images first"):
        pipeline.kaggle_duplicates(work)
    shutil.rmtree(work)
    with pytest.raises(MelError, match="no such work folder"):
        pipeline.kaggle_duplicates(work)

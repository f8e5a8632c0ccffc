import json
from pathlib import Path

import polars as pl
import pytest

from mel import kaggle, pipeline
from mel.config import DataSettings, FoldsSettings
from mel.errors import MelError
from mel.files import write_table
from mel.folds import build
from mel.tables import Folds, ImageTable


@pytest.fixture
def work(tiny_competition: Path, tmp_path: Path) -> pipeline.Work:
    """A work folder in which images are loaded and nothing else is done."""
    place = pipeline.Work(tmp_path / "work")
    kaggle.load(DataSettings(adapter="siim2020"), tiny_competition).table.write(place.images)
    return place


@pytest.fixture
def lean(work: pipeline.Work) -> pipeline.Work:
    """The same with a table of which little can be drawn, which saves time."""
    frame = ImageTable.read(work.images).frame.drop("diagnosis", "duplicate_id", "file_bytes")
    bare = frame.with_columns(pl.lit(None).alias(name) for name in ("age", "site"))
    ImageTable.of(bare, "lean").write(work.images)
    return work


def _said(place: pipeline.Work) -> dict[str, object]:
    return json.loads((place.root / "explore" / "explore.json").read_text(encoding="utf-8"))


def test_images_are_explored_on_folds_of_their_own_and_with_the_copies_found(
    work: pipeline.Work,
) -> None:
    ids = ImageTable.read(work.images).frame["image_id"]
    pairs = pl.DataFrame(
        {"image_id_1": [ids[0]], "image_id_2": [ids[5]], "kind": ["near"], "distance": [0.01]}
    )
    write_table(work.root / "duplicates.parquet", pairs, {"kind": "duplicates"})
    found = pipeline.kaggle_explore(work.root, examples=1)
    assert [(twins.of, twins.groups) for twins in found.numbers.twins][-1] == ("pairs", 1)
    assert found.report == work.root / "explore" / "report.html"
    assert _said(work)["inputs"]["images"] == ImageTable.read(work.images).digest
    assert found.numbers.shortcuts
    assert not work.folds.exists()


def test_the_folds_of_the_work_folder_are_taken(lean: pipeline.Work, tmp_path: Path) -> None:
    folds = build(ImageTable.read(lean.images), FoldsSettings(n_folds=2))
    folds.write(lean.folds)
    pipeline.kaggle_explore(lean.root, tmp_path / "elsewhere", examples=0, headers=False)
    said = json.loads((tmp_path / "elsewhere" / "explore.json").read_text(encoding="utf-8"))
    assert said["inputs"]["folds"] == folds.digest
    assert not (lean.root / "explore").exists()


def test_folds_of_other_images_are_passed_over(
    lean: pipeline.Work, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pl.DataFrame({"image_id": ["x", "y"], "fold": [0, 1]})
    strange = Folds.of(rows, seed=0, method="of others")
    strange.write(lean.folds)
    pipeline.kaggle_explore(lean.root, examples=0, headers=False)
    assert "is passed over" in capsys.readouterr().err
    assert _said(lean)["inputs"]["folds"] != strange.digest


def test_a_table_too_small_for_folds_is_explored_without_an_audit(
    work: pipeline.Work, capsys: pytest.CaptureFixture[str]
) -> None:
    table = ImageTable.read(work.images)
    few = ImageTable.of(table.train.filter(pl.col("target") == 0).head(3), "few")
    few.write(work.images)
    found = pipeline.kaggle_explore(work.root)
    assert "no shortcut audit: " in capsys.readouterr().err
    assert found.findings["shortcuts"].startswith("Not audited")


def test_a_work_folder_without_images_says_what_to_do_first(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with pytest.raises(MelError, match="load the images first: mel kaggle load RECIPE"):
        pipeline.kaggle_explore(tmp_path / "work")
    with pytest.raises(MelError, match="no such work folder"):
        pipeline.kaggle_explore(tmp_path / "nowhere")

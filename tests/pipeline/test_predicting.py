"""A trained member of a work folder scores any images; its training is shown as it stands."""

import os
from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.files import write_table
from mel.pipeline.predicting import cnn_predict, cnn_report, refresh


def test_prediction_with_an_unknown_member_or_suffix_is_refused(tmp_path: Path) -> None:
    work = tmp_path / "work"
    with pytest.raises(MelError, match="no such work folder"):
        cnn_predict(work, "x-32", tmp_path, tmp_path / "out.csv")
    work.mkdir()
    hint = f"no trained member 'x-32'; none is trained yet; mel cnn train RECIPE --work {work}$"
    with pytest.raises(MelError, match=hint):
        cnn_predict(work, "x-32", tmp_path, tmp_path / "out.csv")
    (work / "cnn/x-32").mkdir(parents=True)
    (work / "cnn/x-32/recipe.json").write_text("{}")
    with pytest.raises(MelError, match=r"no trained member 'x-31'; did you mean 'x-32'"):
        cnn_predict(work, "x-31", tmp_path, tmp_path / "out.csv")
    with pytest.raises(MelError, match=r"ends in .parquet or .csv"):
        cnn_predict(work, "x-32", tmp_path, tmp_path / "out.txt")


def test_a_report_needs_a_folder_in_which_something_trained(tmp_path: Path) -> None:
    with pytest.raises(MelError, match="no such work folder"):
        cnn_report(tmp_path / "work")
    (tmp_path / "work").mkdir()
    with pytest.raises(MelError, match="no member has trained an epoch yet"):
        cnn_report(tmp_path / "work")


def test_a_run_writes_the_report_anew_only_where_a_training_is_newer(tmp_path: Path) -> None:
    place = tmp_path / "cnn" / "m-32" / "fold0" / "history.parquet"
    rows = pl.DataFrame({"epoch": [1], "loss": [0.5], "seconds": [1.0], "fold": [0]})
    write_table(place, rows, {"kind": "history"})
    refresh(tmp_path)
    page = tmp_path / "cnn" / "report.html"
    page.write_text("kept")
    refresh(tmp_path)
    assert page.read_text() == "kept"
    later = page.stat().st_mtime + 60
    os.utime(place, (later, later))
    refresh(tmp_path)
    assert "m-32" in page.read_text()


def test_a_report_that_cannot_be_written_ends_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refresh(tmp_path)
    assert "cnn/report.html: not written" in capsys.readouterr().err

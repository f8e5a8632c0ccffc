"""A trained member of a work folder scores any images; its training is shown as it stands."""

from pathlib import Path

import pytest

from mel.errors import MelError
from mel.pipeline.predicting import predict, report


def test_prediction_with_an_unknown_member_or_suffix_is_refused(tmp_path: Path) -> None:
    work = tmp_path / "work"
    with pytest.raises(MelError, match="no such work folder"):
        predict(work, "x-32", tmp_path, tmp_path / "out.csv")
    work.mkdir()
    hint = f"no trained member 'x-32'; none is trained yet; mel cnn train RECIPE --work {work}$"
    with pytest.raises(MelError, match=hint):
        predict(work, "x-32", tmp_path, tmp_path / "out.csv")
    (work / "cnn/x-32").mkdir(parents=True)
    (work / "cnn/x-32/recipe.json").write_text("{}")
    with pytest.raises(MelError, match=r"no trained member 'x-31'; did you mean 'x-32'"):
        predict(work, "x-31", tmp_path, tmp_path / "out.csv")
    with pytest.raises(MelError, match=r"ends in .parquet or .csv"):
        predict(work, "x-32", tmp_path, tmp_path / "out.txt")


def test_a_report_needs_a_folder_in_which_something_trained(tmp_path: Path) -> None:
    with pytest.raises(MelError, match="no such work folder"):
        report(tmp_path / "work")
    (tmp_path / "work").mkdir()
    with pytest.raises(MelError, match="no member has trained an epoch yet"):
        report(tmp_path / "work")

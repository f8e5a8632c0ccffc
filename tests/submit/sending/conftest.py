"""The stand-in for Kaggle's client of the downloads' tests, and a submission to send."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from mel.cli.main import main
from mel.predictions import Predictions
from mel.submit import make
from mel.submit.sending import waiting

_PLACE = Path(__file__).parents[2] / "kaggle" / "downloading" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("kaggle_standin", _PLACE)
_standin = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_standin)
world = _standin.world


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Let nobody wait between two looks at Kaggle's list, nor look often in vain."""
    monkeypatch.setattr(waiting, "_FIRST", 0.01)
    monkeypatch.setattr(waiting, "_FAILURES", 3)
    monkeypatch.setattr(waiting, "_UNSEEN", 3)


@pytest.fixture
def blend(tmp_path):
    """A submission with its sample, in the layout of a work folder."""
    work = tmp_path / "work"
    work.mkdir()
    sample = pl.DataFrame({"image_name": ["b", "a", "c"], "target": ["0", "0", "0"]})
    sample.write_csv(work / "sample_submission.csv")
    rows = {"image_id": ["a", "b", "c"], "score": [0.1, 0.9, 0.4]}
    scores = pl.DataFrame(rows).with_columns(fold=pl.lit(None, pl.Int16))
    test = Predictions.of(scores, name="blend", kind="test", folds="f" * 16)
    return make(test, sample, work / "submissions" / "blend.csv")


@pytest.fixture
def mel(monkeypatch, capfd):
    """Run `mel submit` in this process, as the program does: status and text out."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["mel", "submit", *map(str, words)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(words, int(end.value.code or 0), out, err)

    return run

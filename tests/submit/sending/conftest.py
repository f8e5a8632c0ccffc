"""A submission to send, and nobody who waits for long."""

from functools import partial

import polars as pl
import pytest

from mel.predictions import Predictions
from mel.submit import make
from mel.submit.sending import waiting


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
def mel(here):
    """Run `mel submit` in this process."""
    return partial(here, "submit")

"""SIIM-ISIC Melanoma Classification 2020: Kaggle's own files -> rows.

In the data folder: train.csv and test.csv; the JPEGs in jpeg/train and jpeg/test, as Kaggle's
archive has them, or in train and test. Optional: sample_submission.csv (else made from the test
ids), solution.csv (test labels: only synthetic competitions have them), and lists of copies:
ISIC_2020_Training_Duplicates.csv or 2020_Challenge_duplicates.csv.

Public copies of the tables add columns, and train_cdeotte.csv is such a copy that may lie beside
train.csv. Of theirs, width and height (of the original, in pixels) and tfrecord (a number of
Chris Deotte's files, -1 for a copy that he left out) become extras of the table, patient_code
does not. No stage takes extras as features: LightGBM on picture size alone has an AUC of 0.78, by
the way pictures were taken and not by what they show (benchmarks/results/explore.md).
"""

from pathlib import Path

import polars as pl

from mel.config import SourceSettings
from mel.errors import MelError, many
from mel.kaggle.fields import parse_target
from mel.kaggle.reading import read_csv
from mel.kaggle.rows import Adapter, Layout, Naming, Rows, rows_of
from mel.kaggle.samples import read_solution
from mel.kaggle.synthetic import MARKER

__all__ = ["ADAPTER"]

_COPY = "train_cdeotte.csv"
_LISTS = ("ISIC_2020_Training_Duplicates.csv", "2020_Challenge_duplicates.csv")
_BY = "image_name"
_SITE = "anatom_site_general_challenge"
_TEST = (_BY, "patient_id", "sex", "age_approx", _SITE)
_TRAIN = (*_TEST, "diagnosis", "benign_malignant", "target")
_NUMBERS = ("width", "height", "tfrecord")
_ADDED = (*_NUMBERS, "patient_code")
_HEADER = (_BY, "target")
_LAYOUT = Layout(
    ("train.csv", "test.csv", "sample_submission.csv", "solution.csv", _COPY, *_LISTS, MARKER),
    ("jpeg/train", "train"),
    ("jpeg/test", "test"),
    _HEADER,
    duplicates=_LISTS,
)


def _train(settings: SourceSettings, data: Path) -> Rows:
    """Read and check train.csv, with diagnosis and those extras that the files have."""
    where = data / "train.csv"
    raw = read_csv(where, _TRAIN, (*_ADDED, "lesion_id"), unique=_BY)
    rows = _rows(raw, "diagnosis", settings, where)
    frame = rows.frame.with_columns(target=parse_target(raw, "target", where, by=_BY))
    return Rows(_with_copy(frame, data / _COPY), rows.unmapped)


def _test(settings: SourceSettings, data: Path) -> Rows | None:
    """Read and check test.csv."""
    where = data / "test.csv"
    raw = read_csv(where, _TEST, _ADDED, unique=_BY)
    return _rows(raw, None, settings, where)


def _solution(_settings: SourceSettings, data: Path, test: pl.Series) -> pl.DataFrame | None:
    """Read solution.csv, which only synthetic competitions have."""
    return read_solution(data / "solution.csv", _HEADER, test)


def _rows(raw: pl.DataFrame, diagnosis: str | None, settings: SourceSettings, where: Path) -> Rows:
    lesion = "lesion_id" if "lesion_id" in raw.columns else None
    naming = Naming(_BY, "patient_id", "sex", "age_approx", _SITE, lesion, diagnosis)
    rows = rows_of(raw, naming, where, settings.missing_patient)
    return Rows(rows.frame.with_columns(_numbers(raw, where)), rows.unmapped)


def _numbers(raw: pl.DataFrame, where: Path) -> list[pl.Series]:
    found = []
    for name in (name for name in _NUMBERS if name in raw.columns):
        number = raw[name].cast(pl.Int64, strict=False)
        bad = raw.filter(number.is_null() & raw[name].is_not_null())
        if bad.height:
            raise MelError(
                f"{where}: {name} {bad[name][0]!r} of image {bad[_BY][0]} "
                f"({many(bad.height, 'row')}) is no whole number; correct it, or leave it empty"
            )
        found.append(number)
    return found


def _with_copy(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Add what the public copy of train.csv says of each image, where train.csv does not."""
    if not path.exists():
        return frame
    raw = read_csv(path, (_BY,), _NUMBERS, unique=_BY, ignore=".*")
    numbers = [number for number in _numbers(raw, path) if number.name not in frame.columns]
    added = pl.DataFrame([raw[_BY].alias("image_id"), *numbers])
    return frame.join(added, on="image_id", how="left", validate="1:1", maintain_order="left")


ADAPTER = Adapter(lambda _: _LAYOUT, ("melanoma",), _train, _test, _solution)

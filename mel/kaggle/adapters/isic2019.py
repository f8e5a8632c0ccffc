"""ISIC 2019: 25,331 images of nine diagnoses, one-hot, from HAM10000, BCN_20000 and MSK.

In the data folder: ISIC_2019_Training_GroundTruth.csv, ISIC_2019_Training_Metadata.csv and the
JPEGs in ISIC_2019_Training_Input. Optional: ISIC_2019_Test_Metadata.csv with the JPEGs in
ISIC_2019_Test_Input, and ISIC_2019_Test_GroundTruth.csv, whose labels go to the solution alone.
(https://challenge.isic-archive.com/data/#2019; CC BY-NC 4.0.)

The target is 1 for MEL, or for a diagnosis among `positive_diagnoses`; UNK is null and 0. Who the
patients are is not known: patient_id is the lesion_id. 2,084 images have none, and are refused
unless missing_patient is "own": then each is a patient of its own.
"""

from pathlib import Path

import polars as pl

from mel.config import SourceSettings
from mel.errors import MelError, many
from mel.kaggle.reading import read_csv, same_ids
from mel.kaggle.rows import Adapter, Layout, Naming, Rows, rows_of, with_target_of

__all__ = ["ADAPTER"]

_TRUTH = "ISIC_2019_Training_GroundTruth.csv"
_METADATA = "ISIC_2019_Training_Metadata.csv"
_TEST_TRUTH = "ISIC_2019_Test_GroundTruth.csv"
_TEST_METADATA = "ISIC_2019_Test_Metadata.csv"
_BY = "image"
_KINDS = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")
_SITE = "anatom_site_general"
_COLUMNS = (_BY, "age_approx", _SITE, "sex")
_LAYOUT = Layout(
    (_TRUTH, _METADATA, _TEST_TRUTH, _TEST_METADATA, "sample_submission.csv"),
    ("ISIC_2019_Training_Input",),
    ("ISIC_2019_Test_Input",),
    (_BY, "target"),
)


def _train(settings: SourceSettings, data: Path) -> Rows:
    """Read and check the training tables, with the extras lesion_id and diagnosis.

    Raises MelError for every fault of a table, for a row of the ground truth that does not hold
    one 1 and otherwise 0, and for an image that only one of the two tables has.
    """
    where = data / _METADATA
    raw = read_csv(where, (*_COLUMNS, "lesion_id"), unique=_BY)
    truth = _truth(data / _TRUTH)
    same_ids(truth[_BY], raw[_BY], data / _TRUTH, _METADATA)
    raw = raw.join(truth, on=_BY, validate="1:1")
    naming = Naming(_BY, "lesion_id", "sex", "age_approx", _SITE, "lesion_id", "diagnosis")
    rows = rows_of(raw, naming, where, settings.missing_patient)
    return Rows(_with_target(rows.frame, settings, data / _TRUTH), rows.unmapped)


def _with_target(frame: pl.DataFrame, settings: SourceSettings, where: Path) -> pl.DataFrame:
    melanoma = pl.col("diagnosis").eq("melanoma").fill_null(False)
    frame = frame.with_columns(target=melanoma.cast(pl.Int8))
    positive = settings.positive_diagnoses
    return with_target_of(frame, positive, where) if positive else frame


def _truth(path: Path) -> pl.DataFrame:
    """Read a one-hot ground truth: image and diagnosis, in the words of the file."""
    raw = read_csv(path, (_BY, *_KINDS), unique=_BY, ignore=r"\w+_weight")
    marks = raw.select(pl.col(_KINDS).cast(pl.Float64, strict=False))
    good = marks.select(
        pl.all_horizontal(pl.all().is_in([0.0, 1.0]).fill_null(False))
        & (pl.sum_horizontal(pl.all()) == 1)
    ).to_series()
    if not good.all():
        bad = raw.filter(~good)
        row = ", ".join(f"{name} {bad[name][0]}" for name in _KINDS if bad[name][0] != "0.0")
        raise MelError(
            f"{path}: image {bad[_BY][0]} has {row or 'no diagnosis'} "
            f"({many(bad.height, 'such row')}); each needs a single 1, otherwise 0"
        )
    kind = pl.coalesce(pl.when(pl.col(name) == 1).then(pl.lit(name)) for name in _KINDS)
    return raw.select(_BY).with_columns(marks.select(diagnosis=kind))


def _test(_settings: SourceSettings, data: Path) -> Rows | None:
    """Read and check the challenge's test images, each a patient of its own; None without."""
    where = data / _TEST_METADATA
    if not where.exists():
        return None
    raw = read_csv(where, _COLUMNS, ("lesion_id",), unique=_BY)
    lesion = "lesion_id" if "lesion_id" in raw.columns else None
    naming = Naming(_BY, lesion, "sex", "age_approx", _SITE, lesion)
    return rows_of(raw, naming, where, "own")


def _solution(settings: SourceSettings, data: Path, test: pl.Series) -> pl.DataFrame | None:
    """Read the test images' ground truth, where it is there."""
    path = data / _TEST_TRUTH
    if not path.exists():
        return None
    truth = _truth(path)
    same_ids(truth[_BY], test, path, "the test images")
    named = rows_of(truth, Naming(_BY, diagnosis="diagnosis"), path, "own").frame
    return _with_target(named, settings, path).select("image_id", "target").sort("image_id")


ADAPTER = Adapter(lambda _: _LAYOUT, ("melanoma",), _train, _test, _solution)

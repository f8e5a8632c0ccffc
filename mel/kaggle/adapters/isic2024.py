"""ISIC 2024 (SLICE-3D): crops from total body photographs, malignant against the rest.

In the data folder: train-metadata.csv (401,059 rows, 393 malignant) and its pictures in
train-image.hdf5, or as JPEGs in train-image/image; the same of test. Optional:
sample_submission.csv. (Kurtansky et al., Scientific Data 11:884, 2024.)

The target is that of the file: malignant, so basal and squamous cell carcinomas too. For
melanoma alone, set positive_diagnoses = ["melanoma"]: the diagnosis comes from iddx_full. The
columns with measurements (tbp_*, clin_*), further diagnoses (iddx_*, mel_*) and rights are not
read. The own test set that can be downloaded is three images, the real one is hidden: hold out
a `test_fraction` to measure anything.
"""

from pathlib import Path

from mel.checks import require_columns
from mel.config import SourceSettings
from mel.kaggle.fields import parse_target
from mel.kaggle.reading import read_csv
from mel.kaggle.rows import Adapter, Layout, Naming, Rows, rows_of, with_target_of

__all__ = ["ADAPTER"]

_BY = "isic_id"
_SITE = "anatom_site_general"
_COLUMNS = (_BY, "patient_id", "age_approx", "sex", _SITE)
_PLACES = {s: (f"{s}-image.hdf5", f"{s}-image/image", f"{s}-image") for s in ("train", "test")}
_LAYOUT = Layout(
    ("train-metadata.csv", "test-metadata.csv", "sample_submission.csv"),
    _PLACES["train"],
    _PLACES["test"],
    (_BY, "target"),
)
_IGNORED = r"(tbp|clin|iddx|mel)_.*|attribution|copyright_license|image_type"


def _train(settings: SourceSettings, data: Path) -> Rows:
    """Read and check train-metadata.csv, with lesion_id and diagnosis where the file has them."""
    where = data / "train-metadata.csv"
    raw = read_csv(
        where, (*_COLUMNS, "target"), ("lesion_id", "iddx_full"), unique=_BY, ignore=_IGNORED
    )
    lesion, diagnosis = (
        name if name in raw.columns else None for name in ("lesion_id", "iddx_full")
    )
    naming = Naming(_BY, "patient_id", "sex", "age_approx", _SITE, lesion, diagnosis)
    rows = rows_of(raw, naming, where, settings.missing_patient)
    frame = rows.frame.with_columns(target=parse_target(raw, "target", where, by=_BY))
    if settings.positive_diagnoses:
        require_columns(raw, ("iddx_full",), str(where))
        frame = with_target_of(frame, settings.positive_diagnoses, where)
    return Rows(frame, rows.unmapped)


def _test(settings: SourceSettings, data: Path) -> Rows | None:
    """Read and check test-metadata.csv; None where it is not there."""
    where = data / "test-metadata.csv"
    if not where.exists():
        return None
    raw = read_csv(where, _COLUMNS, unique=_BY, ignore=_IGNORED)
    return rows_of(
        raw, Naming(_BY, "patient_id", "sex", "age_approx", _SITE), where, settings.missing_patient
    )


ADAPTER = Adapter(lambda _: _LAYOUT, ("malignant",), _train, _test)

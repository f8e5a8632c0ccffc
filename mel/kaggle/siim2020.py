"""SIIM-ISIC Melanoma Classification 2020: Kaggle's own files -> tables.

In the data folder: train.csv and test.csv; the JPEGs in jpeg/train and jpeg/test, as Kaggle's
archive has them, or in train and test. Optional: sample_submission.csv (else made from the test
ids), ISIC_2020_Training_Duplicates.csv (pairs of copies, which become the extra column
duplicate_id) and solution.csv (test labels: only synthetic competitions have them).

train.csv may also carry the columns that public copies of the table add (tfrecord, width,
height, patient_code), which are left out: picture size alone gives an AUC of 0.73, by the way
pictures were taken and not by what they show. Any other unknown column is refused.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle.reading import (
    SEX_SPELLINGS,
    SITE_SPELLINGS,
    Tables,
    fill_patients,
    known_ids,
    parse_age,
    parse_target,
    read_csv,
    read_sample,
    read_solution,
    translate,
)
from mel.kaggle.synthetic import MARKER

__all__ = ["FILES", "FOLDERS", "tables"]

FILES = (
    "train.csv",
    "test.csv",
    "sample_submission.csv",
    "solution.csv",
    "ISIC_2020_Training_Duplicates.csv",
    MARKER,
)
FOLDERS: Mapping[str, tuple[str, ...]] = {
    "train": ("jpeg/train", "train"),
    "test": ("jpeg/test", "test"),
}
_SITE = "anatom_site_general_challenge"
_TEST = ("image_name", "patient_id", "sex", "age_approx", _SITE)
_TRAIN = (*_TEST, "diagnosis", "benign_malignant", "target")
_LEFT_OUT = ("tfrecord", "width", "height", "patient_code")
_PAIR = ("image_name_1", "image_name_2")
_HEADER = ("image_name", "target")


def tables(settings: DataSettings, data: Path) -> Tables:
    """Read and check the competition's tables, without a look at any image.

    The frame has the columns of an ImageTable but path, and the extras diagnosis (null for test
    images), lesion_id where train.csv has it, and duplicate_id where the list of duplicates is.

    Raises MelError for every fault of a table: see `mel.kaggle.load`.
    """
    if settings.test_fraction:
        raise MelError(
            f"data.test_fraction {settings.test_fraction:g}: siim2020 brings its own test set; "
            "remove the setting"
        )
    synthetic = (data / MARKER).is_file()
    train = read_csv(data / "train.csv", _TRAIN, (*_LEFT_OUT, "lesion_id"), unique="image_name")
    test = read_csv(data / "test.csv", _TEST, _LEFT_OUT, unique="image_name")
    labels = parse_target(train, "target", data / "train.csv", by="image_name")
    train_rows = _common(train, "train", settings, data / "train.csv").with_columns(
        target=labels,
        diagnosis=train["diagnosis"],
        **({"lesion_id": known_ids(train, "lesion_id")} if "lesion_id" in train.columns else {}),
    )
    test_rows = _common(test, "test", settings, data / "test.csv")
    frame = pl.concat([train_rows, test_rows], how="diagonal")
    frame = _with_duplicates(frame, data / "ISIC_2020_Training_Duplicates.csv")
    return Tables(
        frame.with_columns(source=pl.lit("synthetic" if synthetic else "siim2020")),
        read_sample(data / "sample_submission.csv", _HEADER, test["image_name"]),
        read_solution(data / "solution.csv", _HEADER, test["image_name"]),
        synthetic,
    )


def _common(frame: pl.DataFrame, split: str, settings: DataSettings, where: Path) -> pl.DataFrame:
    by = "image_name"
    return pl.DataFrame(
        {
            "image_id": frame[by],
            "patient_id": fill_patients(frame, "patient_id", settings.missing_patient, where, by),
            "split": [split] * frame.height,
            "sex": translate(frame, "sex", SEX_SPELLINGS, where, by),
            "age": parse_age(frame, "age_approx", where, by),
            "site": translate(frame, _SITE, SITE_SPELLINGS, where, by),
        }
    )


def _with_duplicates(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    if not path.exists():
        return frame
    pairs = read_csv(path, _PAIR, unique=None).select(_PAIR)
    _check_pairs(pairs, frame["image_id"], path)
    first_of = _connect(list(pairs.iter_rows()))
    found = pl.DataFrame(
        {"image_id": list(first_of), "duplicate_id": list(first_of.values())},
        schema={"image_id": pl.String, "duplicate_id": pl.String},
    )
    return frame.join(found, on="image_id", how="left", validate="1:1")


def _check_pairs(pairs: pl.DataFrame, known: pl.Series, path: Path) -> None:
    for name in _PAIR:
        if missing := pairs[name].null_count():
            raise MelError(f"{path}: {missing} rows without {name}; complete or remove them")
    unknown = sorted({*pairs[_PAIR[0]], *pairs[_PAIR[1]]} - set(known))
    if unknown:
        raise MelError(
            f"{path}: image {unknown[0]!r} is in neither train.csv nor test.csv ({len(unknown)} "
            "such images); take the list that belongs to them, or remove its rows"
        )


def _connect(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Give each name the smallest name it is connected to by pairs (union-find).

    >>> _connect([("b", "c"), ("c", "a"), ("x", "y")])
    {'b': 'a', 'c': 'a', 'a': 'a', 'x': 'x', 'y': 'x'}
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return {name: root(name) for name in list(parent)}

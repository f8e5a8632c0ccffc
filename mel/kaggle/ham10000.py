"""HAM10000 as a competition: melanoma against the rest, a part of the lesions held out.

In the data folder: HAM10000_metadata.csv, and the JPEGs in images, or in HAM10000_images_part_1
and HAM10000_images_part_2 as Kaggle's copy has them. (Tschandl et al., Scientific Data 5:180161,
2018; CC BY-NC 4.0.)

The target is 1 where dx is "mel". Who the patients are is not known, so that patient_id is the
lesion_id: several pictures of one lesion stay together, several lesions of one person may not.
HAM10000 brings no test set: `test_fraction` of the lesions are held out, and their labels go to
the solution alone.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle.reading import (
    SEX_SPELLINGS,
    Tables,
    fill_patients,
    known_ids,
    parse_age,
    read_csv,
    read_sample,
    translate,
)

__all__ = ["FILES", "FOLDERS", "tables"]

FILES = ("HAM10000_metadata.csv", "sample_submission.csv")
_PLACES = ("images", "HAM10000_images_part_1", "HAM10000_images_part_2")
FOLDERS: Mapping[str, tuple[str, ...]] = {"train": _PLACES, "test": _PLACES}
_COLUMNS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
_DIAGNOSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
_SITES: Mapping[str, str | None] = {
    "abdomen": "torso",
    "acral": "palms/soles",
    "back": "torso",
    "chest": "torso",
    "ear": "head/neck",
    "face": "head/neck",
    "foot": "lower extremity",
    "genital": "oral/genital",
    "hand": "upper extremity",
    "lower extremity": "lower extremity",
    "neck": "head/neck",
    "scalp": "head/neck",
    "trunk": "torso",
    "unknown": None,
    "upper extremity": "upper extremity",
}


def tables(settings: DataSettings, data: Path) -> Tables:
    """Read and check the metadata and hold the test lesions out, without a look at any image.

    The frame has the columns of an ImageTable but path, and the extras lesion_id and diagnosis
    (dx; null for the held-out images). Which lesions are held out depends on the set of lesions,
    `test_fraction` and the seed, not on the order of the rows; the share is that of the lesions,
    among the melanomas as among the rest.

    Raises MelError for every fault of a table (see `mel.kaggle.load`), for a test_fraction of 0,
    and for one that leaves a side without melanoma or without anything else.
    """
    if not settings.test_fraction:
        raise MelError(
            "data.test_fraction 0: ham10000 brings no test set; hold some lesions out, such as 0.15"
        )
    where = data / "HAM10000_metadata.csv"
    raw = read_csv(where, _COLUMNS, unique="image_id").sort("image_id")
    diagnosis = translate(raw, "dx", {dx: dx for dx in _DIAGNOSES}, where, "image_id")
    if diagnosis.null_count():
        first = raw.filter(diagnosis.is_null())["image_id"][0]
        raise MelError(f"{where}: no dx for image {first} ({diagnosis.null_count()} rows)")
    frame = pl.DataFrame(
        {
            "image_id": raw["image_id"],
            "patient_id": fill_patients(
                raw, "lesion_id", settings.missing_patient, where, "image_id"
            ),
            "target": (diagnosis == "mel").cast(pl.Int8),
            "sex": translate(raw, "sex", SEX_SPELLINGS, where, "image_id"),
            "age": parse_age(raw, "age", where, "image_id"),
            "site": translate(raw, "localization", _SITES, where, "image_id"),
            "lesion_id": known_ids(raw, "lesion_id"),
            "diagnosis": diagnosis,
        }
    ).with_columns(source=pl.lit("ham10000"))
    return _split(frame, settings, data)


def _split(frame: pl.DataFrame, settings: DataSettings, data: Path) -> Tables:
    held_out = pl.col("patient_id").is_in(_held_out(frame, settings))
    test = frame.filter(held_out)
    _require_both(test, settings)
    _require_both(frame.filter(~held_out), settings)
    frame = frame.with_columns(
        split=pl.when(held_out).then(pl.lit("test")).otherwise(pl.lit("train")),
        target=pl.when(~held_out).then("target"),
        diagnosis=pl.when(~held_out).then("diagnosis"),
    )
    header = ("image_id", "target")
    sample = read_sample(data / "sample_submission.csv", header, test["image_id"])
    return Tables(frame, sample, test.select("image_id", "target"))


def _held_out(frame: pl.DataFrame, settings: DataSettings) -> list[str]:
    """Give the lesions to hold out: of each class sorted, then shuffled by the seed, the first."""
    lesions = frame.group_by("patient_id").agg(pl.col("target").max()).sort("patient_id")
    chosen: list[str] = []
    for target in (0, 1):
        names = lesions.filter(pl.col("target") == target)["patient_id"].to_list()
        rng = np.random.default_rng([settings.seed, target])
        count = round(settings.test_fraction * len(names))
        chosen += [names[k] for k in rng.permutation(len(names))[:count]]
    return chosen


def _require_both(side: pl.DataFrame, settings: DataSettings) -> None:
    if side["target"].n_unique() < 2:
        raise MelError(
            f"data.test_fraction {settings.test_fraction:g}: leaves a side without melanoma or "
            "without anything else; choose another fraction"
        )

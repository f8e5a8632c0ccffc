"""What a row that goes knew of its picture, the patient and the lesion, the others keep."""

import polars as pl

from mel.checks import is_missing
from mel.kaggle.duplicates.labels import label

__all__ = ["hand_on"]


def hand_on(frame: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """Give the rows that stay with the links of those that go, so that no group falls apart.

    `frame` has image_id, split and perhaps patient_id and lesion_id, `gone` the same two and
    kept_id, the row of the same picture that stays. One picture is of one patient and one lesion:
    where two rows call these by different names, all rows take one of them, that of a row which
    stays; where the row that stays has no lesion, it takes that of the one that goes. Patients
    who would then be both in train and in test keep their names.

    >>> frame = pl.DataFrame(
    ...     {"image_id": ["a", "b"], "split": ["train", "external"], "patient_id": ["IP_1", "x"]}
    ... )
    >>> gone = pl.DataFrame({"kept_id": ["a"], "patient_id": ["x"]})
    >>> hand_on(frame, gone)["patient_id"].to_list()
    ['IP_1', 'IP_1']
    """
    for column in ("lesion_id", "patient_id"):
        if column in frame.columns and gone.height:
            known = gone.filter(~is_missing(column)).select("kept_id", column)
            frame = _renamed(_filled(frame, known, column), known, column)
    return frame


def _filled(frame: pl.DataFrame, known: pl.DataFrame, column: str) -> pl.DataFrame:
    smallest = known.group_by("kept_id").agg(_handed=pl.col(column).min())
    wide = frame.join(
        smallest, left_on="image_id", right_on="kept_id", how="left", maintain_order="left"
    )
    taken = pl.when(is_missing(column)).then(pl.coalesce("_handed", column)).otherwise(column)
    return wide.with_columns(taken.alias(column)).drop("_handed")


def _renamed(frame: pl.DataFrame, known: pl.DataFrame, column: str) -> pl.DataFrame:
    ours = frame.select(kept_id="image_id", image_id_2=column)
    pairs = known.rename({column: "image_id_1"}).join(ours, on="kept_id")
    pairs = pairs.filter(pl.col("image_id_1") != pl.col("image_id_2"))
    names = pl.concat([pairs["image_id_1"], pairs["image_id_2"]]).unique().alias("image_id")
    groups = label(names.to_frame(), pairs).rename({"image_id": column, "duplicate_id": "_group"})
    if column == "patient_id":
        groups = groups.join(_on_both_sides(frame, groups), on="_group", how="anti")
    made = pl.col(column).str.starts_with("own-")  # for an image without a patient
    theirs = ~pl.col(column).is_in(pairs["image_id_2"].to_list())
    groups = groups.sort(made, theirs, column)
    named = groups.select(column, _name=pl.col(column).first().over("_group"))
    wide = frame.join(named, on=column, how="left", maintain_order="left")
    return wide.with_columns(pl.coalesce("_name", column).alias(column)).drop("_name")


def _on_both_sides(frame: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    rows = frame.join(groups, on="patient_id")
    sides = rows.filter(pl.col("split").is_in(["train", "test"])).group_by("_group")
    return sides.agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)

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
    stays; where the row that stays has no lesion, it takes that of the one that goes. Where a
    patient would then be in train and in test, those in train keep a name of their own, and the
    external images take that of the test images: nobody's may train. All of such a person's
    images then have a common person_id, the smallest image_id, which folds keep together.

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


def _one_person(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the images of each group that is in train and in test one person_id.

    rows: image_id, _group, _apart (of the train rows of such a group) and perhaps person_id.
    """
    both = rows.filter(pl.col("_apart").any().over("_group"))
    if not both.height:
        return rows
    pairs = both.select(image_id_1=pl.col("image_id").min().over("_group"), image_id_2="image_id")
    there = pl.col("person_id") if "person_id" in rows.columns else pl.lit(None, pl.String)
    found = label(rows.select("image_id", duplicate_id=there), pairs)
    return rows.with_columns(person_id=found["duplicate_id"])


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
    wide = frame.join(groups, on=column, how="left", maintain_order="left")
    apart = _apart() if column == "patient_id" else pl.lit(value=False)
    wide = _one_person(wide.with_columns(_apart=apart & pl.col("_group").is_not_null()))
    first = pl.col(column).sort_by(pl.col("split") == "external", column).first()
    one = first.over("_group", "_apart")
    renamed = pl.when(pl.col("_group").is_not_null()).then(one).otherwise(column)
    return wide.with_columns(renamed.alias(column)).drop("_group", "_apart")


def _apart() -> pl.Expr:
    """Tell train rows from others in a group that has test rows too."""
    train, test = (pl.col("split") == side for side in ("train", "test"))
    return train & test.any().over("_group")

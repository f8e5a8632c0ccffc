"""What is there: images, patients and positives, what is missing, what contradicts itself."""

import polars as pl

from mel.kaggle.exploring.rates import ORDERED, PATIENT_BAND, banded, wilson
from mel.tables import ImageTable

__all__ = ["contradictions", "missing_values", "patient_sizes", "split_counts"]

_SPLITS = ("train", "test", "external")
_WITHIN = ("sex", "age", "target")
_NEVER_MISSING = ("image_id", "patient_id", "split", "path", "source", "target", "duplicate_id")


def split_counts(table: ImageTable) -> pl.DataFrame:
    """Count each split that has images.

    Columns: split, images, patients, positives, share (0 to 1), low, high (95 % interval), then
    median_images and most_images (of one patient) and positive_patients; what needs targets is
    null for test.
    """
    frame = table.frame
    own = frame.group_by("split", "patient_id").agg(
        pl.len().alias("own"), (pl.col("target") == 1).any().alias("ill")
    )
    patients = own.group_by("split").agg(
        pl.len().cast(pl.Int64).alias("patients"),
        pl.col("own").median().alias("median_images"),
        pl.col("own").max().cast(pl.Int64).alias("most_images"),
        pl.col("ill").sum().cast(pl.Int64).alias("positive_patients"),
    )
    images = frame.group_by("split").agg(
        pl.len().cast(pl.Int64).alias("images"),
        pl.col("target").cast(pl.Int64).sum().alias("positives"),
    )
    found = images.join(patients, on="split", validate="1:1")
    low, high = wilson(found["positives"], found["images"])
    share = pl.col("positives") / pl.col("images")
    found = found.with_columns(share.alias("share"), pl.Series("low", low), pl.Series("high", high))
    labelled = pl.col("split") != "test"
    found = found.with_columns(
        pl.when(labelled).then(name).alias(name)
        for name in ("positives", "share", "low", "high", "positive_patients")
    )
    order = pl.col("split").replace_strict({s: i for i, s in enumerate(_SPLITS)})
    return found.sort(order).select(
        "split",
        "images",
        "patients",
        *("positives", "share", "low", "high", "positive_patients"),
        *("median_images", "most_images"),
    )


def missing_values(table: ImageTable) -> pl.DataFrame:
    """Count what each column lacks: a row a column and split, with images, missing and share.

    Only columns that can be missing and are there at all.
    """
    columns = [name for name in table.frame.columns if name not in _NEVER_MISSING]
    if not columns:
        return pl.DataFrame(
            schema={
                "column": pl.String,
                "split": pl.String,
                "images": pl.Int64,
                "missing": pl.Int64,
                "share": pl.Float64,
            }
        )
    counted = table.frame.group_by("split").agg(
        pl.len().cast(pl.Int64).alias("images"),
        *(pl.col(name).null_count().cast(pl.Int64).alias(name) for name in columns),
    )
    long = counted.unpivot(
        columns, index=["split", "images"], variable_name="column", value_name="missing"
    )
    order = pl.col("split").replace_strict({s: i for i, s in enumerate(_SPLITS)})
    place = pl.col("column").replace_strict({c: i for i, c in enumerate(columns)})
    by_nature = (pl.col("column") == "diagnosis") & (pl.col("split") == "test")
    found = (
        long.filter(~by_nature)
        .with_columns(share=pl.col("missing") / pl.col("images"))
        .sort(place, order)
    )
    return found.select("column", "split", "images", "missing", "share")


def patient_sizes(table: ImageTable) -> pl.DataFrame:
    """Spread patients over bands of how many images they have in their split.

    Columns: split, value (the band), patients, share (of the split's patients, 0 to 1).
    """
    own = banded(table.frame).select("split", "patient_id", PATIENT_BAND).unique()
    found = own.group_by("split", pl.col(PATIENT_BAND).alias("value")).agg(
        pl.len().cast(pl.Int64).alias("patients")
    )
    bands = {name: rank for rank, name in enumerate(ORDERED[PATIENT_BAND])}
    share = pl.col("patients") / pl.col("patients").sum().over("split")
    return found.with_columns(share=share).sort(
        "split", pl.col("value").replace_strict(bands, return_dtype=pl.Int64)
    )


def contradictions(table: ImageTable) -> dict[str, int]:
    """Count train patients with more than one sex, age or target among their images."""
    own = table.train.group_by("patient_id").agg(
        (pl.col(name).drop_nulls().n_unique() > 1).alias(name) for name in _WITHIN
    )
    return {name: int(own[name].sum()) for name in _WITHIN}

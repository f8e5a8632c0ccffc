"""How evenly a fold map spreads its table over the folds: measured from the files alone.

Every axis has categories, and each should have an equal share in every fold. The **deviation** of
a category in a fold is relative: (count - mean) / mean, the mean over the folds. A category's
deviation is its largest in any fold, without sign; a map's is the median over all categories,
with the largest beside it.
"""

from collections.abc import Iterable

import numpy as np
import polars as pl

from mel.folds.proving.axes import Axis, axes_of, reading_order
from mel.tables import Folds, ImageTable, as_table

__all__ = ["balance", "by_axis", "by_category", "measured"]

_CATEGORY = ["axis", "category", "unit"]


def balance(
    table: ImageTable | pl.DataFrame, folds: Folds, columns: Iterable[str] = ()
) -> pl.DataFrame:
    """Count every category of every axis in every fold, over the train images.

    The axes are rows, positives, patients and positive patients (one category each), sex, age
    (years, in bands), site, images a patient and source; then `columns`, further columns of the
    table. An axis with a single category is left out, since it says what the rows say. What is
    missing is a category of its own. Of a further column with more than twenty values the rarest
    count together; one of numbers is cut into eight bands by rank.

    Gives a row a category and fold: axis, category, unit (images or patients: what is counted),
    fold, count and deviation (relative; 0.01 is one per cent). Raises MelError for folds of other
    images and for an unknown column.

    >>> frame = pl.DataFrame(
    ...     {"image_id": list("abcd"), "patient_id": list("pqrs"), "target": [0, 1, 0, 1]}
    ... ).with_columns(
    ...     pl.lit("train").alias("split"),
    ...     pl.lit("somewhere.jpg").alias("path"),
    ...     pl.lit("example").alias("source"),
    ...     pl.Series("sex", ["female", "female", "male", "female"]),
    ...     *(pl.lit(None).alias(name) for name in ("age", "site")),
    ... )
    >>> halves = pl.DataFrame({"image_id": list("abcd"), "fold": [0, 0, 1, 1]})
    >>> found = balance(frame, Folds.of(halves, seed=0, method="by hand"))
    >>> found.filter(axis="sex", category="female")["deviation"].round(3).to_list()
    [0.333, -0.333]

    Guarantees: the same rows in the same order for any order of the table's rows.
    """
    table = as_table(table)
    folds.covers(table)
    return measured(table.train, folds.frame, table.name, columns)


def measured(
    images: pl.DataFrame, folds: pl.DataFrame, where: str, columns: Iterable[str] = ()
) -> pl.DataFrame:
    """Do what `balance` does, for rows of train images and any frame of image_id and fold."""
    frame = images.join(folds, on="image_id", how="left", validate="1:1")
    n_folds = int(np.max(folds["fold"].to_numpy())) + 1
    counts = [_counted(axis, n_folds) for axis in axes_of(frame, where, columns)]
    mean = pl.col("count").mean().over("axis", "category")
    return pl.concat(counts).with_columns(deviation=(pl.col("count") - mean) / mean)


def _counted(axis: Axis, n_folds: int) -> pl.DataFrame:
    """Count the rows of each category and fold, zeros included, in reading order."""
    names = sorted(axis.rows["category"].unique(), key=reading_order)
    grid = pl.DataFrame({"category": names}, schema={"category": pl.String}).join(
        pl.DataFrame({"fold": range(n_folds)}, schema={"fold": pl.Int16}), how="cross"
    )
    counts = axis.rows.group_by("category", "fold").agg(count=pl.len().cast(pl.Int64))
    counts = counts.with_columns(pl.col("fold").cast(pl.Int16))
    keys = ["category", "fold"]
    found = grid.join(counts, on=keys, how="left", validate="1:1", maintain_order="left")
    return found.select(
        pl.lit(axis.name).alias("axis"),
        "category",
        pl.lit(axis.unit).alias("unit"),
        "fold",
        pl.col("count").fill_null(0),
    )


def by_category(found: pl.DataFrame) -> pl.DataFrame:
    """Give a row a category of what `balance` found: counts, deviations, and the largest.

    Columns: axis, category, unit, total, worst (the largest deviation in any fold, without sign),
    least (the smallest that whole numbers allow: 3 images in 5 folds cannot do better than 1),
    then count_0 ... and deviation_0 ... of each fold.
    """
    total, size = pl.col("count").sum(), pl.len()
    up = (size - total % size) % size / total  # a fold rounded up, relative to total / size
    down = pl.when(total % size > 0).then(total % size / total).otherwise(0.0)
    worst = found.group_by(_CATEGORY, maintain_order=True).agg(
        total=total, worst=pl.col("deviation").abs().max(), least=pl.max_horizontal(up, down)
    )
    wide = found.pivot(on="fold", index=_CATEGORY, values=["count", "deviation"])
    return worst.join(wide, on=_CATEGORY, how="left", validate="1:1", maintain_order="left")


def by_axis(found: pl.DataFrame) -> pl.DataFrame:
    """Give a row an axis of what `balance` found, and last one over all categories.

    Columns: axis, categories (how many), median and largest (of their deviations, relative), and
    the category and the fold with the largest.
    """
    worst = pl.col("deviation").abs()
    categories = found.group_by(_CATEGORY, maintain_order=True).agg(
        worst=worst.max(), fold=pl.col("fold").get(worst.arg_max())
    )
    summary = [
        pl.len().alias("categories"),
        pl.col("worst").median().alias("median"),
        pl.col("worst").max().alias("largest"),
        pl.col("category").get(pl.col("worst").arg_max()).alias("category"),
        pl.col("fold").get(pl.col("worst").arg_max()).alias("fold"),
    ]
    axes = categories.group_by("axis", maintain_order=True).agg(summary)
    return pl.concat([axes, categories.select(pl.lit("all").alias("axis"), *summary)])

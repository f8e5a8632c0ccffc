"""The proof that nothing leaks: any fold map against its table, without the code that built it."""

from dataclasses import dataclass

import polars as pl

from mel.checks import AXES, is_missing
from mel.tables import Folds, ImageTable, as_table

__all__ = ["Audit", "audit"]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    `crossings` has a row for each id found in more than one fold: kind (patient, lesion or
    duplicate), id, folds (list of their numbers) and images (how many it has in the folds).
    `counts` has a row a fold: fold, rows, positives, positive_share (0 to 1), patients,
    positive_patients, median_age (years) and female_share (0 to 1, of the images whose sex is
    known). `checked` names the kinds of which the train images have an id at all: of another kind
    nothing is known.
    """

    crossings: pl.DataFrame
    counts: pl.DataFrame
    checked: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether no id crosses folds and every fold has both classes."""
        return not self.faults

    @property
    def faults(self) -> tuple[str, ...]:
        """One line for each kind of id that crosses, and each fold without one of the classes."""
        return (*_crossing_faults(self.crossings), *_class_faults(self.counts))

    @property
    def verdict(self) -> str:
        """One line for a reader: what was checked, over how much, and what is wrong."""
        size = f"{self.counts.height} folds of {self.counts['rows'].sum()} images"
        checked = f"checked by {', '.join(self.checked)}"
        found = "; ".join(self.faults) if self.faults else "nothing crosses"
        return f"{size}, {checked}: {found}"


def _crossing_faults(crossings: pl.DataFrame) -> list[str]:
    found = crossings.group_by("kind", maintain_order=True).agg(
        pl.len().alias("ids"), pl.col("images").sum()
    )
    return [
        f"{ids} {kind}{'' if ids == 1 else 's'} with {images} images in more than one fold"
        for kind, ids, images in found.iter_rows()
    ]


def _class_faults(counts: pl.DataFrame) -> list[str]:
    rows = counts.select("fold", "rows", "positives").iter_rows()
    return [
        f"fold {fold} has no {'negative' if positives else 'positive'}"
        for fold, size, positives in rows
        if positives in (0, size)
    ]


def _crossings(frame: pl.DataFrame, kind: str, column: str) -> pl.DataFrame:
    """Every id of one column whose images lie in more than one fold, smallest id first."""
    found = (
        frame.select("fold", pl.col(column).cast(pl.String).alias("id"))
        .filter(~is_missing("id"))
        .group_by("id")
        .agg(pl.col("fold").unique().sort().alias("folds"), pl.len().alias("images"))
        .filter(pl.col("folds").list.len() > 1)
        .sort("id")
    )
    return found.select(pl.lit(kind).alias("kind"), "id", "folds", "images")


def _counts(frame: pl.DataFrame) -> pl.DataFrame:
    positive = pl.col("target") == 1
    return (
        frame.group_by("fold")
        .agg(
            pl.len().alias("rows"),
            positive.sum().alias("positives"),
            positive.mean().alias("positive_share"),
            pl.col("patient_id").n_unique().alias("patients"),
            pl.col("patient_id").filter(positive).n_unique().alias("positive_patients"),
            pl.col("age").median().alias("median_age"),
            (pl.col("sex") == "female").mean().alias("female_share"),
        )
        .sort("fold")
    )


def audit(table: ImageTable | pl.DataFrame, folds: Folds) -> Audit:
    """Look for every patient, lesion and duplicate that `folds` separates, and count each fold.

    The fold map may come from anywhere. Each kind of id is checked on its own, lesion_id and
    duplicate_id where the table has them, with nothing shared with the code that builds folds but
    which ids count as missing (`mel.checks.is_missing`). That is enough for chains of train
    images, which cross folds only where one of their links does. Raises MelError when the folds do
    not hold exactly the table's train images.

    >>> frame = pl.DataFrame(
    ...     {"image_id": list("abcd"), "patient_id": list("pppq"), "target": [0, 1, 0, 1]}
    ... ).with_columns(
    ...     pl.lit("train").alias("split"),
    ...     pl.lit("somewhere.jpg").alias("path"),
    ...     pl.lit("example").alias("source"),
    ...     *(pl.lit(None).alias(name) for name in ("sex", "age", "site")),
    ... )
    >>> table = ImageTable.of(frame, "example")
    >>> by_row = pl.DataFrame({"image_id": list("abcd"), "fold": [0, 0, 1, 1]})
    >>> found = audit(table, Folds.of(by_row, seed=0, method="by row"))
    >>> found.crossings.rows()
    [('patient', 'p', [0, 1], 3)]
    >>> found.verdict
    '2 folds of 4 images, checked by patient: 1 patient with 3 images in more than one fold'

    Guarantees: the same findings, in the same order, for any order of the rows.
    """
    table = as_table(table)
    folds.covers(table)
    frame = table.train.join(folds.frame, on="image_id", how="left", validate="1:1")
    axes = {kind: column for kind, column in AXES.items() if column in frame.columns}
    crossings = pl.concat([_crossings(frame, kind, column) for kind, column in axes.items()])
    checked = tuple(
        kind for kind, column in axes.items() if frame.filter(~is_missing(column)).height
    )
    return Audit(crossings, _counts(frame), checked)

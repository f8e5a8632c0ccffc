"""The proof that nothing leaks: any fold map against its table, without the code that built it."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from mel.checks import AXES, is_missing
from mel.errors import MelError
from mel.folds.proving.balance import measured
from mel.folds.proving.comparison import compare as put_beside
from mel.folds.proving.findings import Audit
from mel.folds.proving.leaks import crossings, link_rows, shared_with_test
from mel.folds.proving.pairs import as_pairs, read_pairs
from mel.tables import Folds, ImageTable, as_table

__all__ = ["audit"]


def _counts(table: ImageTable, folds: Folds) -> pl.DataFrame:
    frame = table.train.join(folds.frame, on="image_id", how="left", validate="1:1")
    positive = pl.col("target") == 1
    barred = folds.barred.filter(pl.col("image_id").is_in(list(folds.external)))
    shut = barred.group_by("fold").agg(barred=pl.len().cast(pl.Int64))
    external = len(folds.external) - pl.col("barred").fill_null(0)
    found = (
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
        .join(shut, on="fold", how="left", validate="1:1")
    )
    return found.with_columns(external=external).drop("barred").sort("fold")


def audit(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    pairs: pl.DataFrame | Path | str | None = None,
    columns: Iterable[str] = (),
    *,
    compare: bool = False,
) -> Audit:
    """Look for every image that may train what scores a relative of it, and weigh the folds.

    The fold map may come from anywhere; its barred pairs are honoured. Relatives share a patient, a
    lesion_id, duplicate_id or person_id, where the table has them, or are a pair of copies in
    `pairs` (a file or a frame: see `mel.folds.proving.pairs`). Nothing is shared with the code that
    builds folds but which ids count as missing (`mel.checks.is_missing`). `columns` are further
    axes of the balance table; with `compare`, the map is put beside scikit-learn's plain ones.

    Raises MelError when the folds do not hold exactly the table's train and external images, for
    pairs of which no image is the table's, and for an unknown column.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> audit(table, folds).verdict
    '2 folds of 84 images, checked by patient, duplicate: nothing crosses'
    >>> by_row = table.train.select("image_id", fold=pl.int_range(pl.len()) % 2)
    >>> found = audit(table, Folds.of(by_row, seed=0, method="by row"))
    >>> found.ok, found.crossings.columns
    (False, ['kind', 'id', 'folds', 'images', 'leak'])
    >>> found.leaks[0]
    '15 patients with 72 images in more than one fold'

    Guarantees: the same findings, in the same order, for any order of the rows.
    """
    table, columns = as_table(table), tuple(columns)
    folds.covers(table)
    where = str(pairs) if isinstance(pairs, Path | str) else "pairs"
    known = read_pairs(pairs) if isinstance(pairs, Path | str) else _checked_pairs(pairs)
    _refuse_strange_pairs(table, known, where)
    links = link_rows(table.frame, known)
    return Audit(
        crossings(table, folds, links),
        _counts(table, folds),
        _checked(table, known),
        measured(table.train, folds.frame, table.name, columns),
        shared_with_test(table, links),
        put_beside(table, folds, known, columns) if compare else None,
        _left_out(table, known),
    )


def _checked_pairs(pairs: pl.DataFrame | None) -> pl.DataFrame | None:
    return None if pairs is None else as_pairs(pairs)


def _checked(table: ImageTable, pairs: pl.DataFrame | None) -> tuple[str, ...]:
    """Give the kinds that were looked for: axes with an id in what trains, and pairs if given."""
    trains = table.frame.filter(pl.col("split") != "test")
    axes = [kind for kind, column in AXES.items() if column in trains.columns]
    there = [kind for kind in axes if trains.filter(~is_missing(AXES[kind])).height]
    listed = () if pairs is None else sorted(pairs["kind"].unique())
    return (*there, *listed)


def _left_out(table: ImageTable, pairs: pl.DataFrame | None) -> int:
    """Count the pairs of which an image is not in the table."""
    if pairs is None:
        return 0
    known = table.frame["image_id"].implode()
    there = pl.all_horizontal(pl.col(side).is_in(known) for side in ("one", "other"))
    return pairs.filter(~there).height


def _refuse_strange_pairs(table: ImageTable, pairs: pl.DataFrame | None, where: str) -> None:
    if pairs is None or not pairs.height:
        return
    known = table.frame["image_id"].implode()
    if not any(pairs[side].is_in(known).any() for side in ("one", "other")):
        raise MelError(
            f"{where}: none of its {pairs.height} pairs has an image of table {table.name}; give "
            "the list that belongs to it"
        )

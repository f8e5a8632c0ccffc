"""A fold map made elsewhere -> Folds: columns found, folds renumbered, every odd id refused."""

from pathlib import Path

import polars as pl

from mel.checks import as_ids, as_text
from mel.errors import MelError, many
from mel.files import (
    FOLD_COLUMNS,
    ID_COLUMNS,
    digest_file,
    is_ours,
    named,
    read_foreign,
    read_header,
    usual,
)
from mel.folds.barring import barred
from mel.folds.components import groups
from mel.folds.importing.numbering import numbered
from mel.progress import say
from mel.tables import Folds, ImageTable, as_table

__all__ = ["has_folds", "read_map"]


def read_map(
    path: Path | str,
    table: ImageTable | pl.DataFrame,
    id_column: str | None = None,
    fold_column: str | None = None,
) -> Folds:
    r"""Read a fold map that something else made, and fit it to a table.

    `path` is CSV or Parquet with a row an image: a column of ids and a column of folds, found by
    their usual names unless named here; other columns are ignored. Folds that count from 1, have
    gaps or are words are numbered from 0 in their order, which is said. The folds of external
    images are ignored: these train, but for the folds that score a relative of theirs, and for
    none where a relative is a test image. A file that mel wrote is taken as it is.

    Nothing is said of leaks: `mel.folds.audit` finds them.

    Raises MelError for a file that is missing or cannot be read, has no header, another delimiter
    than the comma, a column twice, not found, or named for ids and folds alike; for ids that are
    unknown, missing or double; for a fold that is empty, negative or no whole number among
    numbers; and for fewer than two folds.

    >>> from tempfile import TemporaryDirectory
    >>> frame = pl.DataFrame(
    ...     {"image_id": list("abcd"), "patient_id": list("pqrs"), "target": [0, 1, 0, 1]}
    ... ).with_columns(
    ...     pl.lit("train").alias("split"),
    ...     pl.lit("somewhere.jpg").alias("path"),
    ...     pl.lit("example").alias("source"),
    ...     *(pl.lit(None).alias(name) for name in ("sex", "age", "site")),
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "map.csv"
    ...     _ = path.write_text("image_name,fold,score\na,1,.1\nd,2,.7\nc,1,.3\nb,2,.2\n")
    ...     read_map(path, frame).frame.rows()
    [('a', 0), ('b', 1), ('c', 0), ('d', 1)]

    Guarantees: the same folds for any order of the file's rows and of the table's.
    """
    path, table = Path(path), as_table(table)
    found = read_foreign(path, table.frame["image_id"])
    if is_ours(path) and set(found.columns) <= {"image_id", "fold", "barred"}:
        return _read_ours(path, table, id_column, fold_column)
    ids = named(found, id_column, ID_COLUMNS, "ids", path, "--id-column")
    column = named(found, fold_column, FOLD_COLUMNS, "folds", path, "--fold-column")
    if ids == column:
        raise MelError(f"{path}: {ids!r} cannot hold both ids and folds; name another column")
    rows = _train_rows(_rows(found, ids, column, table, path), column, table, path)
    frame = rows.select("image_id", numbered(rows, column, path))
    return Folds.of(
        frame,
        seed=0,
        method=f"imported from {path.name}, columns {ids} and {column}",
        inputs={"images": table.digest, "map": digest_file(path)[:16]},
        barred=_barred(table, frame),
        external=table.external["image_id"],
    )


def has_folds(path: Path | str, table: ImageTable) -> bool:
    """Tell whether a file has a column of folds by a usual name.

    `path` is CSV or Parquet with a row an image of `table`. Raises MelError for a file that cannot
    be read, as `read_map` does.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> has_folds("work/demo/folds.parquet", table)
    True
    >>> has_folds("work/demo/competition/train.csv", table)
    False
    """
    return bool(usual(read_foreign(Path(path), table.frame["image_id"]), FOLD_COLUMNS))


def _read_ours(path: Path, table: ImageTable, *columns: str | None) -> Folds:
    if any(columns):
        raise MelError(f"{path}: mel wrote it, its columns are known; leave the options out")
    read_header(path, "folds")
    found = Folds.read(path)
    found.covers(table)
    return found


def _rows(
    found: pl.DataFrame, ids: str, column: str, table: ImageTable, path: Path
) -> pl.DataFrame:
    """Give image_id and label, both text; file names become ids where only so they are known."""
    names = as_ids(found[ids], table.frame["image_id"], str(path))
    return pl.DataFrame({"image_id": names, "label": as_text(found[column], str(path))})


def _train_rows(rows: pl.DataFrame, column: str, table: ImageTable, path: Path) -> pl.DataFrame:
    """Give the rows of the train images; refuse unknown ids, test images and missing ones."""
    splits = table.frame.select("image_id", "split")
    rows = rows.join(splits, on="image_id", how="left", validate="1:1").sort("image_id")
    out = pl.col("label").str.contains(r"^-1(\.0*)?$").fill_null(False)
    _refuse_left_out(rows.filter(out, split="train"), column, path)
    for left, why in (
        (rows.filter(split="external"), "external images, which are in no fold"),
        (rows.filter(out, pl.col("split").ne_missing("external")), f"images whose {column} is -1"),
    ):
        if left.height:
            say(f"{path}: {left.height} rows ignored: {why}")
    rows = rows.filter(~out, pl.col("split").ne_missing("external"))
    _refuse_strangers(rows, table, path)
    return rows.filter(split="train")


def _refuse_left_out(rows: pl.DataFrame, column: str, path: Path) -> None:
    if rows.height:
        raise MelError(
            f"{path}: {column} is -1 for {rows.height} train images (first: "
            f"{rows['image_id'][0]!r}): it marks images that were left out, mostly copies; load "
            "the table with data.drop_duplicates = true, or give each the fold of its patient"
        )


def _refuse_strangers(rows: pl.DataFrame, table: ImageTable, path: Path) -> None:
    ids = rows["image_id"]
    odd = rows.filter(pl.col("split").is_null())["image_id"]
    if odd.len():
        raise MelError(
            f"{path}: image {odd[0]!r} is not in table {table.name} ({odd.len()} of {ids.len()} "
            "ids are unknown); give the map that belongs to it"
        )
    tested = rows.filter(split="test")["image_id"]
    if tested.len():
        raise MelError(
            f"{path}: image {tested[0]!r} is a test image ({many(tested.len(), 'such id')}); "
            "only train images have a fold: remove these rows"
        )
    lacking = table.train.filter(~pl.col("image_id").is_in(ids.implode()))["image_id"]
    if lacking.len():
        raise MelError(
            f"{path}: train image {lacking.min()!r} is missing ({lacking.len()} of "
            f"{table.train.height} are); give a map of all train images"
        )


def _barred(table: ImageTable, frame: pl.DataFrame) -> pl.DataFrame:
    """Bar external images from what scores a relative; train images are as the map has them."""
    rows = table.frame.select("image_id", "split").join(groups(table.frame), on="image_id")
    scored = frame.join(rows.select("image_id", "group"), on="image_id", validate="1:1")
    return barred(rows.filter(pl.col("split") != "train"), scored)

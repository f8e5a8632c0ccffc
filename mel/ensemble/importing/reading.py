"""One file of scores -> image_id and score of exactly the images it must score, or a refusal."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mel.checks import as_ids
from mel.ensemble.importing.columns import score_column, truth_columns
from mel.errors import MelError, many
from mel.files import ID_COLUMNS, is_ours, named, read_foreign
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import ImageTable

__all__ = ["Given", "read_scores"]


@dataclass(frozen=True)
class Given:
    """What a file gives: image_id and score, sorted by image_id; where they stood in it.

    `truth` is what it says of its images' targets beside the scores: a frame of image_id and a
    column for each such column, as text.
    """

    frame: pl.DataFrame
    truth: pl.DataFrame
    where: str
    ids: str
    column: str


def read_scores(
    given: Path | str | pl.DataFrame,
    table: ImageTable,
    *,
    test: bool,
    id_column: str | None = None,
    column: str | None = None,
) -> Given:
    """Read the scores of a table's train images, or with `test` of its test images.

    Raises MelError for whatever `mel.files.read_foreign` refuses, columns that are not found or
    are one and the same, ids that are missing, double, unknown or of the other images, images
    without a row, and scores that are missing, text, or not finite. External images are ignored.
    """
    where = ("test" if test else "oof") if isinstance(given, pl.DataFrame) else str(given)
    frame = _opened(given, table)
    ids = named(
        frame, id_column, ID_COLUMNS, "ids", where, "--test-id-column" if test else "--id-column"
    )
    found = score_column(frame, column, where, test=test)
    if ids == found:
        raise MelError(f"{where}: {ids!r} cannot hold both ids and scores; name another column")
    names = as_ids(frame[ids], table.frame["image_id"], where)
    others = [] if test else truth_columns(frame, (ids, found))
    rows = pl.DataFrame([names.alias("image_id"), frame[found].alias("score")])
    truth = [frame[name].cast(pl.String, strict=False) for name in others]
    rows = _mine(rows.hstack(truth), table, where, test=test)
    scores = rows.select("image_id", _numbers(rows, found, where))
    return Given(scores, rows.select("image_id", *others), where, ids, found)


def _opened(given: Path | str | pl.DataFrame, table: ImageTable) -> pl.DataFrame:
    if isinstance(given, pl.DataFrame):
        return given
    path = Path(given)
    frame = read_foreign(path, table.frame["image_id"], "scores")
    if not is_ours(path):
        return frame
    known = Predictions.read(path)
    if known.kind == "in_sample":
        raise MelError(f"{path}: holds in-sample scores of {known.name}; nothing may learn of them")
    return known.frame.drop("fold") if known.kind == "test" else known.frame


def _mine(rows: pl.DataFrame, table: ImageTable, where: str, *, test: bool) -> pl.DataFrame:
    """Give the rows of the images that must be scored, sorted; refuse all others."""
    own, other = ("test", "train") if test else ("train", "test")
    splits = table.frame.select("image_id", "split")
    rows = rows.join(splits, on="image_id", how="left", validate="1:1").sort("image_id")
    outer = rows.filter(split="external").height
    if outer:
        say(f"{where}: {many(outer, 'row')} of external images ignored")
    _refuse(
        rows.filter(pl.col("split").is_null()),
        f"is not in table {table.name}",
        "give the scores that belong to it",
        where,
    )
    _refuse(rows.filter(split=other), f"is a {other} image", _swapped(own), where)
    scored = rows.filter(split=own)
    lacking = splits.filter(split=own).join(scored, on="image_id", how="anti").sort("image_id")
    _refuse(lacking, f"is a {own} image and has no row", f"score every {own} image", where)
    return scored.drop("split")


def _swapped(own: str) -> str:
    side = "--test" if own == "test" else "--oof"
    return f"{side} takes the {own} images' scores and no others"


def _refuse(rows: pl.DataFrame, what: str, way: str, where: str) -> None:
    if rows.height:
        raise MelError(
            f"{where}: image {rows['image_id'][0]!r} {what} ({many(rows.height, 'such image')}); "
            f"{way}"
        )


def _numbers(rows: pl.DataFrame, column: str, where: str) -> pl.Series:
    raw = rows["score"]
    if not (raw.dtype.is_numeric() or raw.dtype in (pl.String, pl.Boolean, pl.Null)):
        raise MelError(f"{where}: {column} holds {raw.dtype}, which are no scores")
    text = raw.str.strip_chars() if raw.dtype == pl.String else raw
    values = text.cast(pl.Float64, strict=False)
    bad = rows.filter(~values.is_finite().fill_null(False))
    if bad.height:
        value = bad["score"][0]
        raise MelError(
            f"{where}: {column} of image {bad['image_id'][0]!r} is "
            f"{'empty' if value in (None, '') else value} ({many(bad.height, 'such row')}); every "
            "score must be a finite number"
        )
    return values.alias("score")

"""Folds as somebody else wrote them -> numbers from 0 without gaps, in their order."""

from pathlib import Path

import polars as pl

from mel.checks import is_missing
from mel.errors import MelError, many
from mel.progress import say

__all__ = ["numbered"]

_MOST = 100  # folds; more different values are no folds but something else
_SHOWN = 8
_LARGEST = 2.0**53  # up to which floats count whole numbers; what is beyond is a name


def numbered(rows: pl.DataFrame, column: str, path: Path) -> pl.Series:
    """Give the fold of each row of image_id and label (text), as a series called fold.

    Whole numbers keep their order, words are put in theirs; says how they are numbered where
    that is not as they stand. Raises MelError, in which `column` and `path` are named, for a
    missing fold, a number that is not whole or negative, words among numbers, one fold only, and
    more than a hundred.

    >>> rows = pl.DataFrame({"image_id": ["a", "b", "c"], "label": ["2", "0", "1.0"]})
    >>> numbered(rows, "fold", Path("map.csv")).to_list()
    [2, 0, 1]
    """
    bare = rows.filter(is_missing("label"))
    if bare.height:
        raise _fault(bare, f"{column} is empty", "give each train image a fold", path)
    value = pl.col("label").cast(pl.Float64, strict=False)
    rows = rows.with_columns(value=value)
    words = rows.filter(pl.col("value").is_null() | (pl.col("value").abs() > _LARGEST))
    if 0 < words.height < rows.height:
        text = f"{column} {words['label'][0]!r} is no number, as others are"
        raise _fault(words, text, "correct it", path)
    if not words.height:
        _check_whole(rows, column, path)
    key = "label" if words.height else "value"
    _check_count(rows[key].n_unique(), rows, column, path)
    _say_numbers(rows, key, column, path)
    return (rows[key].rank("dense").cast(pl.Int16) - 1).alias("fold")


def _fault(rows: pl.DataFrame, what: str, way: str, path: Path) -> MelError:
    where = f"image {rows['image_id'][0]!r}, {many(rows.height, 'row')}"
    return MelError(f"{path}: {what} ({where}); {way}")


def _check_whole(rows: pl.DataFrame, column: str, path: Path) -> None:
    odd = rows.filter((pl.col("value") % 1 != 0) | (pl.col("value") < 0))
    if odd.height:
        what = f"{column} {odd['label'][0]} is no fold: they are whole numbers from 0 or 1"
        raise _fault(odd, what, f"correct it, or is {column} another column?", path)


def _check_count(count: int, rows: pl.DataFrame, column: str, path: Path) -> None:
    if count < 2:
        raise MelError(
            f"{path}: {column} is {rows['label'][0]} for all {rows.height} images: one fold "
            "leaves nothing to train on; give a map of at least two"
        )
    if count > _MOST:
        raise MelError(
            f"{path}: {column} has {count} different values for {rows.height} images, these are "
            "no folds; name the column with --fold-column"
        )


def _say_numbers(rows: pl.DataFrame, key: str, column: str, path: Path) -> None:
    known = rows.unique(key).sort(key)
    if key == "value" and known["value"].to_list() == list(range(known.height)):
        return
    names = known["label"] if key == "label" else known["value"].cast(pl.Int64).cast(pl.String)
    shown = ", ".join(names.head(_SHOWN)) + (" …" if known.height > _SHOWN else "")
    say(f"{path}: {column} {shown} numbered 0 to {known.height - 1}, in this order")

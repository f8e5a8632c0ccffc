"""Columns that must be there, and be of a type."""

from collections.abc import Iterable, Mapping

import polars as pl

from mel.errors import MelError, near

__all__ = ["as_text", "cast_columns", "require_columns"]


def require_columns(frame: pl.DataFrame, names: Iterable[str], where: str) -> None:
    """Raise MelError for a frame that lacks one of `names`; `where` opens the message.

    >>> require_columns(pl.DataFrame({"image_name": ["a"]}), ["image_id"], "train.csv")
    Traceback (most recent call last):
    mel.errors.MelError: train.csv: no column 'image_id'; did you mean 'image_name'?...
    """
    for name in names:
        if name not in frame.columns:
            raise MelError(f"{where}: no column {name!r}; {near(name, frame.columns)}")


def cast_columns(
    frame: pl.DataFrame, types: Mapping[str, pl.DataType | type[pl.DataType]], where: str
) -> pl.DataFrame:
    """Give the frame with columns cast to `types`; `where` opens a message.

    Raises MelError for what would lose something, such as 0.7 as an integer.

    >>> frame = pl.DataFrame({"fold": ["0", "1"]})
    >>> cast_columns(frame, {"fold": pl.Int16}, "map.csv")["fold"].sum()
    1
    """
    for name, wanted in types.items():
        old = frame[name]
        try:
            new = old.cast(wanted)
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise MelError(f"{where}: column {name!r} has the wrong type ({reason})") from error
        if old.dtype.is_float() and new.dtype.is_integer():
            broken = old.filter((old != old.floor()).fill_null(False))
            if broken.len():
                raise MelError(f"{where}: {name} holds {broken[0]}; it must be a whole number")
        frame = frame.with_columns(new)
    return frame


def as_text(column: pl.Series, where: str) -> pl.Series:
    """Give a column as text without blanks around it; `where` opens a message.

    Raises MelError for a column of lists or the like.

    >>> as_text(pl.Series("id", [" a", "b "]), "map.csv").to_list()
    ['a', 'b']
    """
    try:
        return column.cast(pl.String).str.strip_chars()
    except pl.exceptions.PolarsError as error:
        raise MelError(
            f"{where}: {column.name} holds {column.dtype}, which are neither ids nor folds; name "
            "the columns by their options (--help)"
        ) from error

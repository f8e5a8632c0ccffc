"""Reading a competition's CSV files: text first, then checked, each fault in one line.

Everything is read as text, so that no column's type is guessed from its first rows.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from mel.checks import require_unique
from mel.errors import MelError, many
from mel.kaggle.delimited import read_columns

__all__ = ["read_csv", "same_ids"]


def read_csv(
    path: Path,
    columns: Iterable[str],
    extras: Iterable[str] = (),
    *,
    unique: str | None,
    ignore: str | None = None,
) -> pl.DataFrame:
    """Read a CSV file as text, without blanks around a field; an empty one is null.

    `ignore` is a regular expression: further columns whose whole name matches it are not read.

    Raises MelError when the file is missing or no CSV or has no rows, when one of `columns` is
    missing, when a column is neither in `columns` nor in `extras` nor ignored, and when a value
    of the column `unique`, where there is one, is missing or stands twice.
    """
    known = list(dict.fromkeys([*columns, *extras]))
    frame, header = read_columns(path, list(columns), extras)
    for name in header:
        if name not in known and not (ignore and re.fullmatch(ignore, name)):
            raise MelError(
                f"{path}: unknown column {name!r}; remove it (known: {', '.join(known)})"
            )
    bare = pl.all().str.strip_chars()  # or "p1 " would be another patient than "p1"
    frame = frame.with_columns(pl.when(bare != "").then(bare))
    if frame.height == 0:
        raise MelError(f"{path}: has no rows below its header; fetch it again")
    if unique is not None:
        require_unique(frame, str(path), by=unique)
    return frame


def same_ids(ids: pl.Series, others: pl.Series, path: Path, other: str) -> None:
    """Refuse a file whose ids are not exactly the `others`; `other` names where those stand."""
    odd = set(ids) ^ set(others)
    if odd:
        first = min(odd)
        place = f"is here and not in {other}" if first in set(ids) else f"is in {other} alone"
        raise MelError(
            f"{path}: image {first!r} {place} ({many(len(odd), 'such id')}); take files "
            "of one release"
        )

"""Reading a fold map that something else wrote: CSV or Parquet, and the columns that matter."""

import csv
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mel.errors import MelError, near
from mel.files import read_csv, read_header
from mel.tables import Folds

__all__ = ["named", "read_foreign"]

_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_MISSING = "correct the path"


def read_foreign(path: Path, known: pl.Series) -> pl.DataFrame | Folds:
    """Read a map's file, as text where it is CSV; gives Folds where mel wrote it.

    `known` are the ids of the table, by which a file without a header is noticed. Raises MelError
    for a file that is missing, unreadable or not UTF-8, has no header, a delimiter that is no
    comma, a column twice, or no rows.
    """
    if _is_parquet(path):
        return _read_parquet(path)
    header = _header(path)
    _check_header(header, known, path)
    frame = read_csv(path, _MISSING)
    if not frame.height:
        raise MelError(f"{path}: has no rows below its header; give a map with a row an image")
    return frame


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; {_MISSING}") from None
    except OSError as error:
        raise MelError(f"{path}: cannot be read ({error.strerror}); {_MISSING}") from error


def _read_parquet(path: Path) -> pl.DataFrame | Folds:
    try:
        ours = "mel" in pl.read_parquet_metadata(path)
        frame = pl.read_parquet(path, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise MelError(f"{path}: is no readable Parquet ({reason}); fetch it again") from error
    if ours and set(frame.columns) <= {"image_id", "fold", "barred"}:
        read_header(path, "folds")
        return Folds.read(path)
    return frame


def _header(path: Path) -> list[str]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise MelError(
            f"{path}: is not UTF-8 text (byte 0x{content[error.start]:02x} in line {line}; a "
            "Windows encoding?); save it as UTF-8"
        ) from None
    if "\0" in text:
        raise MelError(f"{path}: is not UTF-8 text (UTF-16?); save it as UTF-8")
    lines = text.splitlines()
    if not lines:
        raise MelError(f"{path}: is empty; give a map with a row an image")
    return next(csv.reader(lines[:1]))


def _check_header(header: Sequence[str], known: pl.Series, path: Path) -> None:
    for sign, name in _DELIMITERS.items():
        if len(header) == 1 and sign in header[0]:
            raise MelError(f"{path}: its columns are parted by {name}; write it with commas")
    names = [name.strip() for name in header]
    if any(known.is_in(names)):
        raise MelError(
            f"{path}: has no header: its first line holds an image, {', '.join(names[:4])}; "
            "write the columns' names above it"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MelError(f"{path}: column {twice[0]!r} stands twice; remove or rename one")


def named(
    frame: pl.DataFrame, asked: str | None, usual: Sequence[str], what: str, path: Path
) -> str:
    """Give the column that was asked for, or the first of the usual names that there is.

    `what` says what it holds, ids or folds, for the message. Raises MelError.
    """
    option = "--id-column" if what == "ids" else "--fold-column"
    if asked is not None:
        if asked not in frame.columns:
            raise MelError(
                f"{path}: no column {asked!r} for the {what}; {near(asked, frame.columns)}"
            )
        return asked
    lower = {name.strip().lower(): name for name in reversed(frame.columns)}
    found = next((lower[name] for name in usual if name in lower), None)
    if found is None:
        raise MelError(
            f"{path}: no column of {what} by a usual name ({', '.join(usual[:3])} …) among "
            f"{', '.join(frame.columns[:8])}; name it with {option}"
        )
    return found

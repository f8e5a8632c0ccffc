"""Tables that something else wrote, CSV or Parquet: read with care, and the columns that matter."""

import csv
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mel.errors import MelError, near
from mel.files.csv import read_csv

__all__ = ["FOLD_COLUMNS", "ID_COLUMNS", "is_ours", "named", "read_foreign", "usual"]

ID_COLUMNS = ("image_id", "image_name", "isic_id", "image", "image_file", "img_id", "id", "name")
FOLD_COLUMNS = ("fold", "folds", "fold_id", "kfold", "fold_no", "cv", "cv_fold", "cvfold")
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_PACKED = {b"\x1f\x8b": "packed by gzip", b"PK\x03\x04": "a ZIP archive or an Excel file"}
_MISSING = "correct the path"


def read_foreign(path: Path, known: pl.Series, noun: str = "a map") -> pl.DataFrame:
    """Read a table with a row an image: as text where it is CSV, whatever its name says.

    `known` are the images' ids, by which a file without a header is noticed; `noun` says what is
    read, for the messages. Raises MelError for a file that is missing, unreadable or not UTF-8, has
    no header, a delimiter that is no comma, a column twice, or no rows, and for one that is packed.
    Blank lines are passed over.

    >>> known = pl.Series(["SYN_1163909"])
    >>> read_foreign(Path("work/demo/submissions/blend.csv"), known, "scores").columns
    ['image_name', 'target']
    """
    if _is_parquet(path):
        return _read_parquet(path)
    header = _header(path, noun)
    _check_header(header, known, path)
    frame = read_csv(path, _MISSING)
    frame = frame.filter(~pl.all_horizontal(pl.all().is_null()))  # lines of nothing
    if not frame.height:
        raise MelError(f"{path}: has no rows below its header; give {noun} with a row an image")
    return frame


def is_ours(path: Path) -> bool:
    """Tell whether a file is Parquet with mel's header.

    Raises MelError when it cannot be read.

    >>> is_ours(Path("work/demo/folds.parquet")), is_ours(Path("work/demo/sample_submission.csv"))
    (True, False)
    """
    if not _is_parquet(path):
        return False
    try:
        return "mel" in pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(path, error) from error


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; {_MISSING}") from None
    except OSError as error:
        raise MelError(f"{path}: cannot be read ({error.strerror}); {_MISSING}") from error


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> MelError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return MelError(f"{path}: is no readable Parquet ({reason}); fetch it again")


def _header(path: Path, noun: str) -> list[str]:
    content = path.read_bytes()
    for sign, name in _PACKED.items():
        if content.startswith(sign):
            raise MelError(f"{path}: is {name} and no CSV; unpack it, or save it as CSV")
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
        raise MelError(f"{path}: is empty; give {noun} with a row an image")
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


def usual(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Give the columns of a frame that have one of the usual names, in the order of the names.

    Blanks around a name and its letter case are of no account.

    >>> usual(pl.DataFrame({"Pred": [0.1], "ISIC_ID": ["a"]}), ID_COLUMNS)
    ['ISIC_ID']
    """
    lower = {name.strip().lower(): name for name in reversed(frame.columns)}
    return [lower[name] for name in names if name in lower]


def named(
    frame: pl.DataFrame,
    asked: str | None,
    names: Sequence[str],
    what: str,
    path: Path | str,
    option: str,
) -> str:
    """Give the column that was asked for, or the first of the usual names that there is.

    `what` says what it holds, ids or folds, and `option` how to name it, for the message. Raises
    MelError.

    >>> frame = pl.DataFrame({"ISIC_ID": ["a"], "k": [0]})
    >>> named(frame, None, ID_COLUMNS, "ids", "map.csv", "--id-column")
    'ISIC_ID'
    >>> named(frame, None, FOLD_COLUMNS, "folds", "map.csv", "--fold-column")
    Traceback (most recent call last):
        ...
    mel.errors.MelError: map.csv: no column of folds by a usual name (fold, folds, fold_id ...
    """
    if asked is not None:
        if asked not in frame.columns:
            raise MelError(
                f"{path}: no column {asked!r} for the {what}; {near(asked, frame.columns)}"
            )
        return asked
    found = usual(frame, names)
    if not found:
        raise MelError(
            f"{path}: no column of {what} by a usual name ({', '.join(names[:3])} …) among "
            f"{', '.join(frame.columns[:8])}; name it with {option}"
        )
    return found[0]

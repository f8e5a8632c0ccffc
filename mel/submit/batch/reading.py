"""Lists of any make, a chunk at a time: a folder, a text, CSV or Parquet file, a frame."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from mel.checks import is_missing
from mel.errors import MelError
from mel.files import read_header
from mel.images.listing import SUFFIXES
from mel.tables import ImageTable

__all__ = ["KNOWN", "Rows", "chunks", "header"]

Rows = Path | str | ImageTable | pl.DataFrame
KNOWN = ("patient_id", "age", "sex", "site")
_COLUMNS = ("image_id", "path", *KNOWN)
_WORDS = ("sex", "site")
_CHUNK = 20_000  # rows


def chunks(source: Rows) -> Iterator[pl.DataFrame]:
    """Give the rows of a list, whose columns are text and some of image_id, path and `KNOWN`.

    Other columns are left out. Missing values, by name as well ("unknown", "NA"), are null; sex and
    site are in small letters. A path in a file is taken from that file's folder on.

    Raises MelError for what is not there or cannot be read.
    """
    for frame in _raw(source):
        names = [name for name in _COLUMNS if name in frame.columns]
        text = frame.select(pl.col(name).cast(pl.String).str.strip_chars() for name in names)
        known = [name for name in KNOWN if name in names]
        text = text.with_columns(pl.when(~is_missing(name)).then(name) for name in known)
        yield text.with_columns(pl.col(name).str.to_lowercase() for name in _WORDS if name in names)


def _raw(source: Rows) -> Iterator[pl.DataFrame]:
    if isinstance(source, ImageTable):
        yield from source.frame.iter_slices(_CHUNK)
    elif isinstance(source, pl.DataFrame):
        yield from source.iter_slices(_CHUNK)
    elif (place := Path(source)).is_dir():
        yield from _folder(place)
    elif not place.is_file():
        raise MelError(f"{place}: no such folder of images and no such list; correct the path")
    else:
        yield from _file(place)


def header(source: Rows) -> list[str]:
    """Give the names of all columns of a list that can be read, those too that are left out.

    >>> header(pl.DataFrame({"file": ["a.jpg"], "age": [50]}))
    ['file', 'age']
    """
    if isinstance(source, ImageTable):
        return source.frame.columns
    if isinstance(source, pl.DataFrame):
        return source.columns
    place = Path(source)
    if place.suffix.lower() == ".csv":
        with place.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    return list(pl.read_parquet_schema(place))


def _file(place: Path) -> Iterator[pl.DataFrame]:
    read = {".csv": _csv, ".txt": _text}.get(place.suffix.lower(), _parquet)
    folder = Path() if _is_table(place) else place.parent
    for frame in read(place):
        if frame.schema.get("path") == pl.String:
            paths = [path and str(folder / path) for path in frame["path"]]
            frame = frame.with_columns(path=pl.Series(paths, dtype=pl.String))
        yield frame


def _is_table(place: Path) -> bool:
    """Tell whether a file is an ImageTable, whose paths are from where mel runs on."""
    try:
        read_header(place, "images")
    except MelError:
        return False
    return True


def _folder(folder: Path) -> Iterator[pl.DataFrame]:
    with os.scandir(folder) as entries:
        named = (
            Path(entry.path)
            for entry in entries
            if not entry.name.startswith(".")
            and Path(entry.name).suffix.lower() in SUFFIXES
            and entry.is_file()
        )
        yield from _named(named)


def _text(place: Path) -> Iterator[pl.DataFrame]:
    with place.open(encoding="utf-8") as file:
        try:
            yield from _named(Path(line.strip()) for line in file if line.strip())
        except UnicodeDecodeError as error:
            raise MelError(f"{place}: is no UTF-8 text; give a path a line") from error


def _named(paths: Iterable[Path]) -> Iterator[pl.DataFrame]:
    whole = iter(paths)
    while some := list(islice(whole, _CHUNK)):
        names = {"image_id": [p.stem for p in some], "path": [str(p) for p in some]}
        try:
            yield pl.DataFrame(names)
        except UnicodeEncodeError as error:
            raise MelError(f"{error.object!r}: is no UTF-8; rename the file") from error


def _csv(place: Path) -> Iterator[pl.DataFrame]:
    try:
        with place.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            names = next(lines, [])
            if len(set(names)) < len(names):
                raise MelError(f"{place}: two columns have the same name; rename one")
            while some := list(islice(lines, _CHUNK)):
                yield _columns(place, names, some)
    except (csv.Error, UnicodeDecodeError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MelError(f"{place}: is no readable CSV ({reason}); fetch it again") from error


def _columns(place: Path, names: Sequence[str], lines: list[list[str]]) -> pl.DataFrame:
    filled = [line for line in lines if line]
    if odd := next((line for line in filled if len(line) != len(names)), None):
        raise MelError(
            f"{place}: a row has {len(odd)} fields and the header {len(names)} (it begins with "
            f"{odd[0]!r}); correct it"
        )
    cells = [list(column) for column in zip(*filled, strict=True)] or [[] for _ in names]
    return pl.DataFrame(dict(zip(names, cells, strict=True)), dict.fromkeys(names, pl.String))


def _parquet(place: Path) -> Iterator[pl.DataFrame]:
    try:
        rows = pl.scan_parquet(place, glob=False, hive_partitioning=False)
        rows = rows.select(name for name in rows.collect_schema().names() if name in _COLUMNS)
        start = 0
        while (some := rows.slice(start, _CHUNK).collect()).height or not start:
            yield some
            start += _CHUNK
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise MelError(
            f"{place}: is no readable Parquet ({reason}); give a .csv, .parquet or .txt file, or a "
            "folder"
        ) from error

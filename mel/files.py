"""Files that are whole or absent: atomic writes, digests, and Parquet with a JSON header."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl

from mel.errors import MelError

__all__ = [
    "atomic",
    "digest_file",
    "digest_frame",
    "digest_json",
    "read_csv",
    "read_header",
    "read_json",
    "read_table",
    "required",
    "versions",
    "write_json",
    "write_table",
    "write_text",
]

_KEY = "mel"
_SCHEMA = 1  # of the headers; a file of another schema is refused
_PACKAGES = (
    "mel",
    "polars",
    "numpy",
    "scikit-learn",
    "lightgbm",
    "keras",
    "keras-cv",
    "tensorflow",
)
_JSON_NAMES = {
    bool: "true or false",
    dict: "an object",
    float: "a number",
    int: "a whole number",
    list: "a list",
    str: "text",
}


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name only if the block succeeds.

    The temporary name keeps all suffixes, for writers that choose their format by them. Works for a
    file and for a folder. A full or read-only disk becomes a `MelError`, and nothing is left.
    """
    temporary = path.with_name(f".{uuid4().hex[:8]}-{path.name}")
    old = temporary.with_name(f"{temporary.name}-old")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if temporary.is_dir() and path.is_dir():
            path.replace(old)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{path}: cannot be written ({reason}); free or choose a place") from error
    finally:
        with suppress(OSError):  # such as a name too long for any file
            if old.is_dir() and not path.exists():
                old.replace(path)
            _remove(temporary)
            _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    elif path.is_file():
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON; NaN and infinity are refused, since no other reader takes them."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON, or say which file is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; make it first or correct the path") from None
    except (ValueError, OSError) as error:
        raise MelError(f"{path}: is no readable JSON ({error}); make it again") from error


def read_csv(path: Path, missing: str = "correct the path") -> pl.DataFrame:
    """Read a CSV file, every column as text; a path is a name and never a pattern.

    `missing` says what to do when there is no such file. Raises MelError for that, and for a file
    that is not UTF-8 text in lines, or whose rows have more fields than its header.
    """
    try:
        content = path.read_bytes()
        _check_text(content)
        return pl.read_csv(content, infer_schema=False)
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; {missing}") from None
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).splitlines()[0]
        raise MelError(f"{path}: is no readable CSV ({reason}); fetch it again") from error


def _check_text(content: bytes) -> None:
    """Refuse other encodings, and the line ends of old Macs, of which polars makes one line."""
    fine = b"\0" not in content and (b"\n" in content or b"\r" not in content)
    try:
        content.decode()
    except UnicodeDecodeError:
        fine = False
    if not fine:
        raise ValueError("it is not UTF-8 text with line ends \\n")


def required(value: Any, keys: Iterable[str] | Mapping[str, type], where: str) -> dict[str, Any]:
    """Give `value` as the JSON object it must be: with all `keys`, of their types where given.

    `where` opens the message, usually the file's path. A `float` may be written as a whole number,
    a `bool` is no `int`. Raises MelError.

    >>> required({"fold": 0, "more": 1}, {"fold": int}, "done.json")
    {'fold': 0, 'more': 1}
    """
    if not isinstance(value, dict):
        raise MelError(f"{where}: is no JSON object; make it again")
    types = keys if isinstance(keys, Mapping) else dict.fromkeys(keys, object)
    for key, wanted in types.items():
        if key not in value:
            raise MelError(f"{where}: has no {key!r}; make it again")
        if not _is_a(value[key], wanted):
            found = _JSON_NAMES.get(type(value[key]), "null")
            raise MelError(
                f"{where}: {key!r} is {found}, expected {_JSON_NAMES[wanted]}; make it again"
            )
    return value


def _is_a(value: Any, wanted: type) -> bool:
    if isinstance(value, bool):
        return wanted in (bool, object)
    return isinstance(value, int | float if wanted is float else wanted)


def write_table(path: Path, frame: pl.DataFrame, header: Mapping[str, Any]) -> None:
    """Write a frame as Parquet with `header` as JSON in the file's own metadata."""
    text = json.dumps(header, allow_nan=False)
    with atomic(path) as temporary:
        try:
            frame.write_parquet(temporary, metadata={_KEY: text})
        except pl.exceptions.ComputeError as error:  # polars' name for a disk that is full
            raise OSError(str(error)) from error


def read_header(path: Path, kind: str) -> dict[str, Any]:
    """Read only the header of one of mel's Parquet files, checking that it is of `kind`."""
    try:
        text = pl.read_parquet_metadata(path).get(_KEY)
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; make it first or correct the path") from None
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error
    header = _parse(text)
    if header is None:
        raise MelError(f"{path}: is Parquet without mel's header; give a file that mel wrote")
    if header.get("kind") != kind:
        raise MelError(f"{path}: holds {header.get('kind')!r}, expected {kind!r}; give that file")
    if header.get("schema", _SCHEMA) != _SCHEMA:
        raise MelError(
            f"{path}: has schema {header['schema']!r}, this mel reads {_SCHEMA}; make it again"
        )
    return header


def _parse(text: str | None) -> dict[str, Any] | None:
    try:
        header = json.loads(text or "null")
    except ValueError:
        return None
    return header if isinstance(header, dict) else None


def _unreadable(path: Path, error: Exception) -> MelError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return MelError(f"{path}: is no readable Parquet ({reason}); make it again")


def read_table(path: Path, kind: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Read one of mel's Parquet files: the frame and its header."""
    header = read_header(path, kind)
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False), header
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error


def digest_file(path: Path) -> str:
    """Give a file's SHA-256 as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_json(value: Any) -> str:
    """Give a digest of plain data that ignores the order of keys: 16 hexadecimal digits.

    >>> digest_json({"a": 1, "b": 2}) == digest_json({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_frame(frame: pl.DataFrame, by: str = "image_id") -> str:
    """Give a digest of a frame's content that ignores the order of rows and of columns.

    It depends on names, values and missing values, not on polars' version nor on the width of a
    number: 16 hex digits. Raises MelError for a column of lists or structs.
    """
    frame = frame.sort(by)
    sha = hashlib.sha256(f"{frame.height}\0".encode())
    for name in sorted(frame.columns):
        sha.update(f"{name}\0".encode())
        for part in _bytes_of(frame[name]):
            sha.update(part)
    return sha.hexdigest()[:16]


def _bytes_of(column: pl.Series) -> Iterator[bytes]:
    if column.dtype.is_nested():
        raise MelError(f"column {column.name!r} holds {column.dtype}; give plain values")
    yield np.packbits(column.is_null().to_numpy()).tobytes()
    if column.dtype.is_float():
        yield b"float"
        yield column.cast(pl.Float64).fill_null(0.0).to_numpy().astype("<f8").tobytes()
    elif column.dtype.is_integer() or column.dtype == pl.Boolean:
        yield b"integer"
        whole = column.cast(pl.Int64, wrap_numerical=True)
        yield whole.fill_null(0).to_numpy().astype("<i8").tobytes()
    else:
        yield b"text"
        texts = [text.encode() for text in column.cast(pl.String).fill_null("")]
        yield np.array([len(text) for text in texts], dtype="<i8").tobytes()
        yield b"".join(texts)


def versions() -> dict[str, str]:
    """Give the installed versions that can change a number, for an artefact's header."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

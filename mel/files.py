"""Files that are whole or absent: atomic writes, digests, and Parquet with a JSON header."""

import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from math import isfinite
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl

from mel.digests import digest_file, digest_frame, digest_json
from mel.errors import MelError

__all__ = [
    "atomic",
    "check_digest",
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
_HEADER = {
    "name": str,
    "digest": str,
    "inputs": dict,
    "seed": object,
    "versions": dict,
    "seal": str,
}
_STRAY = 3600.0  # seconds after which a temporary file belongs to nobody any more
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
    file and for a folder. A full or read-only disk becomes a `MelError`, and nothing is left; what
    a killed process left beside the same path is removed once it is an hour old.
    """
    temporary = path.with_name(f".{uuid4().hex[:8]}-{path.name}")
    old = temporary.with_name(f"{temporary.name}-old")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if temporary.is_dir() and path.is_dir():
            path.replace(old)
        temporary.replace(path)
        _sweep(path)
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


def _sweep(path: Path) -> None:
    stray = re.compile(rf"\.[0-9a-f]{{8}}-{re.escape(path.name)}(-old)?")
    for other in path.parent.iterdir():
        if stray.fullmatch(other.name):
            with suppress(OSError):  # another process was quicker
                if time.time() - other.stat().st_mtime > _STRAY:
                    _remove(other)


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
        return _loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; make it first or correct the path") from None
    except (ValueError, OSError, RecursionError) as error:
        raise MelError(f"{path}: is no readable JSON ({error}); make it again") from error


def _loads(text: str) -> Any:
    """Parse JSON; refuse NaN and infinity, which are none, and numbers too large to hold."""
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise ValueError(f"{text} is no finite number")
    return number


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
    """Write a frame as Parquet with a header as JSON in the file's own metadata.

    Whatever `header` leaves out but the kind is filled in: schema, name (the kind), digest (of the
    rows in their order), inputs (none), seed (null) and versions. The header is sealed, so that
    `read_header` notices a change of any of its fields but the versions.
    """
    common = {"schema": _SCHEMA, "name": header["kind"], "inputs": {}, "seed": None}
    whole = common | {"versions": versions()} | dict(header)
    if "digest" not in whole:
        whole["digest"] = digest_frame(frame.with_row_index(""), by="")
    text = json.dumps(whole | {"seal": _seal(whole)}, allow_nan=False)
    with atomic(path) as temporary:
        try:
            frame.write_parquet(temporary, metadata={_KEY: text})
        except pl.exceptions.ComputeError as error:  # polars' name for a disk that is full
            raise OSError(str(error)) from error


def _seal(header: Mapping[str, Any]) -> str:
    return digest_json({k: v for k, v in header.items() if k not in ("versions", "seal")})


def check_digest(path: Path, said: Any, found: str) -> None:
    """Refuse a file whose content does not have the digest that it states."""
    if said != found:
        raise MelError(
            f"{path}: content has digest {found}, the file says {said}; "
            "it was changed after it was written: make it again"
        )


def read_header(path: Path, kind: str) -> dict[str, Any]:
    """Read only the header of one of mel's Parquet files, checking its kind and its seal."""
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
    required(header, _HEADER, str(path))
    if header.pop("seal") != _seal(header):
        raise MelError(f"{path}: the header was changed after it was written; make it again")
    return header


def _parse(text: str | None) -> dict[str, Any] | None:
    try:
        header = _loads(text or "null")
    except (ValueError, RecursionError):
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


def versions() -> dict[str, str]:
    """Give the installed versions that can change a number, for an artefact's header."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

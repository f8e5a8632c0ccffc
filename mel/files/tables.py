"""Parquet with a JSON header in the file's own metadata, sealed against changes by hand."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl

from mel.digests import digest_frame, digest_json
from mel.errors import MelError
from mel.files.atomic import atomic
from mel.files.objects import parse_json, required

__all__ = ["check_digest", "read_header", "read_table", "versions", "write_table"]

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
    "jax",
)
_HEADER = {
    "name": str,
    "digest": str,
    "inputs": dict,
    "seed": object,
    "versions": dict,
    "seal": str,
}


def write_table(path: Path, frame: pl.DataFrame, header: Mapping[str, Any]) -> None:
    """Write a frame as Parquet with a header as JSON in the file's own metadata.

    Whatever `header` leaves out but the kind is filled in: schema, name (the kind), digest (of the
    rows in their order), inputs (none), seed (null) and versions. The header is sealed, so that
    `read_header` notices a change of any of its fields but the versions.

    Raises MelError where the disk refuses.

    >>> write_table(Path("work/ages.parquet"), pl.DataFrame({"age": [40, 50]}), {"kind": "ages"})
    >>> frame, header = read_table(Path("work/ages.parquet"), "ages")
    >>> frame["age"].to_list(), header["kind"], header["seed"]
    ([40, 50], 'ages', None)
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
    """Raise MelError for a file whose content does not have the digest that it states.

    >>> check_digest(Path("folds.parquet"), said="0123456789abcdef", found="0123456789abcdef")
    >>> check_digest(Path("folds.parquet"), said="0123456789abcdef", found="f01d5")
    Traceback (most recent call last):
        ...
    mel.errors.MelError: folds.parquet: content has digest f01d5, the file says ...
    """
    if said != found:
        raise MelError(
            f"{path}: content has digest {found}, the file says {said}; "
            "it was changed after it was written: make it again"
        )


def read_header(path: Path, kind: str) -> dict[str, Any]:
    """Read only the header of one of mel's Parquet files, checking its kind and its seal.

    Raises MelError for a file that is missing, is no Parquet of mel's, is of another kind or
    schema, or whose header was changed.

    >>> header = read_header(Path("work/demo/folds.parquet"), "folds")
    >>> header["method"], header["n_folds"], sorted(header["inputs"])
    ('balanced-groups', 2, ['images', 'settings'])
    """
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
        header = parse_json(text or "null")
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def _unreadable(path: Path, error: Exception) -> MelError:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return MelError(f"{path}: is no readable Parquet ({reason}); make it again")


def read_table(path: Path, kind: str) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Read one of mel's Parquet files: the frame and its header.

    Raises MelError as `read_header` does; whether the rows are still those that were written, their
    digest tells (`check_digest`).

    >>> frame, header = read_table(Path("work/demo/folds.parquet"), "folds")
    >>> frame.columns, header["kind"]
    (['image_id', 'fold'], 'folds')
    """
    header = read_header(path, kind)
    try:
        return pl.read_parquet(path, glob=False, hive_partitioning=False), header
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from error


def versions() -> dict[str, str]:
    """Give the installed versions that can change a number, for an artefact's header.

    >>> list(versions())[:3]
    ['mel', 'polars', 'numpy']
    """
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

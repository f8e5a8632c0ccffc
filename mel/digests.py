"""Digests: SHA-256 over content, the same whatever the order of rows or keys."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mel.errors import MelError

__all__ = ["digest_file", "digest_frame", "digest_json"]


def digest_file(path: Path) -> str:
    """Give a file's SHA-256 as 64 hexadecimal digits. Raises OSError where it cannot be read.

    >>> len(digest_file(Path("work/demo/folds.parquet")))
    64
    """
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

    >>> frame = pl.DataFrame({"image_id": ["a", "b"], "fold": [0, 1]})
    >>> digest_frame(frame) == digest_frame(frame.reverse().select("fold", "image_id"))
    True
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

"""What is kept of each picture to compare it by: a digest of its bytes and a small grey thumbnail.

Both are computed once for each file, by its path, size and time of change, and kept in a Parquet
file: about one kilobyte a picture, which is also all that stays in memory.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import ImageError, MelError
from mel.files import digest_frame, read_table, write_table
from mel.images import decode, fetch, stamp
from mel.kaggle.duplicates.hashing import SIDE
from mel.kaggle.preparing.pool import cores, in_order
from mel.progress import progress, say

__all__ = ["Signatures", "read_signatures", "thumbnail"]

_KIND = "signatures"
_INPUTS = {"thumbnail": "1"}  # raise it when other pixels come out
_STAMP = {"path": pl.String, "bytes": pl.Int64, "modified_ns": pl.Int64}
_ROW = {**_STAMP, "sha256": pl.String, "thumb": pl.Binary}
_BROKEN = {"image_id": pl.String, "path": pl.String, "reason": pl.String}
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_BLANK = 2.0  # grey levels: a picture with less in it is like any other
_EVERY = 60.0  # seconds after which what was computed is kept


@dataclass(frozen=True)
class Signatures:
    """Signatures of the pictures that can be read, sorted by image_id.

    thumbs: `(n, SIDE, SIDE)` of grey levels, all 0 for a blank picture. broken: image_id, path
    and reason of those that cannot be read. computed: how many the cache did not have.
    """

    frame: pl.DataFrame  # image_id, path, sha256
    thumbs: NDArray[np.uint8]
    broken: pl.DataFrame
    computed: int


def thumbnail(data: bytes, name: str) -> NDArray[np.uint8]:
    """Give a picture's centred square in grey, `(SIDE, SIDE)`, stretched from black to white.

    All 0 for a blank one. Raises ImageError for bytes that are no picture.
    """
    pixels = decode(data, 2 * SIDE, name)
    grey = (pixels @ _LUMINANCE).reshape(SIDE, 2, SIDE, 2).mean((1, 3))
    low, high = float(grey.min()), float(grey.max())
    if high - low < _BLANK:
        return np.zeros((SIDE, SIDE), np.uint8)
    return np.asarray(np.rint((grey - low) * (255 / (high - low))), np.uint8)


def read_signatures(frame: pl.DataFrame, cache: Path | None) -> Signatures:
    """Take signatures from `cache` or from the pictures; a broken picture is listed, not fatal.

    `frame` has image_id and path (image references). The cache is brought up to date every
    minute and at the end, however that comes, so that nothing is computed twice.
    """
    wanted, missing = _stamped(frame.select("image_id", "path").sort("image_id"))
    known = _read(cache)
    todo = wanted.join(known, on=list(_STAMP), how="anti").unique("path").sort("path")
    broken: dict[str, str] = {}
    known = _complete(known, todo, cache, broken)
    found = wanted.join(known, on=list(_STAMP), how="inner").sort("image_id")
    reason = pl.col("path").replace_strict(broken, default=None, return_dtype=pl.String)
    unread = wanted.with_columns(reason=reason).drop_nulls("reason").select(*_BROKEN)
    listed = pl.concat([missing, unread]).sort("image_id")
    thumbs = np.frombuffer(b"".join(found["thumb"]), np.uint8).reshape(-1, SIDE, SIDE)
    kept = found.select("image_id", "path", "sha256")
    return Signatures(kept, thumbs, listed, todo.height - len(broken))


def _stamped(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows, missing = [], []
    for image_id, path in frame.iter_rows():
        try:
            rows.append((image_id, path, *stamp(path)))
        except MelError as error:
            missing.append((image_id, path, str(error)))
    return (
        pl.DataFrame(rows, {"image_id": pl.String, **_STAMP}, orient="row"),
        pl.DataFrame(missing, _BROKEN, orient="row"),
    )


def _complete(
    known: pl.DataFrame, todo: pl.DataFrame, cache: Path | None, broken: dict[str, str]
) -> pl.DataFrame:
    """Give `known` with the rows of `todo`, and note in `broken` why some have none."""
    known = known.join(todo.select("path"), on="path", how="anti")  # of a file since changed
    rows: list[tuple[object, ...]] = []
    kept = time.monotonic()
    try:
        for row in _computed(todo, broken):
            rows.append(row)
            if time.monotonic() - kept > _EVERY:
                known, rows = _with(known, rows), []
                _write(cache, known)
                kept = time.monotonic()
    finally:
        known = _with(known, rows)
        if todo.height:
            _write(cache, known)
    return known


def _with(known: pl.DataFrame, rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.concat([known, pl.DataFrame(rows, _ROW, orient="row")])


def _computed(todo: pl.DataFrame, broken: dict[str, str]) -> Iterator[tuple[object, ...]]:
    if not todo.height:
        return
    rows = todo.select(*_STAMP).rows()
    made = in_order(_signature, todo["path"], cores())
    with progress("Reading pictures", len(rows), "images") as tick, closing(made):
        for row, found in zip(rows, made, strict=True):
            tick()
            if isinstance(found, str):
                broken[row[0]] = found
            else:
                yield (*row, *found)


def _signature(path: str) -> tuple[str, bytes] | str:
    try:
        data = fetch(path)
        return hashlib.sha256(data).hexdigest(), thumbnail(data, path).tobytes()
    except ImageError as error:
        return str(error)


def _read(cache: Path | None) -> pl.DataFrame:
    """Read the cache; one that is not what was written is begun anew."""
    if cache is None or not cache.exists():
        return pl.DataFrame(schema=_ROW)
    try:
        frame, header = read_table(cache, _KIND)
        if header["inputs"] == _INPUTS and header["digest"] == _digest(frame):
            return frame.filter(pl.col("thumb").bin.size() == SIDE * SIDE)
    except MelError:
        pass
    say(f"{cache}: is no cache that this mel wrote; made again")
    return pl.DataFrame(schema=_ROW)


def _write(cache: Path | None, frame: pl.DataFrame) -> None:
    if cache is not None:
        frame = frame.sort("path")
        write_table(cache, frame, {"kind": _KIND, "inputs": _INPUTS, "digest": _digest(frame)})


def _digest(frame: pl.DataFrame) -> str:
    """Digest everything: the thumbnails, which are bytes, by a hash of each."""
    return digest_frame(frame.with_columns(pl.col("thumb").bin.encode("hex")), by="path")

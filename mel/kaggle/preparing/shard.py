"""One shard: its records at every size, and the part that says it is done."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl

from mel.errors import MelError
from mel.files import atomic, read_table, required, write_table
from mel.images.tfrecord import write_record
from mel.kaggle.preparing.picture import Picture
from mel.kaggle.preparing.plan import Plan

__all__ = ["Part", "check_length", "read_part", "write_shard"]

_KIND = "prepared-part"
_ROW = {
    "image_id": pl.String,
    "file_bytes": pl.Int64,
    "modified": pl.Int64,
    "source_bytes": pl.Int64,
    "source_crc": pl.Int64,
    "width": pl.Int32,
    "height": pl.Int32,
    "reason": pl.String,
}


@dataclass(frozen=True)
class Part:
    """What is known of a finished shard.

    `frame` has a row an image, broken ones too: what `Picture.row` says, and for each size the
    offset of its record and the length of that one's data (null for a broken one). `files` gives
    each size's bytes and SHA-256.
    """

    frame: pl.DataFrame
    files: dict[str, dict[str, Any]]


class _Digested:
    """A file that is being written: how long it is so far, and its SHA-256."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._sha, self.length = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._sha.update(data)
        self.length += len(data)
        return len(data)

    def add(self, record: bytes) -> tuple[int, int]:
        """Append a record; give its offset and the length of its data."""
        begin = self.length
        write_record(cast(BinaryIO, self), record)
        return begin, len(record)

    @property
    def said(self) -> dict[str, Any]:
        return {"bytes": self.length, "sha256": self._sha.hexdigest()}


def write_shard(plan: Plan, folder: Path, shard: int, pictures: Iterable[Picture]) -> Part:
    """Write a shard's records at every size as they come, then its part: only that makes it done.

    All of it appears whole or not at all. Raises MelError when a file cannot be written, such as
    on a disk that is full.
    """
    rows = []
    with ExitStack() as stack:
        writers = {
            size: stack.enter_context(_opened(plan.records(folder, shard, size)))
            for size in plan.sizes
        }
        for picture in pictures:
            places = {size: writers[size].add(data) for size, data in picture.records.items()}
            rows.append(picture.row | _columns(plan, places))
    schema = _ROW | {name: pl.Int64 for size in plan.sizes for name in _names(size)}
    part = Part(
        pl.DataFrame(rows, schema=schema),
        {str(size): writer.said for size, writer in writers.items()},
    )
    header = {"kind": _KIND, "plan": plan.digest, "files": part.files}
    write_table(plan.part(folder, shard), part.frame, header)
    return part


@contextmanager
def _opened(path: Path) -> Iterator[_Digested]:
    with atomic(path) as temporary, temporary.open("wb") as file:
        yield _Digested(file)


def _names(size: int) -> tuple[str, str]:
    return f"offset_{size}", f"bytes_{size}"


def _columns(plan: Plan, places: dict[int, tuple[int, int]]) -> dict[str, int | None]:
    return {
        name: value
        for size in plan.sizes
        for name, value in zip(_names(size), places.get(size, (None, None)), strict=True)
    }


def read_part(plan: Plan, folder: Path, shard: int) -> Part:
    """Read a finished shard's part. Raises MelError saying what is not as it was written.

    That is the part itself, or one of the shard's files that is gone or of another length.
    """
    path = plan.part(folder, shard)
    frame, header = read_table(path, _KIND)
    required(header, {"plan": str, "files": dict}, str(path))
    if header["plan"] != plan.digest or tuple(frame["image_id"]) != plan.ids_of(shard):
        raise MelError(f"{path}: is of another plan; make it again")
    for size in plan.sizes:
        check_length(plan.records(folder, shard, size), header["files"][str(size)]["bytes"])
    return Part(frame, header["files"])


def check_length(path: Path, said: int) -> None:
    """Refuse a shard that is gone or has not the length it was written with."""
    try:
        found = path.stat().st_size
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MelError(f"{path}: cannot be read ({reason}); prepare the images again") from None
    if found != said:
        raise MelError(
            f"{path}: has {found:,} bytes, the index says {said:,}; it was changed after it was "
            "written: prepare the images again"
        )

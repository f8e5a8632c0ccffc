"""TFRecord files without TensorFlow: records one after another, each with two checksums.

A record is its length (8 bytes, little-endian), the masked CRC-32C of those 8 bytes, the data,
and the masked CRC-32C of the data; masked means turned right by 15 bits, plus 0xa282ead8
(tensorflow/core/lib/io/record_writer.h, lib/hash/crc32c.h).
"""

import mmap
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import google_crc32c
import numpy as np
from numpy.typing import NDArray

from mel.errors import ImageError
from mel.images.example import decode_example, encode_example

__all__ = [
    "PICTURES",
    "contents",
    "decode_example",
    "encode_example",
    "read_at",
    "scan",
    "write_record",
    "write_records",
]

PICTURES = ("image", "image/encoded")  # the features that hold an encoded picture
HEAD, FOOT = 12, 4  # bytes before and after the data of a record


def _checksum(data: bytes | NDArray[np.uint8]) -> bytes:
    crc: int = google_crc32c.value(data)  # a read-only array is not copied
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def write_record(file: BinaryIO, record: bytes) -> int:
    """Append one record to an open file; give its whole length in the file, in bytes."""
    length = struct.pack("<Q", len(record))
    file.write(length + _checksum(length))
    file.write(record)
    file.write(_checksum(record))
    return HEAD + len(record) + FOOT


def write_records(file: BinaryIO, records: Iterable[bytes]) -> list[tuple[int, int]]:
    """Append records to an open file; give each one's offset and the length of its data.

    The offsets are those from the file's present place, where it stands, and are what `scan`
    gives and `read_at` takes.

    >>> import io
    >>> write_records(io.BytesIO(), [b"one", b"three"])
    [(0, 3), (19, 5)]
    """
    places = []
    at = file.tell()
    for record in records:
        places.append((at, len(record)))
        at += write_record(file, record)
    return places


def scan(path: Path | str, *, check: bool = True) -> Iterator[tuple[int, int]]:
    """Give the offset of every record and the length of its data, in their order.

    The lengths' checksums are always compared, the data's with `check`: without, only a few
    bytes a record are read from the disk, and `read_at` still compares them. Raises ImageError,
    naming the file and the record by its number from 1, for a record that is cut off or damaged,
    or a file that is missing, empty or no TFRecord.
    """
    for offset, content in contents(path, check=check):
        yield offset, len(content)


def contents(path: Path | str, *, check: bool = True) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Give what `scan` does, with each record's data as a view of the file that copies nothing.

    A view keeps the file open as long as it lives.
    """
    data = _mapped(Path(path))
    at = number = 0
    while at < len(data):
        number += 1
        where = f"{path}: record {number}, at byte {at},"
        length = _length(bytes(data[at : at + HEAD]), where, number)
        start, end = at + HEAD, at + HEAD + length
        if end + FOOT > len(data):
            raise _cut_off(where)
        content = data[start:end]
        if check and bytes(data[end : end + FOOT]) != _checksum(content):
            raise _damaged(where)
        yield at, content
        at = end + FOOT


def _mapped(path: Path) -> NDArray[np.uint8]:
    """Give a file's bytes as a read-only array that the disk fills as it is read."""
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:
                raise ImageError(f"{path}: the TFRecord file is empty; fetch it again")
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return np.frombuffer(view, dtype=np.uint8)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such TFRecord file; correct the path") from None
    except OSError as error:
        raise ImageError(f"{path}: cannot be read ({error.strerror}); check the file") from None


def _length(head: bytes, where: str, number: int = 0) -> int:
    if len(head) < HEAD:
        raise _cut_off(where)
    if head[8:] != _checksum(head[:8]):
        if number == 1:
            raise ImageError(f"{where} is none: this is no TFRecord file; give one that is")
        raise _damaged(where)
    return int.from_bytes(head[:8], "little")


def _cut_off(where: str) -> ImageError:
    return ImageError(f"{where} is cut off, the file ends within it; fetch the file again")


def _damaged(where: str) -> ImageError:
    return ImageError(f"{where} is damaged, its checksum is wrong; fetch the file again")


def read_at(path: Path | str, offset: int) -> bytes:
    """Give the data of the record that begins at byte `offset`, its checksums compared.

    Safe in any thread and process: nothing stays open. Raises ImageError naming the file and the
    place when no whole and undamaged record begins there; OSError when the file cannot be opened.
    """
    where = f"{path}: the record at byte {offset}"
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not 0 <= offset < size:
            raise ImageError(f"{where} is not there, the file has {size:,} bytes; load it again")
        file.seek(offset)
        length = _length(file.read(HEAD), where)
        if offset + HEAD + length + FOOT > size:
            raise _cut_off(where)
        record, foot = file.read(length), file.read(FOOT)
    if foot != _checksum(record):
        raise _damaged(where)
    return record

"""The competitions' public TFRecords: which image stands at which byte of which file.

A record holds an image and what its writer knew about it. Of that only the name is read: the
writers' integer codes of sex, site and diagnosis differ, test records have no labels, and some
have `source` in place of `diagnosis`. Everything else is joined by the name, from the CSV.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mel.errors import MelError
from mel.images.example import chunk_of
from mel.images.references import Stamp, stamp
from mel.images.tfrecord import PICTURES, contents

__all__ = ["NAMES", "SUFFIXES", "Record", "index"]

SUFFIXES = (".tfrec", ".tfrecord")
NAMES = ("image_name", "image_id", "isic_id")  # the features that hold an image's id
_COUNTED = re.compile(r".*\d-(\d+)")  # train00-2071: the file's number, a hyphen, its records


class Record(NamedTuple):
    """Where an image is: the offset of its record, and the bytes of the encoded picture."""

    image_id: str
    offset: int
    bytes: int


def index(path: Path, *, check: bool = False) -> tuple[Record, ...]:
    """Give the images of a TFRecord file in their order, without reading them.

    Only the beginnings of the records are read from the disk, unless `check`: then every byte,
    to compare the checksums, which otherwise happens when an image is decoded. An unchanged file
    is indexed once a process. Raises MelError, naming the file, the record by its number from 1
    and what to do, for a record that is cut off, damaged, or without a name or an image; for two
    records of one name; for more or fewer records than the file's name says (`train00-2071.tfrec`
    has 2,071); and for a file that is missing, empty or no TFRecord.
    """
    return _indexed(path, stamp(path), check)


@lru_cache(maxsize=256)
def _indexed(path: Path, _: Stamp, check: bool) -> tuple[Record, ...]:
    found: dict[str, Record] = {}
    for number, (offset, content) in enumerate(contents(path, check=check), start=1):
        where = f"{path}: record {number}"
        record = _record(content.data, offset, where)
        if record.image_id in found:
            raise MelError(f"{where} is {record.image_id!r}, as one before; fetch the file again")
        found[record.image_id] = record
    _check_count(path, len(found))
    return tuple(found.values())


def _record(content: memoryview, offset: int, where: str) -> Record:
    try:
        name, picture = chunk_of(content, NAMES), chunk_of(content, PICTURES)
    except ValueError as error:
        raise MelError(f"{where}: {error}; fetch the file again") from None
    if not name or picture is None:
        lacks = "a name (feature 'image_name')" if not name else "an image (feature 'image')"
        raise MelError(f"{where} lacks {lacks}; give the competition's TFRecords")
    return Record(bytes(name).decode(errors="replace"), offset, len(picture))


def _check_count(path: Path, count: int) -> None:
    said = _COUNTED.fullmatch(path.stem)
    if said and int(said[1]) != count:
        raise MelError(
            f"{path}: the name says {int(said[1]):,} records, there are {count:,}, record {count} "
            "is the last; fetch the file again"
        )

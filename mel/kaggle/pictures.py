"""Finding a competition's pictures by name, in folders and containers, without decoding one."""

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import polars as pl

from mel.errors import MelError
from mel.images import hdf5
from mel.images.references import Stamp, stamp
from mel.kaggle import records

__all__ = ["EXTENSION", "EXTENSIONS", "Listing", "list_images", "locate"]

EXTENSIONS = frozenset(
    (".jpg", ".jpeg", ".png", ".dcm", ".dicom", ".bmp", ".tif", ".tiff", ".webp")
)
EXTENSION = rf"(?i)({'|'.join(map(re.escape, sorted(EXTENSIONS)))})$"  # an id may carry one
_HDF5 = (".hdf5", ".h5")

Listing = dict[str, tuple[Path, int]]


def list_images(data: Path, places: Iterable[str], *, nested: bool = False) -> Listing:
    """Give the reference and the size in bytes of every picture, by its image_id.

    A place, taken from the folder `data`, is a folder of image files (the id is the name without
    extension) and of TFRecord files, an HDF5 file (the id is the dataset's name), or one TFRecord
    file. Places that are absent are passed over; where several have an id, the earlier wins. The
    reference is what `mel.images` takes: a file's path, or `CONTAINER#KEY`. With `nested` the
    folders within a place count too, and the id of a file in one is `FOLDER/NAME`.

    Raises MelError for two pictures of one id in one place, naming both; for a place that is
    a file of another kind; and for a container that cannot be read (see `mel.kaggle.records`).
    """
    found: Listing = {}
    for place in places:
        if (data / place).exists():
            found = _unique(data / place, nested=nested) | found
    return found


def _unique(place: Path, *, nested: bool) -> Listing:
    found: Listing = {}
    for name, reference, size in _pictures(place, nested=nested):
        image_id = re.sub(EXTENSION, "", name)
        if image_id in found:
            first, second = sorted((found[image_id][0].name, reference.name))
            raise MelError(
                f"{place}: two pictures of {image_id!r}, {first} and {second}; "
                "keep one, move the other away"
            )
        found[image_id] = (reference, size)
    return found


def _pictures(place: Path, *, nested: bool = False) -> Iterator[tuple[str, Path, int]]:
    suffix = place.suffix.lower()
    if place.is_dir():
        yield from _in_folder(place, nested=nested)
    elif suffix in _HDF5:
        for key, size in _datasets(place, stamp(place)):
            yield key, Path(f"{place}#{key}"), size
    elif suffix in records.SUFFIXES:
        for record in records.index(place):
            yield record.image_id, Path(f"{place}#{record.offset}"), record.bytes
    else:
        raise MelError(f"{place}: is no folder, HDF5 or TFRecord file; give one of these")


def _in_folder(folder: Path, within: str = "", *, nested: bool) -> Iterator[tuple[str, Path, int]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            stem, dot, extension = entry.name.rpartition(".")
            suffix = dot + extension.lower()
            if nested and entry.is_dir(follow_symlinks=False) and entry.name[0] != ".":
                yield from _in_folder(folder / entry.name, f"{within}{entry.name}/", nested=True)
            if not stem or stem.startswith(".") or not entry.is_file():
                continue
            if suffix in EXTENSIONS:
                yield f"{within}{entry.name}", folder / entry.name, entry.stat().st_size
            elif suffix in records.SUFFIXES:
                yield from _pictures(folder / entry.name)


def _not_there(image_id: str, count: str, data: Path, places: list[str]) -> str:
    there = [place for place in places if (data / place).exists()]
    if there and all((data / place).is_file() for place in there):
        return f"no picture {image_id!r} {count} in {' or '.join(there)}; fetch it again"
    return f"no image file {image_id}.jpg {count}; put it into {' or '.join(places)}"


@lru_cache(maxsize=8)
def _datasets(path: Path, _: Stamp) -> tuple[tuple[str, int], ...]:
    return tuple(hdf5.listing(path))


def locate(ids: pl.Series, listing: Listing, data: Path, places: Iterable[str]) -> list[pl.Series]:
    """Give each id's picture, in the order of `ids`: its reference as text and its size in bytes.

    Raises MelError, naming the first and the count, for pictures that are missing or empty. That
    the others can be decoded is seen when they are.
    """
    missing = sorted(name for name in ids if name not in listing)
    if missing:
        count = f"({len(missing)} of {ids.len()} missing)"
        raise MelError(f"{data}: {_not_there(missing[0], count, data, list(places))}")
    empty = sorted(name for name in ids if listing[name][1] == 0)
    if empty:
        raise MelError(
            f"{listing[empty[0]][0]}: the image file is empty ({len(empty)} such); fetch it again"
        )
    return [
        pl.Series("path", [str(listing[name][0]) for name in ids], dtype=pl.String),
        pl.Series("file_bytes", [listing[name][1] for name in ids], dtype=pl.Int64),
    ]

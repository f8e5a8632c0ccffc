"""A competition on disk -> a Competition: its images as one checked table, and what is scored."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from mel.config import DataSettings
from mel.errors import MelError
from mel.files import digest_file
from mel.kaggle import ham10000, siim2020
from mel.kaggle.pictures import Listing, list_images, locate
from mel.kaggle.reading import Tables
from mel.tables import ImageTable

__all__ = ["Adapter", "Competition", "load", "source_digest"]


Listings = Mapping[tuple[str, ...], Listing]


class Adapter(Protocol):
    """A module that knows one competition's files."""

    @property
    def FILES(self) -> tuple[str, ...]:  # noqa: N802
        """The tables that are read, those that may be absent among them."""

    @property
    def FOLDERS(self) -> Mapping[str, tuple[str, ...]]:  # noqa: N802
        """Where the images of each split may lie, the first choice first."""

    def tables(self, settings: DataSettings, data: Path) -> Tables:
        """Read and check the tables."""


_ADAPTERS: Mapping[str, Adapter] = {"siim2020": siim2020, "ham10000": ham10000}


@dataclass(frozen=True)
class Competition:
    """What a competition brings.

    table: all its images. solution: image_id and target (0 or 1) of the test images where they
    are known, for the final score and nothing else; otherwise None. sample: the sample
    submission, with its header, order and ids (text), and its target as a number.
    """

    table: ImageTable
    solution: pl.DataFrame | None
    sample: pl.DataFrame


def load(settings: DataSettings, data: Path | str) -> Competition:
    """Read the competition in the folder `data` by the adapter that the settings name.

    Every image gets its absolute path, and its size as file_bytes, by which a changed picture
    changes the table's digest; it must be there and not empty, but is not decoded.
    The table's `inputs` are the digests of the source and of the settings, its source column is
    "siim2020", "ham10000" or "synthetic", and test images have neither target nor diagnosis.

    Raises MelError, in one line with the file, the value and a way out, for: a missing folder or
    CSV; a missing, renamed or unknown column; a duplicate or missing image id; an unknown sex,
    site or diagnosis; a target that is not 0 or 1; an impossible age; a missing patient id
    (unless missing_patient is "own": then each such image is a patient of its own); a patient in
    both train and test; a sample submission or solution with other ids than the test images;
    an image file that is missing or empty; a setting that has no effect on this competition.

    >>> from tempfile import TemporaryDirectory
    >>> from mel.kaggle import synth
    >>> with TemporaryDirectory() as folder:
    ...     data = synth(Path(folder) / "competition", size="tiny")
    ...     competition = load(DataSettings(adapter="siim2020"), data)
    >>> competition.table.train.height, competition.table.test.height, competition.table.synthetic
    (84, 36, True)
    """
    data = _folder(Path(data))
    adapter = _ADAPTERS[settings.adapter]
    tables = adapter.tables(settings, data)
    listings = _list(adapter, data)
    frame = pl.concat(_with_paths(tables.frame, adapter, data, listings))
    inputs = {"data": _digest(adapter, data, listings), "settings": settings.digest}
    name = "synthetic" if tables.synthetic else settings.adapter
    table = ImageTable.of(frame, name, synthetic=tables.synthetic, inputs=inputs)
    return Competition(table, tables.solution, tables.sample)


def source_digest(settings: DataSettings, data: Path | str) -> str:
    """Give a digest of what `load` would read, in about a second: 16 hexadecimal digits.

    It covers the folder's own path (the table holds absolute ones), the tables' SHA-256, and
    the names and sizes of the image files; a picture changed at the same size goes unnoticed.
    Raises MelError when the folder is missing.
    """
    data = _folder(Path(data))
    adapter = _ADAPTERS[settings.adapter]
    return _digest(adapter, data, _list(adapter, data))


def _digest(adapter: Adapter, data: Path, listings: Listings) -> str:
    sha = hashlib.sha256(f"{data}\n".encode())
    for name in adapter.FILES:
        path = data / name
        sha.update(f"{name} {digest_file(path) if path.is_file() else 'absent'}\n".encode())
    for listing in listings.values():
        for path, size in sorted(listing.values()):
            sha.update(f"{path.relative_to(data).as_posix()} {size}\n".encode())
    return sha.hexdigest()[:16]


def _folder(data: Path) -> Path:
    if not data.is_dir():
        raise MelError(f"{data}: no such data folder; give the one with the competition's CSVs")
    return data.resolve()


def _list(adapter: Adapter, data: Path) -> Listings:
    """List each set of folders once, in the adapter's order: splits may share theirs."""
    places = dict.fromkeys(adapter.FOLDERS.values())
    return {folders: list_images(data, folders) for folders in places}


def _with_paths(
    frame: pl.DataFrame, adapter: Adapter, data: Path, listings: Listings
) -> list[pl.DataFrame]:
    parts = []
    for split, folders in adapter.FOLDERS.items():
        part = frame.filter(pl.col("split") == split)
        files = locate(part["image_id"], listings[folders], data, folders)
        parts.append(part.with_columns(files))
    return parts

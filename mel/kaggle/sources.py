"""The sources of a table: one competition, and others whose images only train."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from mel.config import DataSettings, SourceSettings
from mel.errors import MelError
from mel.files import digest_file
from mel.kaggle.adapters import ADAPTERS
from mel.kaggle.pictures import EXTENSION, Listing, list_images, locate
from mel.kaggle.rows import Adapter, Layout, Rows
from mel.kaggle.synthetic import MARKER

__all__ = ["Source", "digest", "gather"]


@dataclass(frozen=True)
class Source:
    """One competition's files, and which of its splits are read: train (or external), and test."""

    settings: SourceSettings
    folder: Path
    splits: tuple[str, ...]
    pictures: bool = field(default=True, kw_only=True)

    @property
    def adapter(self) -> Adapter:
        """The module that knows its files."""
        return ADAPTERS[self.settings.adapter]

    @property
    def meaning(self) -> tuple[str, ...]:
        """What a target of 1 says; empty where that is not known."""
        return tuple(self.settings.positive_diagnoses) or self.adapter.meaning

    @cached_property
    def layout(self) -> Layout:
        """Where the files lie."""
        return self.adapter.layout(self.settings)

    @property
    def synthetic(self) -> bool:
        """Whether `mel kaggle synth` wrote it."""
        return (self.folder / MARKER).is_file()

    @property
    def name(self) -> str:
        """What the column source says."""
        plain = "synthetic" if self.synthetic else self.settings.name
        return self.settings.source or plain

    def read(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Read and check its tables, without a look at any image.

        Gives the rows with split and source; and the words that have no place in mel's
        vocabularies: column, value, rows and source.
        """
        parts = {split: self._read(split) for split in self.splits}
        found = {split: rows for split, rows in parts.items() if rows is not None}
        frames = [r.frame.with_columns(split=pl.lit(split)) for split, r in found.items()]
        unmapped = pl.concat([rows.unmapped for rows in found.values()])
        summed = unmapped.group_by("column", "value").agg(pl.col("rows").sum())
        return (
            pl.concat(frames, how="diagonal").with_columns(source=pl.lit(self.name)),
            summed.sort("column", "value").with_columns(source=pl.lit(self.name)),
        )

    def _read(self, split: str) -> Rows | None:
        read = self.adapter.test if split == "test" else self.adapter.train
        return None if read is None else read(self.settings, self.folder)

    @cached_property
    def listings(self) -> Mapping[tuple[str, ...], Listing]:
        """Its image files, listed once for each set of places: splits may share theirs."""
        if not self.pictures:
            return {}
        places = dict.fromkeys(self._places(split) for split in self.splits)
        nested = self.layout.nested
        return {place: list_images(self.folder, place, nested=nested) for place in places}

    def _places(self, split: str) -> tuple[str, ...]:
        return self.layout.test if split == "test" else self.layout.train

    def with_paths(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give its rows with path and file_bytes; a picture that is missing or empty is refused."""
        if not self.pictures:
            return frame.with_columns(path=pl.lit(None, pl.String))
        parts = []
        for split in self.splits:
            part = frame.filter(pl.col("split") == split)
            names = part["image_id"].str.replace(EXTENSION, "")
            places = self._places(split)
            files = locate(names, self.listings[places], self.folder, places)
            parts.append(part.with_columns(files))
        return pl.concat(parts)

    def unused(self, frame: pl.DataFrame) -> int:
        """Count the image files that no row of the frame names."""
        known = set(frame["image_id"].str.replace(EXTENSION, ""))
        return sum(name not in known for listing in self.listings.values() for name in listing)

    def fingerprint(self) -> Iterator[str]:
        """Give a line for each file that is read: SHA-256 of a table, size of an image."""
        yield str(self.folder)
        for name in self.layout.tables:
            path = self.folder / name
            yield f"{name} {digest_file(path) if path.is_file() else 'absent'}"
        for listing in self.listings.values():
            for place, size in sorted((str(path), size) for path, size in listing.values()):
                yield f"{place.removeprefix(f'{self.folder}/')} {size}"


def gather(settings: DataSettings, data: Path | str) -> list[Source]:
    """Give the sources that the settings name, the main one first.

    Raises MelError for a folder that is not there, and for two synthetic sources of one name.
    """
    main = _folder(Path(data), "give the one with the competition's CSVs")
    pictures = settings.images == "files"
    splits = ("train",) if settings.test_fraction else ("train", "test")
    found = [Source(settings, main, splits, pictures=pictures)]
    for other in settings.external:
        folder = _folder(main / other.folder, "correct data.external.folder")
        found.append(Source(other, folder, ("external",), pictures=pictures))
    names = [source.name for source in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise MelError(
            f"data.external: {len(twice)} sources are called {twice[0]!r}; name them apart: source"
        )
    return found


def digest(sources: list[Source]) -> str:
    """Give a digest of what the sources' files are: 16 hexadecimal digits."""
    sha = hashlib.sha256()
    for source in sources:
        for line in source.fingerprint():
            sha.update(f"{line}\n".encode(errors="surrogateescape"))
    return sha.hexdigest()[:16]


def _folder(folder: Path, way: str) -> Path:
    if not folder.is_dir():
        raise MelError(f"{folder}: no such data folder; {way}")
    folder = folder.resolve()
    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise MelError(f"{str(folder)!a}: the path is not UTF-8; rename the folder") from None
    return folder

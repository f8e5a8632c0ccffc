"""Finding a competition's image files by name, without opening one."""

import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from mel.errors import MelError

__all__ = ["EXTENSIONS", "Listing", "list_images", "locate"]

EXTENSIONS = (".jpg", ".jpeg", ".png")  # the earlier one wins where an id has several

Listing = dict[str, tuple[Path, int]]


def list_images(data: Path, folders: Iterable[str]) -> Listing:
    """Give the path and the size in bytes of every image file, by its name without extension.

    Folders that are absent are passed over. Where a name occurs more than once, the earlier
    folder wins, then the earlier of `EXTENSIONS`.
    """
    found: Listing = {}
    for folder in folders:
        if (data / folder).is_dir():
            found = _list_one(data / folder) | found
    return found


def _list_one(folder: Path) -> Listing:
    ranked = []
    with os.scandir(folder) as entries:
        for entry in entries:
            stem, dot, extension = entry.name.rpartition(".")
            suffix = dot + extension.lower()
            if suffix in EXTENSIONS and entry.is_file():
                rank = EXTENSIONS.index(suffix)
                ranked.append((rank, entry.name, stem, entry.stat().st_size))
    return {stem: (folder / name, size) for _, name, stem, size in sorted(ranked, reverse=True)}


def locate(ids: pl.Series, listing: Listing, data: Path, folders: Iterable[str]) -> list[pl.Series]:
    """Give each id's file, in the order of `ids`: its path as text and its size in bytes.

    Raises MelError, naming the first and the count, for files that are missing or empty. That
    the others can be decoded is seen when they are.
    """
    missing = sorted(name for name in ids if name not in listing)
    if missing:
        places = " or ".join(folders)
        raise MelError(
            f"{data}: no image file {missing[0]}.jpg ({len(missing)} of {ids.len()} missing); "
            f"put it into {places}"
        )
    empty = sorted(name for name in ids if listing[name][1] == 0)
    if empty:
        raise MelError(
            f"{listing[empty[0]][0]}: the image file is empty ({len(empty)} such); fetch it again"
        )
    return [
        pl.Series("path", [str(listing[name][0]) for name in ids], dtype=pl.String),
        pl.Series("file_bytes", [listing[name][1] for name in ids], dtype=pl.Int64),
    ]

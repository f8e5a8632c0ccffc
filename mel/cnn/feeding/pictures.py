"""Pictures as squares of pixels: decoded once and kept, or decoded each time they are asked for."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.cnn.devices.machine import free_disk
from mel.cnn.feeding.pixels import keep, place_of
from mel.config import HardwareSettings
from mel.errors import ImageError, MelError, near
from mel.images import Framing, decode
from mel.progress import say

__all__ = ["Decoded", "Kept", "Pictures", "is_kept", "open_pictures", "prepare"]

Bytes = NDArray[np.uint8]
_PLAIN = Framing()
Ints = NDArray[np.int64]
_ROOM = 0.8  # of the free disk that pixels may fill unasked: the networks need some, too


@dataclass(frozen=True)
class Pictures(ABC):
    """The pictures of a frame of images at one size; rows are found by image_id only.

    Which kind it is changes no pixel: both come from `mel.images.decode`.
    """

    size: int
    rows: dict[str, int]

    def rows_of(self, image_ids: Sequence[str]) -> Ints:
        """Give the row of each id, int64. Raises MelError for an id that has none."""
        try:
            return np.array([self.rows[image_id] for image_id in image_ids], dtype=np.int64)
        except KeyError as error:
            name = str(error.args[0])
            raise MelError(f"image {name!r}: has no picture; {near(name, self.rows)}") from None

    @abstractmethod
    def take(self, rows: Ints) -> Bytes:
        """Give pictures in the order of `rows`: uint8 RGB `(n, size, size, 3)`, free to change.

        Several threads may call it at once. Raises ImageError naming an image that is broken.
        """


@dataclass(frozen=True)
class Kept(Pictures):
    """Pictures from a file of pixels that is mapped into memory: `array`, `(n, size, size, 3)`."""

    array: Bytes

    def take(self, rows: Ints) -> Bytes:
        """Copy them out of the file; see `Pictures.take`."""
        return np.asarray(self.array[rows])


@dataclass(frozen=True)
class Decoded(Pictures):
    """Pictures from their own files or records, by `paths`, in the order of the rows."""

    paths: tuple[str, ...]
    framing: Framing = _PLAIN

    def take(self, rows: Ints) -> Bytes:
        """Decode them; see `Pictures.take`."""
        found = np.empty((len(rows), self.size, self.size, 3), dtype=np.uint8)
        for place, row in enumerate(rows):
            found[place] = self._decode(int(row))
        return found

    def _decode(self, row: int) -> Bytes:
        try:
            return decode(self.paths[row], self.size, framing=self.framing)
        except ImageError as error:
            (image_id,) = (name for name, number in self.rows.items() if number == row)
            raise ImageError(f"image {image_id!r}: {error}") from error


def prepare(
    frame: pl.DataFrame,
    size: int,
    cache: Path,
    hardware: HardwareSettings,
    framing: Framing = _PLAIN,
) -> None:
    """Decode what is to be kept, with progress; nothing where each use shall decode anew.

    `frame` has image_id and path. Says so where only the disk is too full to keep them. Raises
    ImageError naming the first broken picture.
    """
    if not is_kept(frame.height, size, hardware):
        return
    if lack := _lack(frame, size, cache, hardware, framing):
        say(f"{cache}: {lack}; each picture is decoded whenever it is needed, which is slower")
    else:
        keep(frame, size, cache, framing)


def open_pictures(
    frame: pl.DataFrame,
    size: int,
    cache: Path,
    hardware: HardwareSettings,
    framing: Framing = _PLAIN,
) -> Pictures:
    """Give the pictures of a frame of image_id and path, kept or decoded as `hardware` says.

    What is kept lies in `cache`, and is decoded first where `prepare` was not called before. To
    find it again, the frame must have the same images; their order is of no account. Where
    `hardware.pixels` is "auto" and the disk has no room, nothing is kept.

    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     Image.new("RGB", (40, 30), (10, 20, 30)).save(f"{folder}/a.png")
    ...     frame = pl.DataFrame({"image_id": ["a"], "path": [f"{folder}/a.png"]})
    ...     hardware = HardwareSettings(pixels="decoded")
    ...     pictures = open_pictures(frame, 16, Path(folder), hardware)
    ...     pictures.take(pictures.rows_of(["a"]))[0, 0, 0].tolist()
    [10, 20, 30]
    """
    kept = is_kept(frame.height, size, hardware)
    if kept and not _lack(frame, size, cache, hardware, framing):
        return Kept(size, _numbered(frame), keep(frame, size, cache, framing))
    ordered = frame.select("image_id", "path").sort("image_id")
    return Decoded(size, _numbered(frame), tuple(ordered["path"].to_list()), framing)


def _lack(
    frame: pl.DataFrame, size: int, cache: Path, hardware: HardwareSettings, framing: Framing
) -> str:
    """Say what room the disk lacks for pixels that nobody insists on; empty where it has it."""
    needed, free = frame.height * size * size * 3, free_disk(cache)
    if hardware.pixels == "kept" or free is None or needed <= _ROOM * free:
        return ""
    if place_of(frame, size, cache, framing).exists():
        return ""
    return f"no room for {needed / 1e9:.1f} GB of pixels of {size}, {free / 1e9:.1f} GB are free"


def is_kept(count: int, size: int, hardware: HardwareSettings) -> bool:
    """Say whether the pixels of `count` images shall be kept: they take size * size * 3 each.

    >>> hardware = HardwareSettings(pixels_gb=1.0)
    >>> is_kept(5_000, 256, hardware), is_kept(6_000, 256, hardware)
    (True, False)
    """
    if hardware.pixels == "auto":
        return count * size * size * 3 <= hardware.pixels_gb * 1e9
    return hardware.pixels == "kept"


def _numbered(frame: pl.DataFrame) -> dict[str, int]:
    return {image_id: row for row, image_id in enumerate(frame["image_id"].sort())}

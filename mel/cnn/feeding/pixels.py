"""Decoded pixels, once for all folds and members of a size: a memory-mapped array."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import MelError
from mel.files import atomic, digest_frame, digest_json
from mel.images import Framing, decode, stamp
from mel.progress import progress

__all__ = ["keep", "place_of"]

_PLAIN = Framing()


def keep(
    frame: pl.DataFrame, size: int, cache: Path, framing: Framing = _PLAIN
) -> NDArray[np.uint8]:
    """Decode a frame of image_id and path to `size`, or open what an earlier call decoded.

    Gives uint8 RGB `(n, size, size, 3)`, mapped into memory, in the order of the ids. The file's
    name holds a digest of ids, paths, file sizes and times, and one of a framing that is not
    plain, so that changed images are decoded again; it appears under that name only when complete,
    and a second process that wants it waits for the first. Memory stays flat. Raises ImageError
    naming the first broken file.
    """
    frame = frame.select("image_id", "path").sort("image_id")
    target = place_of(frame, size, cache, framing)
    with _one_at_a_time(target):
        if not target.exists():
            with atomic(target) as temporary:
                _decode_all(frame["path"].to_list(), size, temporary, framing)
    return np.asarray(np.load(target, mmap_mode="r"))


def place_of(frame: pl.DataFrame, size: int, cache: Path, framing: Framing = _PLAIN) -> Path:
    """Give the file that `keep` opens where it is there, and makes where it is not."""
    framed = "" if framing == _PLAIN else f"-{digest_json(asdict(framing))}"
    return cache / f"pixels-{size}-{_digest(frame)}{framed}.npy"


@contextmanager
def _one_at_a_time(target: Path) -> Iterator[None]:
    """Hold the lock of `target`, and clear away what a killed process left half-decoded."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = target.with_suffix(".lock").open("w")
    except OSError as error:
        raise MelError(f"{target.parent}: cannot be written ({error.strerror})") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in target.parent.glob(f".*-{target.name}"):
            leftover.unlink()
        yield


def _digest(frame: pl.DataFrame) -> str:
    frame = frame.select("image_id", "path")
    stamps = [stamp(path) for path in frame["path"]]
    return digest_frame(
        frame.with_columns(
            bytes=pl.Series([s.bytes for s in stamps], dtype=pl.Int64),
            modified=pl.Series([s.modified_ns for s in stamps], dtype=pl.Int64),
        )
    )


def _decode_all(paths: Sequence[str], size: int, target: Path, framing: Framing) -> None:
    shape = (len(paths), size, size, 3)
    array = np.lib.format.open_memmap(target, mode="w+", dtype=np.uint8, shape=shape)
    _reserve(target)

    def one(row: int) -> None:
        array[row] = decode(paths[row], size, framing=framing)

    with (
        progress(f"decode at {size}", len(paths), "images") as tick,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        try:
            for _ in pool.map(one, range(len(paths))):
                tick()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    array.flush()


def _reserve(path: Path) -> None:
    """Take the disk space now: on a disk that fills up later, a mapped write kills the process."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)

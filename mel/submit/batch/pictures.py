"""The files that a batch reads: whether they are as they were, and that none is written over."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl

from mel.errors import MelError
from mel.images import stamp

__all__ = ["Stamped", "refuse_input", "stamped", "stamps"]

Stamped = tuple[pl.DataFrame, str]


def refuse_input(out: Path, sources: Iterable[object]) -> None:
    """Raise MelError where `out`, or the summary beside it, is a file that is read for it."""
    for source in sources:
        if not isinstance(source, Path | str):
            continue
        for written in (out, out.with_name(f"{out.name}.json")):
            with suppress(OSError):  # one of both is not there
                if written.samefile(source):
                    raise MelError(f"{source}: is read, and would be written over; name another")


def stamps(frame: pl.DataFrame) -> str:
    """Give a digest of the size and the time of change of every picture of a frame."""
    sha = hashlib.sha256()
    for path in frame["path"]:
        try:
            sha.update(repr(tuple(stamp(path))).encode())
        except (MelError, ValueError):  # it may come back, and is another then
            sha.update(b"none")
    return sha.hexdigest()[:16]


def stamped(frames: Iterable[pl.DataFrame]) -> Iterator[Stamped]:
    """Give each frame with the digest of its pictures as they are now."""
    for frame in frames:
        yield frame, stamps(frame)

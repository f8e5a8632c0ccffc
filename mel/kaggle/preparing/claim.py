"""A folder of prepared images is one run's at a time, and a killed run's halves are swept away."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mel.errors import MelError
from mel.kaggle.preparing.plan import Plan

__all__ = ["claimed", "sweep"]

_HALF = re.compile(r"\.[0-9a-f]{8}-(shard-.*|plan\.parquet|index\.parquet|broken\.csv)")


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder for one run; a second is refused with a MelError, not kept waiting.

    The lock is the operating system's and ends with the process, however that ends.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{folder}: cannot be written ({reason}); choose another --out") from error
    try:
        _lock(file, folder)
        yield
    finally:
        os.close(file)


def _lock(file: int, folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise MelError(
            f"{folder}: another mel prepares images here; wait until it ends, or choose "
            "another --out"
        ) from None


def sweep(plan: Plan, folder: Path) -> None:
    """Take away what a killed run left half-written; call it with the folder claimed."""
    for place in (folder, folder / "parts", *(folder / str(size) for size in plan.sizes)):
        for leftover in place.glob(".????????-*"):
            if _HALF.fullmatch(leftover.name):
                leftover.unlink(missing_ok=True)

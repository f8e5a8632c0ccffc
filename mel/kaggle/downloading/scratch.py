"""The folder in which a download grows, and the lock that keeps a second one out of it."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mel.digests import digest_json
from mel.errors import MelError

__all__ = ["Scratch", "scratch"]

_FOLDER = ".download"
_WAIT = 5.0  # seconds that a killed run's client may take to end


@dataclass(frozen=True)
class Scratch:
    """A folder beside the final names, on their disk, and the descriptor of its lock.

    The client inherits the descriptor: the lock is held as long as anybody can write here.
    """

    folder: Path
    lock: int

    def place(self, what: str) -> Path:
        """Give a folder of its own for one download; the same in the next run, which goes on."""
        folder = self.folder / digest_json(what)[:12]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def clear(self) -> None:
        """Take away what is no longer needed: all of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def scratch(out: Path) -> Iterator[Scratch]:
    """Make the folder and hold its lock; an empty one is taken away again.

    Raises MelError where another download is writing there, and where nothing can be written.
    """
    new = not out.exists()
    folder = out / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("wb")
    except OSError as error:
        raise MelError(
            f"{out}: cannot be written ({error.strerror}); choose another folder"
        ) from None
    with lock:
        _acquire(lock.fileno(), out)
        try:
            yield Scratch(folder, lock.fileno())
        finally:
            _tidy(folder, out if new else None)


def _acquire(lock: int, out: Path) -> None:
    end = time.monotonic() + _WAIT
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > end:
                raise MelError(
                    f"{out}: another download is writing there; wait for it, or end it"
                ) from None
            time.sleep(0.1)


def _tidy(folder: Path, new: Path | None) -> None:
    """Take away what holds no part of a download."""
    if not any(path.is_file() and path.name != "lock" for path in folder.rglob("*")):
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # it holds files
            if new is not None:
                new.rmdir()

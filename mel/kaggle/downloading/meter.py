"""Watch a download grow on disk: progress in megabytes, signs of life, room on the disk."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from mel.kaggle.client import ClientError
from mel.progress import Ticker, progress

__all__ = ["Meter", "size_of"]

_MB = 10**6
_BAR = re.compile(r"([\d.]+)([kKMGT]?)/([\d.]+)([kKMGT]?)B? \[")  # of the client's progress bar
_UNITS = {"": 1, "k": 2**10, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_WAITING = re.compile(r"(?:Retrying in|Will retry in|Rate limited)[^\n\r]{0,60}")


class Meter:
    """Shows how far a download is; `watch` gives the function that `Client.run` calls."""

    def __init__(self, label: str, total: int, room: Callable[[int], None] | None = None) -> None:
        """Expect `total` bytes; with `room`, what the client announces is believed instead."""
        self._label, self._total, self._room = label, total, room
        self._done, self._shown = 0, 0  # bytes of files that are finished; megabytes shown
        self._stack = ExitStack()
        self._tick: Ticker | None = None

    def __enter__(self) -> "Meter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def watch(self, folder: Path) -> Callable[[str], bool]:
        """Give a function that looks at the folder and at what the client last printed.

        It says whether the folder grew, and raises where the disk is full or will be: the client
        would try again and again. `room` is asked once, with the bytes that the client announces,
        and raises where they are too many.
        """
        before = size_of(folder)
        announced = False

        def look(tail: str) -> bool:
            nonlocal before, announced
            if "No space left on device" in tail or "Disk quota exceeded" in tail:
                raise ClientError(
                    "disk",
                    f"{folder.parent.parent}: the disk is full; free some space, then run "
                    "the same again: what is here is kept",
                )
            if not announced and (found := _BAR.search(tail)):
                announced = True
                self._announce(int(float(found.group(3)) * _UNITS[found.group(4)]))
            waiting = _WAITING.findall(tail)
            now = size_of(folder)
            self._show(self._done + now, waiting[-1] if waiting and now == before else "")
            grew, before = now > before, now
            return grew

        return look

    def finish(self, size: int) -> None:
        """Count a file of so many bytes as done."""
        self._done += size
        self._show(self._done, "")

    def _announce(self, size: int) -> None:
        if self._room is not None:
            self._total = size
            self._room(size)

    def _show(self, size: int, note: str) -> None:
        if not size and not note:
            return
        if self._tick is None:
            total = max(round(self._total / _MB), 1)
            self._tick = self._stack.enter_context(progress(self._label, total, "MB"))
        more = max(size // _MB - self._shown, 0)
        self._shown += more
        if more or note:
            self._tick(more, note)


def size_of(folder: Path) -> int:
    """Give the bytes of all files in a folder."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # renamed between the two looks
            continue
    return total

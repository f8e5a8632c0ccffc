"""How a lease is taken, kept and given back, by one of several that would have it."""

import errno
import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from mel.cnn.jobs.holders import Holder
from mel.cnn.jobs.leases import BEATS, age, ended, token

__all__ = ["Claim"]

_UNLINKED = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # a file system without links


class Claim:
    """A fold that is this process', until it is given back or lost to another one."""

    def __init__(self, path: Path, holder: Holder, lease: float) -> None:
        self.path, self.token = path, uuid4().hex
        self.lost = threading.Event()
        self.when_lost: Callable[[], None] | None = None
        self._holder, self._lease = holder, lease
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    @property
    def ticket(self) -> dict[str, str]:
        """What tells another process, the worker, that the fold is still this claim's."""
        return {"path": str(self.path), "token": self.token}

    def taken(self) -> bool:
        """Try to take the lease, over from one that ended if there is one; and keep it."""
        if not (self._made() or (ended(self.path, self._holder, self._lease) and self._over())):
            return False
        self._thread.start()
        return True

    def _made(self) -> bool:
        """Make the file, whole, unless there is one: a link to a name that is taken fails."""
        draft = self._draft()
        try:
            os.link(draft, self.path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _UNLINKED:
                raise
            return self._made_in_place()
        finally:
            draft.unlink()
        return True

    def _made_in_place(self) -> bool:
        """Make the file where there are no links: another may see it before it is whole."""
        try:
            with self.path.open("x", encoding="utf-8") as file:
                file.write(self._text)
        except FileExistsError:
            return False
        return True

    def _over(self) -> bool:
        """Replace a lease that ended; of several that would, one does."""
        gate = self.path.with_name(f"{self.path.name}.change")
        try:
            gate.touch(exist_ok=False)
        except FileExistsError:
            if age(gate) > self._lease:  # who held it died in the middle
                gate.unlink(missing_ok=True)
            return False
        try:
            if not ended(self.path, self._holder, self._lease):
                return False
            self._draft().replace(self.path)
        finally:
            gate.unlink(missing_ok=True)
        return token(self.path) == self.token

    def _draft(self) -> Path:
        draft = self.path.with_name(f".{self.token[:8]}-{self.path.name}")
        try:
            draft.write_text(self._text, encoding="utf-8")
        except OSError:  # a full disk still has room for an empty file
            draft.unlink(missing_ok=True)
            raise
        return draft

    @property
    def _text(self) -> str:
        return json.dumps({"token": self.token} | asdict(self._holder))

    def _beat(self) -> None:
        while not self._ended.wait(self._lease / BEATS):
            with suppress(OSError):  # a disk that is away for a moment
                if token(self.path) != self.token:
                    self.lost.set()
                    if self.when_lost:
                        self.when_lost()
                    return
                os.utime(self.path)

    def give_back(self) -> None:
        """End the lease."""
        self._ended.set()
        self._thread.join()
        with suppress(OSError):
            if token(self.path) == self.token:
                self.path.unlink()

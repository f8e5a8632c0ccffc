"""Who trains a fold: one process at a time, on one machine or on several that share the folder.

Two things hold a fold. A lock of the operating system, which ends with its process, however that
ends; but some file systems that machines share do not pass it on. And a lease: a file that names
its holder, which a thread of the holder touches now and then. A lease ends when its holder gives
it back, at once when the process it names is dead and was on this machine, and else when it was
not touched for some minutes, by the file system's own clock.
"""

import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from mel.cnn.jobs.done import fold_dir
from mel.cnn.jobs.holders import Holder, dead, me
from mel.errors import MelError

__all__ = ["LEASE", "Claim", "claimed", "gives_a_sign", "still_claimed"]

LEASE = 300.0  # seconds after which a lease that nobody touches ends
_BEATS = 10  # touches in that time
_LOCK, _FILE = ".lock", "claim.json"
_UNLINKED = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}  # a file system without links
_UNSHARED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # a file system without locks


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
        if not (self._made() or (_ended(self.path, self._holder, self._lease) and self._over())):
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
            if _age(gate) > self._lease:  # who held it died in the middle
                gate.unlink(missing_ok=True)
            return False
        try:
            if not _ended(self.path, self._holder, self._lease):
                return False
            self._draft().replace(self.path)
        finally:
            gate.unlink(missing_ok=True)
        return _token(self.path) == self.token

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
        while not self._ended.wait(self._lease / _BEATS):
            with suppress(OSError):  # a disk that is away for a moment
                if _token(self.path) != self.token:
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
            if _token(self.path) == self.token:
                self.path.unlink()


@contextmanager
def claimed(
    member: Path, fold: int, *, lease: float = LEASE, holder: Holder | None = None
) -> Iterator[Claim | None]:
    """Hold a fold of a member for this process; give None while another one holds it.

    Raises MelError where the fold's folder cannot be written.
    """
    place = fold_dir(member, fold)
    with _writing(place):
        place.mkdir(parents=True, exist_ok=True)
        lock = (place / _LOCK).open("w")
    with lock:
        if not _locked(lock.fileno()):
            yield None
            return
        claim = Claim(place / _FILE, holder or me(), lease)
        with _writing(place):
            mine = claim.taken()
        if not mine:
            yield None
            return
        try:
            yield claim
        finally:
            claim.give_back()


def gives_a_sign(member: Path, fold: int, *, lease: float = LEASE) -> bool:
    """Wait until who holds a fold touches its lease, or until that ended: then give False.

    A container that is started again is another machine to the lease of the one before, of which
    nothing is known: so what it left is found to be free, a few minutes later.
    """
    place = fold_dir(member, fold)
    with suppress(OSError), (place / _LOCK).open("w") as lock:
        if not _locked(lock.fileno()):
            return True
    path = place / _FILE
    first = _touched(path)
    while (now := _touched(path)) == first and now is not None:
        with suppress(FileNotFoundError):  # it was given back just now
            if _age(path) > lease:
                return False
        time.sleep(min(lease / _BEATS, 1.0))
    return now is not None


def _touched(path: Path) -> int | None:
    """Give when a lease was touched; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


@contextmanager
def _writing(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MelError(f"{place}: cannot be written ({error.strerror})") from error


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _UNSHARED:
            raise
    return True


def still_claimed(ticket: Mapping[str, str] | None) -> None:
    """Refuse to go on for a claim that another process took over; a missing ticket is none."""
    if ticket is not None and _token(Path(ticket["path"])) != ticket["token"]:
        raise MelError(
            "another process took this fold over, since this one gave no sign for minutes; "
            "it is left to that"
        )


def _token(path: Path) -> str | None:
    return _read(path).get("token")


def _read(path: Path) -> dict[str, Any]:
    """Give what a lease says: nothing, where there is none or it is no lease."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ended(path: Path, mine: Holder, lease: float) -> bool:
    """Tell whether a lease is over: its holder is dead, or has not touched it for too long."""
    said = _read(path)
    with suppress(TypeError):
        if dead(Holder(**{key: value for key, value in said.items() if key != "token"}), mine):
            return True
    with suppress(FileNotFoundError):
        return _age(path) > lease
    return True


def _age(path: Path) -> float:
    """Give the seconds since a file was touched, by the clock that stamps files there."""
    probe = path.with_name(f".{uuid4().hex[:8]}-now")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)

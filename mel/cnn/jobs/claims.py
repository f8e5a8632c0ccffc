"""Who trains a fold: one process at a time, on one machine or on several that share the folder.

Two things hold a fold. A lock of the operating system, which ends with its process, however that
ends; but some file systems that machines share do not pass it on. And a lease, which ends by
itself: see `mel.cnn.jobs.leases`.
"""

import errno
import fcntl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from mel.cnn.jobs.done import fold_dir
from mel.cnn.jobs.holders import Holder, me
from mel.cnn.jobs.leases import BEATS, LEASE, age, token, touched
from mel.cnn.jobs.leasing import Claim
from mel.errors import MelError

__all__ = ["LEASE", "Claim", "claimed", "gives_a_sign", "still_claimed"]

_LOCK, _FILE = ".lock", "claim.json"
_UNSHARED = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}  # a file system without locks


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
    first = touched(path)
    while (now := touched(path)) == first and now is not None:
        with suppress(FileNotFoundError):  # it was given back just now
            if age(path) > lease:
                return False
        time.sleep(min(lease / BEATS, 1.0))
    return now is not None


def still_claimed(ticket: Mapping[str, str] | None) -> None:
    """Refuse to go on for a claim that another process took over; a missing ticket is none."""
    if ticket is not None and token(Path(ticket["path"])) != ticket["token"]:
        raise MelError(
            "another process took this fold over, since this one gave no sign for minutes; "
            "it is left to that"
        )


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

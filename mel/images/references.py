"""References: what names a picture, the bytes behind it, and whether they changed."""

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from mel.errors import ImageError, MelError
from mel.images import hdf5, tfrecord
from mel.images.example import chunk_of

__all__ = ["CONTAINERS", "Stamp", "fetch", "split", "stamp"]

CONTAINERS = {
    ".hdf5": "hdf5",
    ".h5": "hdf5",
    ".tfrec": "tfrecord",
    ".tfrecord": "tfrecord",
}
_KEYED = re.compile(r"(.+\.(?:hdf5|h5|tfrec|tfrecord))#(.+)", re.IGNORECASE | re.DOTALL)
_MOST = 2**31 - 1  # bytes of one encoded picture


class Stamp(NamedTuple):
    """What tells that a file was changed: its size in bytes, and when it was, in nanoseconds."""

    bytes: int
    modified_ns: int


def split(reference: Path | str) -> tuple[Path, str | None]:
    """Give the file of a reference, and the key of the picture in it, if it is a container.

    >>> split("train-image.hdf5#ISIC_0015670")
    (PosixPath('train-image.hdf5'), 'ISIC_0015670')
    >>> split("mole.jpg")
    (PosixPath('mole.jpg'), None)
    """
    found = _KEYED.fullmatch(str(reference))
    if found and not Path(found[0]).is_file():  # a folder may be called a.h5#b
        return Path(found[1]), found[2]
    return Path(reference), None


def stamp(reference: Path | str) -> Stamp:
    """Give the size and time of the file behind a reference; of the whole container, if it is one.

    Raises MelError when there is no such file.

    >>> stamp("work/demo/competition/train.csv").bytes > 0
    True
    >>> stamp("work/none.jpg")
    Traceback (most recent call last):
        ...
    mel.errors.MelError: work/none.jpg: cannot be read (No such file or directory); ...
    """
    path, _ = split(reference)
    try:
        found = path.stat()
    except OSError as error:
        raise MelError(f"{path}: cannot be read ({error.strerror}); load the data again") from None
    return Stamp(found.st_size, found.st_mtime_ns)


def fetch(reference: Path | str, name: str | None = None) -> bytes:
    """Give the encoded picture behind a reference, as it stands in its file or container.

    Raises ImageError, opening with the reference (or `name`), when the file or the key is
    missing, or the record is broken; MelError when a package for the container is missing.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "mole.jpg"
    ...     _ = path.write_bytes(b"not yet a mole")
    ...     fetch(path)
    b'not yet a mole'
    """
    path, key = split(reference)
    label = name or str(reference)
    try:
        if key is None:
            return _whole(path)
        if CONTAINERS[path.suffix.lower()] == "hdf5":
            return hdf5.read(path, key)
        return _recorded(path, key)
    except FileNotFoundError:
        raise ImageError(f"{label}: no such image file; check the image folder") from None
    except OSError as error:
        reason = error.strerror.lower() if error.strerror else str(error)
        raise ImageError(f"{label}: cannot be read as an image ({reason})") from error
    except ValueError as error:
        raise ImageError(f"{label}: cannot be read as an image ({error})") from error


def _whole(path: Path) -> bytes:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe or a device may never end
        raise ValueError("it is no file, but a pipe or a device")
    with path.open("rb") as file:
        if path.suffix.lower() in CONTAINERS:
            raise ValueError(f"it holds many; name the picture in it, {path.name}#KEY")
        size = os.fstat(file.fileno()).st_size
        if size > _MOST:
            raise ValueError(f"{size:,} bytes, no picture is as large")
        return file.read()


def _recorded(path: Path, key: str) -> bytes:
    if not key.isdecimal():
        raise ValueError(f"{key!r} is no offset of a record in bytes")
    picture = chunk_of(tfrecord.read_at(path, int(key)), tfrecord.PICTURES)
    if picture is None:
        raise ValueError(f"the record has no feature {tfrecord.PICTURES[0]!r} of bytes")
    return bytes(picture)

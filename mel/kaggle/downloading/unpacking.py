"""A zip archive -> files under a folder: each whole or absent, none outside it."""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO

from mel.errors import MelError

__all__ = [
    "BrokenArchiveError",
    "check_room",
    "inside",
    "members",
    "unpack",
    "unpack_one",
    "verify",
]

_BLOCK = 2**20
_SPARE = 64 * 2**20  # bytes that a disk should keep
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError)
_AGAIN = "run the same again to fetch it anew"


class BrokenArchiveError(MelError):
    """An archive that did not come whole: to be taken away and fetched anew."""


def check_room(folder: Path, needed: int, why: str) -> None:
    """Refuse to begin what the disk of `folder` cannot hold: `needed` bytes and a little more."""
    place = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    if needed and needed + _SPARE > free:
        raise MelError(
            f"{folder}: {why} takes {needed / 1e9:,.2f} GB, {free / 1e9:,.2f} GB are free; "
            "free some space or choose another place"
        )


def inside(name: str) -> PurePosixPath:
    """Give the path of a file inside a folder, or refuse one that could lie outside.

    >>> inside("train/a.jpg")
    PurePosixPath('train/a.jpg')
    """
    path = PurePosixPath(name)
    odd = "\\" in name or name[1:2] == ":" or any(ord(c) < 32 for c in name)
    if not path.parts or path.is_absolute() or ".." in path.parts or odd:
        raise MelError(f"{name!r}: would be written outside its folder; do not trust this archive")
    return path


def members(archive: Path) -> list[zipfile.ZipInfo]:
    """List an archive's files, folders left out, after refusing names that are unsafe.

    Refused are names that lead outside, links, names that stand twice, encrypted files, and what
    is no whole zip archive. Nothing is written. Raises MelError.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            found = [info for info in opened.infolist() if not info.is_dir()]
    except _BROKEN as error:
        raise BrokenArchiveError(
            f"{archive.name}: is no whole zip archive ({error}); {_AGAIN}"
        ) from None
    taken: set[str] = set()
    for info in found:
        path = inside(info.filename)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise MelError(f"{archive.name}: {info.filename!r} is a link; do not trust it")
        if info.flag_bits & 1:
            raise MelError(f"{archive.name}: {info.filename!r} is encrypted; give --no-unzip")
        if str(path) in taken:
            raise MelError(f"{archive.name}: {info.filename!r} stands twice; do not trust it")
        taken.add(str(path))
    return found


def unpack(
    archive: Path, out: Path, scratch: Path, tick: Callable[[int], None] = lambda _: None
) -> int:
    """Write an archive's files under `out`; give how many of them were not there yet.

    What is already there with the right size and checksum is left alone, so a run that was killed
    goes on. Each file is written to `scratch`, on the same disk, checked, then renamed. `tick`
    hears of each file's bytes. Raises MelError, as `members` does, and for a wrong checksum.
    """
    written = 0
    found = members(archive)
    with zipfile.ZipFile(archive) as opened:
        for info in found:
            target = out / inside(info.filename)
            if not _is_there(target, info):
                _write(opened, info, target, scratch / "member")
                written += 1
            tick(info.file_size)
    return written


def unpack_one(archive: Path, target: Path) -> None:
    """Write the only file of an archive as `target`, whole or not at all. Raises MelError."""
    found = members(archive)
    if len(found) != 1:
        raise BrokenArchiveError(f"{archive.name}: holds {len(found)} files, expected 1; {_AGAIN}")
    with zipfile.ZipFile(archive) as opened:
        _write(opened, found[0], target, archive.with_name("member"))


def verify(archive: Path, tick: Callable[[int], None] = lambda _: None) -> None:
    """Read a whole archive against its checksums; raises MelError where one is wrong."""
    found = members(archive)
    with zipfile.ZipFile(archive) as opened:
        for info in found:
            _read(opened, info, lambda _: None)
            tick(info.file_size)


def _is_there(target: Path, info: zipfile.ZipInfo) -> bool:
    if not target.is_file() or target.stat().st_size != info.file_size:
        return False
    checksum = 0
    with target.open("rb") as file:
        while block := file.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
    return checksum == info.CRC


def _write(opened: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, part: Path) -> None:
    try:
        with part.open("wb") as sink:
            _read(opened, info, sink.write)
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{target}: cannot be written ({reason}); free or choose a place") from None
    finally:
        part.unlink(missing_ok=True)


def _read(opened: zipfile.ZipFile, info: zipfile.ZipInfo, take: Callable[[bytes], object]) -> None:
    where = f"{Path(opened.filename or '').name}: {info.filename!r}"
    try:
        source: IO[bytes]
        with opened.open(info) as source:
            while block := source.read(_BLOCK):
                take(block)
    except _BROKEN as error:
        raise BrokenArchiveError(f"{where} is broken ({error}); {_AGAIN}") from None
    except NotImplementedError as error:
        raise MelError(f"{where} is packed in an unknown way ({error}); give --no-unzip") from None

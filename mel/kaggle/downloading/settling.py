"""One file that came -> its final name, out of the archive that Kaggle may have put around it."""

import zipfile
from pathlib import Path, PurePosixPath

from mel.errors import MelError
from mel.kaggle.client import RemoteFile
from mel.kaggle.downloading.unpacking import BrokenArchiveError, inside, members, unpack_one, verify

__all__ = ["settle"]


def settle(came: Path, file: RemoteFile, out: Path, *, unzip: bool) -> str:
    """Give a file that was fetched its name under `out`; give the name, with .zip if that is kept.

    Kaggle sends a large table inside an archive, by name or under the table's own. Raises MelError
    where what came is neither the file as it is listed nor a whole archive around it.
    """
    target = out / inside(file.name)
    if not _is_around(came, file):
        _check_size(came, file)
        return _move(came, target, out)
    if unzip:
        unpack_one(came, target)
        return file.name
    verify(came)
    return _move(came, target.with_name(f"{target.name}.zip"), out)


def _is_around(came: Path, file: RemoteFile) -> bool:
    """Say whether what came is an archive around the file, not the file itself."""
    if file.name.lower().endswith(".zip") or came.stat().st_size == file.size:
        return False
    if came.suffix.lower() == ".zip":
        return True
    if file.size is None or not zipfile.is_zipfile(came):
        return False
    inner = [PurePosixPath(info.filename).name for info in members(came)]
    return inner == [PurePosixPath(file.name).name]


def _check_size(came: Path, file: RemoteFile) -> None:
    size = came.stat().st_size
    if file.size is not None and size != file.size:
        raise BrokenArchiveError(
            f"{file.name}: {size:,} bytes came, Kaggle lists {file.size:,}; run the same again, "
            "and without --file if it stays so"
        )


def _move(came: Path, target: Path, out: Path) -> str:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        came.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{target}: cannot be written ({reason}); free or choose a place") from None
    return target.relative_to(out).as_posix()

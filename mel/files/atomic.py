"""Files and folders that are whole or absent."""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from mel.errors import MelError

__all__ = ["atomic", "write_bytes", "write_text"]

_STRAY = 3600.0  # seconds after which a temporary file belongs to nobody any more


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name only if the block succeeds.

    The temporary name keeps all suffixes, for writers that choose their format by them. Works for a
    file and for a folder. A full or read-only disk becomes a `MelError`, and nothing is left; what
    a killed process left beside the same path is removed once it is an hour old.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "scores.csv"
    ...     with atomic(path) as temporary:
    ...         _ = temporary.write_text("image_id,score")
    ...         before = path.exists()
    ...     before, path.read_text()
    (False, 'image_id,score')
    """
    temporary = path.with_name(f".{uuid4().hex[:8]}-{path.name}")
    old = temporary.with_name(f"{temporary.name}-old")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if temporary.is_dir() and path.is_dir():
            path.replace(old)
        temporary.replace(path)
        _sweep(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{path}: cannot be written ({reason}); free or choose a place") from error
    finally:
        with suppress(OSError):  # such as a name too long for any file
            if old.is_dir() and not path.exists():
                old.replace(path)
            _remove(temporary)
            _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    elif path.is_file():
        path.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    stray = re.compile(rf"\.[0-9a-f]{{8}}-{re.escape(path.name)}(-old)?")
    for other in path.parent.iterdir():
        if stray.fullmatch(other.name):
            with suppress(OSError):  # another process was quicker
                if time.time() - other.stat().st_mtime > _STRAY:
                    _remove(other)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all.

    Makes the folders on the way. Raises MelError where the disk refuses.

    >>> write_text(Path("work/mole.txt"), "a mole")
    >>> Path("work/mole.txt").read_text()
    'a mole'
    """
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, whole or not at all.

    Makes the folders on the way. Raises MelError where the disk refuses.

    >>> write_bytes(Path("work/mole.txt"), b"a mole")
    >>> Path("work/mole.txt").read_bytes()
    b'a mole'
    """
    with atomic(path) as temporary:
        temporary.write_bytes(content)

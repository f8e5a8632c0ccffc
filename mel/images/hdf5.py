"""Pictures in an HDF5 file as ISIC 2024 has them: a dataset an image, holding its JPEG."""

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from mel.errors import MelError
from mel.images.extras import need

__all__ = ["listing", "read"]

_OPEN = 4  # files held open at once

_lock = threading.Lock()
_handles: OrderedDict[Path, tuple[tuple[int, int], Any]] = OrderedDict()


def _forget() -> None:
    """Start a forked child with no handles: HDF5's are their process's own."""
    global _lock
    _lock = threading.Lock()
    _handles.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def read(path: Path, key: str) -> bytes:
    """Give the bytes that the dataset `key` holds: a scalar, or a row of bytes.

    Raises ValueError with the reason when the file is no HDF5 or has no such dataset, OSError
    when it cannot be opened, MelError when h5py is missing.
    """
    h5py = need("h5py", "hdf5", "an HDF5 file")
    with _lock:
        file = _handle(h5py, path)
        try:
            found = file.get(key)
        except (KeyError, ValueError, RuntimeError, OSError) as error:
            raise ValueError(f"the HDF5 file is damaged at {key!r}: {_line(error)}") from error
        if not isinstance(found, h5py.Dataset):
            kind = "no dataset" if found is None else "a group and no dataset"
            raise ValueError(f"the HDF5 file has {kind} {key!r} among its {len(file):,}")
        return _content(found)


def _content(dataset: Any) -> bytes:
    if dataset.dtype.kind not in "SOVu" or dataset.nbytes > 2**31 - 1:
        raise ValueError(f"the dataset is {dataset.dtype} {dataset.shape}, no encoded picture")
    value = dataset[()]
    if isinstance(value, bytes):
        return bytes(value)
    if hasattr(value, "tobytes"):
        return bytes(value.tobytes())
    raise ValueError("the dataset is empty")


def _handle(h5py: Any, path: Path) -> Any:
    """Open a file once a process; a file that was changed since is opened again."""
    found = path.stat()
    state = (found.st_size, found.st_mtime_ns)
    if path in _handles and _handles[path][0] == state:
        _handles.move_to_end(path)
        return _handles[path][1]
    if path in _handles:
        _handles.pop(path)[1].close()
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        if error.errno:
            raise
        raise ValueError(f"it is no whole HDF5 file: {_line(error)}") from error
    _handles[path] = (state, file)
    if len(_handles) > _OPEN:
        _handles.popitem(last=False)[1][1].close()
    return file


def listing(path: Path) -> list[tuple[str, int]]:
    """Give the name and the stored bytes of every dataset at the top of an HDF5 file.

    About 30 microseconds a dataset. Raises MelError for a file that is missing or no HDF5, or
    when h5py is missing.
    """
    h5py = need("h5py", "hdf5", "an HDF5 file")
    names: list[bytes] = []
    try:
        with h5py.File(path, "r", locking=False) as file:
            file.id.links.iterate(names.append)  # h5py's low level: ten times as quick
            sizes = [_stored(h5py, file.id, name) for name in names]
    except FileNotFoundError:
        raise MelError(f"{path}: no such file; correct the path") from None
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise MelError(f"{path}: is no whole HDF5 file ({_line(error)}); fetch it again") from error
    pairs = zip(names, sizes, strict=True)
    return [(name.decode(errors="replace"), size) for name, size in pairs if size is not None]


def _stored(h5py: Any, file: Any, name: bytes) -> int | None:
    """Give the bytes of a dataset, None for a group."""
    found = h5py.h5o.open(file, name)
    return int(found.get_storage_size()) if isinstance(found, h5py.h5d.DatasetID) else None


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__

"""A stopped training's state: every variable, in one file that is whole or is not loaded."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError
from mel.files import atomic

__all__ = ["names_of", "read", "write"]

_RECORD = "record"
Arrays = Mapping[str, NDArray[Any]]


def names_of(part: str, variables: Sequence[Any]) -> list[str]:
    """Name variables by position and path, without the numbers Keras counts up in a process.

    >>> class V: path = "dense_3/kernel"
    >>> names_of("model", [V()])
    ['model/0000/dense/kernel']
    """
    plain = [re.sub(r"_?\d+", "", str(variable.path)) for variable in variables]
    return [f"{part}/{index:04d}/{name}" for index, name in enumerate(plain)]


def write(path: Path, arrays: Arrays, record: Mapping[str, Any]) -> None:
    """Write arrays and a record (plain JSON) as .npz with their digest, whole or not at all.

    Raises MelError where there is no room.
    """
    text = json.dumps(dict(record) | {"digest": _digest(arrays, record)}, allow_nan=False)
    with atomic(path) as temporary, temporary.open("wb") as file:
        members: dict[str, Any] = {_RECORD: np.frombuffer(text.encode(), dtype=np.uint8)}
        np.savez(file, **members, **dict[str, Any](arrays))


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `write` wrote: the arrays and the record.

    Raises MelError for a file that is no such archive, was cut short, or was changed.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        record = json.loads(arrays.pop(_RECORD).tobytes())
        said = record.pop("digest")
    except Exception as error:  # a harmed archive can raise anything
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise MelError(f"{path}: is no readable state of a training ({reason})") from error
    if said != _digest(arrays, record):
        raise MelError(f"{path}: was changed after it was written")
    return arrays, record


def _digest(arrays: Arrays, record: Mapping[str, Any]) -> str:
    sha = hashlib.sha256(json.dumps(record, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        sha.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        sha.update(array.reshape(-1).view(np.uint8).data)
    return sha.hexdigest()

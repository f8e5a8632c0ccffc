"""Files of weights: preset folders, Keras' HDF5 of two layouts and its archives."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from mel.errors import MelError

__all__ = ["arrays", "opened", "preset_arguments", "weights_file"]

_INSIDE = "model.weights.h5"  # what Keras calls the weights in a preset folder and in a .keras file
_SUFFIXES = (".h5", ".keras")


def weights_file(weights: str) -> Path:
    """Give the file that `weights` names: itself, or the one of a preset folder.

    Raises MelError when there is none.
    """
    path = Path(weights)
    if path.is_dir():
        path = path / _named_by(path)
    elif not path.exists():
        raise MelError(
            f"weights {weights!r}: no such preset folder or file; set none, imagenet, a folder "
            "with config.json and its weights, or a .weights.h5, .h5 or .keras file"
        )
    if not path.is_file():
        raise MelError(f"weights {weights!r}: holds no {path.name}; attach a whole preset folder")
    if path.suffix not in _SUFFIXES:
        raise MelError(f"weights {weights!r}: neither a folder nor a .h5 or .keras file")
    return path


def preset_arguments(weights: str) -> Mapping[str, Any]:
    """Give the arguments that a preset folder's network was made with; none of a file."""
    found = _config(Path(weights)).get("config")
    return found if isinstance(found, dict) else {}


def _config(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _named_by(folder: Path) -> str:
    """The file that a preset's config.json names, which may be none of the usual name."""
    name = _config(folder).get("weights")
    return name if isinstance(name, str) and Path(name).name == name else _INSIDE


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open the HDF5 file that holds weights, which in a .keras file is one of an archive.

    Raises MelError for a file that is neither.
    """
    h5py = import_module("h5py")
    with ExitStack() as held:
        try:
            inside: Any = path
            if path.suffix == ".keras":
                archive = held.enter_context(zipfile.ZipFile(path))
                inside = held.enter_context(archive.open(_INSIDE))
            options = {} if path.suffix == ".keras" else {"locking": False}  # of a read-only disk
            file = held.enter_context(h5py.File(inside, "r", **options))
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            reason = (str(error).strip().splitlines() or [repr(error)])[0]
            raise MelError(f"weights {path}: cannot be read ({reason}); copy it again") from error
        yield file


def arrays(file: Any) -> dict[str, Any]:
    """Give the arrays of an open weights file by their path, without optimizer and random state.

    The state of a random layer is two whole numbers, which no weight is.
    """
    found: dict[str, Any] = {}

    def note(path: str, item: Any) -> None:
        if not hasattr(item, "dtype") or path.startswith("optimizer"):  # a group, not an array
            return
        if not (item.dtype.kind in "iu" and item.shape == (2,)):
            found[path] = item

    file.visititems(note)
    return found

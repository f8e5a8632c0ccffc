"""Whether weights can be had and are a backbone's own, seen without TensorFlow."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from mel.cnn.backbones.entry import Backbone
from mel.cnn.backbones.registry import backbones
from mel.errors import MelError

__all__ = ["arrays", "check_size", "check_weights", "misfit", "opened", "weights_file"]

_INSIDE = "model.weights.h5"  # what Keras calls the weights in a preset folder and in a .keras file
_SUFFIXES = (".h5", ".keras")


def check_size(entry: Backbone, size: int) -> None:
    """Refuse pictures of a size that the backbone does not take.

    Raises MelError with the nearest sizes that it does.
    """
    if size < entry.least or size % entry.multiple:
        below = max(size // entry.multiple * entry.multiple, entry.least)
        above = max(-(-size // entry.multiple) * entry.multiple, entry.least)
        kind = f", multiples of {entry.multiple}" if entry.multiple > 1 else ""
        instead = f"{below}" if below == above else f"{below} or {above}"
        raise MelError(
            f"{entry.name}: takes pictures from {entry.least} pixels{kind}, not {size}; "
            f"set size = {instead}"
        )


def check_weights(entry: Backbone, weights: str) -> None:
    """Refuse weights that cannot be had or are not the backbone's, before a long job starts.

    Looks whether there are ImageNet weights, whether a file or preset folder is there and whole,
    and how many parameters it holds. Which layer does not fit is said when they are loaded.
    Raises MelError.
    """
    if weights == "none":
        return
    if weights == "imagenet":
        if entry.imagenet is None:
            able = ", ".join(b.name for b in backbones() if b.imagenet)
            raise MelError(f"{entry.name}: has no ImageNet weights; these have: {able}")
        return
    with opened(weights_file(weights)) as file:
        found = sum(int(array.size) for array in arrays(file).values())
    if found != entry.params:
        raise MelError(misfit(entry, weights, found))


def misfit(entry: Backbone, weights: str, found: int) -> str:
    """Say that weights are not the backbone's, and whose they seem to be."""
    whose = [b.name for b in backbones() if b.params == found]
    seem = f"; they may be those of {' or '.join(whose)}" if whose else ""
    return (
        f"{entry.name}: weights {weights!r} hold {found:,} parameters, the backbone has "
        f"{entry.params:,}{seem}; give this backbone's "
        "own, without a head"
    )


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


def _named_by(folder: Path) -> str:
    """The file that a preset's config.json names, which may be none of the usual name."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _INSIDE
    name = config.get("weights") if isinstance(config, dict) else None
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
            file = held.enter_context(h5py.File(inside, "r"))
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

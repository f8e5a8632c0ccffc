"""What a file in a bundle may be called, and what the manifest says of it."""

import re
from collections.abc import Iterable

from mel.errors import MelError

__all__ = ["KIND", "MANIFEST", "MOST", "SCHEMA", "check_names"]

KIND, SCHEMA = "bundle", 1
MANIFEST = "manifest.json"
MOST = 16 * 2**20  # bytes of a manifest: some 100,000 files

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}")
_DEEPEST = 6


def check_names(names: Iterable[str], where: str) -> None:
    """Refuse a name that is no plain relative path, and one that stands twice.

    Parts are letters, digits and ``_ . + -``, and begin with none of the last three: so no name is
    absolute, leads out of a folder, is hidden, or means a device. Two names that differ only in
    case are one file on some systems, and a file cannot be a folder as well: both are refused.

    >>> check_names(["members/a/fold0/graph-64.onnx"], "x.mel")
    >>> check_names(["../evil"], "x.mel")
    Traceback (most recent call last):
    mel.errors.MelError: x.mel: holds a file named '../evil', which no bundle does; take another
    """
    seen: set[str] = set()
    for name in names:
        parts = name.split("/")
        if len(parts) > _DEEPEST or not all(_PART.fullmatch(part) for part in parts):
            raise MelError(
                f"{where}: holds a file named {name!r}, which no bundle does; take another"
            )
        if name.casefold() in seen:
            raise MelError(f"{where}: holds {name!r} twice; take another bundle")
        seen.add(name.casefold())
    folders = {name.rpartition("/")[0] for name in seen}
    for folder in sorted(folders & seen):
        raise MelError(f"{where}: {folder!r} is both a file and a folder; take another bundle")

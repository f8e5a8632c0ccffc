"""What a notebook's image has: the list that comes with mel, or what `pip freeze` prints there."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mel.errors import MelError

__all__ = ["Image", "read_image"]

_LIST = Path(__file__).with_name("image.toml")
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*===?\s*([^\s;#]+)")
_PYTHON = re.compile(r"3\.\d{1,2}")
_OLDEST = 5  # the least minor version of glibc that wheels are made for


@dataclass(frozen=True)
class Image:
    """A notebook's image: its Python, its C library, and its packages with their versions.

    python: such as "3.12". glibc: such as "2.35". packages: canonical names -> versions. told:
    where this is known from.
    """

    python: str
    glibc: str
    packages: Mapping[str, str]
    told: str

    @property
    def version(self) -> tuple[int, int]:
        """Python's version as numbers."""
        major, _, minor = self.python.partition(".")
        return int(major), int(minor)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms whose wheels it takes, the newest first."""
        newest = int(self.glibc.partition(".")[2])
        named = [f"manylinux_2_{minor}_x86_64" for minor in range(newest, _OLDEST - 1, -1)]
        return (
            *named,
            *(f"manylinux{old}_x86_64" for old in ("2014", "2010", "1")),
            "linux_x86_64",
        )


def read_image(path: Path | str | None = None, python: str | None = None) -> Image:
    """Read what an image has: of the file `path`, by default the list that comes with mel.

    A file is what `pip freeze` printed; "none" is an image with nothing but Python. `python` is
    its Python, by default that of mel's list.

    Raises MelError for a file that is missing or lists nothing, and a `python` that is none.

    >>> image = read_image()
    >>> image.python, image.packages["tensorflow"]
    ('3.12', '2.19.0')
    """
    listed = tomllib.loads(_LIST.read_text(encoding="utf-8"))
    if python is not None and not _PYTHON.fullmatch(python):
        raise MelError(f"python {python!r}: is no version; give one such as 3.12")
    packages, told = _packages(listed, path)
    return Image(python or listed["python"], listed["glibc"], packages, told)


def _packages(listed: Mapping[str, Any], path: Path | str | None) -> tuple[dict[str, str], str]:
    if path is None:
        return listed["stated"] | listed["present"], f"mel's list of Kaggle's, {listed['dated']}"
    if str(path) == "none":
        return {}, "an image with nothing but Python"
    return _frozen(Path(path)), Path(path).name


def _frozen(path: Path) -> dict[str, str]:
    """Read what `pip freeze` printed; what has no version, such as a checkout, is passed over."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise MelError(
            f"{path}: no such list of an image; keep what `pip freeze` prints in your notebook"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise MelError(f"{path}: is no readable list of an image ({error})") from error
    found = {m[1]: m[2] for m in map(_PINNED.match, map(str.strip, lines)) if m}
    named = {str(canonicalize_name(name)): version for name, version in found.items()}
    kept = {name: v for name, v in named.items() if name != "mel" and _is_version(v)}
    if not kept:
        raise MelError(f"{path}: lists no package as name==version; give what `pip freeze` prints")
    return kept


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True

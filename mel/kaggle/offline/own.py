"""mel's own wheel: the one that is given, or built from the checkout that mel runs from."""

import importlib.util
import json
import re
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlparse

from mel.errors import MelError
from mel.kaggle.offline.tools import pip
from mel.kaggle.offline.wheel import is_whole

__all__ = ["own_wheel"]

_PACKAGE = Path(__file__).parents[2]
_BACKEND = "hatchling"
_OURS = re.compile(r"mel-\d[^-]*(-\d[^-]*)?(-[^-]+){3}\.whl")  # version, build if any, tags


def own_wheel(folder: Path, given: Path | str | None = None) -> Path:
    """Give mel's wheel: the file `given`, or one built into `folder` from mel's checkout.

    Raises MelError for a file that is no wheel of mel's, and where there is no checkout.
    """
    if given is not None:
        return _checked(Path(given))
    checkout = _checkout()
    alone = ["--no-build-isolation"] if importlib.util.find_spec(_BACKEND) else []
    pip("wheel", "--no-deps", *alone, "--wheel-dir", str(folder), str(checkout))
    return next(folder.glob("mel-*.whl"))


def _checked(path: Path) -> Path:
    if not path.is_file():
        raise MelError(f"{path}: no such wheel; pip wheel --no-deps CHECKOUT makes one")
    if not _OURS.fullmatch(path.name):
        raise MelError(
            f"{path}: is no wheel of mel's, which is called mel-VERSION-py3-none-any.whl"
        )
    if not is_whole(path):
        raise MelError(f"{path}: is no readable wheel; build it again")
    return path


def _checkout() -> Path:
    for place in (_PACKAGE.parent, _installed_from()):
        if place is not None and (place / "pyproject.toml").is_file():
            return place
    raise MelError(
        "mel was not installed from a checkout that is still there, so its wheel cannot be built; "
        "build it in one, `pip wheel --no-deps .`, and give it: --wheel FILE"
    )


def _installed_from() -> Path | None:
    """Give the folder that pip noted when it installed mel."""
    try:
        noted = metadata.distribution("mel").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    address = urlparse(json.loads(noted).get("url", "")) if noted else None
    return Path(unquote(address.path)) if address and address.scheme == "file" else None

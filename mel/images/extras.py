"""Packages that only some formats need, asked for when they do."""

from importlib import import_module
from typing import Any

from mel.errors import MelError

__all__ = ["need"]


def need(module: str, extra: str, what: str) -> Any:
    """Import a package that reading `what` needs, or say what to install.

    Raises MelError naming the extra of mel that brings it.

    >>> need("json", "json", "a JSON file").loads("1")
    1
    >>> need("nojson", "nojson", "a JSON file")
    Traceback (most recent call last):
    mel.errors.MelError: a JSON file is read by nojson, ...: pip install 'mel[nojson]'
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MelError(
            f"{what} is read by {module}, which cannot be imported ({error}): "
            f"pip install 'mel[{extra}]'"
        ) from error

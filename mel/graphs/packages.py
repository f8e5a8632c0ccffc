"""Packages that plain mel does not bring."""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from mel.errors import MelError

__all__ = ["has", "need", "openvino"]

_INSTALL = "pip install 'mel[export]'"


def has(module: str) -> bool:
    """Say whether a package is installed; does not import it.

    >>> has("numpy"), has("nothing_of_this_name")
    (True, False)
    """
    return find_spec(module) is not None


def need(module: str) -> Any:
    """Import a package that graphs are made, run or changed with, or say what to install.

    >>> need("nothing_of_this_name")
    Traceback (most recent call last):
    mel.errors.MelError: graphs need nothing_of_this_name, ...; pip install 'mel[export]'
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MelError(
            f"graphs need {module}, which cannot be imported ({error}); {_INSTALL}"
        ) from error


def openvino() -> Any:
    """Import OpenVINO without its telemetry, or say what to install.

    When it is imported, OpenVINO tells a server of its maker so, unless somebody opted out: from a
    forked process, which hangs where other threads were at work. Nothing here is to call anybody,
    so its telemetry passes for not installed in this process, as far as it was not imported yet.

    Raises MelError where it is not installed.

    >>> openvino().__name__
    'openvino'
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # not to be had
    return need("openvino")

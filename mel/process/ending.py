"""A child process that ends with this one, however this one ends."""

import ctypes
import signal
import sys
from collections.abc import Callable

__all__ = ["end_with_parent"]

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def end_with_parent() -> Callable[[], None]:
    """Give what a child shall call before it begins: `preexec_fn` of `subprocess.Popen`.

    On Linux the child is then killed when the thread that started it ends, by SIGKILL too. On
    other systems nothing happens.

    >>> import subprocess
    >>> subprocess.run(["true"], preexec_fn=end_with_parent()).returncode
    0
    """
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def ask() -> None:
        if prctl is not None:
            prctl(_DEATH_SIGNAL, signal.SIGKILL)

    return ask

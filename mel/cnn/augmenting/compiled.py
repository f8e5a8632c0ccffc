"""How the loops over pixels are compiled: by numba, free of the interpreter's lock."""

from collections.abc import Callable
from typing import TypeVar

import numba

__all__ = ["compiled"]

_Loop = TypeVar("_Loop", bound=Callable[..., object])


def compiled(function: _Loop) -> _Loop:
    """Compile a function to machine code at its first call, to be kept for later processes.

    Several threads may run it at once. Where no folder can be written to, nothing is kept and each
    process compiles for itself. A kept function is made again only when its own file changes: one
    that calls another must stand in the same file.
    """
    try:
        made: _Loop = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no place for its cache
        made = numba.njit(nogil=True)(function)
    return made

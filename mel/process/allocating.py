"""Freed memory is used again, where the C library would hand each large piece back and fault anew.

Pixels come and go by the hundred kilobytes. glibc maps each such piece for itself and unmaps it
when it is freed, and the kernel clears every page of it again: a third of the time of decoding a
JPEG of 256 pixels. What is kept so goes with the process, of which there is one a fold.
"""

import ctypes
import sys
from contextlib import suppress

__all__ = ["give_back", "keep_freed"]

_TRIM, _MAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of mallopt(3)
_PIECE, _FREE = 2**25, 2**29  # bytes: glibc allows no larger piece than 32 MB


def keep_freed() -> bool:
    """Let this process keep freed pieces up to 32 MB for itself, 512 MB in all; say if it does.

    It does with glibc only, nothing is done elsewhere.

    >>> keep_freed() in (True, False)
    True
    """
    if sys.platform != "linux":
        return False
    with suppress(OSError, AttributeError):  # another C library has no mallopt
        library = ctypes.CDLL(None)
        return bool(library.mallopt(_MAP, _PIECE) and library.mallopt(_TRIM, _FREE))
    return False


def give_back() -> bool:
    """Hand memory that was freed back to the system, after work that will not come again.

    glibc keeps small pieces for itself: some 80 MB once three networks are compiled. Says whether
    anything was handed back; nothing is done with another C library.

    >>> give_back() in (True, False)
    True
    """
    if sys.platform != "linux":
        return False
    with suppress(OSError, AttributeError):
        return bool(ctypes.CDLL(None).malloc_trim(0))
    return False

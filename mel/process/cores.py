"""How many threads are worth having."""

import os

__all__ = ["cores"]


def cores() -> int:
    """Give the cores this process may run on, which in a container are fewer than the machine's.

    >>> cores() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""The cores, memory and disk that this process may use: in a container fewer than there are.

Nothing here imports TensorFlow. `root` is where the file system begins, for tests.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

__all__ = ["cores", "free_disk", "memory_free", "memory_total"]

_ROOT = Path("/")
_FOR_EVER = 2**60  # what control groups of version 1 say where there is no limit, or above it


def cores(root: Path = _ROOT) -> int:
    """Give the cores this process may keep busy: its affinity, and its control group's quota.

    >>> cores() >= 1
    True
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quotas = [int(quota / period) for quota, period in _quotas(root)]
    return max(min([allowed or 1, *quotas]), 1)


def memory_total(root: Path = _ROOT) -> int | None:
    """Give the bytes of memory this process may fill at most, None where that is not known."""
    limits = [limit for limit, _ in _limits(root)]
    machine = _meminfo(root, "MemTotal")
    known = [*limits, machine] if machine else limits
    return min(known, default=None)


def memory_free(root: Path = _ROOT) -> int | None:
    """Give the bytes of memory that can be filled now, without those of files that can be dropped.

    None where that is not known.
    """
    rooms = [max(limit - used, 0) for limit, used in _limits(root)]
    machine = _meminfo(root, "MemAvailable")
    known = [*rooms, machine] if machine else rooms
    return min(known, default=None)


def free_disk(path: Path) -> int | None:
    """Give the free bytes where `path` is, or will be once it is made; None where unknown."""
    place = path.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return None


def _meminfo(root: Path, key: str) -> int | None:
    for line in _read(root / "proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        if name == key:
            return int(rest.split()[0]) * 1024
    return None


def _quotas(root: Path) -> Iterator[tuple[int, int]]:
    """Give every quota of processor time over this process: microseconds, of a period of them."""
    for place in _groups(root, "cpu"):
        words = _read(place / "cpu.max").split()
        if len(words) == 2 and words[0].isdigit():
            yield int(words[0]), int(words[1])
        old, period = _number(place / "cpu.cfs_quota_us"), _number(place / "cpu.cfs_period_us")
        if old and old > 0 and period:
            yield old, period


def _limits(root: Path) -> Iterator[tuple[int, int]]:
    """Give every limit of memory over this process, and what of it is filled, in bytes."""
    for place in _groups(root, "memory"):
        for most, filled, dropped in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit = _number(place / most)
            if limit is not None and limit < _FOR_EVER:
                used = _number(place / filled) or 0
                yield limit, max(used - _stat(place / "memory.stat", dropped), 0)


def _groups(root: Path, controller: str) -> list[Path]:
    """Give the folders of the control groups this process is in, of either version, and above.

    Within a container the path is often that of the machine outside: then the mount itself counts.
    """
    base = root / "sys/fs/cgroup"
    found = [base, base / controller]
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, names, path = (*line.split(":", 2), "", "")[:3]
        if number != "0" and controller not in names.split(","):
            continue
        mount = base if number == "0" else base / controller
        inner = Path(path.lstrip("/"))
        found += [mount / part for part in (inner, *inner.parents) if part != Path()]
    return found


def _stat(path: Path, key: str) -> int:
    for line in _read(path).splitlines():
        name, _, value = line.partition(" ")
        if name == key:
            return int(value)
    return 0


def _number(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

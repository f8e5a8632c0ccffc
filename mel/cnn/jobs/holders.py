"""Which process holds something, in words that other machines understand too."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Holder", "dead", "me"]


@dataclass(frozen=True)
class Holder:
    """A process: its machine, the machine's start, whose numbers count, its own, and its start."""

    host: str
    boot: str
    space: str
    pid: int
    began: str


def me() -> Holder:
    """Give this process."""
    pid = os.getpid()
    machine = _read("/etc/machine-id") or _read("/var/lib/dbus/machine-id")
    host = f"{socket.gethostname()} {machine}" if machine else ""
    boot = _read("/proc/sys/kernel/random/boot_id")
    return Holder(host or socket.gethostname(), boot, _space(), pid, _began(pid) or "")


def dead(other: Holder, mine: Holder) -> bool:
    """Tell whether a process is known to be dead, from where `mine` runs.

    That is known of one of this machine only: of an earlier start of it, or with a number that is
    free or another's now. Of a process that another container numbers nothing is known.
    """
    if other.host != mine.host or not other.boot or not mine.boot:
        return False
    if other.boot != mine.boot:
        return " " in mine.host  # without the machine's own id another one may have its name
    return other.space == mine.space and _began(other.pid) != other.began


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _space() -> str:
    """Give which numbers of processes are meant: each container has its own."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _began(pid: int) -> str | None:
    """Give when a process began, in ticks since the machine did; None where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]

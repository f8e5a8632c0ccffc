"""A lease: a file that names who holds a fold, and that its holder touches now and then.

It ends when its holder gives it back, at once when the process it names is dead and was on this
machine, and else when it was not touched for some minutes, by the file system's own clock.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from mel.cnn.jobs.holders import Holder, dead

__all__ = ["BEATS", "LEASE", "age", "ended", "token", "touched"]

LEASE = 300.0  # seconds after which a lease that nobody touches ends
BEATS = 10  # touches in that time


def token(path: Path) -> str | None:
    """Give the token of the claim that a lease is of; None where there is no lease."""
    return _read(path).get("token")


def touched(path: Path) -> int | None:
    """Give when a lease was touched; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def ended(path: Path, mine: Holder, lease: float) -> bool:
    """Tell whether a lease is over: its holder is dead, or has not touched it for too long."""
    said = _read(path)
    with suppress(TypeError):
        if dead(Holder(**{key: value for key, value in said.items() if key != "token"}), mine):
            return True
    with suppress(FileNotFoundError):
        return age(path) > lease
    return True


def age(path: Path) -> float:
    """Give the seconds since a file was touched, by the clock that stamps files there."""
    probe = path.with_name(f".{uuid4().hex[:8]}-now")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    """Give what a lease says: nothing, where there is none or it is no lease."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

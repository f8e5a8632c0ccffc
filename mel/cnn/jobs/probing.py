"""A member's batch where it is "auto": measured once, before anything is trained, then kept."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mel.cnn.jobs.done import batch_of
from mel.cnn.jobs.launch import launch
from mel.config import MemberSettings
from mel.digests import digest_json
from mel.errors import MelError
from mel.files import read_json, required, write_json
from mel.progress import say

__all__ = ["BATCH", "batch_for"]

BATCH = "batch.json"
_IMAGES = 56  # a device, in the batches that are measured
_KILLED = "killed by signal 9"  # by Linux, where no memory is left


def batch_for(settings: MemberSettings, out: Path, labels_count: int = 1) -> int:
    """Give the images a step of a member in the folder `out`: its batch_size, or what fits.

    What "auto" comes to is measured in a child process and kept as `batch.json`, with what it was
    measured on. Every later fold and every resumed run takes it from there, on whatever machine,
    so that all folds are trained alike; where the file was lost, from a finished fold. It is
    measured again when a setting of the training changed. Raises MelError when even the smallest
    batch does not fit, and when the measuring process fails.
    """
    if isinstance(settings.batch_size, int):
        return settings.batch_size
    path = Path(out) / BATCH
    key = digest_json([settings.training_digest, labels_count])
    with _one_at_a_time(path):
        if (kept := _kept(path, key)) is not None:
            return kept
        if not path.exists() and (known := batch_of(path.parent, settings.training_digest)):
            device = "what finished folds were trained on"
            write_json(path, {"batch": known, "key": key, "device": device})
            return known
        job = {
            "task": "batch",
            "settings": settings.model_dump(mode="json"),
            "labels": labels_count,
            "key": key,
            "out": str(path),
        }
        _measure(job, settings.name, path.with_suffix(".log"))
        found = required(read_json(path), {"batch": int, "device": str}, str(path))
        say(f"{settings.name}: batch_size auto is {found['batch']}, measured on {found['device']}")
        return int(found["batch"])


def _measure(job: dict[str, Any], name: str, log: Path) -> None:
    try:
        launch(job, f"{name} batch", _IMAGES, log)
    except MelError as error:
        if _KILLED not in str(error):
            raise
        raise MelError(
            f"{name}: memory ran out while batch_size = 'auto' was measured; lower size, name a "
            f"smaller backbone, or give batch_size a small number (see {log})"
        ) from None


def _kept(path: Path, key: str) -> int | None:
    """Give the batch that was measured for the same training; None where there is none."""
    if not path.exists():
        return None
    found = required(read_json(path), {"batch": int, "key": str}, str(path))
    if found["key"] != key:
        return None
    if found["batch"] < 1:
        raise MelError(f"{path}: batch is {found['batch']}; remove the file to measure again")
    return int(found["batch"])


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process measure, and others wait for what it finds."""
    lock = path.with_name(f".{path.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise MelError(f"{path.parent}: cannot be written ({error.strerror})") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

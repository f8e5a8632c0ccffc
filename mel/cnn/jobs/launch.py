"""Start a worker process, show its progress, turn its failure into one line."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mel.cnn.jobs.claims import Claim
from mel.errors import MelError
from mel.progress import Ticker, progress, say

__all__ = ["check_installed", "launch"]

_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUNBUFFERED": "1"}


def check_installed() -> None:
    """Refuse to begin where TensorFlow is not installed; does not import it."""
    if importlib.util.find_spec("tensorflow") is None:
        raise MelError("TensorFlow is not installed here; pip install 'mel[train]'")


def launch(
    job: Mapping[str, Any], label: str, total: int, log: Path, claim: Claim | None = None
) -> None:
    """Run one job in a fresh process; `total` images will be reported by its events.

    The worker's own output goes to `log`. Raises MelError with the worker's one line when it
    fails, and when it is killed; ends the worker when this process is interrupted, and when
    `claim` is lost to another process.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mel-") as folder, log.open("wb") as sink:
        file = Path(folder) / "job.json"
        file.write_text(json.dumps(dict(job) | {"started": time.time()}), encoding="utf-8")
        worker = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "mel.cnn.jobs.worker", str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            env=os.environ | _QUIET,
            start_new_session=True,
            text=True,
        )
        try:
            if claim is not None:
                claim.when_lost = worker.kill
            with progress(label, total, "images") as tick:
                tick(0, "starting TensorFlow")
                failure = _follow(worker, tick, label)
        finally:
            worker.kill()
            worker.wait()
    if claim is not None and claim.lost.is_set():
        raise MelError(f"{label}: another process took it over; it is left to that")
    _raise_for(failure, worker.returncode, label, log)


def _follow(worker: "subprocess.Popen[str]", tick: Ticker, label: str) -> dict[str, Any] | None:
    """Show events until the worker closes its pipe; give its error event if there was one."""
    failure, note = None, ""
    for line in worker.stdout or ():
        event = json.loads(line)
        if "error" in event:
            failure = event
        elif "news" in event:
            say(f"{label}: {event['news']}")
        else:
            note = _note(event) or note
            tick(event["done"], note)
    worker.wait()
    return failure


def _note(event: Mapping[str, Any]) -> str:
    """Say how the training stands, where an event tells it."""
    if "loss" not in event:
        return ""
    auc = "" if event.get("auc") is None else f", AUC {event['auc']:.4f}"
    return f"epoch {event['epoch']}, loss {event['loss']:.4f}{auc}"


def _raise_for(failure: dict[str, Any] | None, status: int, label: str, log: Path) -> None:
    if failure is not None:
        where = f" (see {log})" if failure.get("unexpected") else ""
        raise MelError(f"{label}: {failure['error']}{where}")
    if status < 0:
        raise MelError(
            f"{label}: the process was killed by signal {-status}; if memory ran out, lower "
            f"batch_size; finished folds are kept, run the same command again (see {log})"
        )
    if status:
        raise MelError(f"{label}: the process ended with status {status} (see {log})")

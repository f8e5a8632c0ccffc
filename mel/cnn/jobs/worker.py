"""The child process: one fold trained, or one folder scored, then gone with all its memory.

Started by `mel.cnn.jobs.launch` as `python -m mel.cnn.jobs.worker JOB.json`. Events go to the
parent as JSON lines; whatever else prints goes to the log. When the parent dies, however it dies,
its end of standard input closes and this process ends too.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from mel.errors import MelError
from mel.process import keep_freed

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1  # of prctl(2)


def _die_with_parent() -> None:
    """End when the parent does: by Linux' own signal at once, elsewhere when its pipe closes.

    The thread that waits for the pipe may have to wait for Python itself, while a graph is traced.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    def wait() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _events() -> IO[str]:
    """Keep the pipe to the parent for events alone: other prints join the log."""
    events = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return events


def main(job: Path) -> int:
    """Run one job; an error becomes an event with one line, the traceback goes to the log."""
    events = _events()

    def tell(event: dict[str, Any]) -> None:
        events.write(json.dumps(event) + "\n")

    try:
        from mel.cnn.jobs.tasks import run

        run(json.loads(job.read_text(encoding="utf-8")), tell)
    except MelError as error:
        tell({"error": str(error)})
        return 2
    except Exception as error:  # noqa: BLE001  # the parent shows one line, the log has it all
        reason = (str(error).strip().splitlines() or [""])[0]
        tell({"error": f"{type(error).__name__}: {reason}"[:300], "unexpected": True})
        with suppress(OSError):  # the log may lie on a disk that is full
            traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    _die_with_parent()
    keep_freed()
    status = main(Path(sys.argv[1]))
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(status)  # TensorFlow's own shutdown takes seconds and has nothing left to save

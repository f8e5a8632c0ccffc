"""The history of a fold as TensorBoard's event files, which need no TensorBoard to be written."""

import os
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mel.errors import MelError

__all__ = ["Logs"]


class Logs:
    """Event files in a folder; one more is begun each time a training goes on.

    A file is TFRecords of the message `Event`, the first of which states the format's version.
    """

    def __init__(self, folder: Path, *, anew: bool) -> None:
        self._folder = folder
        self._file: Any = None
        if anew:
            shutil.rmtree(folder, ignore_errors=True)

    def write(self, epoch: int, row: Mapping[str, float | None]) -> None:
        """Add the figures of an epoch; raises MelError where there is no room."""
        import tensorflow as tf

        known = {name: value for name, value in row.items() if value is not None}
        values = [tf.compat.v1.Summary.Value(tag=n, simple_value=v) for n, v in known.items()]
        try:
            self._write(step=epoch, summary=tf.compat.v1.Summary(value=values))
        except (OSError, tf.errors.OpError) as error:
            reason = str(getattr(error, "message", error)).splitlines()[0]
            raise MelError(
                f"{self._folder}: cannot be written ({reason}); free or choose a place"
            ) from error

    def _write(self, **event: Any) -> None:
        import tensorflow as tf

        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
            self._file = tf.io.TFRecordWriter(str(self._folder / name))
            self._write(file_version="brain.Event:2")
        self._file.write(tf.compat.v1.Event(wall_time=time.time(), **event).SerializeToString())
        self._file.flush()

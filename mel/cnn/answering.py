"""Trained members that answer: their networks ready in a child process, on a GPU where one is."""

import socket
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mel.cnn.jobs.done import CHECKPOINT, fold_dir
from mel.cnn.jobs.launch import check_installed, launch
from mel.cnn.jobs.recipe import read_recipe
from mel.cnn.jobs.talking import receive, send
from mel.config import HardwareSettings
from mel.digests import digest_file
from mel.errors import MelError

__all__ = ["Answering", "digest_checkpoint"]

_LOOK = 0.2  # seconds between two looks whether the child still starts


class Answering:
    """Members of a work folder, asked for logits batch by batch. Any thread may ask.

    The networks are Keras', in a child process that ends with `close`, or with this process; a
    `with` block closes too. `facts` says what computes: device, precision, batch (images at a time)
    and backend.

    >>> Answering({"a": (Path("work/cnn/a"), [0])}, "auto")  # never trained
    Traceback (most recent call last):
        ...
    mel.errors.MelError: work/cnn/a/recipe.json: no such file; make it first or correct the path
    """

    def __init__(self, members: Mapping[str, tuple[Path, Sequence[int]]], precision: str) -> None:
        """Start the child; `members` has by name a trained member's folder and its folds.

        `precision` is that of `HardwareSettings`. Raises MelError where TensorFlow is not
        installed, for a member that is not fully trained, and for what a device cannot do.
        """
        check_installed()
        self._place = tempfile.TemporaryDirectory(prefix="mel-")
        self._pool, self._asking = ThreadPoolExecutor(1), Lock()
        address = str(Path(self._place.name) / "answers")
        hardware = HardwareSettings.model_validate({"precision": precision})
        job = {
            "task": "answer",
            "address": address,
            "hardware": hardware.model_dump(mode="json"),
            "members": [_member(name, *place) for name, place in members.items()],
        }
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(address)
            server.listen(1)
            server.settimeout(_LOOK)
            log = Path(self._place.name) / "log.txt"
            self._child = self._pool.submit(launch, job, "Keras", 0, log)
            self._channel = _met(server, self._child)
        self.facts: Mapping[str, Any] = self._receive()[0]

    def answer(self, member: str, size: int, inputs: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """Give the logits of a positive, float64 `(n, folds)`, of n pictures.

        `inputs` are pixels, uint8 `(n, size, size, 3)`, and for a member that looks at metadata
        those too, float32, as `mel.metadata` encodes them. Raises MelError where the child has
        ended.
        """
        with self._asking:
            send(self._channel, {"member": member, "size": size}, inputs)
            return self._receive()[1][0]

    def close(self) -> None:
        """Let the child end, with all its memory."""
        self._channel.close()
        with suppress(MelError):
            self._child.result()
        self._pool.shutdown()
        self._place.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> tuple[dict[str, Any], list[NDArray[Any]]]:
        try:
            found = receive(self._channel)
        except OSError:
            found = None
        if found is None:
            self._child.result()  # raises what made it end
            raise MelError("Keras: its process ended before it answered; run the same again")
        return found


def digest_checkpoint(member: Path | str, fold: int) -> str:
    """Give the SHA-256 of a fold's trained weights: 64 hexadecimal digits.

    `member` is a trained member's folder. Raises MelError where there are no weights of that fold.

    >>> len(digest_checkpoint("work/demo/cnn/efficientnetv2_micro-32", fold=0))
    64
    """
    path = fold_dir(Path(member), fold) / CHECKPOINT
    if not path.is_file():
        raise MelError(f"{path}: no such file; train the member first")
    return digest_file(path)


def _member(name: str, folder: Path, folds: Sequence[int]) -> dict[str, Any]:
    recipe = read_recipe(folder)
    return {
        "name": name,
        "folder": str(folder),
        "folds": list(folds),
        "settings": recipe.settings.model_dump(mode="json"),
        "labels": [asdict(labels) for labels in recipe.taught],
    }


def _met(server: socket.socket, child: "Future[None]") -> socket.socket:
    """Wait until the child calls; raises what made it end before."""
    while True:
        try:
            channel, _ = server.accept()
        except TimeoutError:
            if child.done():
                child.result()
                raise MelError("Keras: its process ended before it was ready") from None
            continue
        channel.settimeout(None)
        return channel

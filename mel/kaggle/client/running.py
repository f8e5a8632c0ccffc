"""Run the client: its output read, its silence bounded, its end certain."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from mel.kaggle.client.failure import ClientError
from mel.kaggle.client.hiding import Secrets
from mel.process import end_with_parent

__all__ = ["Output", "run"]

_POLL = 0.1  # seconds between two looks at a running client
_GRACE = 3.0  # seconds that a client has to end when it is told to
_KEPT = 64 * 2**20  # bytes of a stream that are kept, the last ones
_SPARED = ("VERBOSE", "VERBOSE_OUTPUT")  # with which the client prints its headers, tokens and all


@dataclass(frozen=True)
class Output:
    """How a client ended and what it printed; `stdout` and `stderr` are raw and never shown."""

    status: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)
    secrets: Secrets = field(default=Secrets(frozenset()), repr=False)

    @property
    def text(self) -> str:
        """All that was printed, errors last, with every secret hidden."""
        return self.secrets.hide(f"{self.stdout}\n{self.stderr}".replace("\r", "\n"))

    @property
    def last_line(self) -> str:
        """The last line that says something, no progress bar, with every secret hidden."""
        lines = [line.strip() for line in self.text.splitlines()]
        return next((line for line in reversed(lines) if line and "%|" not in line), "")


class _Reader(threading.Thread):
    """Reads a stream to its end, keeping its last part and the time of its last byte."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._stream, self._parts, self._size = stream, bytearray(), 0
        self.heard = time.monotonic()
        self.start()

    def run(self) -> None:
        with suppress(OSError, ValueError):  # closed under our hands when the client is ended
            while block := os.read(self._stream.fileno(), 65536):
                self.heard = time.monotonic()
                self._parts += block
                if len(self._parts) > 2 * _KEPT:
                    del self._parts[:-_KEPT]

    @property
    def text(self) -> str:
        return bytes(self._parts).decode("utf-8", errors="replace")

    def tail(self) -> str:
        """Give the last few hundred bytes as text."""
        return bytes(self._parts[-1024:]).decode("utf-8", errors="replace")


def run(
    command: Sequence[str],
    *,
    secrets: Secrets,
    patience: float,
    environment: Mapping[str, str] | None = None,
    alive: Callable[[str], bool] | None = None,
    keep_open: Sequence[int] = (),
) -> Output:
    """Run a command to its end and give its status and output.

    The command has no standard input, hears no Ctrl-C of ours, and ends when this process ends,
    however it does. `patience`: seconds without a sign of life after which it is ended. A sign is
    a byte printed, or `alive` giving true: it is called ten times a second with the last part of
    what was printed, and may raise to end the run. `keep_open`: descriptors that it inherits.
    Raises `ClientError` for a silence, and where the command cannot be started.
    """
    variables = {**(os.environ if environment is None else environment)}
    for name in _SPARED:
        variables.pop(name, None)
    variables |= {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:replace"}
    process = _start(command, variables, keep_open)
    readers = [_Reader(stream) for stream in (process.stdout, process.stderr) if stream]
    try:
        _wait(process, readers, patience, alive)
    finally:
        _end(process)
        for reader in readers:
            reader.join(_GRACE)
    out, err = (reader.text for reader in readers)
    return Output(process.returncode, out, err, secrets)


def _start(
    command: Sequence[str], variables: Mapping[str, str], keep_open: Sequence[int]
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603  # the client that `find` found
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            start_new_session=True,
            preexec_fn=end_with_parent(),
            pass_fds=keep_open,
        )
    except OSError as error:
        raise ClientError(
            "broken",
            f"{command[0]}: cannot be started ({error.strerror or error}); "
            "pip install --upgrade --force-reinstall kaggle",
        ) from None


def _wait(
    process: "subprocess.Popen[bytes]",
    readers: Sequence[_Reader],
    patience: float,
    alive: Callable[[str], bool] | None,
) -> None:
    sign = time.monotonic()
    while process.poll() is None:
        if alive is not None and alive("\n".join(reader.tail() for reader in readers)):
            sign = time.monotonic()
        sign = max(sign, *(reader.heard for reader in readers))
        if time.monotonic() - sign > patience:
            raise ClientError(
                "silent",
                f"Kaggle's client did nothing for {patience:.0f} s and was ended; see whether the "
                "network (or the proxy) lets it through, then run the same again: what is here is "
                "kept",
            )
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL)
    if alive is not None:
        alive("\n".join(reader.tail() for reader in readers))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the client and all that it started; one that has ended is left in peace."""
    if process.poll() is not None:
        return
    for sent, seconds in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, _GRACE)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sent)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return

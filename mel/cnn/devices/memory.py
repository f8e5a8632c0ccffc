"""The memory that a step fills at its peak, and how much of it may be filled."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mel.cnn.devices.cuda import memories
from mel.cnn.devices.device import Device
from mel.cnn.devices.machine import memory_free
from mel.errors import MelError

__all__ = ["Meter", "meter_for"]

_SHARE = {"cpu": 0.6}  # of the memory that is free: the machine does other things too
_USUAL = 0.8  # of a GPU's or TPU core's: the rest is for what is spilt between allocations
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_FULL = ("resource_exhausted", "resourceexhausted", "out of memory", "oom when allocating")


@dataclass(frozen=True)
class Meter:
    """Measures a kind of memory, in bytes: `memory` of it, of which `share` may be filled.

    `own` says that it is this process' own memory rather than a device's. `read` gives the peak
    since `reset`.
    """

    memory: int
    share: float
    own: bool
    read: Callable[[], int]
    reset: Callable[[], None] = lambda: None

    @property
    def limit(self) -> int:
        """The bytes that may be filled."""
        return int(self.memory * self.share)

    def peak_of(self, step: Callable[[], None]) -> int | None:
        """Give the bytes filled at the peak while `step` runs; None where memory ran out."""
        gc.collect()
        self.reset()
        try:
            step()
        except Exception as error:
            text = f"{type(error).__name__} {error}".lower()
            if isinstance(error, MemoryError) or any(word in text for word in _FULL):
                return None
            raise
        return self.read()


def meter_for(device: Device) -> Meter:
    """Give the meter of a device that was started; the smallest of several counts.

    Raises MelError where memory cannot be measured.
    """
    share = _SHARE.get(device.kind, _USUAL)
    if device.kind == "cpu":
        free, filled = memory_free(), _status("VmRSS")
        if free is None or not filled:
            raise _unknown(device)
        return Meter(free + filled, share, True, lambda: _status("VmHWM"), _forget)
    if device.backend == "jax":
        return _by_jax(device, share)
    sizes = memories()[: device.count] if device.kind == "gpu" else []
    if len(sizes) < device.count:
        raise _unknown(device)
    return Meter(min(sizes), share, False, lambda: _peak_of_gpus(device.count))


def _unknown(device: Device) -> MelError:
    return MelError(
        f"batch_size = 'auto': the memory of {device.kind} cannot be measured here; "
        "give batch_size a number"
    )


def _status(key: str) -> int:
    """Give a line of this process' status, in bytes; 0 where there is none."""
    try:
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(x.split()[1]) * 1024 for x in lines if x.startswith(f"{key}:")), 0)


def _forget() -> None:
    """Let Linux count the peak anew; where that is not allowed, larger steps still show."""
    try:
        _RESET.write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_of_gpus(count: int) -> int:
    import tensorflow as tf

    info = tf.config.experimental.get_memory_info
    return max(int(info(f"GPU:{index}")["peak"]) for index in range(count))


def _by_jax(device: Device, share: float) -> Meter:
    import jax

    mine = jax.local_devices()[: device.count]

    def stats(key: str) -> list[int]:
        try:
            return [int(one.memory_stats()[key]) for one in mine]
        except (TypeError, KeyError, RuntimeError):
            raise _unknown(device) from None

    return Meter(min(stats("bytes_limit")), share, False, lambda: max(stats("peak_bytes_in_use")))

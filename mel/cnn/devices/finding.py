"""What the machine has to compute with, asked of JAX and TensorFlow; in a child process only."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mel.cnn.devices import advising
from mel.cnn.devices.cuda import memories
from mel.cnn.devices.device import Backend, Kind
from mel.cnn.devices.importing import sparing
from mel.cnn.devices.machine import cores
from mel.cnn.devices.traces import Traces, installed, look

__all__ = ["VIRTUAL", "Accelerator", "Found", "find", "virtual"]

VIRTUAL = "MEL_VIRTUAL_DEVICES"  # for trying out: as how many devices the CPU shows itself
_FLAG = "xla_force_host_platform_device_count"


@dataclass(frozen=True)
class Accelerator:
    """One GPU, or one core of a TPU; `memory` in bytes, `capability` as NVIDIA counts it."""

    kind: Kind
    backend: Backend
    name: str
    memory: int | None = None
    capability: tuple[int, int] | None = None


@dataclass(frozen=True)
class Found:
    """What there is, and what is in the way of more.

    `wish` is KERAS_BACKEND as the user set it, `cpus` as how many devices the CPU shows itself,
    `xla_fault` why a trial of XLA on the GPU failed, `advice` what to set where there are traces
    of an accelerator that was not found.
    """

    cores: int
    wish: str = ""
    cpus: int = 1
    accelerators: tuple[Accelerator, ...] = ()
    advice: tuple[str, ...] = ()
    xla_fault: str = ""
    traces: Traces = field(default_factory=Traces)

    @property
    def cpu_backend(self) -> Backend:
        """What computes on the CPU: TensorFlow, unless the user wishes for JAX."""
        return "jax" if self.wish == "jax" else "tensorflow"

    def absent(self, kind: str) -> str:
        """Say what to do where there is no trace of a kind of accelerator."""
        return advising.absent(kind, self.traces)


def find(wanted: str = "auto") -> Found:
    """Look for what there is; with `wanted` "cpu" no accelerator is looked for.

    A TPU is looked for where its traces are, by JAX, or by a TensorFlow that is built for it.
    Imports TensorFlow or JAX, so KERAS_BACKEND is set before that where the user has not.
    """
    wish, traces = os.environ.get("KERAS_BACKEND", ""), look()
    plain = {"cores": cores(), "wish": wish, "cpus": virtual(), "traces": traces}
    if wanted == "cpu" or wish not in ("", "tensorflow", "jax"):
        return Found(**plain)  # type: ignore[arg-type]
    faults: list[str] = []
    found, xla_fault = _accelerators(wish, traces, faults)
    advice = advising.advice(traces, {one.kind for one in found}, wish, faults)
    more = {"accelerators": tuple(found), "advice": tuple(advice), "xla_fault": xla_fault}
    return Found(**plain, **more)  # type: ignore[arg-type]


def virtual() -> int:
    """Give as how many devices the CPU shows itself: JAX's own flag, or MEL_VIRTUAL_DEVICES."""
    flag = re.search(rf"{_FLAG}=(\d+)", os.environ.get("XLA_FLAGS", ""))
    if flag and os.environ.get("KERAS_BACKEND") == "jax":
        return int(flag[1])
    given = os.environ.get(VIRTUAL, "")
    return max(int(given), 1) if given.isdigit() else 1


def _accelerators(wish: str, traces: Traces, faults: list[str]) -> tuple[list[Accelerator], str]:
    if not installed("tensorflow") or (wish == "jax" and not installed("jax")):
        return [], ""  # refused by whoever chooses
    if wish == "jax":
        return _asked(_by_jax, faults), ""
    may_be = traces.tpu and not wish and installed("jax") and installed("libtpu")
    found = _asked(_by_jax, faults) if may_be else []
    if any(one.kind == "tpu" for one in found):
        return found, ""
    os.environ["KERAS_BACKEND"] = "tensorflow"  # importing TensorFlow may import Keras
    with sparing():
        import tensorflow  # noqa: F401  # a broken one shall raise, rather than be no GPU

    if traces.tpu and advising.tensorflow_for_tpu():
        found = _asked(_tpus_by_tensorflow, faults)
        if found:
            return found, ""
    found = _asked(_gpus_by_tensorflow, faults)
    return found, _xla_fault() if found else ""


def _asked(ask: Callable[[], list[Accelerator]], faults: list[str]) -> list[Accelerator]:
    """Ask a backend; a failure is kept as its first line, and is nothing found."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  # backends raise of every kind
        faults.append((str(error).strip().splitlines() or [type(error).__name__])[0])
        return []


def _by_jax() -> list[Accelerator]:
    import jax

    kinds: dict[str, Kind] = {"tpu": "tpu", "gpu": "gpu", "cuda": "gpu", "rocm": "gpu"}
    return [
        Accelerator(kinds[one.platform], "jax", one.device_kind, _bytes(one), _capability(one))
        for one in jax.local_devices()
        if one.platform in kinds
    ]


def _bytes(device: Any) -> int | None:
    try:
        return int((device.memory_stats() or {})["bytes_limit"])
    except Exception:  # noqa: BLE001  # not every plug-in counts
        return None


def _capability(device: Any) -> tuple[int, int] | None:
    major, _, minor = str(getattr(device, "compute_capability", "")).partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def _tpus_by_tensorflow() -> list[Accelerator]:
    import tensorflow as tf

    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu="local")
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return [Accelerator("tpu", "tensorflow", "TPU") for _ in tf.config.list_logical_devices("TPU")]


def _gpus_by_tensorflow() -> list[Accelerator]:
    import tensorflow as tf

    found, sizes = [], memories()
    for index, gpu in enumerate(tf.config.list_physical_devices("GPU")):
        tf.config.experimental.set_memory_growth(gpu, True)
        said = tf.config.experimental.get_device_details(gpu)
        size = sizes[index] if index < len(sizes) else None
        name = said.get("device_name", "GPU")
        found.append(Accelerator("gpu", "tensorflow", name, size, said.get("compute_capability")))
    return found


def _xla_fault() -> str:
    """Compile one step for the GPU: where parts of CUDA are missing, this is where it shows."""
    import tensorflow as tf

    try:
        tf.function(lambda x: tf.exp(x) * 2, jit_compile=True)(tf.ones(8))
    except Exception as error:  # noqa: BLE001  # of every kind
        return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
    return ""

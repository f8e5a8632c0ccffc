"""What the machine has, and what to use of it: precision, compilation and threads by device."""

import os
from dataclasses import dataclass

__all__ = ["Device", "choose"]


@dataclass(frozen=True)
class Device:
    """The device of a run and how it is used.

    On the CPU XLA is several times slower for depthwise convolutions and bfloat16 helps only
    some networks, so both are off, and every core this process may use computes. On a GPU mixed
    float16 and XLA are on; TensorFlow chooses the threads that feed it (`threads` 0).
    """

    kind: str
    precision: str
    jit_compile: bool
    threads: int

    def __str__(self) -> str:
        xla = "with XLA" if self.jit_compile else "without XLA"
        threads = f", {self.threads} threads" if self.threads else ""
        return f"{self.kind}, {self.precision}, {xla}{threads}"

    def use(self) -> None:
        """Set Keras and TensorFlow to it; once a process, before anything is computed."""
        import keras
        import tensorflow as tf

        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.threading.set_intra_op_parallelism_threads(self.threads)
        keras.mixed_precision.set_global_policy(self.precision)


def choose() -> Device:
    """Look for an accelerator and say what to use of the machine."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return Device("gpu", "mixed_float16", jit_compile=True, threads=0)
    return Device("cpu", "float32", jit_compile=False, threads=_cores())


def _cores() -> int:
    """The cores this process may run on, which in a container are fewer than the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

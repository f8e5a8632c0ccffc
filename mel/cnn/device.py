"""What the machine has, and what to use of it: precision and compilation by device."""

from dataclasses import dataclass

__all__ = ["Device", "choose"]


@dataclass(frozen=True)
class Device:
    """The device of a run and how it is used.

    On the CPU XLA is several times slower for depthwise convolutions and bfloat16 helps only
    some networks, so both are off; on a GPU mixed float16 and XLA are on.
    """

    kind: str
    precision: str
    jit_compile: bool


def choose() -> Device:
    """Look for an accelerator, set Keras' precision policy by it and say what was chosen."""
    import keras
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    found = Device("gpu", "mixed_float16", True) if gpus else Device("cpu", "float32", False)
    keras.mixed_precision.set_global_policy(found.precision)
    return found

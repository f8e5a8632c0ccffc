"""What to set where an accelerator is expected and was not found."""

import os
from collections.abc import Collection, Sequence
from importlib.metadata import PackageNotFoundError, version

from mel.cnn.devices.traces import Traces, installed

__all__ = ["absent", "advice", "tensorflow_for_tpu"]

_NO_TRACE = {
    "gpu": "no NVIDIA driver shows a GPU (there is no /dev/nvidia0): choose a machine with one, "
    "or set hardware.device = 'auto'",
    "tpu": "no file, PCI device or variable shows a TPU: choose a machine with one, "
    "or set hardware.device = 'auto'",
}
_JAX_TPU = "pip install 'jax[tpu]'"


def absent(kind: str, traces: Traces) -> str:
    """Say what to do where a kind of accelerator left no trace that could be used.

    >>> absent("gpu", Traces(driver="550.54"))
    "the machine has NVIDIA's driver 550.54 and gives no GPU to this container: start it with ..."
    """
    if kind == "gpu" and traces.driver:
        return (
            f"the machine has NVIDIA's driver {traces.driver} and gives no GPU to this container: "
            "start it with its GPUs (docker run --gpus all)"
        )
    return _NO_TRACE[kind]


def tensorflow_for_tpu() -> bool:
    """Say whether the TensorFlow that is installed is built for TPUs."""
    try:
        return bool(version("tensorflow-tpu"))
    except PackageNotFoundError:
        return False


def advice(
    traces: Traces, found: Collection[str], wish: str, faults: Sequence[str] = ()
) -> list[str]:
    """Give a sentence for every kind of accelerator that has traces and was not found.

    `found` are the kinds that were, `wish` is KERAS_BACKEND, `faults` what backends said when
    they were asked.
    """
    sentences = []
    said = f" ({faults[-1]})" if faults else ""
    if traces.tpu and "tpu" not in found:
        sentences.append(f"a TPU shows ({traces.tpu}) and cannot be used: {_tpu(wish, said)}")
    if traces.nvidia and not found:
        sentences.append(f"an NVIDIA GPU shows ({traces.nvidia}) and cannot be used: {_gpu(wish)}")
    return sentences


def _tpu(wish: str, said: str) -> str:
    platforms = os.environ.get("JAX_PLATFORMS", "")
    if wish == "tensorflow" and not tensorflow_for_tpu():
        return "KERAS_BACKEND is tensorflow, which has no TPU here: unset it"
    if not installed("jax"):
        return f"JAX is not installed: {_JAX_TPU}"
    if not installed("libtpu"):
        return f"JAX has no libtpu: {_JAX_TPU}"
    if platforms and "tpu" not in platforms:
        return f"JAX_PLATFORMS is {platforms!r} and hides it: unset it"
    return f"JAX does not see it{said}: end other programs that hold it, or {_JAX_TPU}"


def _gpu(wish: str) -> str:
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1", "NoDevFiles"):
        return f"CUDA_VISIBLE_DEVICES is {hidden!r} and hides it: unset it"
    if wish == "jax":
        return "JAX is built for the CPU: pip install 'jax[cuda12]', or unset KERAS_BACKEND"
    if not installed("tensorflow"):
        return "TensorFlow is not installed: pip install 'mel[train]'"
    if not _built_with_cuda():
        return "TensorFlow is built for the CPU: pip install 'tensorflow[and-cuda]'"
    return (
        "TensorFlow cannot open CUDA's libraries, or they do not suit the driver: "
        "pip install 'tensorflow[and-cuda]', or a newer driver"
    )


def _built_with_cuda() -> bool:
    import tensorflow as tf

    return bool(tf.test.is_built_with_cuda())

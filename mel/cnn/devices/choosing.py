"""What to use of what was found, and why; refused where it cannot be done as it is asked."""

from typing import get_args

from mel.cnn.devices.device import Backend, Device, Kind
from mel.cnn.devices.finding import Accelerator, Found, find
from mel.cnn.devices.traces import installed
from mel.config import HardwareSettings
from mel.errors import MelError, many

__all__ = ["choose"]

_TENSOR_CORES = (7, 0)  # the compute capability from which float16 is quicker on a GPU
_BFLOAT16 = (8, 0)  # and from which it computes in bfloat16 at all
_NAMES = {"cpu": "CPU", "gpu": "GPU", "tpu": "TPU"}
_AUTO = HardwareSettings()
_PLAIN = dict.fromkeys(("tensorflow", "keras", "keras_cv"), "pip install 'mel[train]'")
_NEEDED = _PLAIN | {"jax": "pip install 'mel[tpu]', or unset KERAS_BACKEND"}


def choose(hardware: HardwareSettings = _AUTO, found: Found | None = None) -> Device:
    """Choose the device for settings; looks for what there is where `found` is not given.

    On the CPU XLA is several times slower for depthwise convolutions and bfloat16 helps only some
    networks, so both are off; GPUs compute in float16 where that is quicker, TPUs in bfloat16,
    both with XLA. To be called before Keras or TensorFlow is imported: either fixes the backend.

    Raises MelError for a demanded device that is not there, for more devices than there are, for
    a KERAS_BACKEND that is neither tensorflow nor jax, and for settings that cannot work together.

    >>> print(choose(HardwareSettings(device="cpu"), Found(cores=4)))
    cpu, float32, without XLA, 4 threads
    """
    found = find(hardware.device) if found is None else found
    _check_backend(found)
    kind, why = _kind(hardware, found)
    mine = [one for one in found.accelerators if one.kind == kind]
    backend = mine[0].backend if mine else found.cpu_backend
    there = len(mine) if kind != "cpu" else found.cpus
    count = _count(hardware, kind, there, backend)
    precision, why_precision = _precision(hardware, kind, mine[:count])
    jit, why_xla = _xla(hardware, kind, backend, count, found)
    threads = found.cores if kind == "cpu" and backend == "tensorflow" else 0
    reasons = [why, _why_backend(found, kind, backend), why_precision, why_xla]
    advice = found.advice if kind == "cpu" and hardware.device == "auto" else ()
    return Device(kind, precision, jit, threads, count, backend, tuple(reasons), tuple(advice))


def _check_backend(found: Found) -> None:
    for package, way in _NEEDED.items() if found.wish == "jax" else _PLAIN.items():
        if not installed(package):
            raise MelError(f"{package} is not installed here; {way}")
    if found.wish and found.wish not in get_args(Backend):
        raise MelError(
            f"KERAS_BACKEND is {found.wish!r}, and mel computes with tensorflow or jax; "
            "unset it, or set one of these"
        )


def _kind(hardware: HardwareSettings, found: Found) -> tuple[Kind, str]:
    """Give the kind of device and the reason; the best there is, or the one demanded."""
    kinds = {one.kind for one in found.accelerators}
    if hardware.device == "auto":
        best: Kind = "tpu" if "tpu" in kinds else "gpu" if "gpu" in kinds else "cpu"
        why = "no accelerator was found" if best == "cpu" else "the quickest that was found"
        return best, f"{_NAMES[best]}: {why}"
    if hardware.device != "cpu" and hardware.device not in kinds:
        raise MelError(_not_there(hardware.device, found))
    return hardware.device, f"{_NAMES[hardware.device]}: demanded by hardware.device"


def _not_there(kind: str, found: Found) -> str:
    others = [one.name for one in found.accelerators]
    seen = ", ".join([*others, f"a CPU with {many(found.cores, 'core')}"])
    advice = [text for text in found.advice if _NAMES[kind] in text] or [found.absent(kind)]
    return f"hardware.device = {kind!r}: none was found, only {seen}; {'; '.join(advice)}"


def _count(hardware: HardwareSettings, kind: Kind, there: int, backend: Backend) -> int:
    if hardware.devices == "all":
        return there
    if hardware.devices > there:
        virtual = "; its cores compute as one" if (kind, there) == ("cpu", 1) else ""
        raise MelError(
            f"hardware.devices = {hardware.devices}: {many(there, _NAMES[kind])} "
            f"found{virtual}; set devices = {there} or 'all'"
        )
    if (kind, backend) == ("tpu", "tensorflow") and hardware.devices < there:
        raise MelError(
            f"hardware.devices = {hardware.devices}: TensorFlow takes all {there} cores of a TPU "
            "or none; set devices = 'all'"
        )
    return hardware.devices


def _why_backend(found: Found, kind: Kind, backend: Backend) -> str:
    if found.wish:
        return f"{backend}: KERAS_BACKEND says so"
    if backend == "jax":
        return "jax: it sees the TPU, which plain TensorFlow does not"
    return f"tensorflow: mel's own choice on a {_NAMES[kind]}"


def _precision(hardware: HardwareSettings, kind: Kind, mine: list[Accelerator]) -> tuple[str, str]:
    wanted = hardware.precision
    oldest = min((one.capability for one in mine if one.capability), default=None)
    if wanted != "auto":
        _check_precision(wanted, kind, oldest)
        return wanted, f"{wanted}: set by hardware.precision"
    if kind == "tpu":
        return "mixed_bfloat16", "mixed_bfloat16: what a TPU multiplies in"
    if kind == "cpu":
        return "float32", "float32: of lower precision only some networks gain on a CPU"
    if oldest is not None and oldest < _TENSOR_CORES:
        shown = ".".join(map(str, oldest))
        return "float32", f"float32: compute capability {shown} is below 7.0, float16 gains little"
    return "mixed_float16", "mixed_float16: the GPU multiplies it several times quicker"


def _check_precision(wanted: str, kind: Kind, oldest: tuple[int, int] | None) -> None:
    if kind == "tpu" and wanted == "mixed_float16":
        raise MelError(
            "hardware.precision = 'mixed_float16': a TPU computes in bfloat16; "
            "set 'mixed_bfloat16' or 'auto'"
        )
    if wanted == "mixed_bfloat16" and oldest is not None and oldest < _BFLOAT16:
        shown = ".".join(map(str, oldest))
        raise MelError(
            f"hardware.precision = 'mixed_bfloat16': needs a GPU of compute capability 8.0, this "
            f"is {shown}; set 'mixed_float16', 'float32' or 'auto'"
        )


def _xla(
    hardware: HardwareSettings, kind: Kind, backend: Backend, count: int, found: Found
) -> tuple[bool, str]:
    """Give what Keras is told, and the reason."""
    if backend == "jax" or kind == "tpu":
        if hardware.xla == "off":
            who = "JAX" if backend == "jax" else "a TPU"
            raise MelError(f"hardware.xla = 'off': {who} always compiles with XLA; set 'auto'")
        return backend == "jax", "XLA: always with JAX and on a TPU"
    fault = _xla_fault(kind, count, found)
    if hardware.xla == "on":
        if fault:
            raise MelError(f"hardware.xla = 'on': {fault}; set 'auto'")
        return True, "XLA: set by hardware.xla"
    if hardware.xla == "off":
        return False, "without XLA: set by hardware.xla"
    if kind == "cpu":
        return False, "without XLA: slower on a CPU, by several times for EfficientNet"
    return (
        not fault,
        f"without XLA: {fault}" if fault else "XLA: a GPU then does several steps in one",
    )


def _xla_fault(kind: Kind, count: int, found: Found) -> str:
    if count > 1:
        return f"TensorFlow cannot compile a step that {count} devices share"
    if kind == "gpu" and found.xla_fault:
        return f"a trial of it failed ({found.xla_fault})"
    return ""

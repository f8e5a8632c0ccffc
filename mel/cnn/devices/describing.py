"""What is installed and what the machine is, in words; nothing here imports TensorFlow."""

import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mel.cnn.devices.machine import cores, free_disk, memory_free, memory_total
from mel.cnn.devices.traces import look
from mel.errors import many

__all__ = ["accelerators", "environment", "gigabytes", "machine", "software", "weights"]

_PACKAGES = {
    "TensorFlow": ("tensorflow", "tensorflow-cpu", "tensorflow-tpu"),
    "Keras": ("keras",),
    "keras-cv": ("keras-cv",),
    "JAX": ("jax",),
    "libtpu": ("libtpu",),
    "numba": ("numba",),
}
_VARIABLES = (
    "KERAS_BACKEND",
    "CUDA_VISIBLE_DEVICES",
    "JAX_PLATFORMS",
    "XLA_FLAGS",
    "TF_XLA_FLAGS",
    "MEL_VIRTUAL_DEVICES",
)


def gigabytes(size: int | None) -> str:
    """Give bytes in gigabytes of 10^9 bytes, or that they are not known.

    >>> gigabytes(16_160_000_000), gigabytes(None)
    ('16.2 GB', 'unknown')
    """
    return "unknown" if size is None else f"{size / 1e9:.1f} GB"


def software() -> dict[str, str]:
    """Give the versions of what trains; what is not installed is named so.

    >>> list(software())[:2]
    ['Python', 'TensorFlow']
    """
    found = {"Python": f"{platform.python_version()}, {platform.system()} {platform.machine()}"}
    return found | {name: _version(packages) for name, packages in _PACKAGES.items()}


def _version(packages: tuple[str, ...]) -> str:
    for package in packages:
        try:
            said = version(package)
        except PackageNotFoundError:
            continue
        return said if package == packages[0] else f"{said} ({package})"
    return "not installed"


def machine(place: Path) -> dict[str, str]:
    """Give cores, memory, the disk that `place` is on, and NVIDIA's driver."""
    traces = look()
    shown = f" ({traces.nvidia})" if traces.nvidia else ", but no GPU is given to this container"
    driver = f"{traces.driver or 'version unknown'}{shown}"
    return {
        "CPU": many(cores(), "core"),
        "memory": f"{gigabytes(memory_total())}, {gigabytes(memory_free())} free",
        "disk": f"{gigabytes(free_disk(place))} free in {place}",
        "NVIDIA driver": driver if traces.nvidia or traces.driver else "none",
    }


def accelerators(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Give GPUs and TPUs as the backends told of them, like ones counted together.

    >>> card = {"kind": "gpu", "backend": "tensorflow", "name": "Tesla T4", "memory": 15 * 10**9,
    ...         "capability": [7, 5]}
    >>> accelerators([card, card])
    {'GPU': '2 x Tesla T4 (15.0 GB, compute capability 7.5)', 'TPU': 'none'}
    """
    texts: dict[str, Counter[str]] = {"gpu": Counter(), "tpu": Counter()}
    for one in found:
        texts[one["kind"]][_accelerator(one)] += 1
    return {
        kind.upper(): ", ".join(f"{n} x {text}" for text, n in counts.items()) or "none"
        for kind, counts in texts.items()
    }


def _accelerator(one: Mapping[str, Any]) -> str:
    facts = [gigabytes(one["memory"])] if one["memory"] else []
    if one["capability"]:
        facts.append(f"compute capability {'.'.join(map(str, one['capability']))}")
    if one["backend"] != "tensorflow":
        facts.append(f"by {one['backend']}")
    return f"{one['name']} ({', '.join(facts)})" if facts else str(one["name"])


def environment() -> dict[str, str]:
    """Give the variables that steer what computes, those that are set."""
    return {name: repr(os.environ[name]) for name in _VARIABLES if name in os.environ}


def weights() -> dict[str, str]:
    """Give the folder where Kaggle's hub keeps weights; the network is not tried."""
    kept = Path(os.environ.get("KAGGLEHUB_CACHE") or "~/.cache/kagglehub")
    there = "" if kept.expanduser().is_dir() else "not there yet, "
    return {"ImageNet weights": f"{kept} ({there}the network is not tried)"}

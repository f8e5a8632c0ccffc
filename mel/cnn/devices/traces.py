"""Traces of accelerators: what files and the environment say, without TensorFlow or JAX."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Traces", "installed", "look"]

_NVIDIA = ("dev/nvidia0", "dev/nvidiactl", "dev/dxg")
_TPU_VARIABLES = ("TPU_NAME", "TPU_WORKER_ID", "TPU_ACCELERATOR_TYPE", "COLAB_TPU_ADDR")
_GOOGLE = "0x1ae0"  # the vendor of TPU chips on the PCI bus, and their numbers, as JAX knows them
_CHIPS = {"0x0027", "0x0056", "0x005e", "0x0062", "0x0063", "0x006f", "0x0076"}


@dataclass(frozen=True)
class Traces:
    """Where an accelerator shows without being asked: files, chips and variables; empty is none.

    `driver` is the version of NVIDIA's driver where it says so, which in a container it also does
    when none of the machine's GPUs is given to it.
    """

    nvidia: str = ""
    driver: str = ""
    tpu: str = ""


def look(environ: Mapping[str, str] | None = None, root: Path = Path("/")) -> Traces:
    """Look for traces of accelerators.

    >>> look({"TPU_ACCELERATOR_TYPE": "v5litepod-8"}, Path("/nowhere")).tpu
    'TPU_ACCELERATOR_TYPE'
    """
    environ = os.environ if environ is None else environ
    nvidia = next((f"/{name}" for name in _NVIDIA if (root / name).exists()), "")
    variable = next((name for name in _TPU_VARIABLES if environ.get(name)), "")
    return Traces(nvidia, _driver(root), variable or _chips(root) or _accel(root))


def installed(package: str) -> bool:
    """Say whether a package could be imported; does not import it."""
    return importlib.util.find_spec(package) is not None


def _driver(root: Path) -> str:
    try:
        text = (root / "proc/driver/nvidia/version").read_text(encoding="utf-8")
    except OSError:
        return ""
    words = text.partition("\n")[0].split()
    return next((word for word in words if word[0].isdigit() and "." in word), "")


def _accel(root: Path) -> str:
    return next((f"/dev/{p.name}" for p in sorted((root / "dev").glob("accel[0-9]*"))), "")


def _chips(root: Path) -> str:
    for vendor in sorted((root / "sys/bus/pci/devices").glob("*/vendor")):
        try:
            chip = (vendor.parent / "device").read_text().strip()
            if vendor.read_text().strip() == _GOOGLE and chip in _CHIPS:
                return f"PCI device {vendor.parent.name}"
        except OSError:
            continue
    return ""

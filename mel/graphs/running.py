"""A graph run on the CPU, by OpenVINO."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError
from mel.graphs.beginning import begin
from mel.graphs.checking import refuse_outside
from mel.graphs.packages import openvino
from mel.graphs.precision import HINTS, Precision

__all__ = ["Arrays", "Runner", "described", "opened"]

Arrays = Mapping[str, NDArray[Any]]
Runner = Callable[[Arrays], dict[str, NDArray[np.float32]]]
_BATCH = 16


def described() -> str:
    """Name what runs graphs, such as `openvino 2026.4.1`.

    >>> described().split()[0]
    'openvino'
    """
    return f"openvino {version('openvino')}"


def opened(graph: bytes, precision: Precision = "float32", batch: int = _BATCH) -> Runner:
    """Give a function from a graph's inputs to its outputs, arrays by name.

    Each call may hold up to `batch` rows; what lacks is filled up with zeros, so that every row is
    computed in the same shape. Raises MelError for a graph that OpenVINO cannot run, one that reads
    other files, and where OpenVINO is not installed.

    >>> from pathlib import Path
    >>> graph = Path("work/demo/cnn/efficientnetv2_micro-32/fold0/graph-32.onnx")
    >>> run = opened(graph.read_bytes())
    >>> found = run({"pixels": np.zeros((3, 32, 32, 3), np.uint8)})
    >>> {name: array.shape for name, array in found.items()}
    {'logit': (3,), 'map': (3, 8, 8)}
    """
    refuse_outside(graph)
    core, settings = openvino().Core(), {"INFERENCE_PRECISION_HINT": HINTS[precision]}
    begin(core, settings)
    try:
        model = core.read_model(graph, b"")
        shapes = {port.get_any_name(): port.get_partial_shape() for port in model.inputs}
        fixed = {name: [batch, *(side.get_length() for side in list(shape)[1:])]
                 for name, shape in shapes.items()}  # fmt: skip
        model.reshape(fixed)
        compiled = core.compile_model(model, "CPU", settings)
    except RuntimeError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]
        raise MelError(f"a graph that OpenVINO does not run ({reason})") from error
    names = [(port, port.get_any_name()) for port in compiled.outputs]

    def run(inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        if set(inputs) != set(fixed):  # OpenVINO itself takes zeros for what is not given
            raise MelError(f"a graph that reads {', '.join(fixed)}, not {', '.join(inputs)}")
        found = compiled(dict(inputs))
        return {name: np.array(found[port]) for port, name in names}

    return _rows(run, batch)


def _rows(run: Runner, batch: int) -> Runner:
    """Fill what is given up to a whole batch, and give back as many rows."""

    def whole(inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        count = len(next(iter(inputs.values())))
        if count > batch:
            raise MelError(f"{count} rows for a graph that was opened for {batch} at a time")
        filled = {
            name: np.concatenate([rows, np.zeros((batch - count, *rows.shape[1:]), rows.dtype)])
            for name, rows in inputs.items()
        }
        return {name: rows[:count] for name, rows in run(filled).items()}

    return whole

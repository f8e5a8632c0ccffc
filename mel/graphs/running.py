"""A graph run on the CPU, by OpenVINO, or by ONNX Runtime where that is what there is."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError
from mel.graphs.beginning import begin
from mel.graphs.checking import refuse_outside
from mel.graphs.packages import engine, need, openvino
from mel.graphs.precision import HINTS, Precision

__all__ = ["Arrays", "Runner", "described", "opened"]

Arrays = Mapping[str, NDArray[Any]]
Runner = Callable[[Arrays], dict[str, NDArray[np.float32]]]
_BATCH = 16


def described() -> str:
    """Name what runs graphs here with its version, such as `openvino 2026.4.1`."""
    return f"{engine()} {version(engine())}"


def opened(graph: bytes, precision: Precision = "float32", batch: int = _BATCH) -> Runner:
    """Give a function from a graph's inputs to its outputs, arrays by name.

    Each call may hold up to `batch` rows; what lacks is filled up with zeros, so that every row
    is computed in the same shape. Raises MelError for a graph that the engine cannot run, also
    from the function, one that reads other files, and for bfloat16 without OpenVINO.
    """
    refuse_outside(graph)
    if engine() == "openvino":
        return _rows(_by_openvino(graph, precision, batch), batch)
    if precision != "float32":
        raise MelError("bfloat16 is computed by OpenVINO; pip install 'mel[export]'")
    return _rows(_by_onnxruntime(graph), batch)


def _by_openvino(graph: bytes, precision: Precision, batch: int) -> Runner:
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
        raise _unfit("OpenVINO", error) from error
    names = [(port, port.get_any_name()) for port in compiled.outputs]

    def run(inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        if set(inputs) != set(fixed):  # OpenVINO itself takes zeros for what is not given
            raise MelError(f"a graph that reads {', '.join(fixed)}, not {', '.join(inputs)}")
        found = compiled(dict(inputs))
        return {name: np.array(found[port]) for port, name in names}

    return run


def _by_onnxruntime(graph: bytes) -> Runner:
    runtime = need("onnxruntime")
    try:
        session = runtime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    except Exception as error:  # it has many kinds of its own
        raise _unfit("ONNX Runtime", error) from error
    names = [port.name for port in session.get_outputs()]

    def run(inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        try:
            return dict(zip(names, session.run(names, dict(inputs)), strict=True))
        except Exception as error:
            raise _unfit("ONNX Runtime", error) from error

    return run


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


def _unfit(engine: str, error: Exception) -> MelError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]
    return MelError(f"a graph that {engine} does not run ({reason})")

"""Smaller graphs: weights kept in 16 bits or in 8, and computed with as float32 all the same.

The arithmetic stays as it is: only what is stored is rounded, and whatever runs the graph widens
it when it reads it. So a graph is a half or a quarter as large, neither quicker nor slower, and
needs nothing that the full graph does not need.
"""

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError, near
from mel.graphs.packages import need

__all__ = ["SMALLER", "Smaller", "rounded", "shrunk"]

Smaller = Literal["float16", "int8"]
SMALLER: tuple[Smaller, ...] = get_args(Smaller)
_FEWEST = 256  # numbers in an array, below which it stays as it is
_LARGEST = 127.0  # of an int8, the same on both sides of zero
_CHANNELS = {"Conv": 0, "MatMul": -1}  # the axis of a weight along which its outputs lie


def shrunk(graph: bytes, weights: Smaller) -> bytes:
    """Give an ONNX graph with its weights rounded; bytes in, bytes out, no file is read.

    "float16": every large array of float32, unless a number is too large for 16 bits. "int8": the
    weights of convolutions and matrix products, each output channel in 255 equal steps of its own
    from minus to plus its largest weight; the other large arrays in float16. Small arrays, such as
    biases, stay. The outputs of another graph than the given one are no other than rounding makes
    them; how much that is, is for the caller to measure.

    Raises MelError for bytes that are no graph, another kind of weights, and where onnx is not
    installed.

    >>> from pathlib import Path
    >>> graph = Path("work/demo/cnn/efficientnetv2_micro-32/fold0/graph-32.onnx").read_bytes()
    >>> len(shrunk(graph, "float16")) < len(graph)
    True
    """
    if weights not in SMALLER:
        raise MelError(f"weights {weights!r}; {near(weights, SMALLER)}")
    onnx = need("onnx")
    try:
        model = onnx.load_from_string(graph)
    except Exception as error:  # protobuf's own kinds
        raise MelError(f"these bytes are no ONNX graph ({error})") from error
    channels = _channels(model.graph) if weights == "int8" else {}
    kept, nodes = [], []
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        made = _smaller(tensor.name, array, channels.get(tensor.name))
        kept.extend(made[0] if made else [tensor])
        nodes.extend(made[1] if made else [])
    nodes.extend(model.graph.node)
    _replace(model.graph.initializer, kept)
    _replace(model.graph.node, nodes)
    return bytes(model.SerializeToString(deterministic=True))


def _replace(field: Any, values: list[Any]) -> None:
    copies = [type(value)() for value in values]
    for copy, value in zip(copies, values, strict=True):
        copy.CopyFrom(value)
    del field[:]
    field.extend(copies)


def _channels(graph: Any) -> dict[str, int]:
    """Give the axis of the outputs of each array that is a weight, and a weight alone."""
    found: dict[str, int] = {}
    read: list[str] = []
    for node in graph.node:
        read.extend(node.input)
        if node.op_type in _CHANNELS:
            found[node.input[1]] = _CHANNELS[node.op_type]
    return {name: axis for name, axis in found.items() if read.count(name) == 1}


def _smaller(
    name: str, array: NDArray[Any], axis: int | None
) -> tuple[list[Any], list[Any]] | None:
    """Give the arrays and the node that stand for a weight; None where it stays as it is."""
    if array.dtype != np.float32 or array.size < _FEWEST or not np.isfinite(array).all():
        return None
    if axis is not None and array.ndim > 1:
        return _in_steps(name, array, axis % array.ndim)
    if np.abs(array).max() > np.finfo(np.float16).max:
        return None
    helper, numpy_helper = need("onnx.helper"), need("onnx.numpy_helper")
    kept = numpy_helper.from_array(array.astype(np.float16), f"{name}/half")
    wide = need("onnx").TensorProto.FLOAT
    return [kept], [helper.make_node("Cast", [kept.name], [name], to=wide)]


def _in_steps(name: str, array: NDArray[np.float32], axis: int) -> tuple[list[Any], list[Any]]:
    helper, numpy_helper = need("onnx.helper"), need("onnx.numpy_helper")
    steps, scale = rounded(array, axis)
    arrays = {"steps": steps, "scale": scale, "zero": np.zeros(scale.shape, np.int8)}
    kept = [numpy_helper.from_array(part, f"{name}/{what}") for what, part in arrays.items()]
    inputs = [tensor.name for tensor in kept]
    return kept, [helper.make_node("DequantizeLinear", inputs, [name], axis=axis)]


def rounded(array: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round weights to whole steps, each slice along `axis` by its own: steps, and their size.

    steps * size is off by half a step at most. A slice of zeros has steps of 1.

    >>> rounded(np.array([[1.0, -127.0], [0.0, 0.0]], np.float32), 0)[1].tolist()
    [1.0, 1.0]
    """
    others = tuple(other for other in range(array.ndim) if other != axis)
    largest = np.abs(array).max(axis=others, keepdims=True)
    scale = np.where(largest > 0, largest / _LARGEST, 1.0).astype(np.float32)
    return np.rint(array / scale).astype(np.int8), scale.reshape(-1)

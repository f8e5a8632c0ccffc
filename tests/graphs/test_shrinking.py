"""Smaller graphs: what is stored is rounded by a known bound, and nothing else changes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.errors import MelError
from mel.graphs import SMALLER, opened, shrunk
from mel.graphs.shrinking import rounded

onnx = pytest.importorskip("onnx")
pytest.importorskip("openvino")

SIDE, CHANNELS = 8, 24


def graph(scale: float = 0.1) -> bytes:
    """A convolution, a mean over the places, and a linear layer."""
    draw = np.random.default_rng(0)
    arrays = {
        "kernel": draw.normal(0, scale, (CHANNELS, 3, 3, 3)),
        "shift": draw.normal(0, 1, (CHANNELS,)),
        "head": draw.normal(0, 1, (CHANNELS, 16)),
    }
    make, value = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    nodes = [
        make("Cast", ["pixels"], ["wide"], to=onnx.TensorProto.FLOAT),
        make("Transpose", ["wide"], ["planes"], perm=[0, 3, 1, 2]),
        make("Conv", ["planes", "kernel", "shift"], ["seen"]),
        make("GlobalAveragePool", ["seen"], ["mean"]),
        make("Flatten", ["mean"], ["flat"]),
        make("MatMul", ["flat", "head"], ["logit"]),
    ]
    made = onnx.helper.make_graph(
        nodes,
        "small",
        [value("pixels", onnx.TensorProto.UINT8, [None, SIDE, SIDE, 3])],
        [value("logit", onnx.TensorProto.FLOAT, [None, 16])],
        [onnx.numpy_helper.from_array(a.astype(np.float32), n) for n, a in arrays.items()],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(made, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def pixels(count: int = 3) -> dict[str, Any]:
    draw = np.random.default_rng(1)
    return {"pixels": draw.integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)}


@pytest.mark.parametrize("weights", SMALLER)
def test_a_smaller_graph_is_whole_and_says_nearly_the_same(weights: Any) -> None:
    full = graph()
    small = shrunk(full, weights)
    model = onnx.load_from_string(small)
    onnx.checker.check_model(model, full_check=True)
    assert [port.name for port in model.graph.output] == ["logit"]
    stored = sum(len(t.raw_data) for t in model.graph.initializer)
    assert stored < {"float16": 2200, "int8": 1400}[weights]
    before, after = (opened(one)(pixels())["logit"] for one in (full, small))
    assert 0 < np.abs(after - before).max() < 0.02 * np.abs(before).max()


def test_numbers_too_large_for_sixteen_bits_and_small_arrays_stay() -> None:
    full = graph(scale=1e6)
    names = [t.name for t in onnx.load_from_string(shrunk(full, "float16")).graph.initializer]
    assert names == ["kernel", "shift", "head/half"]


def test_a_weight_that_something_else_reads_too_is_not_cut_into_steps() -> None:
    model = onnx.load_from_string(graph())
    model.graph.node.append(onnx.helper.make_node("Abs", ["head"], ["size"]))
    made = onnx.load_from_string(shrunk(model.SerializeToString(), "int8"))
    kinds = {t.name.partition("/")[0]: t.name.partition("/")[2] for t in made.graph.initializer}
    assert kinds == {"kernel": "zero", "head": "half", "shift": ""}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6), st.integers(0, 2))
def test_steps_are_off_by_half_a_step_at_most(seed: int, scale: float, axis: int) -> None:
    array = np.random.default_rng(seed).normal(0, scale, (4, 5, 6)).astype(np.float32)
    array[:, 0, 0] = 0
    steps, size = rounded(array, axis)
    shape = [1, 1, 1]
    shape[axis] = -1
    wide = size.reshape(shape).astype(np.float64)
    assert (np.abs(steps * wide - array) <= 0.5001 * wide).all()
    assert (np.abs(steps).max(axis=tuple({0, 1, 2} - {axis})) == 127).all()


def test_what_is_no_graph_and_other_weights_are_refused() -> None:
    with pytest.raises(MelError, match="no ONNX graph"):
        shrunk(b"not a graph at all", "int8")
    with pytest.raises(MelError, match="did you mean 'int8'"):
        shrunk(graph(), "int9")  # type: ignore[arg-type]

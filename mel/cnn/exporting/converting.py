"""A function of TensorFlow with the weights it has now, as an ONNX graph."""

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from mel.graphs import need

__all__ = ["WAYS", "converted"]

_OPSET = 17
WAYS: tuple[tuple[str, ...], ...] = ((), ("reshape_optimizer",))
"""Which of tf2onnx's own simplifications are left out, tried in this order.

All of them give the quickest graph. Transposes and reshapes simplified together break attention,
as that of Mix Transformers: no engine runs the graph that comes out.
"""


def converted(function: Any, without: Collection[str] = ()) -> bytes:
    """Give the graph of a function that `traced` made, its weights as constants.

    Inputs and outputs keep their names. tf2onnx keeps a copy of the whole graph before each of its
    simplifications, which takes two thirds of the time; here it keeps none. Raises MelError where
    tf2onnx is not installed.
    """
    _complete()
    loader, made = need("tf2onnx.tf_loader"), need("tf2onnx.tfonnx")
    optimizer = need("tf2onnx.optimizer")
    concrete = _inlined(function)
    inputs = {f"{spec.name}:0": spec.name for spec in function.input_signature}
    called = sorted(concrete.structured_outputs)  # the order of TensorFlow's own outputs
    outputs = {port.name: name for port, name in zip(concrete.outputs, called, strict=True)}
    with tf.device("/cpu:0"):
        frozen = loader.from_function(concrete, list(inputs), list(outputs))
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(frozen, name="")
        found = made.process_tf_graph(
            graph,
            opset=_OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            tensors_to_rename=inputs | outputs,
        )
        _widen(found)
        kept = {n: one for n, one in optimizer._get_optimizers().items() if n not in without}
        simple = optimizer.optimize_graph(found, catch_errors=False, optimizers=kept)
        model = simple.make_model("mel")
    return bytes(model.SerializeToString(deterministic=True))


def _inlined(function: Any) -> Any:
    """Trace a function, those that it calls as a part of it.

    Keras compiles grouped convolutions apart, by XLA, since TensorFlow's own cannot run on a CPU;
    a call to what is compiled so cannot be converted, a grouped convolution can.
    """
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        return function.get_concrete_function()
    finally:
        tf.config.run_functions_eagerly(before)


def _widen(graph: Any) -> None:
    """Give a single number that is added to a picture one side: tf2onnx asks for its length."""
    for node in list(graph.get_nodes()):
        ranks = [len(graph.get_shape(name) or ()) for name in node.input]
        if node.type != "Add" or max(ranks) < 1:
            continue
        for place, given in enumerate(node.inputs):
            if ranks[place] == 0 and given is not None and given.is_const():
                value = given.get_tensor_value(as_list=False).reshape(1)
                wide = graph.make_const(f"{node.name}_wide_{place}", value).output[0]
                graph.replace_input(node, node.input[place], wide, place)


@cache
def _complete() -> None:
    """Teach tf2onnx the one operation of the registry's backbones that it does not know."""
    need("tf2onnx")
    need("tf2onnx.handler").tf_op("Erfc")(_Erfc)


class _Erfc:
    """1 - erf(x), by which TensorFlow computes GELU, as ConvNeXt has it."""

    @classmethod
    def version_9(cls, ctx: Any, node: Any, **_: Any) -> None:
        """Put a difference in the node's place."""
        like = {"shapes": node.output_shapes, "dtypes": node.output_dtypes}
        one = ctx.make_const(f"{node.name}_one", np.ones((), np.float32)).output[0]
        ctx.remove_node(node.name)
        erf = ctx.make_node("Erf", [node.input[0]], **like).output[0]
        ctx.make_node("Sub", [one, erf], outputs=[node.output[0]], name=node.name, **like)

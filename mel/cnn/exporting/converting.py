"""A function of TensorFlow with the weights it has now, as an ONNX graph."""

from collections.abc import Collection
from typing import Any

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

    Inputs and outputs keep their names. tf2onnx' simplifications are applied once each turn, and
    no copy of the graph is kept meanwhile, which it does by default and which takes two thirds of
    the time. Raises MelError where tf2onnx is not installed.
    """
    need("tf2onnx")
    loader, made = need("tf2onnx.tf_loader"), need("tf2onnx.tfonnx")
    optimizer = need("tf2onnx.optimizer")
    concrete = function.get_concrete_function()
    ports = [port for port in concrete.inputs if port.dtype != tf.resource]
    inputs = {port.name: port.name.partition(":")[0] for port in ports}
    outputs = dict(
        zip(
            (port.name for port in concrete.outputs),
            sorted(concrete.structured_outputs),
            strict=True,
        )
    )
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
        kept = {n: one for n, one in optimizer._get_optimizers().items() if n not in without}
        simple = optimizer.optimize_graph(found, catch_errors=False, optimizers=kept)
        model = simple.make_model("mel")
    return bytes(model.SerializeToString(deterministic=True))

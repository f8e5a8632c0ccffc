"""Networks as ONNX graphs: run without TensorFlow, and made smaller; bytes in, bytes out."""

from mel.graphs.beginning import begin
from mel.graphs.checking import refuse_outside
from mel.graphs.packages import has, need, openvino
from mel.graphs.running import Arrays, Runner, described, engine, opened, speaks_bfloat16
from mel.graphs.shrinking import SMALLER, Smaller, shrunk

__all__ = [
    "SMALLER",
    "Arrays",
    "Runner",
    "Smaller",
    "begin",
    "described",
    "engine",
    "has",
    "need",
    "opened",
    "openvino",
    "refuse_outside",
    "shrunk",
    "speaks_bfloat16",
]

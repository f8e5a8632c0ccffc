"""Networks as ONNX graphs: run without TensorFlow, and made smaller; bytes in, bytes out."""

from mel.graphs.beginning import begin
from mel.graphs.checking import refuse_outside
from mel.graphs.packages import has, need, openvino
from mel.graphs.precision import HINTS, Precision, chosen_precision, native_precision
from mel.graphs.running import Arrays, Runner, described, opened
from mel.graphs.shrinking import SMALLER, Smaller, shrunk

__all__ = [
    "HINTS",
    "SMALLER",
    "Arrays",
    "Precision",
    "Runner",
    "Smaller",
    "begin",
    "chosen_precision",
    "described",
    "has",
    "native_precision",
    "need",
    "opened",
    "openvino",
    "refuse_outside",
    "shrunk",
]

"""A trained network as an ONNX graph: traced, converted, compared with what it was made from.

Only tracing opens TensorFlow, and only converting tf2onnx, in the child process that exports.
"""

from mel.cnn.exporting.artefact import EXPORT, MEAN, Exported, is_current, read_export, write_export
from mel.cnn.exporting.choosing import COMPARED, chosen
from mel.cnn.exporting.comparing import Found, change, compared

__all__ = [
    "COMPARED",
    "EXPORT",
    "MEAN",
    "Exported",
    "Found",
    "change",
    "chosen",
    "compared",
    "is_current",
    "read_export",
    "write_export",
]

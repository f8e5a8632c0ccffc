"""In what a graph computes: float32, or bfloat16 where the processor has it."""

from typing import Literal

from mel.errors import MelError
from mel.graphs.packages import openvino

__all__ = ["HINTS", "Precision", "chosen_precision", "native_precision"]

Precision = Literal["float32", "bfloat16"]
HINTS: dict[str, str] = {"float32": "f32", "bfloat16": "bf16"}  # as OpenVINO calls them


def native_precision() -> Precision:
    """Give what OpenVINO itself would choose here: bfloat16 where the processor computes it.

    Raises MelError where OpenVINO is not installed.

    >>> native_precision() in ("float32", "bfloat16")
    True
    """
    kind = openvino().Core().get_property("CPU", "INFERENCE_PRECISION_HINT").to_string()
    return "bfloat16" if kind == "bf16" else "float32"


def chosen_precision(precision: str) -> Precision:
    """Give the precision that is asked for; "auto" is the native one.

    Raises MelError for another word, and for bfloat16 where the processor has none.

    >>> chosen_precision("float32"), chosen_precision("auto") == native_precision()
    ('float32', True)
    >>> chosen_precision("float8")
    Traceback (most recent call last):
        ...
    mel.errors.MelError: precision 'float8'; known: auto, float32, bfloat16
    """
    if precision not in ("auto", *HINTS):
        raise MelError(f"precision {precision!r}; known: auto, {', '.join(HINTS)}")
    native = native_precision()
    if precision == "bfloat16" and native != "bfloat16":
        raise MelError("precision bfloat16: this processor has none; take float32 or auto")
    return "float32" if precision == "float32" else native

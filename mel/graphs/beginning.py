"""The first steps of OpenVINO in a process: taken by one thread."""

from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np

from mel.graphs.packages import openvino

__all__ = ["begin"]

_FIRST = Lock()


def begin(core: Any, settings: Mapping[str, Any]) -> None:
    """Go all the way from an array to an array once, with one thread.

    What the binding imports on its way for the first time, it guards by a lock of its own. Two
    threads that get there together wait for each other for ever, one with Python's lock in its
    hands: about once in ten processes that began with two pictures at a time.

    `core` is an `openvino.Core`, `settings` those its models are compiled with. Raises MelError
    where OpenVINO is not installed. `opened` does it for you.

    >>> begin(openvino().Core(), {})
    """
    library = openvino()
    with _FIRST:
        given = library.op.Parameter(library.Type.u8, library.Shape([1]))
        model = library.Model([library.op.Result(given.output(0))], [given], "first")
        request = core.compile_model(model, "CPU", settings).create_infer_request()
        for kind in (np.uint8, np.float32):
            library.Tensor(np.zeros(1, kind), shared_memory=True)
        request.infer({0: np.zeros(1, np.uint8)}, share_inputs=True)
        _ = request.get_output_tensor(0).data

"""One model of all folds of a member, compiled, and the threads that run it."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import BoundedSemaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mel.graphs import openvino
from mel.submit.scoring.engine import Answer

__all__ = ["NAMES", "Compiled", "merged"]

NAMES = ("pixels", "metadata")  # of a graph's inputs


class Compiled:
    """One model of all folds, and a request a stream to run it."""

    def __init__(
        self,
        compiled: Any,
        folds: int,
        pool: ThreadPoolExecutor,
        room: BoundedSemaphore,
        streams: int,
    ) -> None:
        self._folds, self._pool, self._room = folds, pool, room
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(streams):
            self._requests.put(compiled.create_infer_request())

    def start(
        self, pixels: NDArray[np.uint8], metadata: NDArray[np.float32] | None, *, maps: bool
    ) -> Future[Answer]:
        """See `mel.submit.scoring.engine.Network`."""
        self._room.acquire()
        try:
            coming = self._pool.submit(self._answer, pixels, metadata, maps)
        except BaseException:
            self._room.release()
            raise
        coming.add_done_callback(lambda _: self._room.release())
        return coming

    def _answer(
        self, pixels: NDArray[np.uint8], metadata: NDArray[np.float32] | None, maps: bool
    ) -> Answer:
        inputs: dict[str, Any] = {"pixels": np.ascontiguousarray(pixels)}
        if metadata is not None:
            inputs["metadata"] = np.ascontiguousarray(metadata)
        request = self._requests.get()
        try:
            request.infer(inputs, share_inputs=True)
            return self._read(request, maps)
        finally:
            self._requests.put(request)

    def _read(self, request: Any, maps: bool) -> Answer:
        found = [request.get_output_tensor(index).data for index in range(2 * self._folds)]
        logits = np.stack([np.array(logit, np.float64).reshape(-1) for logit in found[::2]], axis=1)
        if not maps:
            return Answer(logits)
        total = np.array(found[1], np.float32)
        for more in found[3::2]:
            total += more
        return Answer(logits, total / np.float32(self._folds))


def merged(models: Sequence[Any]) -> Any:
    """Give one model of several with the same inputs: the logit and the map of each in turn."""
    shared = {port.get_any_name(): port.get_node() for port in models[0].inputs}
    results = []
    for model in models:
        if model is not models[0]:
            for port in model.inputs:
                own = shared[port.get_any_name()].output(0)
                for reader in list(port.get_node().output(0).get_target_inputs()):
                    reader.replace_source_output(own)
        results += [model.output(name).get_node() for name in ("logit", "map")]
    parameters = [shared[name] for name in NAMES if name in shared]
    return openvino().Model(results, parameters, "member")

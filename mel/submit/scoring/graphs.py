"""The engine on a CPU: ONNX graphs run by OpenVINO, all folds of a member as one model."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import BoundedSemaphore
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError
from mel.graphs import begin, has, openvino, refuse_outside
from mel.process import cores
from mel.submit.scoring.engine import Answer, Graph, Network
from mel.submit.scoring.member import Member

__all__ = ["BATCH", "OpenVino", "Precision", "native_precision"]

Precision = Literal["float32", "bfloat16"]
BATCH = 16
_STREAMS = 4  # batches computed at a time, at most: each takes memory of its own
_PRECISIONS: dict[str, Precision] = {"float32": "float32", "bfloat16": "bfloat16"}
_TYPES = {"float32": "f32", "bfloat16": "bf16"}
_NAMES = ("pixels", "metadata")


class OpenVino:
    """Graphs by OpenVINO on this machine's CPU.

    Every batch has `batch` images, so that a score does not depend on what else is scored. Several
    batches are computed at a time, each by few threads, which share no work and wait for nobody:
    that gives more images a second than all threads at one batch. All folds of a member are one
    model: they share their input, and the memory that they need one after the other.
    """

    def __init__(
        self,
        precision: Precision | Literal["auto"] = "auto",
        threads: int | None = None,
        batch: int = BATCH,
    ) -> None:
        """Raises MelError where OpenVINO is not installed, and for a precision that is not there.

        "auto" is bfloat16 where the processor computes it, else float32.
        """
        self._core = _core()
        self.threads = threads or cores()
        self.batch = batch
        self.precision: Precision = _chosen(self._core, precision)
        self._streams = min(self.threads, _STREAMS)
        begin(self._core, self._settings())
        self._pool = ThreadPoolExecutor(self._streams, thread_name_prefix="mel-graph")
        self._room = BoundedSemaphore(2 * self._streams)

    def networks(self, wanted: Sequence[tuple[Member, int, Sequence[Graph]]]) -> Sequence[Network]:
        """Read and compile models, as many at a time as there are streams."""
        return list(self._pool.map(lambda one: self._compiled(*one), wanted))

    def describe(self) -> dict[str, Any]:
        """Say what computes."""
        name = str(self._core.get_property("CPU", "FULL_DEVICE_NAME"))
        version = openvino().__version__.partition("-")[0]
        return {
            "engine": f"OpenVINO {version}",
            "device": name,
            "precision": self.precision,
            "threads": self.threads,
        }

    def _compiled(self, member: Member, size: int, graphs: Sequence[Graph]) -> Network:
        try:
            model = _merged([self._read(graph(), size, member) for graph in graphs])
            compiled = self._core.compile_model(model, "CPU", self._settings())
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise MelError(
                f"{member.name}: its graph of size {size} is none that OpenVINO runs ({reason}); "
                "export it again: mel cnn export"
            ) from error
        return _Compiled(compiled, len(graphs), self._pool, self._room, self._streams)

    def _read(self, graph: bytes, size: int, member: Member) -> Any:
        """Read a graph and fix the shape of its inputs."""
        refuse_outside(graph)
        model = self._core.read_model(graph, b"")
        found = {port.get_any_name(): port for port in model.inputs}
        wanted = _NAMES if member.metadata else _NAMES[:1]
        outputs = {name for port in model.outputs for name in port.get_names()}
        if set(found) != set(wanted) or not {"logit", "map"} <= outputs:
            raise MelError(
                f"{member.name}: its graph reads {', '.join(sorted(found))} and not "
                f"{', '.join(wanted)}, or gives no logit and map; export it again: mel cnn export"
            )
        shapes = {"pixels": [self.batch, size, size, 3]}
        if member.metadata:
            columns = found["metadata"].get_partial_shape()[1].get_length()
            shapes["metadata"] = [self.batch, columns]
        model.reshape(shapes)
        return model

    def _settings(self) -> dict[str, Any]:
        return {
            "INFERENCE_PRECISION_HINT": _TYPES[self.precision],
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": self._streams,
        }


class _Compiled:
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


def _core() -> Any:
    if not has("openvino"):
        raise MelError("scoring needs OpenVINO, which is not installed; pip install 'mel[serve]'")
    return openvino().Core()


def native_precision() -> Precision:
    """Give the precision that OpenVINO itself would choose here: what the processor computes.

    Raises MelError where OpenVINO is not installed.
    """
    return _native(_core())


def _native(core: Any) -> Precision:
    kind = core.get_property("CPU", "INFERENCE_PRECISION_HINT").to_string()
    return "bfloat16" if kind == "bf16" else "float32"


def _chosen(core: Any, precision: str) -> Precision:
    """Give the precision to compute in."""
    if precision not in ("auto", *_TYPES):
        raise MelError(f"precision {precision!r}; known: auto, {', '.join(_TYPES)}")
    native = _native(core)
    if precision == "bfloat16" and native != "bfloat16":
        raise MelError("precision bfloat16: this processor has none; take float32 or auto")
    return native if precision == "auto" else _PRECISIONS[precision]


def _merged(models: Sequence[Any]) -> Any:
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
    parameters = [shared[name] for name in _NAMES if name in shared]
    return openvino().Model(results, parameters, "member")

"""The engine on a CPU: ONNX graphs run by OpenVINO, all folds of a member as one model."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any, Literal

from mel.errors import MelError
from mel.graphs import HINTS, Precision, begin, chosen_precision, has, openvino, refuse_outside
from mel.process import cores
from mel.submit.scoring.compiled import NAMES, Compiled, merged
from mel.submit.scoring.engine import Graph, Network
from mel.submit.scoring.member import Member

__all__ = ["BATCH", "OpenVino"]

BATCH = 8  # more need more memory, and leave the caches of a core; the rate is the same
_STREAMS = 4  # batches computed at a time, at most: each takes memory of its own


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
        self.precision: Precision = chosen_precision(precision)
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
            model = merged([self._read(graph(), size, member) for graph in graphs])
            compiled = self._core.compile_model(model, "CPU", self._settings())
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise MelError(
                f"{member.name}: its graph of size {size} is none that OpenVINO runs ({reason}); "
                "export it again: mel cnn export"
            ) from error
        return Compiled(compiled, len(graphs), self._pool, self._room, self._streams)

    def _read(self, graph: bytes, size: int, member: Member) -> Any:
        """Read a graph and fix the shape of its inputs."""
        refuse_outside(graph)
        model = self._core.read_model(graph, b"")
        found = {port.get_any_name(): port for port in model.inputs}
        wanted = NAMES if member.metadata else NAMES[:1]
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
        """Give OpenVINO's settings.

        It would bind the streams of each model to the same cores, one beside the other model's:
        with three members, one core then waited for the other a third of the time.
        """
        return {
            "INFERENCE_PRECISION_HINT": HINTS[self.precision],
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": self._streams,
            "ENABLE_CPU_PINNING": False,
        }


def _core() -> Any:
    if not has("openvino"):
        raise MelError("scoring needs OpenVINO, which is not installed; pip install 'mel[serve]'")
    return openvino().Core()

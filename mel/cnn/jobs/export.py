"""A member's folds as ONNX graphs, each compared with Keras before it is kept."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.cnn.events import Event
from mel.cnn.exporting import COMPARED, Found, change, compared, write_export
from mel.cnn.exporting.artefact import EXPORT, graph_file
from mel.cnn.exporting.comparing import MOST, Network
from mel.cnn.feeding import scoring
from mel.cnn.jobs.explain import positive_map
from mel.cnn.jobs.scorers import Scorer
from mel.cnn.jobs.scorers import opened as opened_pictures
from mel.cnn.labels import Labels
from mel.config import HardwareSettings, MemberSettings
from mel.errors import ImageError, MelError
from mel.files import write_bytes
from mel.graphs import Arrays, native_precision, opened
from mel.metadata import encode_metadata
from mel.views import probability

__all__ = ["run"]

HARDWARE = HardwareSettings(device="cpu", precision="float32", pixels="decoded")
Batches = Callable[[], Iterator[Arrays]]
_BATCH = 16


def run(job: Mapping[str, Any], tell: Event) -> None:
    """Export every part that the job names: a fold, or the mean network.

    A network is built and traced once a size; each part then only changes its weights.
    """
    from mel.cnn.devices import choose

    os.environ["KERAS_BACKEND"] = "tensorflow"  # which alone can be converted, whatever trained it
    device = choose(HARDWARE)
    device.start()
    settings = MemberSettings.model_validate(job["settings"])
    made: dict[Labels, Desk] = {}
    for part in job["parts"]:
        labels = Labels.read(part["labels"])
        if labels not in made:
            made[labels] = Desk.of(Scorer.of(settings, labels, device))
        _export(made[labels], part, job, tell)


@dataclass(frozen=True)
class Desk:
    """A member's networks with a function of TensorFlow and one of NumPy a size."""

    scorer: Scorer
    functions: Mapping[int, Any]
    networks: Mapping[int, Network]

    @classmethod
    def of(cls, scorer: Scorer) -> "Desk":
        from mel.cnn.exporting.tracing import traced

        return cls(
            scorer,
            {size: traced(one, scorer.labels, size) for size, one in scorer.networks.items()},
            {size: _spoken(one, scorer.labels) for size, one in scorer.networks.items()},
        )


def _spoken(network: Any, labels: Labels) -> Network:
    """Give what Keras says, as logit and map of a positive."""
    from mel.cnn.networks import activation_map

    whole = activation_map(network)

    def say(inputs: Arrays) -> tuple[NDArray[Any], NDArray[Any]]:
        given = list(inputs.values())
        said = whole.predict_on_batch(given if len(given) > 1 else given[0])
        logits, maps = (np.asarray(part) for part in said)
        return labels.read_out(logits), positive_map(logits, maps, labels)

    return say


def _export(desk: Desk, part: Mapping[str, Any], job: Mapping[str, Any], tell: Event) -> None:
    place, frame = Path(part["place"]), pl.read_parquet(part["frame"])
    _load(desk.scorer, part["checkpoints"])
    (place / EXPORT).unlink(missing_ok=True)
    for old in place.glob("graph-*.onnx"):
        old.unlink()
    made = {
        size: _true(desk, size, part["name"], _batches(desk, frame, size, job, tell))
        for size in desk.functions
    }
    sizes = {}
    for size, (graph, found) in made.items():
        write_bytes(place / graph_file(size), graph)
        sizes[size] = {
            "file": graph_file(size),
            "sha256": sha256(graph).hexdigest(),
            "bytes": len(graph),
        } | _said(found, frame, desk.scorer.settings)
    write_export(place, part["made_from"], sizes)


def _said(found: Found, frame: pl.DataFrame, settings: MemberSettings) -> dict[str, Any]:
    """Say how true a graph is, what bfloat16 changes, and how far training's scores are off."""
    honest = "kept" in frame.columns and not frame["target"].null_count()
    target = frame["target"].to_numpy().astype(np.float64) if honest else None
    low = None if found.low is None else change(found.plain, found.low, target)
    kept = None
    if honest and settings.tta.views == 1 and settings.tta.average != "rank":
        kept = float(np.abs(probability(found.plain) - frame["kept"].to_numpy()).max())
    return {"verified": found.as_dict(), "bfloat16": low, "kept": kept}


def _load(scorer: Scorer, checkpoints: Sequence[str]) -> None:
    """Take the weights of a fold, or the mean of several folds', batch statistics among them."""
    scorer.load(Path(checkpoints[0]))
    if len(checkpoints) == 1:
        return
    one = next(iter(scorer.networks.values()))
    total = [np.zeros(value.shape) for value in one.get_weights()]
    for checkpoint in checkpoints:
        one.load_weights(checkpoint)
        total = [so_far + value for so_far, value in zip(total, one.get_weights(), strict=True)]
    for network in scorer.networks.values():
        network.set_weights([value / len(checkpoints) for value in total])


def _true(desk: Desk, size: int, name: str, batches: Batches) -> tuple[bytes, Found]:
    """Give a graph that says what Keras says; MelError where none does."""
    from mel.cnn.exporting.converting import WAYS

    fault = ""
    for without in WAYS:
        try:
            graph = _graph(desk.functions[size], without)
            run = opened(graph, "float32", _BATCH)
            low = opened(graph, "bfloat16", _BATCH) if native_precision() == "bfloat16" else None
            found = compared(run, low, desk.networks[size], batches(), COMPARED)
        except ImageError:
            raise  # no fault of the graph
        except MelError as error:
            fault = str(error)
            continue
        if found.is_true:
            return graph, found
        gap = found.gaps["probability"]
        fault = f"its probabilities differ from Keras' by {gap:.1e}, more than {MOST:g}"
    raise MelError(f"{name}, size {size}: no true graph ({fault}); none was kept")


def _graph(function: Any, without: Sequence[str]) -> bytes:
    from mel.cnn.exporting.converting import converted

    try:
        return converted(function, without)
    except Exception as error:  # of every kind: another way may do
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1][:200]
        raise MelError(f"tf2onnx does not convert it: {reason}") from error


def _batches(
    desk: Desk, frame: pl.DataFrame, size: int, job: Mapping[str, Any], tell: Event
) -> Batches:
    settings = desk.scorer.settings.model_copy(update={"hardware": HARDWARE})
    known = encode_metadata(frame) if settings.metadata else None
    pictures = opened_pictures({size: frame}, job["cache"], settings, job["framing"])[size]
    rows = pictures.rows_of(frame["image_id"].to_list())

    def batches() -> Iterator[Arrays]:
        stop = 0
        for pixels in scoring(pictures, rows, _BATCH):
            start, stop = stop, stop + len(pixels)
            inputs = {"pixels": pixels}
            yield inputs if known is None else inputs | {"metadata": known[start:stop]}
            tell({"done": len(pixels)})

    return batches

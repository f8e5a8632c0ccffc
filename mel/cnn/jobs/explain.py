"""Activation maps from checkpoints: the mean over the folds that score each image."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.cnn.events import Event
from mel.cnn.feeding import Pictures, scoring
from mel.cnn.jobs.done import CHECKPOINT, fold_dir
from mel.cnn.jobs.scorers import Scorer, Scorers, opened
from mel.cnn.labels import Labels
from mel.cnn.scoring import padded
from mel.config import MemberSettings
from mel.files import atomic
from mel.metadata import encode_metadata
from mel.views import probability

__all__ = ["positive_map", "run"]

Floats = NDArray[np.float64]


def run(job: Mapping[str, Any], tell: Event) -> None:
    """Write maps, offsets, logits and scores of a frame's rows, in their order, as .npz."""
    from mel.cnn.devices import choose

    frame = pl.read_parquet(job["frame"])
    settings = MemberSettings.model_validate(job["settings"])
    device = choose(settings.hardware)
    device.start()
    scorers = Scorers(settings, job["labels"], device)
    pictures = opened({settings.size: frame}, job["cache"], settings, job["framing"])
    total: dict[str, Floats] = {}
    for fold in frame["folds"].explode().unique().sort().to_list():
        mine = frame["folds"].list.contains(fold).to_numpy()
        scorer = scorers.of_fold(fold)
        scorer.load(fold_dir(Path(job["member"]), fold) / CHECKPOINT)
        rows = frame.filter(mine)
        for name, values in _mapped(scorer, rows, pictures[settings.size], tell).items():
            kept = total.setdefault(name, np.zeros((frame.height, *values.shape[1:])))
            kept[mine] += values
    counts = frame["folds"].list.len().to_numpy().astype(np.float64)
    mean = {name: (values.T / counts).T for name, values in total.items()}
    maps, logits, scores = (mean[name] for name in ("maps", "logits", "scores"))
    offsets = logits - maps.mean(axis=(1, 2))
    with atomic(Path(job["out"])) as temporary, temporary.open("wb") as file:
        np.savez(file, maps=maps, offsets=offsets, logits=logits, scores=scores)


def _mapped(
    scorer: Scorer, rows: pl.DataFrame, pictures: Pictures, tell: Event
) -> dict[str, Floats]:
    """Give one fold's maps, logits and scores."""
    from mel.cnn.networks import activation_map

    size, batch = scorer.settings.size, scorer.batch[scorer.settings.size]
    network = activation_map(scorer.networks[size])
    network.jit_compile = scorer.networks[size].jit_compile
    maps, logits = [], []
    for here, inputs in _batches(scorer, rows, pictures, batch):
        outputs, places = (np.asarray(part) for part in network.predict_on_batch(inputs))
        count = here.stop - here.start
        maps.append(positive_map(outputs[:count], places[:count], scorer.labels))
        logits.append(scorer.labels.read_out(outputs[:count]))
        tell({"done": count})
    logit = np.concatenate(logits)
    return {"maps": np.concatenate(maps), "logits": logit, "scores": probability(logit)}


def _batches(
    scorer: Scorer, rows: pl.DataFrame, pictures: Pictures, batch: int
) -> Iterator[tuple[slice, Any]]:
    """Give batches of one shape, the last filled with zeros, and which rows they hold."""
    known = encode_metadata(rows) if scorer.settings.metadata else None
    stop = 0
    for images in scoring(pictures, pictures.rows_of(rows["image_id"].to_list()), batch):
        start, stop = stop, stop + len(images)
        parts: list[NDArray[Any]] = [images] if known is None else [images, known[start:stop]]
        whole = [padded(part, batch) for part in parts]
        yield slice(start, stop), whole if len(whole) > 1 else whole[0]


def positive_map(logits: NDArray[Any], maps: NDArray[Any], labels: Labels) -> Floats:
    """Give what each place adds to the logit of a positive: `(n, h, w)` from `(n, h, w, k)`.

    The sum over the classes, each with the derivative of `Labels.read_out` by its logit: among
    the positive classes their softmax, among the others its negative. With one output, its map.

    >>> two = Labels(("melanoma", "nevus"), (True, False))
    >>> positive_map(np.zeros((1, 2)), np.array([[[[3.0, 1.0]]]]), two).tolist()
    [[[2.0]]]
    """
    wide = np.asarray(logits, dtype=np.float64)
    weights = np.ones_like(wide)
    if labels.count > 1:
        positive = np.array(labels.positive)
        for chosen, sign in ((positive, 1.0), (~positive, -1.0)):
            part = np.exp(wide[:, chosen] - wide[:, chosen].max(axis=1, keepdims=True))
            weights[:, chosen] = sign * part / part.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("nhwk,nk->nhw", np.asarray(maps, dtype=np.float64), weights))

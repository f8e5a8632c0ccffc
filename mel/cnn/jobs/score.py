"""Scoring from a checkpoint: of a fold's own images, or of any others by every fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.cnn.events import Event
from mel.cnn.feeding import Pictures, open_pictures
from mel.cnn.jobs.done import CHECKPOINT, REFERENCE, fold_dir
from mel.cnn.labels import Labels
from mel.cnn.scoring import Reference, average, batch_at, reference, score, views
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_table, write_table
from mel.images import Framing
from mel.metadata import encode_metadata
from mel.predictions import Kind, Predictions
from mel.tables import Folds, ImageTable

__all__ = ["Scorer", "Scorers", "needed", "opened", "read_reference", "run", "score_fold"]

Floats = NDArray[np.float64]


def needed(table: ImageTable, settings: MemberSettings) -> dict[int, pl.DataFrame]:
    """Give the rows whose pictures a member needs, by size: external ones at its own size only."""
    scored = table.frame.filter(pl.col("split") != "external")
    return dict.fromkeys(settings.tta.sizes, scored) | {settings.size: table.frame}


@dataclass(frozen=True)
class Scorer:
    """A member's networks, at every size that its views need, with the weights of one fold."""

    settings: MemberSettings
    labels: Labels
    networks: Mapping[int, Any]
    batch: Mapping[int, int]

    @classmethod
    def of(cls, settings: MemberSettings, labels: Labels, device: Any) -> Self:
        """Build the networks on a device that was started."""
        from mel.cnn.networks import build

        bare = settings.model_copy(update={"weights": "none"})
        networks, batch = {}, {}
        for size in (settings.size, *settings.tta.sizes):
            with device.scope():
                network = build(bare, labels, size)
            network.jit_compile = device.jit_compile
            networks[size], batch[size] = network, batch_at(size, device.kind, device.count)
        return cls(settings, labels, networks, batch)

    def load(self, checkpoint: Path) -> None:
        """Take the weights of a fold."""
        for network in self.networks.values():
            network.load_weights(checkpoint)

    def logits(self, frame: pl.DataFrame, pictures: Mapping[int, Pictures], tell: Event) -> Floats:
        """Give the logits of a frame's rows, `(n, views)`; see `mel.cnn.scoring.score`."""
        from mel.cnn.devices.using import forward

        known = encode_metadata(frame) if self.settings.metadata else None
        ids = frame["image_id"].to_list()
        steps = {size: forward(network) for size, network in self.networks.items()}
        return score(steps, pictures, ids, known, self.settings, self.labels, tell, self.batch)


class Scorers:
    """The scorers of a member's folds: one serves all whose networks have the same outputs."""

    def __init__(
        self, settings: MemberSettings, labels: Sequence[Mapping[str, Any]], device: Any
    ) -> None:
        self._settings, self._device = settings, device
        self._labels = [Labels.read(said) for said in labels]
        self._made: dict[Labels, Scorer] = {}

    def of_fold(self, fold: int) -> Scorer:
        """Give the scorer of a fold; its weights are still to be loaded."""
        labels = self._labels[fold]
        if labels not in self._made:
            self._made[labels] = Scorer.of(self._settings, labels, self._device)
        return self._made[labels]


def score_fold(
    job: Mapping[str, Any],
    table: ImageTable,
    folds: Folds,
    labels: Labels,
    device: Any,
    tell: Event,
) -> None:
    """Score a trained fold's held-out and all test images, from the fold's checkpoint.

    Writes `oof.parquet`, `test.parquet` and `reference.parquet`, the sorted held-out logits of
    each kind of view; the fold's mark is the caller's. A fold scored right after its training and
    one scored again by other test-time augmentation go through here alike.
    """
    settings, fold = MemberSettings.model_validate(job["settings"]), int(job["fold"])
    place = fold_dir(Path(job["member"]), fold)
    scorer = Scorer.of(settings, labels, device)
    scorer.load(place / CHECKPOINT)
    pictures = opened(needed(table, settings), job["cache"], settings)
    wanted = views(settings.tta, settings.size)
    held_out, unseen = folds.scored(table, fold), table.test
    logits = scorer.logits(held_out, pictures, tell)
    ranked = reference(logits, wanted)
    _write_reference(place / REFERENCE, ranked, {"name": settings.name, "inputs": job["inputs"]})
    found: dict[Kind, pl.DataFrame] = {
        "oof": held_out.select(
            "image_id", "fold", score=average(logits, wanted, settings.tta, ranked)
        ),
        "test": unseen.select(
            "image_id",
            fold=pl.lit(None, pl.Int16),
            score=average(scorer.logits(unseen, pictures, tell), wanted, settings.tta, ranked),
        ),
    }
    common = {"folds": folds.digest, "seed": settings.seed, "inputs": job["inputs"]}
    for kind, scores in found.items():
        made = Predictions.of(scores, name=settings.name, kind=kind, **common)
        made.write(place / f"{kind}.parquet")


def run(job: Mapping[str, Any], tell: Event) -> None:
    """Score a frame by the folds that the job names, and write each one's scores.

    `frame` is Parquet with image_id, path and `folds`, the list of folds that score the row; an
    image's score is the mean over these. Writes a table with the columns image_id and score.
    """
    from mel.cnn.devices import choose

    frame = pl.read_parquet(job["frame"])
    settings = MemberSettings.model_validate(job["settings"])
    device = choose(settings.hardware)
    device.start()
    scorers = Scorers(settings, job["labels"], device)
    sizes = (settings.size, *settings.tta.sizes)
    pictures = opened(dict.fromkeys(sizes, frame), job["cache"], settings, job["framing"])
    total = np.zeros(frame.height)
    for fold in frame["folds"].explode().unique().sort().to_list():
        mine = frame["folds"].list.contains(fold).to_numpy()
        scorer, rows = scorers.of_fold(fold), frame.filter(mine)
        total[mine] += _by_fold(scorer, job["member"], fold, rows, pictures, tell)
    mean = total / frame["folds"].list.len().to_numpy()
    write_table(Path(job["out"]), frame.select("image_id", score=mean), {"kind": "scores"})


def _by_fold(
    scorer: Scorer,
    member: str,
    fold: int,
    rows: pl.DataFrame,
    pictures: Mapping[int, Pictures],
    tell: Event,
) -> Floats:
    tta, place = scorer.settings.tta, fold_dir(Path(member), fold)
    scorer.load(place / CHECKPOINT)
    ranked = read_reference(place / REFERENCE) if tta.average == "rank" else {}
    logits = scorer.logits(rows, pictures, tell)
    return average(logits, views(tta, scorer.settings.size), tta, ranked)


def opened(
    frames: Mapping[int, pl.DataFrame],
    cache: str,
    settings: MemberSettings,
    framing: Mapping[str, Any] | None = None,
) -> dict[int, Pictures]:
    """Open the pictures of frames by size, in the child process."""
    how = Framing(**(framing or {}))
    return {
        size: open_pictures(frame, size, Path(cache), settings.hardware, how)
        for size, frame in frames.items()
    }


def _write_reference(path: Path, ranked: Reference, header: Mapping[str, Any]) -> None:
    parts = [pl.DataFrame({"view": kind, "logit": values}) for kind, values in ranked.items()]
    write_table(path, pl.concat(parts), {"kind": "reference"} | dict(header))


def read_reference(path: Path) -> dict[str, Floats]:
    """Read a fold's sorted held-out logits by the kind of view."""
    frame, _ = read_table(path, "reference")
    if frame.columns != ["view", "logit"]:
        raise MelError(f"{path}: has columns {frame.columns}; score the fold again")
    return {
        str(kind): rows["logit"].to_numpy()
        for (kind,), rows in frame.group_by("view", maintain_order=True)
    }

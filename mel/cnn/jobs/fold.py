"""One fold: trained, or taken as it was trained, then scored."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from mel.cnn import feeding
from mel.cnn.devices import Device, choose
from mel.cnn.events import Event
from mel.cnn.feeding import Examples
from mel.cnn.jobs.claims import still_claimed
from mel.cnn.jobs.done import (
    CHECKPOINT,
    HISTORY,
    STATE,
    TRAINED,
    fold_dir,
    is_trained,
    mark_done,
    mark_trained,
    unmark,
)
from mel.cnn.jobs.score import score_fold
from mel.cnn.jobs.scorers import needed
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.files import atomic, read_json, write_table
from mel.tables import Folds, ImageTable

__all__ = ["run", "save_weights"]

_BOOKS = 8192  # bytes that HDF5 takes for the name and place of an array, at most


def run(job: Mapping[str, Any], tell: Event) -> None:
    """Train the fold unless its weights are there already, then score its and all test images."""
    settings = MemberSettings.model_validate(job["settings"])
    device = choose(settings.hardware)
    device.start()
    for line in device.news:
        tell({"news": line})
    device.check(settings)
    table, folds = ImageTable.read(Path(job["images"])), Folds.read(Path(job["folds"]))
    labels = Labels.read(job["labels"])
    member, fold = Path(job["member"]), int(job["fold"])
    if not is_trained(member, fold, job["training"]):
        _train(job, settings, device, table, folds, labels, tell)
    began = time.monotonic()
    unmark(member, fold)
    score_fold(job, table, folds, labels, device, tell)
    still_claimed(job.get("claim"))
    trained = read_json(fold_dir(member, fold) / TRAINED)["seconds"]
    seconds = trained + time.monotonic() - began
    mark_done(member, fold, job["inputs"], seconds, device.precision)


def _train(
    job: Mapping[str, Any],
    settings: MemberSettings,
    device: Device,
    table: ImageTable,
    folds: Folds,
    labels: Labels,
    tell: Event,
) -> None:
    from mel.cnn import training  # it imports Keras: only when the device was started

    fold, frame = int(job["fold"]), needed(table, settings)[settings.size]
    pictures = feeding.open_pictures(frame, settings.size, Path(job["cache"]), settings.hardware)
    fitted, held_out = folds.training(table, fold), folds.scored(table, fold)
    kept: list[float] = []  # when each epoch of this process was

    def check() -> None:
        still_claimed(job.get("claim"))
        kept.append(time.time())

    model, history = training.fit(
        pictures,
        Examples.of(fitted, pictures, settings, labels),
        settings,
        fold,
        labels,
        tell,
        device=device,
        state=fold_dir(Path(job["member"]), fold),
        held_out=Examples.of(held_out, pictures, settings, Labels()) if held_out.height else None,
        inputs=job["training"],
        check=check,
    )
    earlier = sum(row["seconds"] for row in history[: len(history) - len(kept)])
    _write(job, settings, device, model, history, earlier)


def _write(
    job: Mapping[str, Any],
    settings: MemberSettings,
    device: Device,
    model: Any,
    history: list[dict[str, Any]],
    earlier: float,
) -> None:
    """Write what was trained, its mark last; the marks of an earlier training go first.

    `earlier` are the seconds of epochs that processes before this one trained.
    """
    member, fold = Path(job["member"]), int(job["fold"])
    place = fold_dir(member, fold)
    still_claimed(job.get("claim"))
    unmark(member, fold, trained=True)
    rows = pl.DataFrame(history).with_columns(
        pl.col("auc").cast(pl.Float64), fold=pl.lit(fold, pl.Int16)
    )
    header = {"kind": "history", "name": settings.name, "device": str(device)}
    write_table(place / HISTORY, rows, header)
    save_weights(model, place / CHECKPOINT)
    seconds = earlier + time.time() - float(job["started"])
    mark_trained(member, fold, job["training"], seconds, settings.batch)
    (place / STATE).unlink(missing_ok=True)


def save_weights(model: Any, path: Path) -> None:
    """Save a network's weights, whole or not at all; raises MelError where there is no room.

    The room is taken first: where HDF5 itself meets a full disk, it may end the process.
    """
    room = sum(v.numpy().nbytes + _BOOKS for v in model.variables) + _BOOKS
    with atomic(path) as temporary:
        if hasattr(os, "posix_fallocate"):
            with temporary.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, room)
        model.save_weights(temporary)

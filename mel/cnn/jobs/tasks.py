"""What a worker does: train and score one fold, or score any images with a trained member."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mel.cnn import training
from mel.cnn.devices import choose
from mel.cnn.events import Event
from mel.cnn.feeding.pixels import prepare
from mel.cnn.jobs import score
from mel.cnn.jobs.done import CHECKPOINT, fold_dir, mark_done, unmark
from mel.cnn.jobs.score import score_fold
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.files import atomic, write_table
from mel.tables import Folds, ImageTable

__all__ = ["run"]


def run(job: dict[str, Any], tell: Event) -> None:
    """Do one job: a dict with `task` (fold or predict) and the paths it needs."""
    {"fold": _fold, "predict": score.run}[job["task"]](job, tell)


def _fold(job: dict[str, Any], tell: Event) -> None:
    table, folds = ImageTable.read(Path(job["images"])), Folds.read(Path(job["folds"]))
    settings = MemberSettings.model_validate(job["settings"])
    fold = int(job["fold"])
    pixels = prepare(table.frame, settings.size, Path(job["cache"]))
    fitted = folds.training(table, fold)
    model, history = training.fit(
        pixels.array,
        pixels.rows_of(fitted["image_id"].to_list()),
        fitted["target"].to_numpy().astype(np.int64),
        settings,
        fold,
        tell,
    )
    _write_fold(job, settings, model, history)
    score_fold(job, table, folds, Labels(), choose(), tell)
    mark_done(Path(job["member"]), fold, job["inputs"], seconds=time.time() - job["started"])


def _write_fold(
    job: dict[str, Any], settings: MemberSettings, model: Any, history: list[dict[str, float]]
) -> None:
    """Write a trained fold; an earlier training's mark goes first."""
    member, fold = Path(job["member"]), int(job["fold"])
    place = fold_dir(member, fold)
    unmark(member, fold)
    rows = pl.DataFrame(history).with_columns(fold=pl.lit(fold, pl.Int16))
    write_table(place / "history.parquet", rows, {"kind": "history", "name": settings.name})
    with atomic(place / CHECKPOINT) as temporary:
        model.save_weights(temporary)

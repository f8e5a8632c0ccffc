"""What a worker does: train and score one fold, or score any images with a trained member."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mel.cnn import training
from mel.cnn.devices import choose
from mel.cnn.events import Event
from mel.cnn.feeding.pixels import Pixels, prepare
from mel.cnn.jobs.done import CHECKPOINT, fold_dir, mark_done, unmark
from mel.cnn.networks import build
from mel.cnn.scoring import score
from mel.config import MemberSettings
from mel.files import atomic, write_table
from mel.predictions import Kind, Predictions
from mel.tables import Folds, ImageTable

__all__ = ["run"]


def run(job: dict[str, Any], tell: Event) -> None:
    """Do one job: a dict with `task` (fold or predict) and the paths it needs."""
    {"fold": _fold, "predict": _predict}[job["task"]](job, tell)


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
    held_out = folds.scored(table, fold).select("image_id", "fold")
    unseen = table.test.select("image_id", fold=pl.lit(None, pl.Int16))
    found: dict[Kind, pl.DataFrame] = {
        "oof": _scored(model, pixels, held_out, tell),
        "test": _scored(model, pixels, unseen, tell),
    }
    _write_fold(job, settings, folds.digest, model, history, found)


def _write_fold(
    job: dict[str, Any],
    settings: MemberSettings,
    folds: str,
    model: Any,
    history: list[dict[str, float]],
    found: dict[Kind, pl.DataFrame],
) -> None:
    """Write a trained fold, its mark last; an earlier training's mark goes first."""
    member, fold = Path(job["member"]), int(job["fold"])
    place = fold_dir(member, fold)
    common = {"name": settings.name, "folds": folds, "seed": settings.seed, "inputs": job["inputs"]}
    unmark(member, fold)
    for kind, scores in found.items():
        made = Predictions.of(scores, kind=kind, **common)
        made.write(place / f"{kind}.parquet")
    rows = pl.DataFrame(history).with_columns(fold=pl.lit(fold, pl.Int16))
    write_table(place / "history.parquet", rows, {"kind": "history", "name": settings.name})
    with atomic(place / CHECKPOINT) as temporary:
        model.save_weights(temporary)
    mark_done(member, fold, job["inputs"], seconds=time.time() - job["started"])


def _scored(model: Any, pixels: Pixels, frame: pl.DataFrame, tell: Event) -> pl.DataFrame:
    rows = pixels.rows_of(frame["image_id"].to_list())
    return frame.with_columns(score=score(model, pixels.array, rows, tell))


def _predict(job: dict[str, Any], tell: Event) -> None:
    frame = pl.read_parquet(job["frame"])
    settings = MemberSettings.model_validate(job["settings"])
    pixels = prepare(frame, settings.size, Path(job["cache"]))
    choose().use()
    model = build(settings.model_copy(update={"weights": "none"}))
    rows = pixels.rows_of(frame["image_id"].to_list())
    scores = []
    for fold in range(job["n_folds"]):
        model.load_weights(fold_dir(Path(job["member"]), fold) / CHECKPOINT)
        scores.append(score(model, pixels.array, rows, tell))
    mean = np.mean(scores, axis=0)
    write_table(Path(job["out"]), frame.with_columns(score=mean), {"kind": "scores"})

"""Scoring from a checkpoint: of a fold's own images, or of any others by every fold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.cnn.events import Event
from mel.cnn.feeding import Pictures
from mel.cnn.jobs.done import CHECKPOINT, REFERENCE, fold_dir
from mel.cnn.jobs.scorers import Scorer, Scorers, needed, opened
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.files import write_table
from mel.predictions import Kind, Predictions
from mel.tables import Folds, ImageTable
from mel.views import average, read_reference, reference, views, write_reference

__all__ = ["run", "score_fold"]


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
    write_reference(place / REFERENCE, ranked, {"name": settings.name, "inputs": job["inputs"]})
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
) -> NDArray[np.float64]:
    tta, place = scorer.settings.tta, fold_dir(Path(member), fold)
    scorer.load(place / CHECKPOINT)
    ranked = read_reference(place / REFERENCE) if tta.average == "rank" else {}
    logits = scorer.logits(rows, pictures, tell)
    return average(logits, views(tta, scorer.settings.size), tta, ranked)

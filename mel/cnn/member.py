"""A member: one backbone at one size over all folds, resumable fold by fold."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from mel.cnn.backbones import backbone, check_weights
from mel.cnn.feeding.order import steps_per_epoch
from mel.cnn.feeding.pixels import prepare
from mel.cnn.jobs.done import claimed, fold_dir, is_done
from mel.cnn.jobs.launch import check_installed, launch
from mel.cnn.jobs.score import needed
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_table, write_json, write_table
from mel.metrics import auc_report
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["train"]


def train(
    table: ImageTable,
    folds: Folds,
    settings: MemberSettings,
    out: Path,
    *,
    only_folds: Sequence[int] | None = None,
    cache: Path | None = None,
) -> tuple[Predictions, Predictions] | None:
    """Train a member in `out`, a fresh process and a fresh network a fold.

    Gives its out-of-fold and its test Predictions (the mean of the folds' probabilities), also
    written as `oof.parquet` and `test.parquet` beside `recipe.json` and `history.parquet`; gives
    None while folds outside `only_folds` are still to be trained. A fold finished earlier on
    the same images, folds and settings is left alone. Decoded pixels are kept in `cache`, by
    default a folder `cache` beside the members' folder.

    Raises MelError for an unknown backbone, folds that are not the table's, a fold number that
    does not exist, an image that cannot be decoded, and a training that fails or is killed.
    """
    check_installed()
    _require_pictures(table)
    folds.matches(table)
    check_weights(backbone(settings.backbone), settings.weights)
    out = Path(out)
    wanted = _wanted(folds, only_folds)
    inputs = {"images": table.digest, "folds": folds.digest, "settings": settings.digest}
    _train_folds(table, folds, settings, out, wanted, inputs, cache or out.parent.parent / "cache")
    missing = [k for k in range(folds.n_folds) if not is_done(out, k, inputs)]
    if missing:
        say(f"{settings.name}: folds {missing} are still to be trained")
        return None
    return _assemble(table, folds, settings, out, inputs)


def _require_pictures(table: ImageTable) -> None:
    if not table.has_images:
        raise MelError(
            f"{table.name}: has no pictures to train on; load it with data.images = 'files'"
        )


def _wanted(folds: Folds, only: Sequence[int] | None) -> list[int]:
    for fold in only or ():
        if not 0 <= fold < folds.n_folds:
            raise MelError(f"fold {fold}: the folds are 0 to {folds.n_folds - 1}")
    return list(range(folds.n_folds)) if only is None else sorted(set(only))


def _train_folds(
    table: ImageTable,
    folds: Folds,
    settings: MemberSettings,
    out: Path,
    wanted: Sequence[int],
    inputs: Mapping[str, str],
    cache: Path,
) -> None:
    todo = [k for k in wanted if not is_done(out, k, inputs)]
    for fold in sorted(set(wanted) - set(todo)):
        say(f"{settings.name} fold {fold}: trained already, skipped")
    if not todo:
        return
    for size, frame in needed(table, settings).items():
        prepare(frame, size, cache)
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        images, fold_map = Path(folder) / "images.parquet", Path(folder) / "folds.parquet"
        table.write(images)
        folds.write(fold_map)
        job = {
            "task": "fold",
            "images": str(images),
            "folds": str(fold_map),
            "member": str(out),
            "settings": settings.model_dump(mode="json"),
            "inputs": dict(inputs),
            "cache": str(cache),
        }
        for fold in todo:
            label = f"{settings.name} fold {fold + 1}/{folds.n_folds}"
            total = _images_to_do(table, folds, settings, fold)
            with claimed(out, fold) as mine:
                if not mine:
                    say(f"{label}: another process is training it, left to that")
                elif not is_done(out, fold, inputs):
                    launch(job | {"fold": fold}, label, total, fold_dir(out, fold) / "log.txt")


def _images_to_do(table: ImageTable, folds: Folds, settings: MemberSettings, fold: int) -> int:
    held_out = folds.scored(table, fold).height
    steps = steps_per_epoch(folds.training(table, fold).height, settings.batch)
    looks = (held_out + table.test.height) * settings.tta.views
    return settings.epochs * steps * settings.batch + looks


def _assemble(
    table: ImageTable,
    folds: Folds,
    settings: MemberSettings,
    out: Path,
    inputs: Mapping[str, str],
) -> tuple[Predictions, Predictions]:
    places = [fold_dir(out, k) for k in range(folds.n_folds)]
    parts = pl.concat([Predictions.read(place / "oof.parquet").frame for place in places])
    truth = parts.join(table.train, on="image_id", how="left", validate="1:1")
    report = auc_report(truth["target"], truth["score"], truth["patient_id"], truth["fold"])
    common = {
        "name": settings.name,
        "folds": folds.digest,
        "seed": settings.seed,
        "inputs": inputs,
        "metric": report.as_dict(),
    }
    oof = Predictions.of(parts, kind="oof", **common)  # type: ignore[arg-type]
    tests = [Predictions.read(place / "test.parquet").frame for place in places]
    test = Predictions.of(_mean(tests), kind="test", **common)  # type: ignore[arg-type]
    history = pl.concat([read_table(p / "history.parquet", "history")[0] for p in places])
    write_table(out / "history.parquet", history, {"kind": "history", "name": settings.name})
    recipe = {"settings": settings.model_dump(mode="json"), "n_folds": folds.n_folds}
    write_json(out / "recipe.json", recipe | {"folds": folds.digest, "inputs": dict(inputs)})
    oof.write(out / "oof.parquet")
    test.write(out / "test.parquet")
    return oof, test


def _mean(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Average scores by image_id, in the order of the folds whatever the order of the rows."""
    first, *others = frames
    wide = first.select("image_id", "fold", s0="score")
    for index, frame in enumerate(others, start=1):
        score = frame.select("image_id", pl.col("score").alias(f"s{index}"))
        wide = wide.join(score, on="image_id", how="left", validate="1:1")
    names = [f"s{index}" for index in range(len(frames))]
    return wide.select("image_id", "fold", score=pl.mean_horizontal(names))

"""A member: one backbone at one size over all folds, resumable epoch by epoch."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from mel.cnn.feeding import check_sources
from mel.cnn.jobs.done import fold_dir
from mel.cnn.jobs.launch import check_installed
from mel.cnn.jobs.running import Work
from mel.cnn.jobs.vetting import check_member
from mel.cnn.labels import Labels
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_table, write_json, write_table
from mel.images import Framing
from mel.metrics import auc_report
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["train"]


def train(
    table: ImageTable,
    folds: Folds,
    settings: MemberSettings,
    out: Path | str,
    *,
    only_folds: Sequence[int] | None = None,
    cache: Path | str | None = None,
    framing: Framing | None = None,
) -> tuple[Predictions, Predictions] | None:
    """Train a member in `out`, a fresh process and a fresh network a fold.

    Gives its out-of-fold and its test Predictions (the mean of the folds' probabilities), also
    written as `oof.parquet` and `test.parquet` beside `recipe.json` and `history.parquet`; gives
    None while folds outside `only_folds` are still to be trained. A fold finished earlier on the
    same images, folds, settings and pictures is left alone; one whose test-time augmentation alone
    is another is scored again and not trained; one that was stopped goes on after its last whole
    epoch. A fold that another process is at, here or on another machine that shares `out`, is left
    to that. Decoded pixels are kept in `cache`, by default a folder `cache` beside the members'
    folder. Where the table's paths name prepared pictures, `framing` says how they were made.

    Raises MelError for an unknown backbone, folds that are not the table's, a fold number that does
    not exist, a device that is demanded and not there, an image that cannot be decoded, and a
    training that fails or is killed.

    >>> from mel.config import Recipe
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> settings = Recipe.read("work/demo/recipe.toml").member("efficientnetv2_micro-32")
    >>> oof, test = train(table, folds, settings, f"work/demo/cnn/{settings.name}")  # done already
    >>> oof.frame.columns, oof.frame.height, test.frame.height
    (['image_id', 'fold', 'score'], 84, 36)
    >>> train(table, folds, settings, f"work/demo/cnn/{settings.name}", only_folds=[5])
    Traceback (most recent call last):
        ...
    mel.errors.MelError: fold 5: the folds are 0 to 1
    """
    check_installed()
    _require_pictures(table)
    folds.matches(table)
    check_member(settings)
    check_sources(table.frame, settings)
    taught = [folds.training(table, fold) for fold in range(folds.n_folds)]
    labels = tuple(Labels.of(rows, settings.head) for rows in taught)
    out = Path(out)
    kept = Path(cache or out.parent.parent / "cache")
    work = Work(table, folds, settings, out, kept, labels)
    wanted = _wanted(folds, only_folds)
    todo = work.missing(wanted)
    for fold in sorted(set(wanted) - set(todo)):
        say(f"{settings.name} fold {fold}: trained already, skipped")
    work.train(todo)
    missing = work.missing(range(folds.n_folds))
    if missing:
        say(f"{settings.name}: folds {missing} are still to be trained")
        return None
    return _assemble(work, framing or Framing())


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


def _assemble(work: Work, framing: Framing) -> tuple[Predictions, Predictions]:
    table, folds, settings, out = work.table, work.folds, work.settings, work.out
    places = [fold_dir(out, k) for k in range(folds.n_folds)]
    parts = pl.concat([Predictions.read(place / "oof.parquet").frame for place in places])
    truth = parts.join(table.train, on="image_id", how="left", validate="1:1")
    report = auc_report(truth["target"], truth["score"], truth["patient_id"], truth["fold"])
    common = {
        "name": settings.name,
        "folds": folds.digest,
        "seed": settings.seed,
        "inputs": work.inputs,
        "metric": report.as_dict(),
    }
    oof = Predictions.of(parts, kind="oof", **common)  # type: ignore[arg-type]
    tests = [Predictions.read(place / "test.parquet").frame for place in places]
    test = Predictions.of(_mean(tests), kind="test", **common)  # type: ignore[arg-type]
    history = pl.concat([read_table(p / "history.parquet", "history")[0] for p in places])
    write_table(out / "history.parquet", history, {"kind": "history", "name": settings.name})
    recipe = {"settings": settings.model_dump(mode="json"), "n_folds": folds.n_folds}
    taught = {"labels": [asdict(labels) for labels in work.labels], "framing": asdict(framing)}
    taught["external"] = _external(table, folds)
    made_from = {"folds": folds.digest, "inputs": work.inputs}
    write_json(out / "recipe.json", recipe | made_from | taught)
    oof.write(out / "oof.parquet")
    test.write(out / "test.parquet")
    return oof, test


def _external(table: ImageTable, folds: Folds) -> list[str]:
    """Give the external images that trained a fold: no score of them is an honest one."""
    ids = table.external["image_id"]
    return ids.filter(pl.Series(folds.may_train(ids).any(axis=0))).to_list()


def _mean(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Average scores by image_id, in the order of the folds whatever the order of the rows."""
    first, *others = frames
    wide = first.select("image_id", "fold", s0="score")
    for index, frame in enumerate(others, start=1):
        score = frame.select("image_id", pl.col("score").alias(f"s{index}"))
        wide = wide.join(score, on="image_id", how="left", validate="1:1")
    names = [f"s{index}" for index in range(len(frames))]
    return wide.select("image_id", "fold", score=pl.mean_horizontal(names))

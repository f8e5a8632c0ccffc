"""Folds that hold out one value of a column each, such as a source: how well do models travel?"""

import polars as pl

from mel.checks import is_missing
from mel.config import FoldsSettings
from mel.errors import MelError, near
from mel.folds.barring import barred
from mel.folds.components import groups
from mel.tables import Folds, ImageTable

__all__ = ["FEWEST", "hold_out", "training_counts"]

FEWEST = 5  # positives, and negatives, that a fold needs to be scored by itself
MISSING = "missing"
_NEVER = ("image_id", "target", "split", "path", "fold")


def hold_out(table: ImageTable, settings: FoldsSettings) -> Folds:
    """Make each value of the column `settings.held_out` a fold: scored by what the others train.

    The folds are in the order of the values' names. Missing values are a value of their own,
    called missing; they train the other folds, whatever they may stand for. Values with fewer than
    five positives or five negatives cannot be scored alone: they share the last fold, with
    the next smallest where they are together still too few. `method` names each fold's values.

    Images stay in the fold of their value even where a group (`groups`) has images in several, but
    such an image is barred from training each fold that scores another of its group: nothing
    linked trains the fold that scores it. `training_counts` tells how many images that leaves.

    Raises MelError for an unknown column, one of numbers with fractions, when fewer than two folds
    are left, and when the images that may train a fold lack a class.
    """
    column = str(settings.held_out)
    frame = _values(table, column)
    names = _fold_names(frame, table.name, column)
    places = pl.DataFrame(
        [(value, fold) for fold, values in enumerate(names) for value in values],
        schema={"value": pl.String, "fold": pl.Int16},
        orient="row",
    )
    rows = table.frame.join(groups(table.frame), on="image_id", how="left", validate="1:1")
    scored = frame.join(places, on="value", how="left", validate="m:1")
    scored = scored.join(rows.select("image_id", "group"), on="image_id", validate="1:1")
    texts = [f"{fold} {' + '.join(values)}" for fold, values in enumerate(names)]
    folds = Folds.of(
        scored.select("image_id", "fold"),
        seed=settings.seed,
        method=f"held-out by {column}: {', '.join(texts)}",
        inputs={"images": table.digest, "settings": settings.digest},
        barred=barred(rows, scored),
        external=table.external["image_id"],
    )
    _require_training(table, folds, column)
    return folds


def _values(table: ImageTable, column: str) -> pl.DataFrame:
    """Give image_id, target and value of each train image."""
    known = set(table.frame.columns) - set(_NEVER)
    if column not in known:
        raise MelError(f"{table.name}: no column {column!r} to hold out by; {near(column, known)}")
    dtype = table.frame[column].dtype
    if dtype.is_float() or dtype.is_nested():
        raise MelError(
            f"{table.name}: {column!r} holds {dtype}, which has no names; hold out by a column of "
            "text or whole numbers"
        )
    value = (
        pl.when(is_missing(column)).then(pl.lit(MISSING)).otherwise(pl.col(column).cast(pl.String))
    )
    return table.train.select("image_id", "target", value=value)


def _fold_names(frame: pl.DataFrame, where: str, column: str) -> list[list[str]]:
    """Give the values of each fold; those that cannot be scored alone together in the last."""
    positives = pl.col("target").sum()
    sizes = frame.group_by("value").agg(
        fewest=pl.min_horizontal(positives, pl.len() - positives), positives=positives
    )
    sizes = sizes.sort("fewest", "value")
    kept = sizes.filter(pl.col("fewest") >= FEWEST)["value"].to_list()
    pool = sizes.filter(pl.col("fewest") < FEWEST)["value"].to_list()
    while pool and kept and _fewest(frame, pool) < FEWEST:
        pool.append(kept.pop(0))
    names = [[value] for value in sorted(kept, key=_missing_last)]
    names += [sorted(pool, key=_missing_last)] if pool else []
    if len(names) < 2 or (pool and _fewest(frame, pool) < FEWEST):
        found = ", ".join(
            f"{value} {count}"
            for value, count in zip(
                sizes["value"].head(12), sizes["positives"].head(12), strict=True
            )
        )
        raise MelError(
            f"{where}: holding out by {column!r} needs two values with at least {FEWEST} positives "
            f"and {FEWEST} negatives; positives found: {found or 'no images'}"
        )
    return names


def _missing_last(value: str) -> tuple[bool, str]:
    return value == MISSING, value


def _fewest(frame: pl.DataFrame, values: list[str]) -> int:
    target = frame.filter(pl.col("value").is_in(values))["target"]
    positives = int(target.sum())
    return min(positives, target.len() - positives)


def _require_training(table: ImageTable, folds: Folds, column: str) -> None:
    for fold in range(folds.n_folds):
        target = folds.training(table, fold)["target"]
        if target.n_unique() < 2:
            raise MelError(
                f"{table.name}: fold {fold} by {column!r} has {target.len()} images to train on, "
                "not of both classes, since those linked to its own are barred; hold out by "
                "another column"
            )


def training_counts(table: ImageTable, folds: Folds) -> pl.DataFrame:
    """Say of each fold how many images it scores and how many may train for it.

    A row a fold: fold, scored, positives (of them), trains (images, external ones among them),
    train_positives, external (of those that train) and barred (images of other folds and external
    ones that must not train for it, since they have kin in it). `folds` must be the table's:
    `Folds.covers`, which raises MelError, says whether they are.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> training_counts(table, folds).select("fold", "scored", "trains", "train_positives").rows()
    [(0, 40, 44, 7), (1, 44, 40, 7)]
    """
    rows = []
    for fold in range(folds.n_folds):
        scored, training = folds.scored(table, fold), folds.training(table, fold)
        rows.append(
            {
                "fold": fold,
                "scored": scored.height,
                "positives": int(scored["target"].sum()),
                "trains": training.height,
                "train_positives": int(training["target"].sum()),
                "external": training.filter(pl.col("split") == "external").height,
                "barred": folds.barred.filter(pl.col("fold") == fold).height,
            }
        )
    return pl.DataFrame(rows)

"""ImageTable -> Folds: stratified by target, grouped by everything that links two images."""

import hashlib

import numpy as np
import polars as pl

from mel.config import FoldsSettings
from mel.errors import MelError
from mel.folds.components import groups
from mel.tables import Folds, ImageTable, as_table

__all__ = ["METHOD", "build"]

METHOD = "stratified-group-kfold"


def build(table: ImageTable | pl.DataFrame, settings: FoldsSettings | None = None) -> Folds:
    """Assign every train image of `table` to the fold that holds it out.

    Images linked by patient_id, lesion_id or duplicate_id, directly, in a chain or by way of a
    test image, stay together (`groups`); scikit-learn's StratifiedGroupKFold spreads the groups so
    that each fold gets about the same share of positives. `settings.seed` decides between groups
    with equal counts. `settings` defaults to five folds and seed 0.

    Raises MelError when the table has too few groups, groups with a positive or groups with a
    negative for `settings.n_folds`, or when a fold is left without one of the classes.

    >>> frame = pl.DataFrame(
    ...     {
    ...         "image_id": [f"i{n}" for n in range(12)],
    ...         "patient_id": [f"p{n // 2}" for n in range(12)],
    ...         "target": [n % 2 for n in range(12)],
    ...     }
    ... ).with_columns(
    ...     pl.lit("train").alias("split"),
    ...     pl.lit("somewhere.jpg").alias("path"),
    ...     pl.lit("example").alias("source"),
    ...     *(pl.lit(None).alias(name) for name in ("sex", "age", "site")),
    ... )
    >>> folds = build(ImageTable.of(frame, "example"), FoldsSettings(n_folds=3))
    >>> folds.frame["fold"].value_counts(sort=True)["count"].to_list()
    [4, 4, 4]

    Guarantees: test images are in no fold, no group is in two, every fold has both classes, and
    the order of the rows does not change the map.
    """
    table, settings = as_table(table), settings or FoldsSettings()
    train = table.train.select("image_id", "target").sort("image_id")
    train = train.join(groups(table.frame), on="image_id", how="left", validate="1:1")
    _require_groups(train, settings.n_folds, table.name)
    frame = train.with_columns(_assign(train, settings))
    _require_classes(frame, settings, table.name)
    return Folds.of(
        frame.select("image_id", "fold"),
        seed=settings.seed,
        method=METHOD,
        inputs={"images": table.digest, "settings": settings.digest},
    )


def _require_groups(train: pl.DataFrame, n_folds: int, where: str) -> None:
    counts = {
        "groups with a positive": train.filter(pl.col("target") == 1)["group"].n_unique(),
        "groups with a negative": train.filter(pl.col("target") == 0)["group"].n_unique(),
    }
    if train["group"].n_unique() < n_folds:
        counts = {"groups of linked images": train["group"].n_unique()} | counts
    most = min(counts.values())
    way = f"ask for at most {most}" if most > 1 else "no folds can be made, add images"
    for what, count in counts.items():
        if count < n_folds:
            raise MelError(
                f"{where}: {n_folds} folds need {n_folds} {what}, there are {count}; {way}"
            )


def _shuffled(labels: pl.Series, seed: int) -> pl.Series:
    """Give each group a number from 0 in an order that its label and the seed alone decide.

    This stands in for shuffle=True, which before scikit-learn 1.8 shuffled the groups' counts and
    not the groups, so that nothing was stratified (its issue 32478); a hash is also the same under
    every version of numpy.
    """
    known = sorted(labels.unique(), key=lambda label: _hash(f"{seed}/{label}"))
    order = {label: number for number, label in enumerate(known)}
    return labels.replace_strict(order, return_dtype=pl.Int64)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _assign(train: pl.DataFrame, settings: FoldsSettings) -> pl.Series:
    from sklearn.model_selection import StratifiedGroupKFold

    target = train["target"].to_numpy()
    group = _shuffled(train["group"], settings.seed).to_numpy()
    fold = np.full(train.height, -1, dtype=np.int16)
    splits = StratifiedGroupKFold(settings.n_folds).split(target, target, group)
    for number, (_, held_out) in enumerate(splits):
        fold[held_out] = number
    return pl.Series("fold", fold)


def _require_classes(frame: pl.DataFrame, settings: FoldsSettings, where: str) -> None:
    counts = {
        (fold, target): count
        for fold, target, count in frame.group_by("fold", "target").len().iter_rows()
    }
    for fold in range(settings.n_folds):
        for target, name in ((1, "positive"), (0, "negative")):
            if (fold, target) not in counts:
                way = "ask for fewer folds" if settings.n_folds > 2 else "add images"
                raise MelError(
                    f"{where}: fold {fold} of {settings.n_folds} got no {name} with seed "
                    f"{settings.seed}; {way} or try another seed"
                )

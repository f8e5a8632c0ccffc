"""ImageTable -> Folds: what is linked stays together, and every fold has its share of all."""

import hashlib
from collections.abc import Iterable

import numpy as np
import polars as pl

from mel.config import FoldsSettings
from mel.errors import MelError
from mel.folds.barring import barred
from mel.folds.components import groups
from mel.folds.making.balancing import deal
from mel.folds.making.counting import Counts, count
from mel.folds.making.holding_out import hold_out
from mel.folds.making.refusing import require_groups, require_spread
from mel.tables import Folds, ImageTable, as_table

__all__ = ["METHOD", "build", "dealt", "repeated"]

METHOD = "balanced-groups"


def build(table: ImageTable | pl.DataFrame, settings: FoldsSettings | None = None) -> Folds:
    """Assign every train image of `table` to the fold that scores it.

    Images linked by patient_id, lesion_id, duplicate_id or person_id, directly, in a chain or by
    way of a test or an external image, stay together (`groups`). Groups are dealt to the folds so
    that all have about equal counts, over everything at once: rows, positives, patients, positive
    patients, images a patient, sex, age band, site, source and the columns of `settings.balance`
    (`mel.folds.making.balancing.deal`). Only train images are balanced. External images linked to
    an image that a fold scores are barred from training it, and those linked to a test image from
    training at all. `settings.seed` decides between equal groups. `settings` defaults to five
    folds and seed 0. With `settings.scheme` "held-out" see `mel.folds.making.holding_out.hold_out`.

    Raises MelError when the table has too few groups, groups with a positive or groups with a
    negative for `settings.n_folds`, when one group holds most of the positives, and for a column
    of `settings.balance` that is unknown or cannot be balanced.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = build(table, FoldsSettings(n_folds=3))
    >>> folds.frame.columns, folds.frame["fold"].value_counts(sort=True)["count"].to_list()
    (['image_id', 'fold'], [28, 28, 28])
    >>> folds.matches(table)  # raises MelError if a patient were in two folds

    Guarantees: test and external images are in no fold, no group is in two, every fold has both
    classes, and neither the order of the rows nor the version of a library changes the map.
    """
    table, settings = as_table(table), settings or FoldsSettings()
    if settings.scheme == "held-out":
        return hold_out(table, settings)
    return repeated(table, settings, [settings.seed])[settings.seed]


def repeated(
    table: ImageTable | pl.DataFrame,
    settings: FoldsSettings | None = None,
    seeds: Iterable[int] = (0, 1, 2),
) -> dict[int, Folds]:
    """Build one fold map a seed, for cross-validation that is repeated: seed -> Folds.

    Each is the map that `build` gives with that seed. Raises MelError as `build` does, and for the
    scheme "held-out", which no seed changes.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> maps = repeated(table, FoldsSettings(n_folds=3), seeds=[0, 7])
    >>> [(seed, folds.n_folds, folds.seed) for seed, folds in maps.items()]
    [(0, 3, 0), (7, 3, 7)]
    """
    table, settings = as_table(table), settings or FoldsSettings()
    if settings.scheme == "held-out":
        raise MelError(f"{table.name}: no seed changes the scheme held-out; build it once")
    if settings.map is not None:
        raise MelError(
            f"{table.name}: the settings name a fold map, {settings.map!r}; a map is imported, "
            "not built: remove map, or see mel folds import"
        )
    rows = table.frame.join(groups(table.frame), on="image_id", how="left", validate="1:1")
    train = rows.filter(pl.col("split") == "train")
    require_groups(train, settings.n_folds, table.name)
    require_spread(train, settings.n_folds, table.name)
    counts = count(train, settings.balance)
    found = {}
    for seed in seeds:
        chosen = FoldsSettings.model_validate(settings.model_dump() | {"seed": seed})
        fold_of = dealt(counts, (1,) * settings.n_folds, seed)
        frame = train.join(fold_of, on="group", how="left", validate="m:1")
        found[seed] = _folds(table, rows, frame, chosen)
    return found


def _folds(
    table: ImageTable, rows: pl.DataFrame, frame: pl.DataFrame, settings: FoldsSettings
) -> Folds:
    return Folds.of(
        frame.select("image_id", "fold"),
        seed=settings.seed,
        method=METHOD,
        inputs={"images": table.digest, "settings": settings.digest},
        barred=barred(rows, frame),
        external=table.external["image_id"],
    )


def dealt(counts: Counts, shares: tuple[int, ...], seed: int) -> pl.DataFrame:
    """Deal groups to folds of these shares: columns group and fold.

    The largest group comes first; between equals a hash of the seed and the group's name decides,
    the same under every version of every library.
    """
    rows, positives = counts.numbers[:, 0], counts.numbers[:, 1]
    keys = [_hash(f"{seed}/{name}") for name in counts.groups]
    order = np.array(sorted(range(len(keys)), key=lambda at: (-rows[at], keys[at])))
    place = deal(counts.numbers[order], (rows - positives)[order], shares)
    return pl.DataFrame({"group": counts.groups.gather(order), "fold": place.astype(np.int16)})


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

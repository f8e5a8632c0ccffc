"""The folds that scores were made on, held against those they are to be used with."""

from typing import Any

import polars as pl

from mel.checks import AXES
from mel.errors import MelError
from mel.predictions import UNKNOWN
from mel.tables import Folds, ImageTable

__all__ = ["foreign_mark", "require_native", "same_partition"]


def same_partition(one: Folds, other: Folds) -> bool:
    """Tell whether two maps part the train images alike, whatever the folds' numbers.

    Scores that were made on one can then be used with the other.

    >>> ids = pl.Series("image_id", list("abcd"))
    >>> first, second = (
    ...     Folds.of(pl.DataFrame([ids, pl.Series("fold", fold)]), seed=0, method="by hand")
    ...     for fold in ([0, 1, 0, 2], [2, 0, 2, 1])
    ... )
    >>> same_partition(first, second), first.digest == second.digest
    (True, False)
    """
    both = _cells(one, other).select("fold", "own").unique()
    return both.height == one.n_folds == other.n_folds


def _cells(folds: Folds, own: Folds) -> pl.DataFrame:
    """Give image_id, fold and own fold of the images that both maps hold."""
    theirs = own.frame.rename({"fold": "own"})
    return folds.frame.join(theirs, on="image_id", how="inner", validate="1:1")


def require_native(folds: Folds, own: Folds | None, name: str) -> None:
    """Refuse scores of other folds, or of folds nobody knows. Raises MelError."""
    if own is None:
        raise MelError(
            f"{name}: nothing says on which folds its scores were made; name their map with "
            "--folds FILE, or take them as foreign scores with --foreign"
        )
    if not same_partition(folds, own):
        raise MelError(
            f"{name}: was made on folds {own.digest}, these are {folds.digest} and part the images "
            f"otherwise ({_parted(folds, own)}); take them as foreign scores with --foreign, or "
            "make these folds those of the file: mel folds import"
        )


def _parted(folds: Folds, own: Folds) -> str:
    """Name two images that are together in one map only."""
    rows = _cells(folds, own).sort("image_id")
    for by, split, there in (("own", "fold", "there"), ("fold", "own", "here")):
        first = rows.unique(by, keep="first", maintain_order=True).select(by, "image_id", split)
        odd = rows.join(first, on=by, suffix="_1").filter(pl.col(split) != pl.col(f"{split}_1"))
        if odd.height:
            pair = odd.sort("image_id").row(0, named=True)
            return f"{pair['image_id_1']!r} and {pair['image_id']!r} share a fold only {there}"
    return "images differ"


def foreign_mark(table: ImageTable, folds: Folds, own: Folds | None) -> dict[str, Any]:
    """Say how foreign scores are: the mark that their Predictions keep.

    `folds` is the digest of their own map, or "unknown"; `against` that of the folds they were
    compared with. `rows` counts the train images that were scored by a network which had seen
    targets of the image's own fold among the latter, `patients` whose they are; `kin` the images
    scored by a network that had seen an image of the same patient, lesion or copy, which no fold
    map excuses. Of an unknown map, all rows count, and `kin` is null.
    """
    base = {"against": folds.digest, "images": table.train.height}
    if own is None:
        patients = table.train["patient_id"].n_unique()
        unknown = {"folds": UNKNOWN, "n_folds": None, "rows": base["images"], "kin": None}
        return base | unknown | {"patients": patients}
    rows = _cells(folds, own).join(table.train, on="image_id", validate="1:1")
    rows = rows.with_columns(cell=pl.len().over("fold", "own"), whole=pl.len().over("fold"))
    saw = rows.filter(pl.col("cell") < pl.col("whole"))
    axes = [column for column in AXES.values() if column in rows.columns]
    split = [pl.col(c).is_not_null() & (pl.col("own").n_unique().over(c) > 1) for c in axes]
    return base | {
        "folds": own.digest,
        "n_folds": own.n_folds,
        "rows": saw.height,
        "kin": rows.filter(pl.any_horizontal(split)).height,
        "patients": saw["patient_id"].n_unique(),
    }

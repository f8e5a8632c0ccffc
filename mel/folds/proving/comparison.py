"""A fold map beside the plain alternatives, on the same table: what each leaks, how even it is."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import MelError
from mel.folds.proving.balance import by_category, measured
from mel.folds.proving.leaks import crossings, link_rows
from mel.tables import Folds, ImageTable, as_table

__all__ = ["compare"]

_PLURALS = {
    "patient": "patients",
    "lesion": "lesions",
    "duplicate": "duplicates",
    "person": "persons",
    "exact pair": "exact_pairs",
    "near pair": "near_pairs",
}


def compare(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    pairs: pl.DataFrame | None = None,
    columns: Iterable[str] = (),
) -> pl.DataFrame:
    """Put a fold map beside scikit-learn's plain ones with as many folds, on the train images.

    These are KFold and StratifiedKFold by row, shuffled with seed 0, and GroupKFold and
    StratifiedGroupKFold by patient. One that cannot be made on this table has no figures.

    Gives a row a map: map, the count of ids that cross of each kind there is (patients, lesions,
    duplicates, exact pairs, near pairs), rows_min, rows_max, positives_min, positives_max (of a
    fold), median and largest (deviation, relative: see `mel.folds.proving.balance`). `pairs` is
    what `mel.folds.proving.pairs.read_pairs` gives. Raises MelError for folds of other images.

    Guarantees: the same figures for any order of the rows.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> for row in compare(table, folds).select("map", "patients").rows():  # that cross, of 22
    ...     print(*row, sep=": ")
    this map: 0
    KFold by row: 17
    StratifiedKFold by row: 18
    GroupKFold: 0
    StratifiedGroupKFold: 0
    """
    table = as_table(table)
    folds.covers(table)
    own = ImageTable(table.train.sort("image_id"), table.name)
    links = link_rows(own.frame, pairs)
    columns = tuple(columns)
    rows = [{"map": "this map"} | _figures(own, folds, links, columns)]
    for name, fold in _plain(own.frame, folds.n_folds):
        rows.append({"map": name} | _row_of(own, name, fold, links, columns))
    return pl.DataFrame(rows, infer_schema_length=None)


def _row_of(
    table: ImageTable,
    name: str,
    fold: NDArray[np.int16] | None,
    links: pl.DataFrame,
    columns: tuple[str, ...],
) -> dict[str, Any]:
    if fold is None:
        return {}
    frame = table.frame.select("image_id").with_columns(pl.Series("fold", fold))
    try:
        return _figures(table, Folds.of(frame, seed=0, method=name), links, columns)
    except MelError:  # a fold is empty
        return {}


def _plain(frame: pl.DataFrame, n_folds: int) -> Iterator[tuple[str, NDArray[np.int16] | None]]:
    """Give each alternative's name and its fold a row; None where it cannot be made."""
    from sklearn import model_selection as sk

    makers = {
        "KFold by row": sk.KFold(n_folds, shuffle=True, random_state=0),
        "StratifiedKFold by row": sk.StratifiedKFold(n_folds, shuffle=True, random_state=0),
        "GroupKFold": sk.GroupKFold(n_folds),
        "StratifiedGroupKFold": sk.StratifiedGroupKFold(n_folds),
    }
    target = frame["target"].to_numpy()
    for name, maker in makers.items():
        by = frame["patient_id"].to_numpy() if "Group" in name else None
        fold = np.zeros(frame.height, dtype=np.int16)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # too few of a class: its figures will show it
                for number, (_, held_out) in enumerate(maker.split(target, target, by)):
                    fold[held_out] = number
        except ValueError:
            yield name, None
        else:  # older releases leave a fold empty, where newer ones refuse
            yield name, fold if len(np.unique(fold)) == n_folds else None


def _figures(
    table: ImageTable, folds: Folds, links: pl.DataFrame, columns: tuple[str, ...]
) -> dict[str, Any]:
    inner = Folds.of(folds.frame, seed=0, method="", barred=_own(folds))
    crossing = crossings(table, inner, links, chains=False)
    counts = {kind: crossing.filter(kind=kind).height for kind in links["kind"].unique().sort()}
    found = measured(table.frame, folds.frame, table.name, columns)
    spread = found.group_by("axis").agg(low=pl.col("count").min(), high=pl.col("count").max())
    sizes = {axis: (low, high) for axis, low, high in spread.iter_rows()}
    rows, positives = sizes["rows"], sizes.get("positives", (0, 0))
    worst = by_category(found)["worst"]
    return {
        **{_PLURALS[kind]: counts[kind] for kind in _PLURALS if kind in counts},
        "rows_min": rows[0],
        "rows_max": rows[1],
        "positives_min": positives[0],
        "positives_max": positives[1],
        "median": worst.median(),
        "largest": worst.max(),
    }


def _own(folds: Folds) -> pl.DataFrame:
    """Give the barred pairs of train images: the external ones are not compared."""
    return folds.barred.join(folds.frame.select("image_id"), on="image_id", how="semi")

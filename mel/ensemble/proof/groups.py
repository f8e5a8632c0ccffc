"""The blend's AUC fold by fold, and among images that have something in common."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.ensemble.ranks import Floats
from mel.ensemble.rows import Rows
from mel.metrics import Resamples, auc
from mel.tables import ImageTable

__all__ = ["FEW", "Group", "groups"]

FEW = 10  # patients with a positive, below which an AUC says next to nothing
_AGES = (30, 50, 70)  # years at which a band of ages begins
_LEAST = 0.5  # share of the resamples that must hold both classes


@dataclass(frozen=True)
class Group:
    """Images with something in common: how many, and the AUC among them.

    `holders` counts the patients with a positive. `value` is None where a class is missing, `low`
    and `high`, the ends of the 95 % interval from resampling patients, also where more than half
    the resamples miss a class. `few` marks a group too small for its AUC to say much.
    """

    axis: str
    name: str
    images: int
    positives: int
    holders: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def few(self) -> bool:
        """Whether fewer than `FEW` patients have a positive."""
        return self.holders < FEW


def groups(table: ImageTable, rows: Rows, score: Floats, draws: Resamples) -> tuple[Group, ...]:
    """Measure by fold, sex, age band, site and source; an axis of one group is left out.

    Images without a value are a group of their own.
    """
    found = []
    for axis, names in _axes(table, rows).items():
        kinds = sorted(set(names), key=lambda name: (name == "unknown", name[:5] != "below", name))
        if len(kinds) > 1:
            labels = np.array(names)
            found += [_group(axis, kind, labels == kind, rows, score, draws) for kind in kinds]
    return tuple(found)


def _axes(table: ImageTable, rows: Rows) -> dict[str, list[str]]:
    known = pl.DataFrame({"image_id": rows.ids}).join(
        table.train.select("image_id", "sex", "age", "site", "source"),
        on="image_id",
        how="left",
        validate="1:1",
        maintain_order="left",
    )
    plain = {name: known[name].cast(pl.String).fill_null("unknown") for name in ("sex", "site")}
    return {
        "fold": [f"fold {int(fold)}" for fold in rows.fold],
        "sex": plain["sex"].to_list(),
        "age": [_band(age) for age in known["age"].to_list()],
        "site": plain["site"].to_list(),
        "source": known["source"].cast(pl.String).fill_null("unknown").to_list(),
    }


def _band(age: float | None) -> str:
    """Name the band of an age in years.

    >>> [_band(age) for age in (20.0, 30.0, 85.0, None)]
    ['below 30', '30 to 49', '70 and above', 'unknown']
    """
    if age is None:
        return "unknown"
    starts = [start for start in _AGES if age >= start]
    if not starts:
        return f"below {_AGES[0]}"
    after = _AGES[len(starts) :]
    return f"{starts[-1]} to {after[0] - 1}" if after else f"{starts[-1]} and above"


def _group(
    axis: str, name: str, mine: NDArray[np.bool_], rows: Rows, score: Floats, draws: Resamples
) -> Group:
    target, own = rows.target[mine], score[mine]
    positives = int(target.sum())
    counts = (int(mine.sum()), positives, len(np.unique(draws.group[mine & (rows.target == 1)])))
    if positives in (0, counts[0]):
        return Group(axis, name, *counts, None, None, None)
    aucs = draws.aucs(target, own, mine)
    if np.isfinite(aucs).mean() < _LEAST:
        return Group(axis, name, *counts, auc(target, own), None, None)
    return Group(axis, name, *counts, auc(target, own), *draws.interval(aucs))

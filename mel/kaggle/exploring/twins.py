"""Copies of one picture: how many, and whether they cross patients, splits or targets."""

from dataclasses import dataclass

import polars as pl

from mel.checks import is_missing
from mel.errors import MelError
from mel.tables import ImageTable

__all__ = ["Twins", "count_twins"]

_PAIR = ("image_id_1", "image_id_2")


@dataclass(frozen=True)
class Twins:
    """Counts of groups of copies, or of pairs that look alike.

    `of` says whether `groups` counts groups or pairs; `images` are those in any; of the groups,
    `patients` hold several patients, `splits` lie in several splits, `targets` disagree.
    """

    of: str
    groups: int
    images: int
    patients: int
    splits: int
    targets: int


def count_twins(table: ImageTable, pairs: pl.DataFrame | None = None) -> list[Twins]:
    """Count the table's groups of equal duplicate_id, then the `pairs` found by looking.

    `pairs` has the columns image_id_1 and image_id_2; pairs of unknown images are left out.
    """
    found = []
    if "duplicate_id" in table.frame.columns:
        known = table.frame.filter(~is_missing("duplicate_id"))
        own = known.with_columns(pl.col("duplicate_id").cast(pl.String).alias("group"))
        found.append(_count("groups", own.filter(pl.len().over("group") > 1)))
    if pairs is not None:
        found.append(_count("pairs", _long(table, pairs)))
    return found


def _long(table: ImageTable, pairs: pl.DataFrame) -> pl.DataFrame:
    if lack := [name for name in _PAIR if name not in pairs.columns]:
        raise MelError(f"pairs of copies: no column {lack[0]!r}; give {' and '.join(_PAIR)}")
    each = pairs.select(_PAIR).with_row_index("group")
    long = each.unpivot(_PAIR, index="group", value_name="image_id").drop("variable")
    known = long.join(table.frame, on="image_id", how="inner", validate="m:1")
    return known.filter(pl.len().over("group") > 1)


def _count(of: str, rows: pl.DataFrame) -> Twins:
    several = rows.group_by("group").agg(
        (pl.col(name).drop_nulls().n_unique() > 1).alias(name)
        for name in ("patient_id", "split", "target")
    )
    crossing = (int(several[name].sum()) for name in ("patient_id", "split", "target"))
    return Twins(of, several.height, rows["image_id"].n_unique(), *crossing)

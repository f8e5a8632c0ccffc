"""The axes over which a fold map may be uneven, and their categories, for the balance table."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from mel.checks import is_missing, require_columns
from mel.errors import MelError

__all__ = ["WHOLE", "Axis", "axes_of", "reading_order"]

WHOLE = "all"  # the one category of an axis that has no others
_MISSING, _OTHER = "missing", "other"
_AGES = (20, 30, 40, 50, 60, 70, 80)
_SIZES = (2, 4, 8, 16, 32, 64)
_MOST = 20  # values of a named column that are categories; the rarer ones together are one
_BANDS = 8  # of a named column with more numbers than that


@dataclass(frozen=True)
class Axis:
    """What is counted: its name, what a count means, and a row of fold and category for each."""

    name: str
    unit: str
    rows: pl.DataFrame


def axes_of(frame: pl.DataFrame, where: str, columns: Iterable[str] = ()) -> list[Axis]:
    """Give every axis of train images with their fold; `columns` names further columns.

    An axis of categories that has only one is left out: it would say what the rows say. Raises
    MelError for a column that is unknown, named twice, or an axis anyway.
    """
    sizes = frame.group_by("patient_id").agg(size=pl.len())
    people = frame.select("patient_id", "fold").unique().join(sizes, on="patient_id")
    categories = [
        Axis("sex", "images", frame.select("fold", category=_words("sex"))),
        Axis("age", "images", frame.select("fold", category=_banded("age", _AGES))),
        Axis("site", "images", frame.select("fold", category=_words("site"))),
        Axis(
            "images a patient",
            "patients",
            people.select("fold", category=_banded("size", _SIZES)),
        ),
        Axis("source", "images", frame.select("fold", category=_words("source"))),
        *(Axis(name, "images", _named(frame, name, where)) for name in columns),
    ]
    parted = [axis for axis in categories if axis.rows["category"].n_unique() > 1]
    found = [*_totals(frame), *parted]
    names = [axis.name for axis in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise MelError(f"{where}: {twice[0]!r} is weighed anyway, or named twice; leave it out")
    return found


def _totals(frame: pl.DataFrame) -> list[Axis]:
    positives = frame.filter(pl.col("target") == 1)
    found = {
        ("rows", "images"): frame,
        ("positives", "images"): positives,
        ("patients", "patients"): frame.select("patient_id", "fold").unique(),
        ("positive patients", "patients"): positives.select("patient_id", "fold").unique(),
    }
    category = pl.lit(WHOLE).alias("category")
    return [Axis(*names, rows.select("fold", category)) for names, rows in found.items()]


def _words(column: str) -> pl.Expr:
    return (
        pl.when(is_missing(column)).then(pl.lit(_MISSING)).otherwise(pl.col(column).cast(pl.String))
    )


def _banded(column: str, edges: Sequence[int]) -> pl.Expr:
    """Name the band of a whole number: under the first edge, edge to edge, from the last on."""
    value = pl.col(column)
    bands = [(value < edges[0], f"under {edges[0]}")]
    bands += [(value < high, f"{low}-{high - 1}") for low, high in pairwise(edges)]
    named = pl.coalesce(pl.when(test).then(pl.lit(name)) for test, name in bands)
    last = (
        pl.when(value.is_null()).then(pl.lit(_MISSING)).otherwise(pl.lit(f"{edges[-1]} and more"))
    )
    return named.fill_null(last)


def _named(frame: pl.DataFrame, column: str, where: str) -> pl.DataFrame:
    require_columns(frame, (column,), where)
    if frame[column].dtype.is_numeric() and frame[column].n_unique() > _MOST:
        return frame.select("fold", category=_ranked(column))
    rows = frame.select("fold", category=_words(column))
    counts = rows.group_by("category").len().sort(["len", "category"], descending=[True, False])
    rare = counts["category"][_MOST - 1 :].to_list() if counts.height > _MOST else []
    kept = pl.when(pl.col("category").is_in(rare)).then(pl.lit(_OTHER))
    return rows.with_columns(category=kept.otherwise(pl.col("category")))


def _ranked(column: str) -> pl.Expr:
    """Name the band in which a number lies by rank, all with about as many rows."""
    rank = (pl.col(column).rank("min") - 1) / pl.col(column).count()
    number = (rank * _BANDS).floor().cast(pl.Int8) + 1
    return pl.format("band {}", number).fill_null(_MISSING)


def reading_order(category: str) -> tuple[bool, float, bool, str]:
    """Give a key to sort categories by: bands by their number, then words, missing last.

    >>> sorted(["missing", "64 and more", "2-3", "torso", "under 2"], key=reading_order)
    ['under 2', '2-3', '64 and more', 'torso', 'missing']
    """
    number = re.fullmatch(r"(?:under |band )?(\d+)(?:-\d+| and more)?", category)
    value = float(number[1]) if number else float("inf")
    return category == _MISSING, value, not category.startswith("under"), category

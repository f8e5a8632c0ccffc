"""How often images are positive, by any column, with intervals."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AGE_BAND",
    "MISSING",
    "ORDERED",
    "OTHER",
    "PATIENT_BAND",
    "band",
    "banded",
    "target_by",
    "wilson",
]

Floats = NDArray[np.float64]

MISSING, OTHER = "(missing)", "(other)"
AGE_BAND, PATIENT_BAND = "age_band", "images_per_patient"
_Z = 1.959963984540054  # of a 95 % interval
_AGES = [20, 30, 40, 50, 60, 70, 80]  # years
_AGE_NAMES = ["under 20", *(f"{age} to {age + 9}" for age in _AGES[:-1]), "80 or more"]
_COUNTS = [1, 2, 5, 10, 20, 50, 100]  # images of one patient, the most of each band
_COUNT_NAMES = ["1", "2", "3 to 5", "6 to 10", "11 to 20", "21 to 50", "51 to 100", "over 100"]
_MOST = 12  # values of a column that are shown one by one
ORDERED = {AGE_BAND: _AGE_NAMES, PATIENT_BAND: _COUNT_NAMES}


def wilson(positives: ArrayLike, images: ArrayLike) -> tuple[Floats, Floats]:
    """Give the 95 % Wilson score interval of a share: (low, high), not a number for no images.

    (Wilson, JASA 22:209-212, 1927.) Images count as independent; those of one patient are alike,
    so that the true interval is wider.

    >>> low, high = wilson([2, 0], [4, 4])
    >>> low.round(3), high.round(3)
    (array([0.15, 0.  ]), array([0.85, 0.49]))
    """
    hits, count = np.asarray(positives, dtype=np.float64), np.asarray(images, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / count
        widened = 1 + _Z**2 / count
        middle = (share + _Z**2 / (2 * count)) / widened
        half = _Z / widened * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
        low, high = np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)
    return np.where(hits == 0, low * 0, low), np.where(hits == count, high * 0 + 1, high)


def banded(frame: pl.DataFrame) -> pl.DataFrame:
    """Add age_band (decades of years) and images_per_patient (a band of the patient's images).

    The images of a patient are counted within `frame`; a missing age is in no band.
    """
    own = pl.len().over("patient_id")
    return frame.with_columns(
        band(pl.col("age"), _AGES, _AGE_NAMES).alias(AGE_BAND),
        band(own, [most + 1 for most in _COUNTS], _COUNT_NAMES).alias(PATIENT_BAND),
    )


def band(value: pl.Expr, limits: Sequence[float], names: Sequence[str]) -> pl.Expr:
    """Name the band that a number is in: below the first limit, below the second, ..., the rest.

    >>> pl.select(band(pl.lit(pl.Series([1, 2, None])), [2], ["low", "high"])).to_series().to_list()
    ['low', 'high', None]
    """
    cases = zip(limits, names[:-1], strict=True)
    below = [pl.when(value < limit).then(pl.lit(name)) for limit, name in cases]
    return pl.coalesce(*below, pl.when(value.is_not_null()).then(pl.lit(names[-1])))


def target_by(
    frame: pl.DataFrame, column: str, most: int = _MOST, order: Sequence[str] | None = None
) -> pl.DataFrame:
    """Count a column's values among labelled images.

    Gives a row a value: value, images, patients, positives, share (of positives, 0 to 1), low,
    high (its 95 % interval). Bands come in their order, or in `order`, other values by how many
    images they have; those beyond `most` are one row, and so are missing ones, last.
    """
    value = pl.col(column).cast(pl.String)
    known = frame.select(value.alias("value"), "patient_id", "target")
    common = _common(known["value"], order or ORDERED.get(column), most)
    missing = pl.when(pl.col("value").is_null()).then(pl.lit(MISSING))
    shown = missing.when(pl.col("value").is_in(common)).then("value").otherwise(pl.lit(OTHER))
    found = (
        known.with_columns(shown.alias("value"))
        .group_by("value")
        .agg(
            pl.len().cast(pl.Int64).alias("images"),
            pl.col("patient_id").n_unique().cast(pl.Int64).alias("patients"),
            pl.col("target").cast(pl.Int64).sum().alias("positives"),
        )
    )
    place = {name: rank for rank, name in enumerate([*common, OTHER, MISSING])}
    found = found.sort(pl.col("value").replace_strict(place, return_dtype=pl.Int64))
    found = found.with_columns(share=pl.col("positives") / pl.col("images"))
    low, high = wilson(found["positives"], found["images"])
    return found.with_columns(pl.Series("low", low), pl.Series("high", high))


def _common(values: pl.Series, order: Sequence[str] | None, most: int) -> list[str]:
    if order is not None:
        present = set(values.drop_nulls())
        return [name for name in order if name in present]
    counts = values.drop_nulls().value_counts().sort(["count", "value"], descending=[True, False])
    kept = counts["value"].to_list()
    return kept if len(kept) <= most + 1 else kept[:most]

"""What the images of a fold should be spread over: each property and its categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.checks import is_missing
from mel.errors import MelError, near

__all__ = ["Stratum", "banded", "image_strata"]

_AGES = (20, 30, 40, 50, 60, 70, 80)  # years at which a band begins
_MISSING = "missing"
_OTHER = "other"
_MOST = 20  # categories of one column; the rarer values together are one
_BANDS = 8  # quantile bands of a column with more numbers than that
_OWN = ("target", "patient_id", "sex", "age", "site", "source")
_IDS = ("image_id", "path", "split", "lesion_id", "duplicate_id", "person_id")


@dataclass(frozen=True)
class Stratum:
    """One property of the rows: `codes` gives each row the number of its label."""

    name: str
    labels: tuple[str, ...]
    codes: NDArray[np.int64]


def image_strata(frame: pl.DataFrame, columns: Sequence[str] = ()) -> list[Stratum]:
    """Give the properties of images that folds spread: sex, age band, site, source and `columns`.

    A missing value is a category. What has a single category says no more than the rows do and is
    left out. A further column counts by value, the rarest together beyond twenty; one of numbers
    by eight quantile bands beyond twenty. Raises MelError for a column that is not there, holds
    lists or ids, is spread anyway, is named twice, is the same everywhere, or differs in nearly
    every image.

    >>> frame = pl.DataFrame({"sex": ["male", None], "age": [33.0, 79.5], "width": [600, 600]})
    >>> frame = frame.with_columns(site=pl.lit(None), source=pl.lit("one"))
    >>> [(stratum.name, stratum.labels) for stratum in image_strata(frame)]
    [('sex', ('male', 'missing')), ('age', ('30 to 40', '70 to 80'))]
    >>> image_strata(frame, ["width"])
    Traceback (most recent call last):
    mel.errors.MelError: balance: 'width' is the same in every train image; remove it
    """
    strata = [
        _by_value("sex", frame),
        banded("age", frame["age"].cast(pl.Float64).to_numpy(), _AGES),
        _by_value("site", frame),
        _by_value("source", frame),
    ]
    further = [_further(name, frame) for name in columns]
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise MelError(f"balance: {twice[0]!r} is named twice; name it once")
    return [stratum for stratum in strata if len(stratum.labels) > 1] + further


def _further(name: str, frame: pl.DataFrame) -> Stratum:
    if name in _OWN:
        raise MelError(f"balance: {name!r} is balanced anyway; remove it")
    known = set(frame.columns) - {*_OWN, *_IDS}
    if name not in frame.columns:
        hint = near(name, known) if known else "the images have no further columns"
        raise MelError(f"balance: no column {name!r}; {hint}")
    column = frame[name]
    if name in _IDS or column.dtype.is_nested():
        raise MelError(f"balance: {name!r} has no categories to spread; remove it")
    numbers = column.dtype.is_numeric() or column.dtype.is_temporal()
    if not numbers and column.n_unique() > max(_MOST, column.len() // 2):
        raise MelError(
            f"balance: {name!r} has {column.n_unique()} values in {column.len()} images, too many "
            "to spread; give a column that groups them"
        )
    stratum = _by_number(name, column) if numbers else _by_value(name, frame)
    if len(stratum.labels) < 2:
        raise MelError(f"balance: {name!r} is the same in every train image; remove it")
    return stratum


def _by_value(name: str, frame: pl.DataFrame) -> Stratum:
    text = pl.col(name).cast(pl.String)
    column = frame.select(value=pl.when(~is_missing(name)).then(text))["value"]
    counts = column.drop_nulls().value_counts().sort(["count", "value"], descending=[True, False])
    values = counts["value"].to_list()
    kept = sorted(values if len(values) <= _MOST else values[: _MOST - 1])
    number = pl.DataFrame({"value": kept}, schema={"value": pl.String}).with_row_index("code")
    codes = column.to_frame().join(number, on="value", how="left", maintain_order="left")["code"]
    codes = codes.cast(pl.Int64).fill_null(len(kept))
    return _stratum(name, [*kept, _OTHER], codes.to_numpy(), column.is_null().to_numpy())


def _by_number(name: str, column: pl.Series) -> Stratum:
    numbers = column.to_physical().cast(pl.Float64).to_numpy()
    known = np.sort(numbers[~np.isnan(numbers)])
    edges = np.unique(known)
    if len(edges) > _MOST:
        edges = np.unique(known[np.arange(_BANDS) * len(known) // _BANDS])
    return banded(name, numbers, edges[1:].tolist())


def banded(name: str, numbers: NDArray[np.float64], edges: Sequence[float]) -> Stratum:
    """Cut numbers into bands, each from one edge up to, but without, the next; NaN is missing."""
    codes = np.searchsorted(np.asarray(edges, dtype=np.float64), numbers, side="right")
    texts = [f"{edge:.10g}" for edge in edges] or ["any"]
    middle = [f"{low} to {high}" for low, high in pairwise(texts)]
    labels = [f"under {texts[0]}", *middle, f"{texts[-1]} and over"]
    return _stratum(name, labels, codes, np.isnan(numbers))


def _stratum(
    name: str, labels: Sequence[str], codes: NDArray[np.int64], missing: NDArray[np.bool_]
) -> Stratum:
    """Number anew the categories that occur; what is missing comes last."""
    found, codes = np.unique(np.where(missing, len(labels), codes), return_inverse=True)
    every = [*labels, _MISSING]
    return Stratum(name, tuple(every[code] for code in found), codes)

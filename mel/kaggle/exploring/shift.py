"""How far the test images differ from the train images, column by column, against chance."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.kaggle.exploring.rates import AGE_BAND, MISSING, OTHER, PATIENT_BAND, banded

__all__ = ["shifts"]

Floats = NDArray[np.float64]

_WORDS = ("sex", AGE_BAND, "site", "source", PATIENT_BAND, "size")
_FILES = ("format", "mode", "camera", "orientation")
_NUMBERS = ("ratio", "file_bytes", "bytes_per_pixel", "exif", "coarseness")
_MOST, _BINS, _DRAWS = 20, 10, 200
_SCHEMA = {"column": pl.String, "distance": pl.Float64, "chance": pl.Float64, "shifted": pl.Boolean}


def shifts(frame: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    """Compare the train and the test rows of each column.

    `distance` is the total variation distance of a column's values, half the sum of the absolute
    differences of their shares: 0 for equal, 1 for nothing in common; numbers are cut into tenths,
    missing is a value. `chance` is what 97.5 of 100 random splits of the same patients stay below,
    and `shifted` tells whether the distance is above it. A column that is missing altogether
    in train or in test is left out, and so is one with a single value.

    Columns: column, distance, chance, shifted; the greatest distance first.
    """
    sides = frame.filter(pl.col("split").is_in(["train", "test"]))
    if sides["split"].n_unique() < 2:
        return pl.DataFrame(schema=_SCHEMA)
    sides = banded(sides)
    rows = []
    for name in (*_WORDS, *_FILES, *_NUMBERS):
        if name in sides.columns and _known_on_both_sides(sides, name):
            values = _values(sides, name)
            if values.n_unique() > 1:
                rows.append((name, *_distances(sides, values, seed)))
    found = pl.DataFrame(rows, schema=list(_SCHEMA)[:3], orient="row") if rows else None
    if found is None:
        return pl.DataFrame(schema=_SCHEMA)
    found = found.with_columns(shifted=pl.col("distance") > pl.col("chance"))
    return found.sort(["distance", "column"], descending=[True, False])


def _known_on_both_sides(sides: pl.DataFrame, name: str) -> bool:
    return bool(sides.group_by("split").agg(pl.col(name).is_not_null().any())[name].all())


def _values(sides: pl.DataFrame, name: str) -> pl.Series:
    """The column as few words: numbers by tenths, rare words as one."""
    column = sides[name]
    if name in _NUMBERS:
        cuts = np.unique(np.quantile(column.drop_nulls(), np.linspace(0, 1, _BINS + 1)[1:-1]))
        places = np.searchsorted(cuts, column.fill_null(0).to_numpy(), side="right")
        column = pl.Series(name, places).set(column.is_null(), None)
    words = column.cast(pl.String)
    common = words.drop_nulls().value_counts().sort(["count", name], descending=[True, False])
    kept = common[name].head(_MOST)
    rare = words.is_not_null() & ~words.is_in(kept.to_list())
    return words.fill_null(MISSING).set(rare, OTHER) if rare.any() else words.fill_null(MISSING)


def _distances(sides: pl.DataFrame, values: pl.Series, seed: int) -> tuple[float, float]:
    """The distance as it is, and its 97.5 % point over random splits of the patients."""
    counts, train = _patients(sides, values)
    draw = np.random.default_rng(seed)
    drawn = np.array([draw.permutation(train) for _ in range(_DRAWS)])
    by_chance = _total_variation(drawn, counts)
    return float(_total_variation(train[None, :], counts)[0]), float(np.quantile(by_chance, 0.975))


def _patients(sides: pl.DataFrame, values: pl.Series) -> tuple[Floats, NDArray[np.bool_]]:
    """Counts `(patients, values)` of images, and whether each patient is in train."""
    codes = values.rank("dense").to_numpy() - 1
    patient = sides["patient_id"].rank("dense").to_numpy() - 1
    counts = np.zeros((int(patient.max()) + 1, int(codes.max()) + 1))
    np.add.at(counts, (patient, codes), 1)
    train = np.zeros(len(counts), dtype=bool)
    train[patient] = (sides["split"] == "train").to_numpy()
    return counts, train


def _total_variation(train: NDArray[np.bool_], counts: Floats) -> Floats:
    inside = train.astype(np.float64) @ counts
    outside = counts.sum(axis=0) - inside
    shares = [part / np.maximum(part.sum(axis=1, keepdims=True), 1) for part in (inside, outside)]
    return np.asarray(np.abs(shares[0] - shares[1]).sum(axis=1) / 2, dtype=np.float64)

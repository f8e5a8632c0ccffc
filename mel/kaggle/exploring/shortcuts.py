"""The shortcut audit: how well a model does that never sees a picture.

What LightGBM can tell from a table's own columns, a network can learn too where it leaves a trace
in the pixels: a camera's format, a hospital's habit. Such an AUC is no skill at lesions, and it
goes where the habit goes.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.metrics import auc, auc_interval
from mel.progress import progress
from mel.tables import Folds, ImageTable

__all__ = ["KINDS", "Shortcut", "audit_shortcuts"]

Floats = NDArray[np.float64]

_FILES = ("format", "mode", "exif", "camera", "orientation", "coarseness")
KINDS: dict[str, tuple[str, ...]] = {
    "metadata": ("age", "sex", "site"),
    "image size": ("width", "height", "ratio"),
    "file properties": ("file_bytes", "bytes_per_pixel", *_FILES),
    "images per patient": ("images_of_patient",),
    "source": ("source",),
}
_WORDS = ("sex", "site", "format", "mode", "camera", "orientation", "source")
_LADDER = ("metadata", "image size", "file properties")
_ROUNDS, _RESAMPLES = 60, 400


@dataclass(frozen=True)
class Shortcut:
    """What one set of columns gives away.

    auc: pooled over the folds. low, high: its 95 % interval, resampling patients. fold_mean: the
    mean of the folds' own. features: the columns used, those with two known values or more.
    All are None, and `why` says so, where nothing could be fitted.
    """

    name: str
    features: tuple[str, ...]
    auc: float | None = None
    low: float | None = None
    high: float | None = None
    fold_mean: float | None = None
    why: str = field(default="")


def audit_shortcuts(
    table: ImageTable, frame: pl.DataFrame, folds: Folds, seed: int = 0
) -> list[Shortcut]:
    """Measure the cross-validated AUC of LightGBM on each kind of column, and on them together.

    `frame` is the table's with what is known of the files (`measuring.with_files`). Fold k is
    scored by a model fitted on the train rows that `folds` allows; external rows take no part. The
    rounds are fixed, words are native categories, missing is a value of its own. The same rows in
    any order give the same numbers, on any number of cores.

    Raises MelError when the folds are not the table's, or leak.
    """
    folds.matches(table)
    rows = _Rows.of(frame, folds)
    sets = _sets(rows.frame)
    with (
        progress("Shortcut audit", len(sets), "models") as tick,
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        found = []
        for shortcut in pool.map(
            lambda named: _measure(named[0], named[1], rows, seed), sets.items()
        ):
            found.append(shortcut)
            tick(note=shortcut.name)
    absent = [name for name, columns in KINDS.items() if name not in sets and name != "source"]
    return found + [Shortcut(name, (), why=_reason(name, rows.frame)) for name in absent]


@dataclass(frozen=True)
class _Rows:
    frame: pl.DataFrame  # train rows, by image_id
    target: Floats
    fold: NDArray[np.int64]
    allowed: NDArray[np.bool_]  # (folds, rows): which rows may train for which fold

    @classmethod
    def of(cls, frame: pl.DataFrame, folds: Folds) -> "_Rows":
        rows = frame.with_columns(
            pl.len().over("patient_id", "split").cast(pl.Float64).alias("images_of_patient")
        )
        rows = rows.join(folds.frame, on="image_id", how="inner", validate="1:1").sort("image_id")
        fold = rows["fold"].cast(pl.Int64).to_numpy()
        target = rows["target"].cast(pl.Float64).to_numpy()
        return cls(rows, target, fold, folds.may_train(rows["image_id"]))


def _sets(rows: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """The columns to fit, by the set's name; sets that add nothing are left out."""
    usable = {
        kind: tuple(name for name in columns if name in rows.columns and _varies(rows[name]))
        for kind, columns in KINDS.items()
    }
    single = {kind: columns for kind, columns in usable.items() if columns}
    files = [kind for kind in _LADDER if kind in single]
    joined = {" + ".join(files[:n]): files[:n] for n in range(2, len(files) + 1)}
    if len(single) > max(len(files), 1):
        joined["everything"] = list(single)
    together = {name: sum((single[kind] for kind in kinds), ()) for name, kinds in joined.items()}
    return single | together


def _varies(column: pl.Series) -> bool:
    """Two values that are known: a broken file here and there does not make its size a column."""
    return column.drop_nulls().n_unique() > 1


def _reason(name: str, rows: pl.DataFrame) -> str:
    there = [column for column in KINDS[name] if column in rows.columns]
    known = [column for column in there if rows[column].null_count() < rows.height]
    return "the same for every train image" if known else "not known of these images"


def _measure(name: str, features: tuple[str, ...], rows: _Rows, seed: int) -> Shortcut:
    score = _cross_validate(features, rows, seed)
    truth, patient = rows.target, rows.frame["patient_id"].to_numpy()
    low, high = auc_interval(truth, score, patient, resamples=_RESAMPLES, seed=seed)
    each = [_fold_auc(truth[here], score[here]) for here in _held_out(rows)]
    known = [value for value in each if value is not None]
    mean = float(np.mean(known)) if known else None
    return Shortcut(name, features, auc(truth, score), low, high, mean)


def _held_out(rows: _Rows) -> list[NDArray[np.bool_]]:
    return [rows.fold == k for k in range(int(rows.fold.max()) + 1)]


def _fold_auc(truth: Floats, score: Floats) -> float | None:
    return auc(truth, score) if 0 < truth.sum() < len(truth) else None


def _cross_validate(features: tuple[str, ...], rows: _Rows, seed: int) -> Floats:
    import lightgbm

    matrix = np.column_stack([_numbers(rows.frame[name]) for name in features])
    words = [index for index, name in enumerate(features) if name in _WORDS]
    score = np.empty(len(matrix))
    for k, here in enumerate(_held_out(rows)):
        fit = rows.allowed[k]
        data = lightgbm.Dataset(matrix[fit], rows.target[fit], categorical_feature=words)
        model = lightgbm.train(_parameters(int(fit.sum()), seed), data, num_boost_round=_ROUNDS)
        score[here] = model.predict(matrix[here], num_threads=1)
    return score


def _numbers(column: pl.Series) -> Floats:
    """Numbers as they are, words by their place in the alphabet, missing as not a number."""
    if column.name in _WORDS:
        words: Sequence[Any] = sorted(set(column.drop_nulls().cast(pl.String)))
        column = column.cast(pl.String).replace_strict(
            {word: place for place, word in enumerate(words)}, return_dtype=pl.Float64
        )
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _parameters(rows: int, seed: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": 0.05,
        "num_leaves": 7,
        "min_data_in_leaf": max(5, min(50, rows // 20)),
        "lambda_l2": 10.0,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,  # sums of floats depend on how they are split among threads
        "verbosity": -1,
    }

"""Every number of the exploration, from the tables and the files to plain data."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from mel.kaggle.exploring.counting import (
    contradictions,
    missing_values,
    patient_sizes,
    split_counts,
)
from mel.kaggle.exploring.measuring import Measured, with_files
from mel.kaggle.exploring.rates import AGE_BAND, PATIENT_BAND, band, banded, target_by
from mel.kaggle.exploring.shift import shifts
from mel.kaggle.exploring.shortcuts import Shortcut, audit_shortcuts
from mel.kaggle.exploring.twins import Twins, count_twins
from mel.tables import Folds, ImageTable

__all__ = ["Clock", "Numbers", "number"]

_AXES = ("sex", AGE_BAND, "site", "diagnosis", "source", PATIENT_BAND, "size", "aspect", "bytes")
_SCALES = ((1e6, "MB"), (1e3, "KB"))


@dataclass(frozen=True)
class Numbers:
    """What was found, as frames and plain data.

    counts: `counting.split_counts`. missing: `counting.missing_values`. patients:
    `counting.patient_sizes`. contradictions: patients with more than one sex, age or target.
    rates: `rates.target_by` of the train images for each column that has a known value; source
    counts external images too. shift: `shift.shifts`. twins: copies. shortcuts: the audit, and
    `no_audit` the reason why there is none. measured: the rows with what is known of the files.
    """

    counts: pl.DataFrame
    missing: pl.DataFrame
    patients: pl.DataFrame
    contradictions: Mapping[str, int]
    rates: Mapping[str, pl.DataFrame]
    shift: pl.DataFrame
    twins: tuple[Twins, ...]
    shortcuts: tuple[Shortcut, ...]
    no_audit: str
    measured: Measured

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "counts": self.counts.to_dicts(),
            "missing": self.missing.to_dicts(),
            "patients": self.patients.to_dicts(),
            "contradictions": dict(self.contradictions),
            "rates": {name: frame.to_dicts() for name, frame in self.rates.items()},
            "shift": self.shift.to_dicts(),
            "copies": [asdict(twins) for twins in self.twins],
            "shortcuts": [asdict(shortcut) for shortcut in self.shortcuts],
            "no_audit": self.no_audit,
            "headers": {"read": self.measured.read, "broken": list(self.measured.broken)},
        }


class Clock:
    """The seconds of each part, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, part: str) -> None:
        """End a part that began with the last one's end."""
        now = time.perf_counter()
        self.seconds[part], self._last = now - self._last, now


def number(
    table: ImageTable,
    folds: Folds | None,
    pairs: pl.DataFrame | None,
    clock: Clock,
    *,
    headers: bool,
    seed: int,
) -> Numbers:
    """Count, measure and audit."""
    measured = with_files(table, headers=headers)
    clock.lap("headers")
    counted = (split_counts(table), missing_values(table), patient_sizes(table))
    rates = _rates(measured.frame)
    twins = tuple(count_twins(table, pairs))
    clock.lap("counts")
    moved = shifts(measured.frame, seed)
    clock.lap("shift")
    shortcuts, reason = _audit(table, measured.frame, folds, seed)
    clock.lap("shortcut audit")
    return Numbers(
        *counted, contradictions(table), rates, moved, twins, shortcuts, reason, measured
    )


def _audit(
    table: ImageTable, frame: pl.DataFrame, folds: Folds | None, seed: int
) -> tuple[tuple[Shortcut, ...], str]:
    if folds is None:
        return (), "there are no folds to score it on"
    if not 0 < table.train["target"].sum() < table.train.height:
        return (), "the train images are all of one class"
    return tuple(audit_shortcuts(table, frame, folds, seed)), ""


def _rates(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    labelled = banded(frame.filter(pl.col("split") != "test"))
    train = labelled.filter(pl.col("split") == "train")
    found: dict[str, pl.DataFrame] = {}
    for axis in _AXES:
        rows = labelled if axis == "source" else train
        if axis == "bytes":
            rows, order = _byte_bands(train)
            found |= {axis: target_by(rows, axis, order=order)} if order else {}
        elif axis in rows.columns and rows[axis].null_count() < rows.height:
            found[axis] = target_by(rows, axis)
    return found


def _byte_bands(train: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """File sizes in fifths, named by their limits."""
    known = train["file_bytes"].drop_nulls()
    cuts = np.unique(np.quantile(known, [0, 0.2, 0.4, 0.6, 0.8, 1])) if known.len() else np.zeros(0)
    if len(cuts) < 3:
        return train, []
    scale, unit = next((pair for pair in _SCALES if cuts[-1] >= pair[0]), (1.0, "bytes"))
    ends = [f"{cut / scale:,.4g}" for cut in cuts]
    names = [f"{low} to {high} {unit}" for low, high in pairwise(ends)]
    names = list(dict.fromkeys(names))
    if len(names) != len(cuts) - 1:
        return train, []
    own = band(pl.col("file_bytes"), cuts[1:-1].tolist(), names)
    return train.with_columns(own.alias("bytes")), names

"""What every member, the stack and the blend are worth, out of fold and held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from mel.config import Recipe
from mel.ensemble import Blend
from mel.errors import MelError
from mel.files import read_header
from mel.metrics import auc, auc_interval
from mel.pipeline.folder import Work
from mel.pipeline.source import truth as read_truth
from mel.pipeline.stages.level1 import level1
from mel.predictions import Predictions

__all__ = ["Score", "foreign_among", "scores"]

Kind = Literal["cnn", "imported", "foreign", "stack", "blend", "naive"]


@dataclass(frozen=True)
class Interval:
    """An AUC with the ends of its patient-bootstrap 95 % interval; all from 0 to 1."""

    auc: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.auc:.4f} ({_short(self.low)}–{_short(self.high)})"


def _short(value: float) -> str:
    """Three decimals, without the leading zero: the final table fits 80 columns."""
    return f"{value:.3f}".removeprefix("0")


@dataclass(frozen=True)
class Score:
    """What one member is worth: out of fold (pooled, and the mean of its folds), and held out.

    `oof` and `held_out` have auc, low and high: an AUC and the ends of its 95 % interval, by
    resampled patients; `fold_mean` is an AUC. `held_out` is None where the test images' targets are
    not known. The blend stands twice: with weights and references of the other folds (honest), and
    of all folds (naive). A member of the kind "imported" was scored elsewhere on the same folds, a
    "foreign" one on others.

    >>> found = Score("blend", "blend", Interval(0.871, 0.84, 0.9), fold_mean=0.8725)
    >>> found.oof.auc, " ".join(found.cells())
    (0.871, 'blend blend 0.8710 (.840–.900) 0.8725 -')
    """

    member: str
    kind: Kind
    oof: Interval
    fold_mean: float
    held_out: Interval | None = None

    def cells(self) -> tuple[str, ...]:
        """Give the row of the final table as text."""
        held_out = "-" if self.held_out is None else str(self.held_out)
        return self.member, self.kind, str(self.oof), f"{self.fold_mean:.4f}", held_out


def scores(recipe: Recipe, work: Work, *, held_out: bool = False) -> list[Score]:
    """Give a row for every member of the recipe that has scores, the stack and the blend.

    The test images' targets, where known, are opened for `held_out` and for nothing else: that is
    the last table of a whole run.
    """
    truth = read_truth(work) if held_out else None
    folders = level1(recipe, work)
    folders[recipe.tabular.name] = work.tabular(recipe.tabular.name)
    found = [_member(name, folder) for name, folder in folders.items() if _oof(folder).exists()]
    rows = [_held_out(row, folders[row.member], truth) for row in found]
    return [*rows, *_blend_scores(recipe.ensemble.name, work, truth)]


def _oof(folder: Path) -> Path:
    return folder / "oof.parquet"


def _member(name: str, folder: Path) -> Score:
    header = read_header(_oof(folder), "predictions")
    kinds: dict[str, Kind] = {"cnn": "cnn", "imported": "imported", "tabular": "stack"}
    own = name in header.get("foreign", {})
    return _score(name, "foreign" if own else kinds[folder.parent.name], header["metric"])


def foreign_among(rows: Sequence[Score], work: Work) -> dict[str, Mapping[str, str]]:
    """Give the marks of the foreign members among scores, as their files keep them."""
    headers = [
        read_header(_oof(work.imported(row.member)), "predictions")
        for row in rows
        if row.kind == "foreign"
    ]
    return {name: mark for header in headers for name, mark in header["foreign"].items()}


def _blend_scores(name: str, work: Work, truth: pl.DataFrame | None) -> list[Score]:
    folder = work.ensemble(name)
    if not (folder / "blend.json").exists():
        return []
    blend = Blend.read(folder / "blend.json")
    honest = _held_out(_score(name, "blend", blend.honest.as_dict()), folder, truth)
    return [honest, _score(name, "naive", blend.naive.as_dict())]


def _score(name: str, kind: Kind, metric: Mapping[str, float]) -> Score:
    interval = Interval(metric["pooled"], metric["low"], metric["high"])
    return Score(name, kind, interval, metric["fold_mean"])


def _held_out(row: Score, folder: Path, truth: pl.DataFrame | None) -> Score:
    if truth is None or not (folder / "test.parquet").exists():
        return row
    test = Predictions.read(folder / "test.parquet").frame.select("image_id", "score")
    joined = truth.join(test, on="image_id", how="inner", validate="1:1")
    if joined.height < truth.height:
        raise MelError(
            f"{folder / 'test.parquet'}: lacks {truth.height - joined.height} images of "
            "solution.parquet; make it again: mel run RECIPE --data DIR --work DIR"
        )
    target, score = joined["target"].to_numpy(), joined["score"].to_numpy()
    if len(np.unique(target)) < 2:
        return row
    ends = auc_interval(target, score, joined["patient_id"].to_numpy())
    return Score(row.member, row.kind, row.oof, row.fold_mean, Interval(auc(target, score), *ends))

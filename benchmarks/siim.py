"""SIIM-ISIC 2020 as several benchmarks need it: tables, folds, the scores of three networks.

DIR is the folder siim2020: the competition's tables and, in oof/ and test_predictions/, the scores
of three public networks. No image is read. cp_1 and cp_2 were trained on one fold map, gao_b1 on
another; on mel's folds all three are foreign.
"""

import os
import platform
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel import folds as fold_room
from mel.config import DataSettings
from mel.ensemble import import_scores
from mel.files import read_csv
from mel.kaggle import load
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

__all__ = ["NETWORKS", "Siim", "machine"]

NETWORKS = ("cp_1", "cp_2", "gao_b1")
Floats = NDArray[np.float64]


class Siim:
    """The table, its rows by image_id, the five balanced patient folds of mel, the scores."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.table: ImageTable = load(DataSettings(adapter="siim2020", images="none"), data).table
        self.folds = fold_room.build(self.table)
        self.target: Floats = self.table.train["target"].cast(pl.Float64).to_numpy()
        self.patient = self.table.train["patient_id"].to_numpy()
        self.fold: Floats = self.folds.frame["fold"].cast(pl.Float64).to_numpy()

    def own_folds(self, name: str) -> Folds:
        """The fold map that a network's scores were made on."""
        return fold_room.read_map(self.data / "oof" / f"{name}.csv", self.table)

    def members(self, folds: Folds | None = None) -> tuple[list[Predictions], list[Predictions]]:
        """Out-of-fold and test scores of the networks, let in where they are foreign to `folds`."""
        folds, pairs = folds or self.folds, []
        for name in NETWORKS:
            files = (self.data / kind / f"{name}.csv" for kind in ("oof", "test_predictions"))
            made = import_scores(
                self.table, folds, *files, name=name, own_folds=self.own_folds(name), foreign=True
            )
            pairs.append([scores.admit(folds) for scores in made])
        return [oof for oof, _ in pairs], [test for _, test in pairs]

    @cached_property
    def scores(self) -> pl.DataFrame:
        """image_id and the out-of-fold scores, a column a network."""
        wide = self.table.train.select("image_id")
        for name in NETWORKS:
            frame = read_csv(self.data / "oof" / f"{name}.csv")
            frame = frame.select(image_id="image_name", **{name: pl.col("pred").cast(pl.Float64)})
            wide = wide.join(frame, on="image_id", how="left", validate="1:1")
        return wide.sort("image_id")


def machine(packages: tuple[str, ...]) -> str:
    """What the figures were measured with: cores, Python and versions, no name of a host."""
    numbers = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    return f"{cores}; {numbers}"

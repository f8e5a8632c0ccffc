"""A small competition in memory: eighty patients, four folds, three members."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import polars as pl
import pytest

from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

N_FOLDS = 4


@dataclass(frozen=True)
class Case:
    """What `blend` takes."""

    table: ImageTable
    folds: Folds
    oof: list[Predictions]
    test: list[Predictions]

    def member(self, name: str, scores: np.ndarray, test: np.ndarray | None = None) -> Self:
        """Give the case with one more member; `scores` follow the folds' sorted ids."""
        own = self.folds.frame.with_columns(pl.Series("score", scores))
        outside = self.table.test.select("image_id", fold=pl.lit(None, dtype=pl.Int16))
        values = np.zeros(outside.height) if test is None else test
        outside = outside.with_columns(pl.Series("score", values))
        known = self.folds.digest
        oof = Predictions.of(own, name=name, kind="oof", folds=known)
        unseen = Predictions.of(outside, name=name, kind="test", folds=known)
        return replace(self, oof=[*self.oof, oof], test=[*self.test, unseen])


def image_table(train: pl.DataFrame, test: pl.DataFrame, synthetic: bool = False) -> ImageTable:
    """Make a table of image_id, patient_id and target, with everything else missing."""
    frame = pl.concat(
        [
            train.select("image_id", "patient_id", "target", split=pl.lit("train")),
            test.select("image_id", "patient_id", target=None, split=pl.lit("test")),
        ],
        how="vertical_relaxed",
    )
    empty = {name: pl.lit(None) for name in ("sex", "age", "site")}
    frame = frame.with_columns(path=pl.col("image_id"), source=pl.lit("test"), **empty)
    return ImageTable.of(frame, "a <small> competition", synthetic=synthetic)


@pytest.fixture(scope="session")
def make_table() -> Callable[..., ImageTable]:
    return image_table


@pytest.fixture(scope="session")
def case() -> Case:
    draw = np.random.default_rng(5)
    images = np.arange(320)
    patient = images % 80
    target = (draw.random(320) < 0.2).astype(int)
    train = pl.DataFrame(
        {
            "image_id": [f"I{i:03}" for i in images],
            "patient_id": [f"P{p:02}" for p in patient],
            "target": target,
        }
    )
    test = pl.DataFrame(
        {"image_id": [f"T{i:02}" for i in range(60)], "patient_id": [f"Q{i}" for i in range(60)]}
    )
    fold_map = train.select("image_id", fold=pl.Series(patient % N_FOLDS))
    folds = Folds.of(fold_map, seed=0, method="by hand")
    found = Case(image_table(train, test, synthetic=True), folds, [], [])
    for name, noise in (("resnet50_v2-64", 0.8), ("densenet121-96", 1.0), ("lightgbm", 1.6)):
        scores = target + noise * draw.normal(size=320)
        found = found.member(name, scores, draw.normal(size=60).round(1))
    return found

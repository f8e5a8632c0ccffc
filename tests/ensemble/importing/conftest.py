"""Somebody's files of scores: out of fold with folds and truth beside them, and a submission."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mel import folds as rooms
from mel.ensemble import import_scores
from mel.errors import MelError
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable


@dataclass
class Files:
    """Two frames that are written when they are imported, free to be changed before."""

    table: ImageTable
    folds: Folds
    oof: pl.DataFrame
    test: pl.DataFrame
    place: Path

    def imported(self, suffix: str = "csv", **options: Any) -> tuple[Predictions, Predictions]:
        """Write both and import them; the folds are those of the file where it has any."""
        oof, test = (self.place / f"{name}.{suffix}" for name in ("oof", "test"))
        for frame, path in ((self.oof, oof), (self.test, test)):
            frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
        if "own_folds" not in options and rooms.has_folds(oof, self.table):
            options["own_folds"] = rooms.read_map(oof, self.table)
        return import_scores(self.table, self.folds, oof, test, **({"name": "cp_1"} | options))

    def refused(self, **options: Any) -> str:
        """Give the line with which they are refused, without the folder."""
        with pytest.raises(MelError) as caught:
            self.imported(**options)
        assert "\n" not in str(caught.value)
        return str(caught.value).replace(f"{self.place}/", "")

    def other_folds(self) -> None:
        """Let the file be of another map, which keeps patients whole."""
        part = pl.col("image_name").str.slice(3).cast(pl.Int64) % 20 // 7
        self.oof = self.oof.with_columns(fold=part)


@pytest.fixture
def files(table: ImageTable, folds: Folds, tmp_path: Path) -> Files:
    """Scores as the public ones are: image_name, fold, target, pred; and image_name, target."""
    draw = np.random.default_rng(4)
    train = table.train.join(folds.frame, on="image_id", maintain_order="left")
    logit = 2 * train["target"].to_numpy() + draw.normal(size=train.height)
    oof = train.select(
        pl.col("image_id").alias("image_name"), pl.col("fold") + 1, "target", pred=_chance(logit)
    )
    test = table.test.select(
        pl.col("image_id").alias("image_name"), target=_chance(draw.normal(size=table.test.height))
    )
    return Files(table, folds, oof, test, tmp_path)


def _chance(logit: np.ndarray) -> pl.Series:
    return pl.Series(1 / (1 + np.exp(-logit)))


@pytest.fixture
def news(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Give what was said since it was last asked."""
    return lambda: capsys.readouterr().err

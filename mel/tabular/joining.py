"""The members' scores, joined by image_id, and the training rows made of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.config import TabularSettings
from mel.errors import MelError, many
from mel.predictions import Predictions, oof_matrix, test_matrix
from mel.tables import Folds, ImageTable
from mel.tabular.features import Rows, Variant, features_of, own_percentiles
from mel.tabular.fitting import Plan

__all__ = ["Joined"]


@dataclass(frozen=True)
class Joined:
    """A table, its folds, and the members: out-of-fold and, where given, test scores."""

    table: ImageTable
    folds: Folds
    oof: tuple[Predictions, ...]
    test: pl.DataFrame

    @classmethod
    def of(
        cls,
        table: ImageTable,
        folds: Folds,
        oof: Sequence[Predictions],
        test: Sequence[Predictions] | None,
    ) -> "Joined":
        """Check that all fit together; foreign members must have been let in (`admit`).

        Without `test` (None) nothing is known of test images. Raises MelError, naming the member.
        """
        folds.matches(table)
        if oof:
            oof_matrix(oof, folds)
        members = tuple(sorted(oof, key=lambda member: member.name))
        none = table.test.select("image_id")
        return cls(table, folds, members, none if test is None else _test(table, folds, oof, test))

    @property
    def target(self) -> NDArray[np.float64]:
        """The train images' targets, by image_id."""
        return self.table.train["target"].cast(pl.Float64).to_numpy()

    def plan(self, settings: TabularSettings, variant: Variant) -> Plan:
        """Give the training rows of a variant."""
        rows, fold = self._rows(), self.folds.frame["fold"].to_numpy()
        trains = self.folds.may_train(self.table.train["image_id"])
        scales = {member.name: member.scale for member in self.oof}
        features = features_of(settings, variant, rows, scales)
        return Plan(features, rows, self.target, fold, trains, settings)

    def _rows(self) -> Rows:
        images = self.table.train.select(pl.exclude("target", "diagnosis"))
        raw = {m.name: m.frame["score"].to_numpy() for m in self.oof}
        networks = {m.name: _network(m) for m in self.oof}
        ranks = {name: own_percentiles(raw[name], networks[name]) for name in raw}
        finest = {name: 0.5 / len(raw[name]) for name in raw}
        return Rows(images, raw, ranks, finest)


def _network(member: Predictions) -> NDArray[np.int64]:
    """Number the network that gave each score: that of its own fold, foreign folds included."""
    return member.frame["fold"].cast(pl.Int64).fill_null(-1).to_numpy()


def _test(
    table: ImageTable, folds: Folds, oof: Sequence[Predictions], test: Sequence[Predictions]
) -> pl.DataFrame:
    names, test_names = {m.name for m in oof}, {m.name for m in test}
    if odd := sorted(names ^ test_names):
        have, lack = ("oof", "test") if odd[0] in names else ("test", "oof")
        raise MelError(f"{odd[0]}: has {have} scores but no {lack} scores; give both")
    if not names:
        return table.test.select("image_id")
    for member in test:
        _check_folds(member, folds)
    found = test_matrix(test)
    _check_images(test[0], table)  # the others score the same images as the first
    return found


def _check_folds(member: Predictions, folds: Folds) -> None:
    if member.basis != folds.digest:
        way = "train it again on these folds"
        if member.foreign:
            way = "set foreign = true in the recipe, or admit(folds), to take it all the same"
        raise MelError(
            f"{member.name}: its {member.kind} scores were made on folds {member.folds}, these "
            f"are {folds.digest}; {way}"
        )


def _check_images(member: Predictions, table: ImageTable) -> None:
    known, mine = set(table.test["image_id"]), set(member.frame["image_id"])
    if known != mine:
        odd = min(known ^ mine)
        lack = "has no test score" if odd in known else "is no test image of the table"
        raise MelError(
            f"{member.name}: image {odd!r} {lack} ({many(len(known ^ mine), 'such image')}); "
            "predict again"
        )

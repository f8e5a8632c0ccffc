"""Train the stack on the members' folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.config import TabularSettings
from mel.errors import MelError, many
from mel.files import atomic
from mel.metrics import auc_report
from mel.predictions import Kind, Predictions, foreign_in, oof_matrix, test_matrix
from mel.progress import progress
from mel.tables import Folds, ImageTable, as_table
from mel.tabular.features import FeatureList
from mel.tabular.stack import Stack

__all__ = ["train"]

Floats = NDArray[np.float64]
_DEFAULTS = TabularSettings()


def train(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Sequence[Predictions] = (),
    test: Sequence[Predictions] = (),
    settings: TabularSettings = _DEFAULTS,
    out: Path | str | None = None,
) -> tuple[Predictions, Predictions]:
    """Fit LightGBM on metadata and the members' out-of-fold scores; give (oof, test).

    Fold k is scored by the model fitted on the other folds' rows, a test image by the mean of
    the fold models. Rounds are fixed: no fold that is scored chooses anything. The same input in
    any order of rows or members gives the same bits, on any number of cores. Without members it
    fits the metadata alone.

    With `out` the folder gets fold0.txt …, features.json, oof.parquet and test.parquet, all at
    once or none; `load(out).score(...)` repeats test.parquet exactly. An earlier stack there is
    replaced, any other folder refused.

    One leak is left, as in every stack over one fold map: the networks that scored the rows the
    model for fold k is fitted on were trained on fold k's targets.

    Raises MelError, naming the member, for scores that are in-sample, were made on other folds,
    or lack an image, and for oof and test scores that are not of the same members.
    """
    table, out = as_table(table), None if out is None else Path(out)
    folds.matches(table)
    scores = _Scores.of(table, folds, oof, test)
    if out is not None:
        _check_free(out)
    stack, fitted = _fit(table, folds, scores.oof, settings)
    scored = stack.score(table.test, scores.test).with_columns(fold=pl.lit(None, pl.Int16))
    patient = table.train["patient_id"].to_numpy()
    report = auc_report(_target(table), fitted["score"], patient, fitted["fold"])
    inputs = {"images": table.digest, "folds": folds.digest, "settings": settings.digest}
    inputs |= {f"{member.name}/{member.kind}": member.digest for member in (*oof, *test)}

    def predictions(frame: pl.DataFrame, kind: Kind) -> Predictions:
        return Predictions.of(
            frame,
            name=settings.name,
            kind=kind,
            folds=folds.digest,
            seed=settings.seed,
            inputs=inputs,
            metric=report.as_dict(),
            foreign=foreign_in(oof),
        )

    found = predictions(fitted, "oof"), predictions(scored, "test")
    if out is not None:
        _write(out, stack, *found)
    return found


def _target(table: ImageTable) -> Floats:
    return table.train["target"].cast(pl.Float64).to_numpy()


@dataclass(frozen=True)
class _Scores:
    """The members' scores joined by image_id: image_id, (fold,) and a column a member."""

    oof: pl.DataFrame
    test: pl.DataFrame

    @classmethod
    def of(
        cls,
        table: ImageTable,
        folds: Folds,
        oof: Sequence[Predictions],
        test: Sequence[Predictions],
    ) -> "_Scores":
        names, test_names = {m.name for m in oof}, {m.name for m in test}
        if odd := sorted(names ^ test_names):
            have, lack = ("oof", "test") if odd[0] in names else ("test", "oof")
            raise MelError(f"{odd[0]}: has {have} scores but no {lack} scores; give both")
        if not names:
            return cls(folds.frame, table.test.select("image_id"))
        for member in test:
            _check_folds(member, folds)
        found = cls(oof_matrix(oof, folds), test_matrix(test))
        _check_images(test[0], table)  # the others score the same images as the first
        return found


def _check_folds(member: Predictions, folds: Folds) -> None:
    if member.basis != folds.digest:
        raise MelError(
            f"{member.name}: its {member.kind} scores were made on folds {member.folds}, these "
            f"are {folds.digest}; train it again on these folds"
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


def _fit(
    table: ImageTable, folds: Folds, scores: pl.DataFrame, settings: TabularSettings
) -> tuple[Stack, pl.DataFrame]:
    """The stack and its out-of-fold scores: image_id, fold, score, in the folds' order."""
    images = table.train  # sorted by image_id, as folds and scores are
    fold = folds.frame["fold"].to_numpy()
    features = FeatureList.of(settings.metadata, scores)
    matrix = _training_matrix(images, scores, fold, settings)
    target = _target(table)
    trains = folds.may_train(images["image_id"])
    models = []
    with progress(settings.name, folds.n_folds, "folds") as tick:
        for k in range(folds.n_folds):
            models.append(_grow(matrix[trains[k]], target[trains[k]], features, settings))
            tick()
    stack = Stack(features, tuple(models))
    found = np.empty(len(images))
    for k in range(folds.n_folds):
        found[fold == k] = stack.fold_score(k, matrix[fold == k])
    return stack, folds.frame.with_columns(score=found)


def _training_matrix(
    images: pl.DataFrame, scores: pl.DataFrame, fold: NDArray[np.int16], settings: TabularSettings
) -> Floats:
    """Features of the training images, each ranked among the scores of its own fold."""
    matrix = np.empty((len(images), len(FeatureList.of(settings.metadata, scores).features)))
    for k in np.unique(fold):
        mine = pl.Series(fold == k)
        features = FeatureList.of(settings.metadata, scores.filter(mine))
        matrix[fold == k] = features.matrix(images.filter(mine), scores.filter(mine))
    return matrix


def _grow(matrix: Floats, target: Floats, features: FeatureList, settings: TabularSettings) -> str:
    """Fit one model; give its text."""
    import lightgbm

    data = lightgbm.Dataset(matrix, target, categorical_feature=features.categorical)
    model = lightgbm.train(_parameters(features, settings), data, num_boost_round=settings.rounds)
    return str(model.model_to_string())


def _parameters(features: FeatureList, settings: TabularSettings) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": settings.min_data_in_leaf,
        "lambda_l2": settings.lambda_l2,
        "feature_fraction": settings.feature_fraction,
        "extra_trees": True,  # random thresholds: fewer steps in a score that was smooth
        "monotone_constraints": features.monotone,  # a member's higher score never lowers ours
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,  # sums of floats depend on how they are split among threads
        "verbosity": -1,
    }


def _check_free(out: Path) -> None:
    """Refuse to replace what is not a stack."""
    if out.is_dir() and any(out.iterdir()) and not (out / "features.json").is_file():
        raise MelError(f"{out}: holds something else than a stack; choose a new folder")


def _write(out: Path, stack: Stack, oof: Predictions, test: Predictions) -> None:
    with atomic(out) as folder:
        folder.mkdir()
        stack.write(folder)
        oof.write(folder / "oof.parquet")
        test.write(folder / "test.parquet")

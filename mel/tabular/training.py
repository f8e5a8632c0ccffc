"""Train the stack on the members' folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mel.config import TabularSettings
from mel.errors import MelError
from mel.files import atomic
from mel.metrics import auc_report
from mel.predictions import Kind, Predictions, foreign_in
from mel.tables import Folds, ImageTable, as_table
from mel.tabular.checking import check_settings
from mel.tabular.features import VARIANTS, Floats, Variant
from mel.tabular.importance import importance, write_importance
from mel.tabular.joining import Joined
from mel.tabular.stack import Stack
from mel.tabular.variant import VariantStack, fit_variant

__all__ = ["train"]

_DEFAULTS = TabularSettings()


def train(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Sequence[Predictions] = (),
    test: Sequence[Predictions] = (),
    settings: TabularSettings = _DEFAULTS,
    out: Path | str | None = None,
) -> tuple[Predictions, Predictions]:
    """Fit both variants of the stack; give (oof, test) of the one that `settings.scores` names.

    "context" is fitted on metadata, the members' scores and what the patient's other images say,
    "single" on what one image alone has. Fold k is scored by the models fitted on the other folds'
    rows, a test image by the mean of the fold models. Nothing is chosen by a fold that is scored.
    The same input in any order of rows or members gives the same bits, on any number of cores.
    Without members it fits the metadata alone.

    With `out` the folder gets stack.json, context/ and single/ (each features.json, fold0.json …,
    oof.parquet and test.parquet), oof.parquet and test.parquet of the variant named, and
    importance.parquet, all at once or none; `load(out).score(...)` repeats test.parquet exactly. An
    earlier stack there is replaced, any other folder refused.

    One leak is left, as in every stack over one fold map: the networks that scored the rows the
    model for fold k is fitted on were trained on fold k's targets.

    Raises MelError, naming the member, for scores that are in-sample, were made on other folds and
    not let in (`Predictions.admit`), or lack an image, for oof and test scores that are not of the
    same members, for training rows of one class, and for a shortcut that can be none.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> member = "work/demo/cnn/efficientnetv2_micro-32"
    >>> given = [Predictions.read(f"{member}/{kind}.parquet") for kind in ("oof", "test")]
    >>> settings = TabularSettings(learners=["logistic"])
    >>> oof, test = train(table, folds, given[:1], given[1:], settings)
    >>> oof.kind, oof.frame.height, test.frame.height, sorted(oof.metric["variants"])
    ('oof', 84, 36, ['context', 'single'])
    >>> oof.frame.columns, oof.scale
    (['image_id', 'fold', 'score'], 'probability')
    """
    table, out = as_table(table), None if out is None else Path(out)
    joined = Joined.of(table, folds, oof, test)
    if out is not None:
        _check_free(out)
    check_settings(settings, table)
    fitted = {name: _fit(joined, settings, name) for name in VARIANTS}
    reports = {name: one.report for name, one in fitted.items()}
    shared: dict[str, Any] = {
        "folds": folds.digest,
        "seed": settings.seed,
        "inputs": _inputs(joined, settings, (*oof, *test)),
        "foreign": foreign_in(oof),
    }
    made = {
        name: _predictions(one, settings, name, reports, shared) for name, one in fitted.items()
    }
    if out is not None:
        stack = Stack(fitted["context"].stack, fitted["single"].stack, settings.scores)
        with atomic(out) as folder:
            folder.mkdir()
            _write(folder, stack, made)
            write_importance(folder, importance(joined, settings, stack), shared["inputs"])
    return made[settings.scores]


def _inputs(
    joined: Joined, settings: TabularSettings, members: Sequence[Predictions]
) -> dict[str, str]:
    """Give the digests of all that a stack is made of."""
    scores = {f"{member.name}/{member.kind}": member.digest for member in members}
    table, folds = joined.table.digest, joined.folds.digest
    return {"images": table, "folds": folds, "settings": settings.digest} | scores


@dataclass(frozen=True)
class _Fitted:
    """One variant with the scores of the train and the test images."""

    stack: VariantStack
    oof: pl.DataFrame
    test: pl.DataFrame
    report: dict[str, Any]


def _fit(joined: Joined, settings: TabularSettings, variant: Variant) -> _Fitted:
    plan = joined.plan(settings, variant)
    stack, scores = fit_variant(plan, f"{settings.name}, {variant}")
    test = stack.score(joined.table.test, joined.test)
    return _Fitted(
        stack,
        joined.folds.frame.with_columns(score=scores),
        test.with_columns(fold=pl.lit(None, pl.Int16)),
        _report(joined, scores),
    )


def _report(joined: Joined, scores: Floats) -> dict[str, Any]:
    patient, fold = joined.table.train["patient_id"], joined.folds.frame["fold"]
    return auc_report(joined.target, scores, patient.to_numpy(), fold.to_numpy()).as_dict()


def _predictions(
    fitted: _Fitted,
    settings: TabularSettings,
    variant: Variant,
    reports: dict[Variant, dict[str, Any]],
    shared: dict[str, Any],
) -> tuple[Predictions, Predictions]:
    """The variant that the settings name has the stack's name; the other tells itself apart."""
    name = settings.name if variant == settings.scores else f"{settings.name}-{variant}"
    metric = reports[variant] | {"variant": variant, "variants": dict(reports)}
    kinds: list[tuple[Kind, pl.DataFrame]] = [("oof", fitted.oof), ("test", fitted.test)]
    oof, test = (
        Predictions.of(frame, name=name, kind=kind, metric=metric, scale="probability", **shared)
        for kind, frame in kinds
    )
    return oof, test


def _check_free(out: Path) -> None:
    """Refuse to replace what is not a stack."""
    ours = any((out / name).is_file() for name in ("stack.json", "features.json"))
    if out.is_dir() and any(out.iterdir()) and not ours:
        raise MelError(f"{out}: holds something else than a stack; choose a new folder")


def _write(
    folder: Path, stack: Stack, made: dict[Variant, tuple[Predictions, Predictions]]
) -> None:
    stack.write(folder)
    for name in VARIANTS:
        for predictions in made[name]:
            predictions.write(folder / name / f"{predictions.kind}.parquet")
            if name == stack.main:
                predictions.write(folder / f"{predictions.kind}.parquet")

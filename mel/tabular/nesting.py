"""What the stack is honestly worth: level 2 refitted inside each outer fold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mel.config import TabularSettings
from mel.errors import MelError
from mel.files import digest_json, write_json
from mel.metrics import AucReport, auc, auc_report
from mel.predictions import Predictions
from mel.progress import Ticker, progress
from mel.tables import Folds, ImageTable, as_table
from mel.tabular.checking import check_settings
from mel.tabular.features import VARIANTS, Floats, Variant
from mel.tabular.fitting import Plan, fit_fold
from mel.tabular.joining import Joined
from mel.tabular.stack import Stack
from mel.tabular.variant import VariantStack

__all__ = ["Nested", "nested", "require_nestable", "write_nested"]


@dataclass(frozen=True, eq=False)
class Nested:
    """Nested scores of one variant, and their AUC beside that of the scores that know too much.

    `frame` has image_id, fold and score (a probability, 0 to 1), a row a train image. `honest` is
    their AUC; `naive`, where a stack was given, that of the stack on the very images it was fitted
    on. `inner` is for each outer fold the pooled AUC of level 2 over the folds inside: whatever is
    chosen among several settings is to be chosen by it, never by `honest`.

    >>> from mel.metrics import AucReport
    >>> frame = pl.DataFrame({"image_id": ["a", "b"], "fold": [0, 1], "score": [0.1, 0.7]})
    >>> Nested(frame, AucReport(0.9, 0.91, 0.8, 1.0), None, (0.88, 0.92)).as_dict()["inner"]
    [0.88, 0.92]
    """

    frame: pl.DataFrame
    honest: AucReport
    naive: AucReport | None
    inner: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for a file."""
        naive = None if self.naive is None else self.naive.as_dict()
        return {"honest": self.honest.as_dict(), "naive": naive, "inner": list(self.inner)}


def require_nestable(n_folds: int) -> None:
    """Raise MelError for fewer than three folds: without one of them there must be two.

    >>> require_nestable(2)
    Traceback (most recent call last):
    mel.errors.MelError: nested: needs 3 folds or more, these are 2; build more
    """
    if n_folds < 3:
        raise MelError(f"nested: needs 3 folds or more, these are {n_folds}; build more")


def nested(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Sequence[Predictions] = (),
    settings: TabularSettings | None = None,
    stack: Stack | None = None,
    variants: Sequence[Variant] = VARIANTS,
) -> dict[Variant, Nested]:
    """Evaluate the making of the stack: for each fold the whole of it, without that fold.

    For outer fold k a stack is made of the other folds alone, as `train` makes one of all: a model
    for each of them, fitted on the rest, with norms, rounds and settings chosen inside. Their mean
    scores fold k, as the finished stack scores new images. Neither k's targets nor anything fitted
    to its rows comes in. It costs the square of the folds in fits.

    Gives a `Nested` a variant: "context" and "single", or those of `variants`. `oof` are the
    members' out-of-fold scores, `stack` one that `train` fitted on them, to compare with.

    Raises MelError as `train` does, and for fewer than three folds.

    >>> from mel.config import FoldsSettings
    >>> from mel.folds import build
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = build(table, FoldsSettings(n_folds=3))
    >>> found = nested(table, folds, settings=TabularSettings(learners=["logistic"]))
    >>> sorted(found), found["single"].frame.height, len(found["single"].inner)
    (['context', 'single'], 84, 3)
    """
    table, settings = as_table(table), settings or TabularSettings()
    require_nestable(folds.n_folds)
    check_settings(settings, table)
    joined = Joined.of(table, folds, oof, None)
    found: dict[Variant, Nested] = {}
    for variant in variants:
        plan = joined.plan(settings, variant)
        total = folds.n_folds * (folds.n_folds - 1)
        with progress(f"{settings.name}, {variant}, nested", total, "fits") as tick:
            scores, inner = _scores(plan, tick)
        naive = None if stack is None else stack.variant(variant).mean(plan.rows)
        found[variant] = Nested(
            folds.frame.with_columns(score=scores),
            _report(joined, scores),
            None if naive is None else _report(joined, naive),
            inner,
        )
    return found


def _scores(plan: Plan, tick: Ticker) -> tuple[Floats, tuple[float, ...]]:
    """Each row's nested score, and the inner AUC of each outer fold."""
    found, aucs = np.empty(len(plan.rows)), []
    for outer in plan.folds:
        inside, models = np.full(len(plan.rows), np.nan), []
        for other in plan.folds:
            if other == outer:
                continue
            model = fit_fold(plan, outer, other)
            mine = (plan.fold == other) & plan.trains[outer]
            inside[mine] = model.probability(plan.features, plan.rows, mine)
            models.append(model)
            tick()
        own = plan.fold == outer
        found[own] = VariantStack(plan.features, tuple(models)).mean(plan.rows, own)
        scored = ~np.isnan(inside)
        aucs.append(auc(plan.target[scored], inside[scored]))
    return found, tuple(aucs)


def _report(joined: Joined, scores: Floats) -> AucReport:
    patient, fold = joined.table.train["patient_id"], joined.folds.frame["fold"]
    return auc_report(joined.target, scores, patient.to_numpy(), fold.to_numpy())


def write_nested(
    path: Path, found: Mapping[Variant, Nested], plain: Mapping[str, Any], inputs: Mapping[str, str]
) -> dict[str, Any]:
    """Write what `nested` found as JSON beside the out-of-fold reports of `plain`; give it.

    `plain` has by variant the metric of the stack's own out-of-fold scores, `inputs` the digests of
    what all of it was made of. Raises MelError where `path` cannot be written.

    >>> from mel.metrics import AucReport
    >>> frame = pl.DataFrame({"image_id": ["a", "b"], "fold": [0, 1], "score": [0.1, 0.7]})
    >>> found = {"single": Nested(frame, AucReport(0.9, 0.91, 0.8, 1.0), None, (0.88, 0.92))}
    >>> said = write_nested(Path("work/nested.json"), found, {"single": {"pooled": 0.92}}, {})
    >>> sorted(said["variants"]["single"])
    ['honest', 'inner', 'naive', 'oof']
    """
    variants = {name: one.as_dict() | {"oof": plain[name]} for name, one in found.items()}
    content = {"inputs": dict(inputs), "variants": variants}
    write_json(path, {"digest": digest_json(content)} | content)
    return content

"""What each feature is worth to the stack: a table, and a figure for a report."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from mel.config import TabularSettings
from mel.files import check_digest, digest_frame, read_table, write_table
from mel.report import MAIN, Canvas, drawing
from mel.tabular.features import VARIANTS
from mel.tabular.fitting import FoldModel, Plan
from mel.tabular.joining import Joined
from mel.tabular.stack import Stack

__all__ = ["importance", "importance_figure", "read_importance", "write_importance"]

_FILE, _KIND = "importance.parquet", "importance"
_ROWS = 1000  # of each fold, evenly spread: enough for a mean, and quick
_SHOWN = 20


def importance(joined: Joined, settings: TabularSettings, stack: Stack) -> pl.DataFrame:
    """Give a row for each variant, learner and feature: gain and mean size of the SHAP values.

    `gain` is the feature's share of LightGBM's total gain in training, null for other learners;
    `shap` the mean absolute contribution to the log-odds of images that the model never saw, null
    where the learner has none. Both are means over the folds' models. Sorted by variant, learner
    and falling shap.
    """
    frames = []
    for variant in VARIANTS:
        plan = joined.plan(settings, variant)
        found = [_of_fold(plan, fold, stack.variant(variant).folds[fold]) for fold in plan.folds]
        frames.append(pl.concat(found).with_columns(variant=pl.lit(variant)))
    means = pl.concat(frames).group_by("variant", "learner", "feature", maintain_order=True)
    order = ("variant", "learner", "shap", "feature")
    return (
        means.agg(pl.col("gain").mean(), pl.col("shap").mean())
        .with_columns(pl.col("gain", "shap").round_sig_figs(6))
        .sort(order, descending=[False, False, True, False], nulls_last=True)
        .select("variant", "learner", "feature", "gain", "shap")
    )


def _of_fold(plan: Plan, fold: int, model: FoldModel) -> pl.DataFrame:
    held = np.flatnonzero(plan.fold == fold)
    held = held[:: max(1, len(held) // _ROWS)]
    frames = []
    for learner in dict.fromkeys(one.learner for one in model.models):
        first = next(one for one in model.models if one.learner == learner)
        matrix = plan.features.matrix(plan.rows, model.norms, first.reader)
        none = np.full(len(matrix.titles), np.nan)
        gain, shap = first.gain(len(none)), first.contributions(matrix[held])
        columns = {
            "learner": [learner] * len(none),
            "feature": list(matrix.titles),
            "gain": none if gain is None else gain / max(gain.sum(), 1e-300),
            "shap": none if shap is None else np.abs(shap).mean(axis=0),
        }
        frames.append(pl.DataFrame(columns).with_columns(pl.col("gain", "shap").fill_nan(None)))
    return pl.concat(frames)


def write_importance(folder: Path, frame: pl.DataFrame, inputs: Mapping[str, str]) -> None:
    """Write importance.parquet into a stack's folder."""
    write_table(folder / _FILE, frame, {"kind": _KIND, "inputs": dict(inputs)})


def read_importance(folder: Path | str) -> pl.DataFrame:
    """Read a stack's importance.parquet: a row for each variant, learner and feature.

    `gain` is the feature's share of LightGBM's gain (0 to 1, null for other learners), `shap` the
    mean size of its contribution to the log-odds of images that the model never saw. Raises
    MelError where there is none or it was changed.

    >>> found = read_importance("work/demo/tabular/lightgbm")
    >>> found.columns, sorted(set(found["learner"]))
    (['variant', 'learner', 'feature', 'gain', 'shap'], ['lightgbm', 'logistic'])
    """
    path = Path(folder) / _FILE
    frame, header = read_table(path, _KIND)
    check_digest(path, header["digest"], digest_frame(frame.with_row_index(""), by=""))
    return frame


def importance_figure(frame: pl.DataFrame, variant: str, *, png: bool = False) -> Canvas:
    """Draw the features with the largest SHAP values of a variant, a panel a learner.

    `frame` is what `read_importance` gives, `variant` "context" or "single"; twenty features a
    panel. Gives the drawing: its `svg` is text for a page, its `png` bytes where those are asked
    for.

    >>> found = read_importance("work/demo/tabular/lightgbm")
    >>> canvas = importance_figure(found.filter(pl.col("learner") == "lightgbm"), "single")
    >>> canvas.svg[:4], canvas.png
    ('<svg', b'')
    """
    known = frame.filter((pl.col("variant") == variant) & pl.col("shap").is_not_null())
    learners = known["learner"].unique().sort().to_list()
    with drawing(
        4.8 * max(1, len(learners)), 5.2, f"What moves the {variant} stack", png=png
    ) as canvas:
        for number, learner in enumerate(learners):
            top = known.filter(learner=learner).head(_SHOWN).reverse()
            axes = canvas.figure.add_subplot(1, len(learners), number + 1)
            axes.barh(top["feature"].to_list(), top["shap"].to_numpy(), color=MAIN, height=0.7)
            axes.set(title=learner, xlabel="mean size of SHAP value, log-odds")
            axes.grid(visible=False, axis="y")
            axes.tick_params(axis="y", length=0)
    return canvas

"""The report's figures, each as inline SVG that needs nothing from outside the page."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mel.ensemble.evaluation import Evaluation
from mel.ensemble.ranks import Floats, places
from mel.report import GRID, INK, MAIN, QUIET, WARM, drawing

__all__ = ["distribution_figure", "heatmap_figure", "path_figure", "roc_figure", "weights_figure"]

_BLEND, _MEAN = MAIN, WARM
_FEW = 6  # members that a legend can name one by one
_NUMBERED = 12  # members up to which the heatmap's cells hold their numbers


def _curve(target: Floats, score: Floats) -> tuple[Floats, Floats]:
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(target, score)
    return false, true


def roc_figure(target: Floats, members: Mapping[str, Floats], blend: Floats, mean: Floats) -> str:
    """Draw the ROC curves of members, rank mean and blend (both honest)."""
    with drawing(5.4, 4.6, "ROC curves of the members, their rank mean and the blend") as canvas:
        axes = canvas.figure.add_subplot()
        shades = np.linspace(0.25, 0.75, max(len(members), 2))
        for index, (name, score) in enumerate(members.items()):
            label = name if len(members) <= _FEW else ("members" if index == 0 else None)
            grey = str(shades[index]) if len(members) <= _FEW else QUIET
            style = ("-", "--", "-.", ":")[index % 4] if len(members) <= _FEW else "-"
            axes.plot(*_curve(target, score), color=grey, lw=1, ls=style, label=label)
        axes.plot(*_curve(target, mean), color=_MEAN, lw=1.6, label="rank mean, honest")
        axes.plot(*_curve(target, blend), color=_BLEND, lw=2.2, label="blend, honest")
        axes.plot([0, 1], [0, 1], color=GRID, lw=1, zorder=0)
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        axes.set(xlim=(0, 1), ylim=(0, 1.005))
        axes.legend(loc="lower right", fontsize=8.5)
    return canvas.svg


def heatmap_figure(members: Mapping[str, Floats]) -> str:
    """Draw the Spearman correlations between the members' out-of-fold scores."""
    names = list(members)
    table = _correlations(list(members.values()))
    lowest = float(np.nanmin(table)) if len(names) > 1 else 0.0
    side = min(9.0, max(4.0, 2.0 + 0.45 * len(names)))
    with drawing(side + 1.2, side, "Rank correlations between members") as canvas:
        axes = canvas.figure.add_subplot()
        mesh = axes.pcolormesh(table, cmap="YlGnBu", vmin=min(lowest, 0.9), vmax=1, edgecolors="w")
        ticks = np.arange(len(names)) + 0.5
        axes.set_xticks(ticks, names, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(ticks, names)
        axes.invert_yaxis()
        axes.set_aspect("equal")
        axes.grid(visible=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        if len(names) <= _NUMBERED:
            _number_cells(axes, table, min(lowest, 0.9))
        bar = canvas.figure.colorbar(mesh, ax=axes, shrink=0.7, label="Spearman")
        bar.outline.set_visible(False)
    return canvas.svg


def _correlations(columns: Sequence[Floats]) -> Floats:
    ranks = np.array([places(column) for column in columns])
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant member: not a number
        return np.asarray(np.atleast_2d(np.corrcoef(ranks)), dtype=np.float64)


def _number_cells(axes: Any, table: Floats, lowest: float) -> None:
    for (row, column), value in np.ndenumerate(table):
        dark = (value - lowest) / (1 - lowest) > 0.55
        text = "–" if np.isnan(value) else f"{value:.2f}"
        place = {"ha": "center", "va": "center", "fontsize": 8.5}
        axes.text(column + 0.5, row + 0.5, text, color="w" if dark else INK, **place)


def weights_figure(evaluation: Evaluation) -> str:
    """Draw each member's weight, and as dots the weights it had in the honest folds."""
    members = evaluation.members
    height = 1.0 + 0.36 * len(members)
    with drawing(5.4, max(height, 2.0), "Weights of the members") as canvas:
        axes = canvas.figure.add_subplot()
        rows = np.arange(len(members))
        axes.barh(rows, [m.weight for m in members], color=_BLEND, height=0.55, label="blend")
        for row, member in zip(rows, members, strict=True):
            label = "honest folds" if row == 0 else None
            spread = np.linspace(-0.16, 0.16, len(member.fold_weights)) + row
            axes.plot(
                member.fold_weights, spread, "o", ms=3.6, color=_MEAN, label=label, clip_on=False
            )
        axes.set_yticks(rows, [member.name for member in members])
        axes.set(xlabel="weight", xlim=(0, None))
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        canvas.figure.legend(loc="outside upper right", ncols=2, fontsize=8.5, reverse=True)
    return canvas.svg


def distribution_figure(oof: Floats, test: Floats) -> str:
    """Draw how the blend's scores spread over the out-of-fold and the test images."""
    bins = np.linspace(0, 1, 41)
    with drawing(5.4, 3.6, "Distribution of the blend over out-of-fold and test images") as canvas:
        axes = canvas.figure.add_subplot()
        flat = {"bins": bins, "density": True}
        axes.hist(oof, color=QUIET, alpha=0.55, label=f"out of fold ({len(oof):,})", **flat)
        if len(test):
            name = f"test ({len(test):,})"
            axes.hist(test, color=_BLEND, histtype="step", lw=1.8, label=name, **flat)
        axes.set(xlabel="Blend.score (place among the out-of-fold images)", ylabel="density")
        axes.set(xlim=(0, 1))
        canvas.figure.legend(loc="outside upper right", ncols=2, fontsize=8.5)
    return canvas.svg


def path_figure(evaluation: Evaluation) -> str:
    """Draw the greedy selection: the naive AUC round by round, and which member was added."""
    picks = evaluation.path
    names = [m.name for m in evaluation.members if m.name in {pick.member for pick in picks}]
    kept = sum(pick.kept for pick in picks)
    turns = np.arange(1, len(picks) + 1)
    height = 2.6 + 0.28 * len(names)
    with drawing(5.4, height, "Greedy selection, round by round") as canvas:
        parts = {"height_ratios": [2.0, 0.28 * len(names) + 0.3]}
        upper, lower = canvas.figure.subplots(2, 1, sharex=True, gridspec_kw=parts)
        upper.plot(turns, [pick.auc for pick in picks], "-o", ms=3.5, color=_BLEND)
        upper.set(ylabel="naive AUC")
        upper.ticklabel_format(axis="y", useOffset=False)
        colors = [_BLEND if pick.kept else QUIET for pick in picks]
        lower.scatter(turns, [names.index(pick.member) for pick in picks], c=colors, s=26)
        lower.set_yticks(range(len(names)), names)
        lower.set(xlabel="round", ylim=(len(names) - 0.5, -0.5))
        lower.xaxis.get_major_locator().set_params(integer=True)
        for axes in (upper, lower):
            axes.axvspan(kept + 0.5, len(picks) + 0.5, color=GRID, alpha=0.5, lw=0)
            axes.set(xlim=(0.5, len(picks) + 0.5))
        if kept < len(picks):
            upper.text(kept + 0.7, min(p.auc for p in picks), "not kept", va="bottom", fontsize=8.5)
    return canvas.svg

"""Figures of scores: ROC, reliability, distributions, and the way of a search."""

from collections.abc import Mapping, Sequence

import numpy as np

from mel.ensemble.evaluation import Evaluation
from mel.ensemble.operating import OperatingPoint
from mel.ensemble.proof import Calibrated
from mel.ensemble.ranks import Floats
from mel.report import BLUE, GRID, INK, MAIN, QUIET, WARM, Canvas, drawing

__all__ = ["distribution_figure", "path_figure", "reliability_figure", "roc_figure"]

_FEW = 6  # members that a legend can name one by one
_RARE = 0.1  # share of positives below which reliability is drawn on logarithmic axes
_OTHERS = (WARM, BLUE)


def _curve(target: Floats, score: Floats) -> tuple[Floats, Floats]:
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(target, score)
    return false, true


def roc_figure(
    target: Floats,
    members: Mapping[str, Floats],
    ways: Mapping[str, Floats],
    points: Sequence[OperatingPoint],
    *,
    png: bool = False,
) -> Canvas:
    """Draw ROC curves of the members and of the ways of blending, the one taken first.

    `points` are marked where they lie honestly, the user's own, the first, with its intervals.
    """
    label = "ROC curves of the members and the blend, with its operating points"
    with drawing(5.4, 4.6, label, png=png) as canvas:
        axes = canvas.figure.add_subplot()
        shades = np.linspace(0.25, 0.75, max(len(members), 2))
        for index, (name, score) in enumerate(members.items()):
            few = len(members) <= _FEW
            own = name if few else ("members" if index == 0 else None)
            line = ("-", "--", "-.", ":")[index % 4] if few else "-"
            grey = str(shades[index]) if few else QUIET
            axes.plot(*_curve(target, score), color=grey, lw=1, ls=line, label=own)
        for index, (name, score) in enumerate(reversed(list(ways.items()))):
            taken = index == len(ways) - 1
            look = {"color": MAIN if taken else WARM, "lw": 2.2 if taken else 1.6}
            axes.plot(*_curve(target, score), label=f"{name}, honest", **look)
        for point in points[1:]:
            axes.plot(*_place(point), "o", ms=4, color=MAIN, mfc="w", zorder=4)
        if points:
            _mark(axes, points[0])
        axes.plot([0, 1], [0, 1], color=GRID, lw=1, zorder=0)
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        axes.set(xlim=(0, 1), ylim=(0, 1.005))
        axes.legend(loc="lower right", fontsize=8.5)
    return canvas


def _place(point: OperatingPoint) -> tuple[float, float]:
    return 1 - point.specificity.value, point.sensitivity.value


def _mark(axes: object, point: OperatingPoint) -> None:
    false, true = _place(point)
    across = [[point.specificity.high + false - 1], [1 - false - point.specificity.low]]
    along = [[true - point.sensitivity.low], [point.sensitivity.high - true]]
    axes.errorbar(  # type: ignore[attr-defined]
        [false],
        [true],
        xerr=np.maximum(across, 0),
        yerr=np.maximum(along, 0),
        fmt="o",
        ms=7,
        color=INK,
        capsize=3,
        zorder=5,
        label=point.goal,
    )


def reliability_figure(
    chosen: str, calibrated: Sequence[Calibrated], prevalence: float, *, png: bool = False
) -> Canvas:
    """Draw what the chosen calibration says against what is seen, with intervals; others thinly."""
    label = "Reliability: the share of positives seen against the probability said"
    with drawing(5.4, 4.6, label, png=png) as canvas:
        axes = canvas.figure.add_subplot()
        fitted = [
            found for found in calibrated if found.curve.said and found.method in _names(calibrated)
        ]
        floor = _floor(fitted) if prevalence < _RARE else 0.0
        others = iter(_OTHERS)
        for found in fitted:
            said = np.maximum(found.curve.said, floor)
            seen = np.maximum(found.curve.seen, floor)
            if found.method != chosen:
                axes.plot(said, seen, "-", lw=1, color=next(others), label=found.method, alpha=0.8)
                continue
            low, high = (np.maximum(ends, floor) for ends in (found.curve.low, found.curve.high))
            ends = [np.maximum(seen - low, 0), np.maximum(high - seen, 0)]
            look = {"color": MAIN, "ms": 5, "capsize": 2.5, "lw": 1.4, "zorder": 5}
            axes.errorbar(said, seen, yerr=ends, fmt="o-", label=f"{chosen}, chosen", **look)
        top = max(max((*f.curve.high, *f.curve.said)) for f in fitted)
        axes.plot([floor, top], [floor, top], color=QUIET, lw=1, ls="--", label="as said", zorder=0)
        if floor:
            axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
        axes.set(xlabel="probability said", ylabel="share of positives seen")
        axes.legend(loc="upper left", fontsize=8.5)
    return canvas


def _names(calibrated: Sequence[Calibrated]) -> set[str]:
    return {found.method for found in calibrated[1:]}


def _floor(fitted: Sequence[Calibrated]) -> float:
    """Give the lowest place on a logarithmic axis: nothing seen is drawn there."""
    shown = [value for found in fitted for value in (*found.curve.said, *found.curve.seen) if value]
    return max(min(shown) * 0.7, 1e-4)


def distribution_figure(oof: Floats, test: Floats, *, png: bool = False) -> Canvas:
    """Draw how the blend's scores spread over the out-of-fold and the test images."""
    bins = np.linspace(0, 1, 41)
    label = "Distribution of the blend over out-of-fold and test images"
    with drawing(5.4, 3.6, label, png=png) as canvas:
        axes = canvas.figure.add_subplot()
        flat = {"bins": bins, "density": True}
        axes.hist(oof, color=QUIET, alpha=0.55, label=f"out of fold ({len(oof):,})", **flat)
        if len(test):
            name = f"test ({len(test):,})"
            axes.hist(test, color=MAIN, histtype="step", lw=1.8, label=name, **flat)
        axes.set(xlabel="Blend.score (place among the out-of-fold images)", ylabel="density")
        axes.set(xlim=(0, 1))
        canvas.figure.legend(loc="outside upper right", ncols=2, fontsize=8.5)
    return canvas


def path_figure(evaluation: Evaluation, *, png: bool = False) -> Canvas:
    """Draw the search for weights: the naive AUC round by round, and which member was added."""
    picks = evaluation.path
    names = [m.name for m in evaluation.members if m.name in {pick.member for pick in picks}]
    kept = sum(pick.kept for pick in picks)
    turns = np.arange(1, len(picks) + 1)
    height = 2.6 + 0.28 * len(names)
    with drawing(5.4, height, "The search for weights, round by round", png=png) as canvas:
        parts = {"height_ratios": [2.0, 0.28 * len(names) + 0.3]}
        upper, lower = canvas.figure.subplots(2, 1, sharex=True, gridspec_kw=parts)
        upper.plot(turns, [pick.auc for pick in picks], "-o", ms=3.5, color=MAIN)
        upper.set(ylabel="naive objective")
        upper.ticklabel_format(axis="y", useOffset=False)
        colors = [MAIN if pick.kept else QUIET for pick in picks]
        lower.scatter(turns, [names.index(pick.member) for pick in picks], c=colors, s=26)
        lower.set_yticks(range(len(names)), names)
        lower.set(xlabel="round", ylim=(len(names) - 0.5, -0.5))
        lower.xaxis.get_major_locator().set_params(integer=True)
        for axes in (upper, lower):
            axes.axvspan(kept + 0.5, len(picks) + 0.5, color=GRID, alpha=0.5, lw=0)
            axes.set(xlim=(0.5, len(picks) + 0.5))
        if kept < len(picks):
            below = {"transform": upper.get_xaxis_transform(), "va": "bottom", "fontsize": 8.5}
            upper.text(kept + 0.7, 0.04, "not kept", **below)
    return canvas

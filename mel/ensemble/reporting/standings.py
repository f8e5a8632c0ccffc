"""Figures of members and of groups: weights, correlations, worth, AUC by group."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mel.ensemble.evaluation import Evaluation
from mel.ensemble.proof import Comparison, Group, Worth
from mel.ensemble.ranks import Floats, places
from mel.report import INK, MAIN, QUIET, WARM, Canvas, drawing

__all__ = ["groups_figure", "heatmap_figure", "weights_figure", "worth_figure"]

_NUMBERED = 12  # members up to which the heatmap's cells hold their numbers


def weights_figure(evaluation: Evaluation, *, png: bool = False) -> Canvas:
    """Draw each member's weight, and as dots the weights it had in the honest folds.

    Where the rank mean was taken, its weight is a line through the method's weights.
    """
    members = evaluation.members
    height = 1.0 + 0.36 * len(members)
    with drawing(5.4, max(height, 2.0), "Weights of the members", png=png) as canvas:
        axes = canvas.figure.add_subplot()
        rows = np.arange(len(members))
        axes.barh(
            rows, [m.asked for m in members], color=MAIN, height=0.55, label=evaluation.method
        )
        for row, member in zip(rows, members, strict=True):
            label = "honest folds" if row == 0 else None
            spread = np.linspace(-0.16, 0.16, len(member.asked_folds)) + row
            axes.plot(
                member.asked_folds, spread, "o", ms=3.6, color=WARM, label=label, clip_on=False
            )
        if evaluation.taken != evaluation.method:
            weights = [m.weight for m in members]
            axes.plot(weights, rows, "|", ms=18, mew=2, color=INK, label=evaluation.taken)
        axes.set_yticks(rows, [member.name for member in members])
        axes.set(xlabel="weight", xlim=(min(0, *(m.asked for m in members)), None))
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        canvas.figure.legend(loc="outside upper right", ncols=3, fontsize=8.5, reverse=True)
    return canvas


def heatmap_figure(members: Mapping[str, Floats], *, png: bool = False) -> Canvas:
    """Draw the Spearman correlations between the members' out-of-fold scores."""
    names = list(members)
    table = _correlations(list(members.values()))
    lowest = float(np.nanmin(table)) if len(names) > 1 else 0.0
    side = min(9.0, max(4.0, 2.0 + 0.45 * len(names)))
    with drawing(side + 1.2, side, "Rank correlations between members", png=png) as canvas:
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
    return canvas


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


def worth_figure(found: Sequence[Worth], taken: str, *, png: bool = False) -> Canvas:
    """Draw by how much the AUC falls where a member is left out, with intervals."""
    height = 1.3 + 0.4 * len(found)
    with drawing(5.4, max(height, 2.0), "What each member is worth", png=png) as canvas:
        axes = canvas.figure.add_subplot()
        rows = np.arange(len(found), dtype=np.float64)
        both = any(worth.in_blend not in (None, worth.in_mean) for worth in found)
        if both:
            mine = [worth.in_blend for worth in found if worth.in_blend]
            _intervals(axes, rows[: len(mine)] - 0.13, mine, MAIN, f"in {taken}")
        own = [worth.in_mean for worth in found]
        look = (QUIET, "in the rank mean") if both else (MAIN, f"in the {taken}")
        _intervals(axes, rows + (0.13 if both else 0), own, *look)
        axes.axvline(0, color=INK, lw=1)
        axes.set_yticks(rows, [worth.member for worth in found])
        axes.set(xlabel="AUC with the member minus AUC without it")
        axes.xaxis.get_major_locator().set_params(nbins=6)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        canvas.figure.legend(loc="outside upper right", ncols=2, fontsize=8.5)
    return canvas


def _intervals(
    axes: Any, rows: Floats, found: Sequence[Comparison], color: str, label: str
) -> None:
    gains = np.array([each.gain for each in found])
    ends = [gains - [each.low for each in found], [each.high for each in found] - gains]
    look = {"fmt": "o", "ms": 5, "capsize": 3, "color": color, "label": label}
    axes.errorbar(gains, rows, xerr=np.maximum(ends, 0), **look)


def groups_figure(found: Sequence[Group], overall: float, *, png: bool = False) -> Canvas:
    """Draw the AUC of every group with its interval; those of few patients faintly.

    Intervals of few patients may run out of the figure: the others set its edge.
    """
    shown = [group for group in found if group.value is not None]
    height = 1.0 + 0.26 * len(shown) + 0.12 * len({group.axis for group in shown})
    with drawing(5.4, max(height, 2.0), "AUC by fold and by group of images", png=png) as canvas:
        axes = canvas.figure.add_subplot()
        place, places_, last = 0.0, [], ""
        for group in shown:
            place += 1.0 if group.axis in (last, "") or not last else 1.5
            last = group.axis
            places_.append(place)
            _group(axes, place, group)
        axes.axvline(overall, color=MAIN, lw=1, ls="--", zorder=0)
        names = [
            f"{group.axis}: {group.name}" if group.axis != "fold" else group.name for group in shown
        ]
        axes.set_yticks(places_, names)
        axes.set(
            xlabel="AUC of the blend, honest (dashed: all images)",
            xlim=(_edge(shown, overall), 1.0),
        )
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        right = axes.secondary_yaxis("right")
        right.set_yticks(places_, [f"{g.positives:,} of {g.images:,}" for g in shown])
        right.tick_params(length=0, labelsize=8.5, labelcolor=INK)
        right.spines[:].set_visible(False)
    return canvas


def _edge(shown: Sequence[Group], overall: float) -> float:
    """Give the lowest AUC to be shown: below all of the groups that say something."""
    lows = [group.low for group in shown if group.low is not None and not group.few]
    values = [group.value for group in shown if group.value is not None]
    return min(*lows, *values, overall, 0.95) - 0.02


def _group(axes: Any, place: float, group: Group) -> None:
    color = QUIET if group.few else MAIN
    if group.low is not None and group.high is not None:
        axes.plot([group.low, group.high], [place, place], color=color, lw=1.6)
    axes.plot([group.value], [place], "o", ms=5, color=color, mfc="w" if group.few else color)

"""The curves: loss and held-out AUC by epoch, a line a fold; members beside each other."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from mel.cnn.reporting.reading import Training
from mel.report import BLUE, INK, MAIN, QUIET, WARM, Canvas, drawing

__all__ = ["curves", "members_figure"]

_COLOURS = (MAIN, WARM, BLUE, "#9333ea", "#be123c", "#4d7c0f", "#0e7490", "#78350f")
_MANY = 8  # lines that a legend names one by one
_FLAT = 0.02  # the least height of the AUC's axis: noise shall not look like a fall


def curves(training: Training) -> Canvas:
    """Draw a member's loss, held-out AUC and learning rate by epoch, a line a fold."""
    label = f"Loss, held-out AUC and learning rate of {training.name} by epoch"
    with drawing(10.6, 3.3, label, png=True) as canvas:
        loss, auc, rate = canvas.figure.subplots(1, 3, width_ratios=(1, 1, 0.72))
        _folds(loss, training, "loss")
        _folds(auc, training, "auc")
        loss.set(ylabel="training loss")
        auc.set(ylabel="held-out AUC")
        _auc_range(auc, training.history["auc"])
        _rates(rate, training)
        for axes in (loss, auc, rate):
            _epochs(axes, training)
        canvas.figure.get_layout_engine().set(wspace=0.04)
        handles, names = loss.get_legend_handles_labels()
        canvas.figure.legend(handles, names, loc="outside upper left", ncols=9, fontsize=8.5)
    return canvas


def _folds(axes: Any, training: Training, column: str) -> None:
    parts = training.history.filter(pl.col(column).is_not_null()).partition_by("fold")
    for index, part in enumerate(parts):
        fold = part["fold"][0]
        few = len(parts) <= _MANY
        colour = _COLOURS[fold % len(_COLOURS)] if few else QUIET
        label = f"fold {fold}" if few else ("the folds" if index == 0 else None)
        axes.plot(part["epoch"], part[column], color=colour, lw=1.2, label=label, **_dots(part))
    mean = training.mean.filter(pl.col(column).is_not_null())
    if len(parts) > 1 and mean.height:
        axes.plot(mean["epoch"], mean[column], color=INK, lw=2.2, label="mean", **_dots(mean))
    if not parts:
        axes.text(0.5, 0.5, "not looked at", transform=axes.transAxes, ha="center", color=QUIET)


def _dots(part: pl.DataFrame) -> dict[str, Any]:
    """Mark the points where there are few, so that one epoch alone is seen."""
    return {"marker": "o", "ms": 3} if part.height <= 3 else {}


def _rates(axes: Any, training: Training) -> None:
    part = training.history.filter(pl.col("learning_rate").is_not_null())
    if not part.height:
        axes.set_visible(False)
        return
    fold = part.filter(pl.col("fold") == part["fold"][0])  # the same in each
    axes.plot(fold["epoch"], fold["learning_rate"], color=INK, lw=1.6, **_dots(fold))
    axes.set(ylabel="learning rate", ylim=(0, None))
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))


def _epochs(axes: Any, training: Training) -> None:
    last = max(training.epochs or 0, int(training.history["epoch"].max()))  # type: ignore[arg-type]
    axes.set(xlabel="epoch", xlim=(0.5, last + 0.5) if last < 12 else (0, last + 1))
    axes.xaxis.get_major_locator().set_params(integer=True)


def _auc_range(axes: Any, values: pl.Series) -> None:
    known = values.drop_nulls()
    if not known.len():
        axes.set(ylim=(0.5, 1))
        return
    low, high = float(known.min()), float(known.max())  # type: ignore[arg-type]
    room = max(high - low, _FLAT)
    middle = (low + high) / 2
    axes.set(ylim=(max(middle - 0.6 * room, 0), min(middle + 0.6 * room, 1.005)))


def members_figure(trainings: Sequence[Training]) -> Canvas:
    """Draw the members' mean held-out AUC by epoch, and their out-of-fold AUC by time."""
    with drawing(10.6, 3.9, "The members beside each other", png=True) as canvas:
        left, right = canvas.figure.subplots(1, 2, width_ratios=(1.15, 1))
        few = len(trainings) <= _MANY
        for index, training in enumerate(trainings):
            colour = _COLOURS[index] if few else QUIET
            mean = training.mean.filter(pl.col("auc").is_not_null())
            if mean.height:
                left.plot(mean["epoch"], mean["auc"], color=colour, lw=1.8, **_dots(mean))
            _worth(right, training, colour)
        if few:
            marks = [_mark(right, _COLOURS[i], t.name) for i, t in enumerate(trainings)]
            canvas.figure.legend(
                handles=marks, loc="outside upper left", ncols=min(3, len(marks)), fontsize=8.5
            )
        left.set(xlabel="epoch", ylabel="held-out AUC, mean of folds")
        left.xaxis.get_major_locator().set_params(integer=True)
        right.set(xlabel="minutes of training, all folds", ylabel="out-of-fold AUC, 95 % interval")
        right.margins(y=0.12)
        right.set(xlim=(0, 1.15 * max(t.seconds for t in trainings) / 60))
        canvas.figure.get_layout_engine().set(wspace=0.06)
        if not any(t.metric for t in trainings):
            right.text(0.5, 0.5, "no member is complete", transform=right.transAxes, ha="center")
    return canvas


def _worth(axes: Any, training: Training, colour: str) -> None:
    metric = training.metric
    if not metric:
        return
    pooled = metric["pooled"]
    ends = [[pooled - metric["low"]], [metric["high"] - pooled]]
    minutes = training.seconds / 60
    axes.errorbar(minutes, pooled, ends, fmt="o", ms=6, color=colour, capsize=3, lw=1.4)


def _mark(axes: Any, colour: str, name: str) -> Any:
    return axes.plot([], [], "-o", ms=5, lw=1.8, color=colour, label=name)[0]

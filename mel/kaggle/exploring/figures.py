"""The report's figures: each as inline SVG for the page and as PNG beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from mel.kaggle.exploring.numbers import Numbers
from mel.kaggle.exploring.rates import ORDERED, PATIENT_BAND
from mel.kaggle.exploring.shortcuts import Shortcut
from mel.kaggle.exploring.wording import TITLES
from mel.report import BLUE, GRID, MAIN, QUIET, WARM, drawing

__all__ = ["Drawn", "draw_all"]

_WIDE = 5.0  # inches: on a phone a point is then about a pixel
_LONGEST = 24  # letters of a label
_SPLITS = {"train": MAIN, "test": WARM, "external": BLUE}


@dataclass(frozen=True)
class Drawn:
    """A figure: its name, and what is drawn as SVG and as PNG."""

    name: str
    svg: str
    png: bytes


def draw_all(numbers: Numbers) -> dict[str, Drawn]:
    """Draw each figure that the numbers have something for, by its name."""
    found = {"patients": _patients(numbers.patients)}
    if _partly(numbers.missing).height:
        found["missing"] = _missing(numbers.missing)
    for axis, rates in numbers.rates.items():
        if rates.height > 1:
            found[f"target-by-{axis.replace('_', '-')}"] = _rates(axis, rates)
    if numbers.shift.height:
        found["shift"] = _shift(numbers.shift)
    if measured := [s for s in numbers.shortcuts if s.auc is not None]:
        found["shortcuts"] = _shortcuts(measured)
    return {name: Drawn(name, *made) for name, made in found.items()}


def _short(label: str) -> str:
    lines = label.splitlines()
    return "\n".join(x if len(x) <= _LONGEST else f"{x[: _LONGEST - 1]}…" for x in lines)


def _rows(axes: Any, labels: Sequence[str]) -> Any:
    """Name the rows of a horizontal figure from the top; gives their places."""
    places = np.arange(len(labels))
    axes.set_yticks(places, [_short(label) for label in labels])
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    return places


def _by_hundred(axes: Any) -> None:
    axes.xaxis.set_major_formatter("{x:g} %")


def _rates(axis: str, rates: pl.DataFrame) -> tuple[str, bytes]:
    """How many images each value has, and how often they are positive."""
    label = f"Images and share of positives by {TITLES[axis]}"
    with drawing(_WIDE, 1.0 + 0.29 * rates.height, label, png=True) as canvas:
        left, right = canvas.figure.subplots(1, 2, sharey=True, width_ratios=[1, 1.7])
        places = _rows(left, rates["value"].to_list())
        left.barh(places, rates["images"], color=QUIET, height=0.6)
        left.set(xlabel="images")
        left.xaxis.set_major_formatter(_thousands)
        left.xaxis.set_major_locator(_few_ticks())
        share, low, high = (100 * rates[name].to_numpy() for name in ("share", "low", "high"))
        overall = 100 * float(np.average(rates["share"], weights=rates["images"]))
        right.axvline(overall, color=WARM, lw=1.2, ls="--")
        right.errorbar(
            share, places, xerr=[share - low, high - share], fmt="o", ms=5, lw=1.6, color=MAIN
        )
        right.set(xlabel="positive, with 95 % interval", xlim=(0, _limit(share, high, overall)))
        right.grid(visible=False, axis="y")
        right.tick_params(axis="y", length=0)
        _by_hundred(right)
        right.set_title(f"dashed: all, {overall:.1f} %", fontsize=8.5, color=WARM, loc="right")
    return canvas.svg, canvas.png


def _limit(share: Any, high: Any, overall: float) -> float:
    """The end of the axis: whole intervals, unless one of few images would squeeze the rest."""
    wanted = max(float(share.max()) * 2.5, overall * 1.5, 1e-3)
    return float(min(max(high.max() * 1.04, overall * 1.2), wanted, 102))


def _thousands(value: float, _: object) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if value >= 1e3 else f"{value:g}"


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=3, integer=True)


def _grouped(axes: Any, frame: pl.DataFrame, rows: str, values: str) -> None:
    """Draw a bar for each row and split, of percentages."""
    names = frame[rows].unique(maintain_order=True).to_list()
    splits = [split for split in _SPLITS if split in frame["split"]]
    places, thick = _rows(axes, names), 0.76 / len(splits)
    for number, split in enumerate(splits):
        own = dict(frame.filter(pl.col("split") == split).select(rows, values).iter_rows())
        shift = (number - (len(splits) - 1) / 2) * thick
        bars = [100 * own.get(name, 0.0) for name in names]
        axes.barh(places + shift, bars, height=thick, color=_SPLITS[split], label=split)
    axes.set_xlim(0, None)
    _by_hundred(axes)


def _partly(missing: pl.DataFrame) -> pl.DataFrame:
    """The columns of which some split lacks some values: what it lacks altogether needs no bar."""
    some = (pl.col("missing") > 0) & (pl.col("missing") < pl.col("images"))
    return missing.filter(some.any().over("column"))


def _missing(missing: pl.DataFrame) -> tuple[str, bytes]:
    lacking = _partly(missing)
    rows = lacking["column"].n_unique()
    with drawing(_WIDE, 1.1 + 0.36 * rows, "Missing values by column", png=True) as canvas:
        axes = canvas.figure.add_subplot()
        _grouped(axes, lacking, "column", "share")
        axes.set(xlabel="missing, of the images of the split")
        canvas.figure.legend(loc="outside upper right", ncols=3, fontsize=8.5)
    return canvas.svg, canvas.png


def _patients(patients: pl.DataFrame) -> tuple[str, bytes]:
    order = {name: place for place, name in enumerate(ORDERED[PATIENT_BAND])}
    rows = patients.sort(pl.col("value").replace_strict(order, return_dtype=pl.Int64))
    height = 1.1 + 0.36 * rows["value"].n_unique()
    with drawing(_WIDE, height, "Patients by how many images they have", png=True) as canvas:
        axes = canvas.figure.add_subplot()
        _grouped(axes, rows, "value", "share")
        axes.set(xlabel="patients of the split", ylabel="images of one patient")
        canvas.figure.legend(loc="outside upper right", ncols=3, fontsize=8.5)
    return canvas.svg, canvas.png


def _shift(shift: pl.DataFrame) -> tuple[str, bytes]:
    label = "Distance between train and test by column"
    with drawing(_WIDE, 1.1 + 0.32 * shift.height, label, png=True) as canvas:
        axes = canvas.figure.add_subplot()
        places = _rows(axes, [TITLES[name].partition(",")[0] for name in shift["column"]])
        colors = [WARM if moved else QUIET for moved in shift["shifted"]]
        axes.barh(places, 100 * shift["distance"], color=colors, height=0.6)
        axes.plot(
            100 * shift["chance"], places, "|", ms=13, mew=2, color=MAIN, label="by chance at most"
        )
        axes.set(xlabel="distance, of the images", xlim=(0, None))
        _by_hundred(axes)
        canvas.figure.legend(loc="outside upper right", fontsize=8.5)
    return canvas.svg, canvas.png


def _shortcuts(measured: Sequence[Shortcut]) -> tuple[str, bytes]:
    label = "Cross-validated AUC without a look at a picture"
    with drawing(_WIDE, 1.0 + 0.36 * len(measured), label, png=True) as canvas:
        axes = canvas.figure.add_subplot()
        places = _rows(axes, [shortcut.name.replace(" + ", " +\n") for shortcut in measured])
        values = np.array([[s.auc, s.low, s.high] for s in measured], dtype=np.float64)
        middle, low, high = values.T
        off = [np.maximum(middle - low, 0), np.maximum(high - middle, 0)]
        axes.axvspan(0, 0.5, color=GRID, alpha=0.5, lw=0)
        axes.errorbar(middle, places, xerr=off, fmt="o", ms=6, lw=1.8, color=MAIN)
        for place, value, end in zip(places, middle, np.maximum(middle, high), strict=True):
            axes.text(end + 0.01, place, f"{value:.2f}", va="center", fontsize=9)
        axes.set(xlim=(min(0.45, float(low.min()) - 0.02), 1.0))
        axes.set(xlabel="AUC, with 95 % interval (0.5: nothing)")
    return canvas.svg, canvas.png

"""The balance table as a picture: how far each category is off in each fold."""

import io
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mel.files import write_bytes
from mel.folds.proving.axes import WHOLE
from mel.folds.proving.balance import by_category

if TYPE_CHECKING:
    from mel.folds.proving.findings import Audit

__all__ = ["draw"]

_INK, _SOFT, _QUIET, _BAD = "#1e293b", "#475569", "#64748b", "#b91c1c"
_CAP = 20.0  # per cent of deviation at which a colour is full
_STRONG = 0.6  # of that from which on the number is white
_ROW, _CELL, _NARROW = 0.22, 0.72, 0.42  # inches; narrow cells hold no number
_NOUGHT = 0.005  # per cent
_NUMBERED = 12  # folds up to which a cell holds its number
_LEFT, _RIGHT, _TOP, _FOOT = 3.45, 0.85, 1.0, 0.55  # inches around the cells
_LONGEST = 20  # characters of a category
_NARROWEST = 6.6  # inches
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.parse_math": False,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw(found: "Audit", path: Path, title: str = "") -> None:
    """Draw the deviation of each category in each fold, in per cent, as PNG into `path`.

    A row is a category with its total, a column a fold; blue has too few, red too many, white is
    even. Above stand `title` and the audit's verdict.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows, n_folds = by_category(found.balance), found.counts.height
    cells = n_folds * (_CELL if n_folds <= _NUMBERED else _NARROW)
    wide = max(_LEFT + cells + _RIGHT, _NARROWEST)
    high = _TOP + _ROW * rows.height + _FOOT
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(wide, high), dpi=150)
        place = (_LEFT / wide, _FOOT / high, cells / wide, _ROW * rows.height / high)
        axes = figure.add_axes(place)
        _cells(axes, rows, n_folds)
        _labels(axes, rows)
        _part(axes, rows, n_folds)
        _words(figure, found, title, (wide, high))
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
    write_bytes(path, buffer.getvalue())


def _cells(axes: Any, rows: pl.DataFrame, n_folds: int) -> None:
    off = rows.select(f"deviation_{fold}" for fold in range(n_folds)).to_numpy() * 100
    axes.imshow(np.clip(off, -_CAP, _CAP), cmap="RdBu_r", vmin=-_CAP, vmax=_CAP, aspect="auto")
    axes.tick_params(length=0)
    axes.set_xticks(range(n_folds), [_fold(n, n_folds) for n in range(n_folds)])
    axes.xaxis.tick_top()
    for (y, x), value in np.ndenumerate(off if n_folds <= _NUMBERED else off[:, :0]):
        colour = "white" if abs(value) > _STRONG * _CAP else _INK
        text = {"ha": "center", "va": "center", "fontsize": 7.5}
        axes.text(x, y, _signed(value), color=colour, **text)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _fold(number: int, n_folds: int) -> str:
    return f"fold {number}" if n_folds <= _NUMBERED or not number else str(number)


def _signed(value: float) -> str:
    """Write per cent with a sign.

    >>> _signed(-0.04), _signed(12.34), _signed(0.0), _signed(269.2)
    ('−0.04', '+12', '0', '+269')
    """
    if abs(value) < _NOUGHT:
        return "0"
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 0.1 else 2
    return f"{value:+.{digits}f}".replace("-", "\u2212")


def _labels(axes: Any, rows: pl.DataFrame) -> None:
    names = rows.select("axis", "category", "unit", "total", "worst").rows()
    axes.set_yticks([])
    before = ""
    for y, (axis, category, unit, total, worst) in enumerate(names):
        style = {"va": "center", "clip_on": False, "transform": axes.get_yaxis_transform()}
        left = axes.get_window_extent().width / 150  # inches
        if axis != before:
            axes.text(-(_LEFT - 0.15) / left, y, axis, weight="bold", **style)
        if category != WHOLE:
            axes.text(-1.75 / left, y, _cut(category), **style)
        count = f"{total:,} {unit}" if category == WHOLE else f"{total:,}"
        axes.text(-0.1 / left, y, count, ha="right", color=_QUIET, **style)
        axes.text(1 + 0.1 / left, y, f"{100 * worst:.1f} %", **style)
        before = axis
    axes.text(1 + 0.1 / left, -0.62, "largest", va="bottom", transform=axes.get_yaxis_transform())


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _part(axes: Any, rows: pl.DataFrame, n_folds: int) -> None:
    """Draw white lines between cells, wider ones between axes."""
    names = rows["axis"].to_list()
    for y in range(1, rows.height):
        wide = 4.0 if names[y] != names[y - 1] else 0.8
        axes.axhline(y - 0.5, color="white", lw=wide)
    for x in range(1, n_folds):
        axes.axvline(x - 0.5, color="white", lw=0.8)


def _words(figure: Any, found: "Audit", title: str, size: tuple[float, float]) -> None:
    wide, high = size
    median, largest = found.deviation
    left, columns = 0.15 / wide, int(wide * 13.5)
    lines = textwrap.wrap(found.verdict, columns, max_lines=2, placeholder=" …")
    colour = _INK if found.ok else _BAD
    figure.text(
        left, 1 - 0.12 / high, title or "Balance of the folds", va="top", size=11, weight="bold"
    )
    figure.text(left, 1 - 0.38 / high, "\n".join(lines), va="top", color=colour)
    foot = (
        f"Cells: count of a fold against the mean of all folds, in per cent (colours end at "
        f"±{_CAP:.0f}). Largest: of any fold. Median over the categories "
        f"{100 * median:.2f}\N{NO-BREAK SPACE}%, largest {100 * largest:.1f}\N{NO-BREAK SPACE}%."
    )
    figure.text(left, 0.1 / high, "\n".join(textwrap.wrap(foot, columns)), va="bottom", color=_SOFT)

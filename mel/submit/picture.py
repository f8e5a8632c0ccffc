"""CV against leaderboard as a picture."""

from pathlib import Path
from typing import Any

import polars as pl

from mel.errors import MelError
from mel.files import write_bytes
from mel.report.drawing import GRID, MAIN, QUIET, WARM, drawing
from mel.submit.agreement import agreement, listed
from mel.submit.labels import place_labels

__all__ = ["plot"]

_NAMED = 12  # submissions; of more, only the best are named
_LONGEST = 22  # characters of a name
_SIDES = (("public", MAIN, "o"), ("private", WARM, "D"))


def plot(frame: pl.DataFrame, path: Path | str) -> Path:
    """Draw the submissions of `mel.submit.list` as PNG: CV across, leaderboard up; give the path.

    Of 1152 x 800 pixels.

    Raises MelError where none has both, for a frame of something else, and for a `path` that does
    not end in .png.

    >>> scores = {"cv": [0.91, 0.93], "public": [0.92, 0.95], "name": ["a", "b"]}
    >>> more = dict.fromkeys(["cv_low", "cv_high", "private", "rows", "images"])
    >>> place = plot(pl.DataFrame(scores | more), "work/plot.png")
    >>> place.read_bytes()[1:4]
    b'PNG'
    """
    place = Path(path)
    if place.suffix.lower() != ".png":
        raise MelError(f"{place}: the plot is a PNG; give a file that ends in .png")
    listed(frame, "name", "cv", "public", "private")
    known = frame.filter(pl.col("cv").is_not_null() & pl.col("public").is_not_null())
    if not known.height:
        raise MelError("submit list: nothing to draw: no submission has a CV and a public score")
    with drawing(7.2, 5.0, "CV against leaderboard", png=True) as canvas:
        _draw(canvas.figure, frame, known)
    write_bytes(place, canvas.png)
    return place


def _draw(figure: Any, frame: pl.DataFrame, known: pl.DataFrame) -> list[Any]:
    """Draw all of it; give the names' texts, which come last, as they keep off all else."""
    axes = figure.add_subplot()
    _interval(axes, known)
    for side, colour, mark in _SIDES:
        _points(axes, known, side, colour, mark)
    _diagonal(axes)
    axes.set_xlabel("AUC by cross-validation, with its 95 % interval")
    axes.set_ylabel("score on the leaderboard")
    _title(axes, frame)
    legend = axes.legend(loc="best", framealpha=0.9, frameon=True, edgecolor=GRID)
    return _names(axes, known, legend)


def _interval(axes: Any, known: pl.DataFrame) -> None:
    whole = known.drop_nulls(["cv_low", "cv_high"])
    for cv, low, high, public in whole.select("cv", "cv_low", "cv_high", "public").rows():
        axes.plot([low, high], [public, public], color=QUIET, lw=1, alpha=0.6, zorder=1)
        axes.plot([cv], [public], "|", color=QUIET, zorder=1)


def _points(axes: Any, known: pl.DataFrame, side: str, colour: str, mark: str) -> None:
    some = known.drop_nulls([side])
    if some.height:
        fill = colour if side == "public" else "white"
        style = {"s": 44, "marker": mark, "facecolor": fill, "edgecolor": colour, "zorder": 3}
        axes.scatter(some["cv"].to_list(), some[side].to_list(), label=side, **style)


def _diagonal(axes: Any) -> None:
    """Draw where both are the same, as far as both axes reach."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    start, end = max(left, low), min(right, high)
    if start < end:
        axes.plot([start, end], [start, end], "--", color=QUIET, lw=1, label="the same", zorder=0)
        axes.set_xlim(left, right)
        axes.set_ylim(low, high)


def _names(axes: Any, known: pl.DataFrame, legend: Any) -> list[Any]:
    named = known.sort("public", "name", descending=[True, False]).head(_NAMED)
    short = [n if len(n) <= _LONGEST else f"{n[: _LONGEST - 1]}…" for n in named["name"]]
    marks = [pair for s, *_ in _SIDES for pair in known.drop_nulls([s]).select("cv", s).iter_rows()]
    points = zip(short, named["cv"], named["public"], strict=True)
    return place_labels(axes, list(points), marks, [legend])


def _title(axes: Any, frame: pl.DataFrame) -> None:
    lines = [f"Rank correlation of CV and public score: {agreement(frame)}"]
    if agreement(frame, "private").points:
        lines.append(f"of CV and private score: {agreement(frame, 'private')}")
    axes.set_title("\n".join(lines), loc="left", fontsize=9.5)

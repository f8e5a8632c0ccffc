"""Names beside the points of a picture, none upon another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import dist
from typing import Any

from mel.report.drawing import INK

__all__ = ["place_labels"]

_SIZE = 8  # of the letters, in points
_MARK = 4.5  # half of a marker, with some air, in points
_STEP = 7.0  # points between two distances that are tried
_TRIES = 16
_NEAR = 1  # distances at which no line is needed to see whose name it is

_DOUBT = 30.0  # square points that a name may overlap with, rather than be taken for another's
_AIR = 1.0  # points that another mark must be further away

_Place = tuple[float, float]
_Box = tuple[float, float, float, float]  # left, bottom, right, top in points


def place_labels(
    axes: Any,
    named: Sequence[tuple[str, float, float]],
    marks: Sequence[tuple[float, float]],
    kept: Sequence[Any] = (),
) -> list[Any]:
    """Write names (text, x, y) near their points; give the texts, in the order of `named`.

    No text lies upon another, upon one of `marks` (x, y) or upon a drawn thing of `kept`, such as
    the legend, as long as there is room within the axes; one that stands apart, or nearer to
    another mark, gets a line to its point. Call it when all else is drawn: what moves the axes
    later moves the points too.
    """
    axes.figure.draw_without_rendering()  # lays out, so that places are known
    scale = 72 / axes.figure.dpi
    sheet = _Sheet(
        _points(axes.get_window_extent(), scale),
        [_place(axes, x, y, scale) for x, y in marks],
        [_points(thing.get_window_extent(), scale) for thing in kept],
    )
    made = {}
    for number in sorted(range(len(named)), key=lambda n: (-named[n][2], named[n][1], named[n][0])):
        text, x, y = named[number]
        made[number] = _write(axes, text, (x, y), _place(axes, x, y, scale), sheet)
    return [made[number] for number in range(len(named))]


@dataclass(frozen=True)
class _Sheet:
    """What is in the way, in points: the axes' frame, the marks' middles, boxes that are taken."""

    frame: _Box
    marks: list[_Place]
    taken: list[_Box]

    def cost(self, box: _Box, place: _Place) -> float:
        """Give the area that is in the way, and more where it seems to belong to another mark."""
        whole = (box[2] - box[0]) * (box[3] - box[1])
        marks = ((x - _MARK, y - _MARK, x + _MARK, y + _MARK) for x, y in self.marks)
        lost = whole - _common(box, self.frame)
        lost += sum(_common(box, other) for other in (*marks, *self.taken))
        return lost + (_DOUBT if self.is_doubtful(box, place) else 0.0)

    def is_doubtful(self, box: _Box, place: _Place) -> bool:
        """Tell whether another mark than the one at `place` is as near to a box."""
        own = dist(place, _nearest(box, place)) + _AIR
        others = (mark for mark in self.marks if dist(mark, place) > 1e-6)
        return any(dist(mark, _nearest(box, mark)) < own for mark in others)


def _write(axes: Any, text: str, at: tuple[float, float], place: _Place, sheet: _Sheet) -> Any:
    """Write one name where the least is in its way, and take its place."""
    from matplotlib.patheffects import withStroke

    made = axes.annotate(
        text, at, (0, 0), textcoords="offset points", fontsize=_SIZE, color=INK, zorder=5
    )
    made.set(path_effects=[withStroke(linewidth=2.5, foreground="white")], in_layout=False)
    left, low, right, top = _points(made.get_window_extent(), 72 / axes.figure.dpi)
    places = _around(place, right - left, top - low)
    ring, box = min(places, key=lambda found: sheet.cost(found[1], place) + found[0])
    made.set_position((box[0] - place[0], box[1] - place[1]))
    if ring > _NEAR or sheet.is_doubtful(box, place):
        _join(axes, at, place, box)
    sheet.taken.append(box)
    return made


def _join(axes: Any, at: tuple[float, float], place: _Place, box: _Box) -> None:
    """Draw a line from a point to its name."""
    x, y = _nearest(box, place)
    line = {"arrowstyle": "-", "color": INK, "lw": 0.6, "shrinkA": 0, "shrinkB": 3}
    axes.annotate(
        "", at, (x - place[0], y - place[1]), textcoords="offset points", arrowprops=line, zorder=2
    )


def _around(place: _Place, wide: float, high: float) -> Iterator[tuple[int, _Box]]:
    """Give places around a point, the nearest and those at its right first."""
    x, y = place
    for ring in range(_TRIES):
        away = _MARK + 0.5 + ring * _STEP
        for up, side in product((0.6, 0.0, -0.6, 1.0, -1.0), (1, -1, 0)):
            if side or abs(up) == 1.0:
                left = x + (away if side > 0 else -away - wide if side < 0 else -wide / 2)
                low = y + up * away - high / 2 + (up > 0) * high / 2 - (up < 0) * high / 2
                yield ring, (left, low, left + wide, low + high)


def _nearest(box: _Box, place: _Place) -> _Place:
    """Give the point of a box that is nearest to a place."""
    x, y = place
    return min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])


def _common(one: _Box, other: _Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)


def _place(axes: Any, x: float, y: float, scale: float) -> _Place:
    across, up = axes.transData.transform((x, y))
    return float(across * scale), float(up * scale)


def _points(extent: Any, scale: float) -> _Box:
    left, low, right, top = (float(value * scale) for value in extent.extents)
    return left, low, right, top

"""What the model is worth: its ROC curve, its reliability, AUCs with their intervals."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mel.app.drawing.ink import COOL, LINE, SOFT, WARM, rule, svg, text

__all__ = ["curve", "forest", "reliability"]

_ENDS = (0.04, 0.08, 0.2, 0.4, 0.6, 0.8)  # of axes in quarters: round figures
_SIDE = 350  # of a square plot, its words included


def curve(roc: Mapping[str, Sequence[float]], point: tuple[float, float] | None = None) -> str:
    """Draw a ROC curve, with the operating point (1 - specificity, sensitivity) on it."""
    pairs = list(zip(roc["false_positive_rate"], roc["sensitivity"], strict=True))
    parts = [*_square("share of harmless moles that raise an alarm", "share of melanomas found")]
    parts.append(rule(*_xy(0, 0), *_xy(1, 1), LINE + ' stroke-dasharray="4 4"'))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_xy(*pair) for pair in pairs))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{COOL}" stroke-width="2.5"/>')
    if point is not None:
        x, y = _xy(*point)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{WARM}"/>')
        parts.append(text(x + 10, y + 16, "alarm line", "start"))
    return svg(_SIDE, _SIDE, "ROC curve of honest out-of-fold scores", parts)


def reliability(found: Mapping[str, Any]) -> str:
    """Draw probabilities that were said against shares that were seen, with their intervals."""
    rows = list(zip(*(found[name] for name in ("said", "seen", "low", "high")), strict=True))
    most = max(max(said, high) for said, _, _, high in rows)
    most = next((end for end in _ENDS if end >= most), 1.0)
    parts = [*_square("risk that was said", "share that was melanoma", most)]
    parts.append(rule(*_xy(0, 0), *_xy(1, 1), LINE + ' stroke-dasharray="4 4"'))
    for said, seen, low, high in rows:
        x, y = _xy(said / most, seen / most)
        top, bottom = (_xy(0, end / most)[1] for end in (high, low))
        parts.append(rule(x, top, x, bottom, f'stroke="{COOL}" stroke-width="2" opacity=".5"'))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{COOL}"/>')
    return svg(_SIDE, _SIDE, "Reliability: probabilities said, and shares seen", parts)


def _square(below: str, beside: str, most: float = 1.0) -> list[str]:
    """Give the frame of a plot from 0 to `most`, with ticks in percent and words at its axes."""
    found = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        (x, bottom), (left, y) = _xy(tick, 0), _xy(0, tick)
        found += [rule(x, bottom, x, _xy(0, 1)[1]), rule(left, y, _xy(1, 0)[0], y)]
        shown = f"{100 * most * tick:.{1 if most < 0.1 else 0}f} %"
        found += [text(x, bottom + 18, shown), text(left - 6, y + 4, shown, "end")]
    across, down = _xy(0.5, 0.5)
    turned = f'{SOFT} transform="rotate(-90 12 {down:.1f})"'
    return [*found, text(across, _SIDE - 6, below), text(12, down, beside, "middle", turned)]


def _xy(x: float, y: float) -> tuple[float, float]:
    return 66 + (_SIDE - 90) * x, _SIDE - 48 - (_SIDE - 58) * y


def forest(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Draw AUCs with their intervals, a row a group: label, value, low, high."""
    width, row, left = 400, 26, 178
    least = min([low for _, _, low, _ in rows] + [0.5])
    start = math.floor(10 * least) / 10

    def at(value: float) -> float:
        return left + (width - left - 62) * (value - start) / (1 - start)

    parts = []
    for k in range(round(10 * (1 - start)) + 1):
        x = at(start + k / 10)
        parts += [rule(x, 0, x, row * len(rows) + 2)]
        parts += [text(x, row * len(rows) + 18, f"{start + k / 10:.1f}")] * (k % 2 == 0)
    for number, (label, value, low, high) in enumerate(rows):
        y = row * number + 13
        shown = label if len(label) <= 25 else f"{label[:24]}…"
        parts += [
            text(left - 10, y + 4, shown, "end", 'fill="currentColor"'),
            rule(at(low), y, at(high), y, f'stroke="{COOL}" stroke-width="3" opacity=".45"'),
            f'<circle cx="{at(value):.1f}" cy="{y}" r="4.5" fill="{COOL}"/>',
            text(width, y + 4, f"{value:.3f}", "end", 'fill="currentColor"'),
        ]
    parts.append(text(at((1 + start) / 2), row * len(rows) + 35, "AUC; 0.5 is a guess"))
    said = "; ".join(
        f"{label} {value:.3f} ({low:.3f} to {high:.3f})" for label, value, low, high in rows
    )
    return svg(width, row * len(rows) + 40, f"AUC: {said}", parts)

"""Small drawings as inline SVG: they take the page's own ink, so dark and light both fit."""

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mel.app.findings import Part
from mel.app.wording import percent

__all__ = ["bars", "curve", "forest", "pictured", "reliability", "scale"]

_WARM, _COOL = "#d97706", "#0d9488"
_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9)
_SOFT = 'fill="currentColor" opacity=".72"'
_LINE = 'stroke="currentColor" stroke-opacity=".25"'
_FONT = "system-ui, Segoe UI, Roboto, DejaVu Sans, sans-serif"
_CHARACTER = 6.9  # pixels of a character of 13 pixels


def pictured(svg: str, *, dark: bool) -> str:
    """Give a drawing as a picture, for a page that lets no drawing in; its label is the picture's.

    A picture does not know the page's ink: it is that of a dark or a light page.
    """
    label = svg[svg.index('aria-label="') + 12 :].partition('"')[0]
    width = svg[svg.index("max-width:") + 10 :].partition("px")[0]
    inked = svg.replace("currentColor", "#e5eaf1" if dark else "#1e293b")
    source = base64.b64encode(inked.encode()).decode()
    return (
        f'<img class="mel-drawing" style="max-width:{width}px" alt="{label}" '
        f'src="data:image/svg+xml;base64,{source}">'
    )


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-size="13" font-family="{_FONT}" '
        f'style="width:100%;height:auto;'
        f'max-width:{width * 1.2:.0f}px;display:block">{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, text: str, anchor: str = "middle", more: str = _SOFT) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float, more: str = _LINE) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'


def scale(
    probability: float, low: float, high: float, line: float, usual: float, alarm: bool
) -> str:
    """Draw a risk on a scale of odds: its spread, the alarm line and the training average."""
    width, y = 350, 44

    def at(share: float) -> float:
        ends = [math.log(p / (1 - p)) for p in (0.0005, 0.97)]
        kept = min(max(share, 0.0005), 0.97)
        return 12 + (width - 24) * (math.log(kept / (1 - kept)) - ends[0]) / (ends[1] - ends[0])

    colour = _WARM if alarm else _COOL
    parts = [f'<rect x="12" y="{y - 4}" width="{width - 24}" height="8" rx="4" '
             'fill="currentColor" opacity=".1"/>']  # fmt: skip
    for tick in _TICKS:
        parts += [_rule(at(tick), y + 6, at(tick), y + 11)]
        parts += [_text(at(tick), y + 24, f"{100 * tick:g} %")]
    for share in (usual, line):
        parts.append(_rule(at(share), y - 14, at(share), y + 6, 'stroke="currentColor" '
                           'stroke-width="1.5" stroke-dasharray="3 2"'))  # fmt: skip
    parts += _apart([(at(usual), "average"), (at(line), "alarm line")], y - 20, width)
    left, right = at(low), max(at(high), at(low) + 2)
    parts.append(f'<rect x="{left:.1f}" y="{y - 5}" width="{right - left:.1f}" height="10" rx="5" '
                 f'fill="{colour}" opacity=".45"/>')  # fmt: skip
    parts.append(f'<circle cx="{at(probability):.1f}" cy="{y}" r="8" fill="{colour}" '
                 'stroke="#fff" stroke-width="2"/>')  # fmt: skip
    label = (
        f"Risk {percent(probability)}, folds from {percent(low)} to {percent(high)}; alarm line at "
        f"{percent(line)}, average of the training pictures {percent(usual)}"
    )
    return _svg(width, 74, label, parts)


def _apart(labels: Sequence[tuple[float, str]], y: float, width: int) -> list[str]:
    """Write two labels over a scale so that they do not cover each other."""
    (x1, one), (x2, two) = sorted(labels)
    need = _CHARACTER * (len(one) + len(two)) / 2 + 8
    if x2 - x1 >= need:
        return [_text(x1, y, one), _text(x2, y, two)]
    ends = [_text(x1 - 5, y, one, "end"), _text(x2 + 5, y, two, "start")]
    if x1 < _CHARACTER * len(one) + 4:
        return [_text(4, y, f"{one}, {two}", "start")]
    if width - x2 < _CHARACTER * len(two) + 4:
        return [_text(width - 4, y, f"{one}, {two}", "end")]
    return ends


def bars(parts: Sequence[Part]) -> str:
    """Draw what each member adds, left down and right up, with its own percentile."""
    width, row = 350, 40
    most = max([abs(part.push) for part in parts] + [0.05])
    middle, reach = width / 2, width / 2 - 48
    drawn = []
    for number, part in enumerate(parts):
        y = row * number
        long = reach * abs(part.push) / most
        colour, left = (_WARM, middle) if part.push > 0 else (_COOL, middle - long)
        words = f"{'+' if part.push >= 0 else '−'}{abs(part.push):.2f}"
        end = middle + (long + 6 if part.push >= 0 else -long - 6)
        drawn += [
            _rule(middle, y + 17, middle, y + 33),
            _text(0, y + 13, part.label, "start", 'fill="currentColor"'),
            _text(width, y + 13, f"percentile {100 * part.place:.0f}", "end"),
            f'<rect x="{left:.1f}" y="{y + 19}" width="{max(long, 1):.1f}" height="12" rx="3" '
            f'fill="{colour}"/>',
            _text(end, y + 29, words, "start" if part.push >= 0 else "end"),
        ]
    said = "; ".join(f"{p.label} {p.push:+.2f}, percentile {100 * p.place:.0f}" for p in parts)
    return _svg(width, row * max(len(parts), 1), f"Contributions to the score: {said}", drawn)


def curve(roc: Mapping[str, Sequence[float]], point: tuple[float, float] | None = None) -> str:
    """Draw a ROC curve, with the operating point (1 - specificity, sensitivity) on it."""
    pairs = list(zip(roc["false_positive_rate"], roc["sensitivity"], strict=True))
    parts = [*_square("share of harmless moles that raise an alarm", "share of melanomas found")]
    parts.append(_rule(*_xy(0, 0), *_xy(1, 1), _LINE + ' stroke-dasharray="4 4"'))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_xy(*pair) for pair in pairs))
    parts.append(f'<polyline points="{path}" fill="none" stroke="{_COOL}" stroke-width="2.5"/>')
    if point is not None:
        x, y = _xy(*point)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{_WARM}"/>')
        parts.append(_text(x + 10, y + 16, "alarm line", "start"))
    return _svg(330, 320, "ROC curve of honest out-of-fold scores", parts)


def reliability(found: Mapping[str, Any]) -> str:
    """Draw probabilities that were said against shares that were seen, with their intervals."""
    rows = list(zip(*(found[name] for name in ("said", "seen", "low", "high")), strict=True))
    most = max([max(said, high) for said, _, _, high in rows] + [0.05])
    parts = [*_square(f"probability said (axes to {percent(most)})", "share that was melanoma")]
    parts.append(_rule(*_xy(0, 0), *_xy(1, 1), _LINE + ' stroke-dasharray="4 4"'))
    for said, seen, low, high in rows:
        x, y = _xy(said / most, seen / most)
        top, bottom = (_xy(0, end / most)[1] for end in (high, low))
        parts.append(_rule(x, top, x, bottom, f'stroke="{_COOL}" stroke-width="2" opacity=".5"'))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{_COOL}"/>')
    return _svg(330, 320, "Reliability: probabilities said, and shares seen", parts)


def _square(below: str, beside: str) -> list[str]:
    """Give the frame of a plot from 0 to 1, with words at its axes."""
    found = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        (x, bottom), (left, y) = _xy(tick, 0), _xy(0, tick)
        found += [_rule(x, bottom, x, 8), _rule(left, y, _xy(1, 0)[0], y)]
    middle = _xy(0.5, 0.5)
    turned = f'{_SOFT} transform="rotate(-90 14 {middle[1]:.1f})"'
    return [
        *found,
        _text(middle[0], 312, below),
        _text(14, middle[1], beside, "middle", turned),
    ]


def _xy(x: float, y: float) -> tuple[float, float]:
    return 30 + 288 * x, 294 - 286 * y


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
        parts += [_rule(x, 0, x, row * len(rows) + 2)]
        parts += [_text(x, row * len(rows) + 18, f"{start + k / 10:.1f}")] * (k % 2 == 0)
    for number, (label, value, low, high) in enumerate(rows):
        y = row * number + 13
        shown = label if len(label) <= 25 else f"{label[:24]}…"
        parts += [
            _text(left - 10, y + 4, shown, "end", 'fill="currentColor"'),
            _rule(at(low), y, at(high), y, f'stroke="{_COOL}" stroke-width="3" opacity=".45"'),
            f'<circle cx="{at(value):.1f}" cy="{y}" r="4.5" fill="{_COOL}"/>',
            _text(width, y + 4, f"{value:.3f}", "end", 'fill="currentColor"'),
        ]
    said = "; ".join(
        f"{label} {value:.3f} ({low:.3f} to {high:.3f})" for label, value, low, high in rows
    )
    return _svg(width, row * len(rows) + 24, f"AUC: {said}", parts)

"""One mole's risk on a scale, and what each part of the ensemble adds to it."""

import math
from collections.abc import Sequence

from mel.app.drawing.ink import CHARACTER, COOL, WARM, rule, svg, text
from mel.app.figures import percent
from mel.app.findings import Finding, Part
from mel.app.model import Model

__all__ = ["bars", "drawn", "scale"]

_TICKS = (0.001, 0.01, 0.1, 0.5, 0.9)


def drawn(model: Model, one: Finding) -> str:
    """Draw a mole's risk on its scale."""
    line, usual = model.points[one.variant].probability, model.calibrations[one.variant].used_at
    return scale(one.probability, one.low, one.high, line, usual, one.alarm)


def scale(
    probability: float, low: float, high: float, line: float, usual: float, alarm: bool
) -> str:
    """Draw a risk on a scale of odds: its spread, the alarm line and the training average."""
    width, y = 350, 44

    def at(share: float) -> float:
        ends = [math.log(p / (1 - p)) for p in (0.0005, 0.97)]
        kept = min(max(share, 0.0005), 0.97)
        return 12 + (width - 24) * (math.log(kept / (1 - kept)) - ends[0]) / (ends[1] - ends[0])

    colour = WARM if alarm else COOL
    parts = [f'<rect x="12" y="{y - 4}" width="{width - 24}" height="8" rx="4" '
             'fill="currentColor" opacity=".1"/>']  # fmt: skip
    for tick in _TICKS:
        parts += [rule(at(tick), y + 6, at(tick), y + 11)]
        parts += [text(at(tick), y + 24, f"{100 * tick:g} %")]
    for share in (usual, line):
        parts.append(rule(at(share), y - 14, at(share), y + 6, 'stroke="currentColor" '
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
    return svg(width, 74, label, parts)


def _apart(labels: Sequence[tuple[float, str]], y: float, width: int) -> list[str]:
    """Write two labels over a scale so that they do not cover each other."""
    (x1, one), (x2, two) = sorted(labels)
    need = CHARACTER * (len(one) + len(two)) / 2 + 8
    if x2 - x1 >= need:
        return [text(x1, y, one), text(x2, y, two)]
    ends = [text(x1 - 5, y, one, "end"), text(x2 + 5, y, two, "start")]
    if x1 < CHARACTER * len(one) + 4:
        return [text(4, y, f"{one}, {two}", "start")]
    if width - x2 < CHARACTER * len(two) + 4:
        return [text(width - 4, y, f"{one}, {two}", "end")]
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
        colour, left = (WARM, middle) if part.push > 0 else (COOL, middle - long)
        words = f"{'+' if part.push >= 0 else '−'}{abs(part.push):.2f}"
        end = middle + (long + 6 if part.push >= 0 else -long - 6)
        drawn += [
            rule(middle, y + 17, middle, y + 33),
            text(0, y + 13, part.label, "start", 'fill="currentColor"'),
            text(width, y + 13, f"percentile {100 * part.place:.0f}", "end"),
            f'<rect x="{left:.1f}" y="{y + 19}" width="{max(long, 1):.1f}" height="12" rx="3" '
            f'fill="{colour}"/>',
            text(end, y + 29, words, "start" if part.push >= 0 else "end"),
        ]
    said = "; ".join(f"{p.label} {p.push:+.2f}, percentile {100 * p.place:.0f}" for p in parts)
    return svg(width, row * max(len(parts), 1), f"Contributions to the score: {said}", drawn)

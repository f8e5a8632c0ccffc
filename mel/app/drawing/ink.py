"""Pieces of a drawing as inline SVG: they take the page's own ink, so dark and light both fit."""

import base64
from collections.abc import Sequence
from html import escape

__all__ = ["CHARACTER", "COOL", "LINE", "SOFT", "WARM", "pictured", "rule", "svg", "text"]

WARM, COOL = "#d97706", "#0d9488"
SOFT = 'fill="currentColor" opacity=".72"'
LINE = 'stroke="currentColor" stroke-opacity=".25"'
CHARACTER = 6.9  # pixels of a character of 13 pixels
_FONT = "system-ui, Segoe UI, Roboto, DejaVu Sans, sans-serif"


def pictured(drawn: str, *, dark: bool) -> str:
    """Give a drawing as a picture, for a page that lets no drawing in; its label is the picture's.

    A picture does not know the page's ink: it is that of a dark or a light page.
    """
    label = drawn[drawn.index('aria-label="') + 12 :].partition('"')[0]
    width = drawn[drawn.index("max-width:") + 10 :].partition("px")[0]
    inked = drawn.replace("currentColor", "#e5eaf1" if dark else "#1e293b")
    source = base64.b64encode(inked.encode()).decode()
    return (
        f'<img class="mel-drawing" style="max-width:{width}px" alt="{label}" '
        f'src="data:image/svg+xml;base64,{source}">'
    )


def svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    """Put parts into a drawing; `label` says in words what is on it."""
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-size="13" font-family="{_FONT}" '
        f'style="width:100%;height:auto;'
        f'max-width:{width * 1.2:.0f}px;display:block">{"".join(parts)}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str = "middle", more: str = SOFT) -> str:
    """Write words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, more: str = LINE) -> str:
    """Draw a straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {more}/>'

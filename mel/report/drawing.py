"""A figure as inline SVG that needs nothing from outside the page, and as PNG beside it."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["BLUE", "GRID", "INK", "MAIN", "QUIET", "WARM", "Canvas", "drawing"]

MAIN, WARM, BLUE = "#0f766e", "#d97706", "#2563eb"
QUIET, INK, GRID = "#94a3b8", "#1e293b", "#e2e8f0"
_DOTS = 160  # of a PNG, an inch
_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "svg.hashsalt": "mel",
}


class Canvas:
    """A figure under way; its `svg`, and its `png` if that was asked for, once drawn."""

    def __init__(self, figure: Any) -> None:
        self.figure = figure
        self.svg = ""
        self.png = b""


@contextmanager
def drawing(width: float, height: float, label: str, *, png: bool = False) -> Iterator[Canvas]:
    """Give a canvas of `width` x `height` inches, drawn on leaving; `label` is for those who hear.

    The same drawing gives the same bytes. `label` goes into the page as it is; with `png` the
    canvas has the picture as bytes, too.

    >>> with drawing(2, 1, "A line") as canvas:
    ...     _ = canvas.figure.subplots().plot([0, 1])
    >>> canvas.svg[:35]
    '<svg role="img" aria-label="A line"'
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in a script the font lacks
        canvas = Canvas(Figure(figsize=(width, height), layout="constrained"))
        yield canvas
        canvas.figure.draw_without_rendering()
        canvas.figure.set_layout_engine("none")  # it is laid out: not again at each saving
        svg = _saved(canvas.figure, format="svg", transparent=True, metadata={"Date": None})
        if png:
            bare = {"Software": None}
            canvas.png = _saved(canvas.figure, format="png", dpi=_DOTS, metadata=bare)
    text = svg.decode()
    canvas.svg = text[text.index("<svg") :].replace(
        "<svg", f'<svg role="img" aria-label="{label}"', 1
    )


def _saved(figure: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, bbox_inches="tight", **how)  # long names are not cut
    return buffer.getvalue()

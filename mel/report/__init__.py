"""What every HTML report of mel looks like: the style, the pieces of a page, the drawings.

A page is one file that asks the network for nothing. Texts that come from data pass `escape`
before they reach a page; the pieces here take HTML and escape nothing.
"""

from mel.report.drawing import BLUE, GRID, INK, MAIN, QUIET, WARM, Canvas, drawing
from mel.report.exhibit import Exhibit
from mel.report.page import banner, card, definitions, document, number_cells, row, style

__all__ = [
    "BLUE",
    "GRID",
    "INK",
    "MAIN",
    "QUIET",
    "WARM",
    "Canvas",
    "Exhibit",
    "banner",
    "card",
    "definitions",
    "document",
    "drawing",
    "number_cells",
    "row",
    "style",
]

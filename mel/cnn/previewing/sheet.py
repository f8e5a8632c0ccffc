"""A sheet of pictures in labelled rows, drawn with Pillow."""

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Cell", "Row", "draw_sheet"]

_SIDE = 148  # pixels of one picture
_GAP, _MARGIN, _LABEL = 6, 24, 150
_CAPTION = 20  # pixels under a picture
_HEAD = 58
_INK, _PALE, _PAPER = "#1e293b", "#64748b", "#ffffff"


class Cell(NamedTuple):
    """A picture, uint8 `(s, s, 3)`, and what stands under it."""

    pixels: NDArray[np.uint8]
    caption: str


class Row(NamedTuple):
    """A change: its name, its strength, a picture without it and pictures with it."""

    title: str
    detail: str
    original: NDArray[np.uint8]
    cells: list[Cell]


def draw_sheet(title: str, rows: Sequence[Row], idle: Sequence[str]) -> Image.Image:
    """Draw rows under a title; `idle` names what is off, at the foot."""
    columns = 1 + max(len(row.cells) for row in rows)
    wide = 2 * _MARGIN + _LABEL + columns * (_SIDE + _GAP) + _GAP
    high = _HEAD + len(rows) * _pitch() + (2 * _MARGIN if idle else _MARGIN)
    page = Image.new("RGB", (wide, high), _PAPER)
    _write(page, (_MARGIN, _MARGIN), title, 19)
    for number, row in enumerate(rows):
        _draw_row(page, row, _HEAD + number * _pitch())
    if idle:
        text = f"off: {', '.join(idle)}"
        _write(page, (_MARGIN, _HEAD + len(rows) * _pitch()), text, 13, _PALE)
    return page


def _pitch() -> int:
    return _SIDE + _CAPTION + _GAP


def _draw_row(page: Image.Image, row: Row, top: int) -> None:
    _write(page, (_MARGIN, top + 4), row.title, 16)
    for line, text in enumerate(wrap(row.detail, 21)):
        _write(page, (_MARGIN, top + 28 + 17 * line), text, 13, _PALE)
    left = _MARGIN + _LABEL
    _draw_cell(page, Cell(row.original, "original"), left, top)
    for column, cell in enumerate(row.cells, start=1):
        _draw_cell(page, cell, left + column * (_SIDE + _GAP) + _GAP, top)


def _draw_cell(page: Image.Image, cell: Cell, left: int, top: int) -> None:
    image = Image.fromarray(cell.pixels).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    page.paste(image, (left, top))
    _write(page, (left, top + _SIDE + 2), cell.caption, 12, _PALE)


def _write(
    page: Image.Image, place: tuple[int, int], text: str, size: int, ink: str = _INK
) -> None:
    ImageDraw.Draw(page).text(place, text, fill=ink, font=ImageFont.load_default(size))

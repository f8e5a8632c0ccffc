"""A contact sheet: pairs of copies side by side, for a person to judge."""

import io
import textwrap
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mel.errors import MelError
from mel.images import decode

__all__ = ["Shown", "contact_sheet"]

_SIDE = 168  # pixels of one picture
_COLUMNS = 4  # pairs in a row
_GAP, _MARGIN, _LINE, _TEXT = 18, 24, 16, 12
_WIDE = 2 * _SIDE + 2
_INK, _PAPER, _RED = "#1e293b", "#ffffff", "#b91c1c"


class Shown(NamedTuple):
    """One pair: image references, what stands below, and why it is surprising, or ""."""

    one: str
    other: str
    caption: str
    note: str = ""


def contact_sheet(sections: Iterable[tuple[str, list[Shown]]]) -> bytes:
    """Draw titled sections of pairs as PNG; a section without pairs is left out.

    Of each picture the centred square is shown, which is what is compared. One that cannot be
    read is a grey square.
    """
    filled = [(title, pairs) for title, pairs in sections if pairs]
    wide = 2 * _MARGIN + _COLUMNS * (_WIDE + _GAP) - _GAP
    page = Image.new("RGB", (wide, 2 * _MARGIN + sum(_depth(pairs) for _, pairs in filled)), _PAPER)
    top = _MARGIN
    for title, pairs in filled:
        _write(page, _MARGIN, top, title, _INK, _TEXT + 3)
        for number, pair in enumerate(pairs):
            row, column = divmod(number, _COLUMNS)
            left = _MARGIN + column * (_WIDE + _GAP)
            _place(page, pair, left, top + 2 * _LINE + row * _height(pairs))
        top += _depth(pairs)
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def _height(pairs: list[Shown]) -> int:
    """Give the pixels of a row: with two lines for notes where there are any."""
    return _SIDE + _LINE * (3 if any(pair.note for pair in pairs) else 1) + _GAP


def _depth(pairs: list[Shown]) -> int:
    """Give the pixels of a section with its title."""
    return 2 * _LINE + -(-len(pairs) // _COLUMNS) * _height(pairs)


def _place(page: Image.Image, pair: Shown, left: int, top: int) -> None:
    for number, reference in enumerate((pair.one, pair.other)):
        page.paste(_picture(reference), (left + number * (_SIDE + 2), top))
    _write(page, left, top + _SIDE + 3, pair.caption, _INK, _TEXT)
    for line, text in enumerate(textwrap.wrap(pair.note, 56)[:2], start=1):
        _write(page, left, top + _SIDE + 3 + line * _LINE, text, _RED, _TEXT)


def _picture(reference: str) -> Image.Image:
    try:
        pixels = decode(reference, _SIDE)
    except MelError:
        pixels = np.full((_SIDE, _SIDE, 3), 128, np.uint8)
    return Image.fromarray(pixels)


def _write(page: Image.Image, left: int, top: int, text: str, ink: str, size: int) -> None:
    font = ImageFont.load_default(size)
    ImageDraw.Draw(page).text((left, top), text, fill=ink, font=font)

"""Exhibit: what one room has to show in another's report."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mel.report.drawing import Canvas
from mel.report.page import number_cells, row

__all__ = ["Exhibit"]


@dataclass(frozen=True)
class Exhibit:
    """A figure with its table; all texts are plain, and become HTML here.

    `name` is that of the figure's file. The first `texts` cells of each row are words, the others
    numbers. `wide` is for a figure that needs the whole width of the page.
    """

    name: str
    title: str
    note: str
    canvas: Canvas
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: int = 1
    wide: bool = False

    def html(self) -> str:
        """Give the figure, its note, and the table folded away."""
        kinds = [""] * self.texts + [' class="number"'] * (len(self.head) - self.texts)
        pairs = zip(self.head, kinds, strict=True)
        head = [f'<th scope="col"{kind}>{escape(text)}</th>' for text, kind in pairs]
        breadth = ' class="wide"' if self.wide else ""
        body = "".join(row(self._cells(cells)) for cells in self.rows)
        return (
            f"<figure{breadth}><figcaption>{escape(self.title)}</figcaption>{self.canvas.svg}"
            f'<p class="note">{escape(self.note)}</p><details><summary>As a table</summary>'
            f'<div class="scroll"><table><thead>{row(head)}</thead><tbody>{body}</tbody></table>'
            "</div></details></figure>"
        )

    def _cells(self, cells: Sequence[str]) -> list[str]:
        words = [f"<td>{escape(cell)}</td>" for cell in cells[: self.texts]]
        return words + number_cells(*(escape(cell) for cell in cells[self.texts :]))

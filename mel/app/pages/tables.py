"""Tables as HTML, in the page's own style."""

from collections.abc import Sequence
from html import escape

__all__ = ["table"]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Give a table; the first column names the rows, the others hold numbers.

    >>> '<td class="n">1,150</td>' in table(("part", "pictures"), [("train", 1150)])
    True
    """
    first, *others = head
    cells = f'<th scope="col">{escape(first)}</th>'
    cells += "".join(f'<th scope="col" class="n">{escape(text)}</th>' for text in others)
    return (
        f'<div class="mel-scroll"><table class="mel-table"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(_row(row) for row in rows)}</tbody></table></div>"
    )


def _row(row: Sequence[object]) -> str:
    first, *others = row
    cells = "".join(f'<td class="n">{_shown(value)}</td>' for value in others)
    return f'<tr><th scope="row">{escape(str(first))}</th>{cells}</tr>'


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))

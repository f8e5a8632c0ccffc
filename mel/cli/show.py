"""Results on standard output: tables drawn on a terminal, plain text where they are piped."""

import sys
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["facts", "line", "table"]


def line(text: str = "") -> None:
    """Print one line of a result."""
    print(text)


def facts(values: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    wide = max((len(name) for name in values), default=0)
    for name, value in values.items():
        print(f"{name:<{wide}}  {value}")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under their columns."""
    cells = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in (columns, *cells):
        padded = (cell.ljust(wide) for cell, wide in zip(row, widths, strict=True))
        print("  ".join(padded).rstrip())


def _draw(columns: Sequence[str], rows: list[list[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)

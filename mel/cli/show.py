"""Results on standard output: tables drawn on a terminal, plain text where they are piped."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

__all__ = ["cell", "facts", "filled", "hanging", "line", "number", "table"]

_WIDE = 80  # columns of a terminal
_PERCENT = "\N{NO-BREAK SPACE}%"
_LEAST = 24  # columns that text is not broken to less than


def line(text: str = "") -> None:
    """Print one line of a result."""
    print(text)


def facts(values: Mapping[str, object]) -> None:
    """Print names and values, one a line."""
    wide = max((len(name) for name in values), default=0)
    for name, value in values.items():
        print(f"{name:<{wide}}  {value}")


def number(value: float | None) -> str:
    """Write a score with four digits; a dash where there is none.

    >>> number(0.93), number(None)
    ('0.9300', '-')
    """
    return "-" if value is None else f"{value:.4f}"


def cell(value: object) -> str:
    """Write a value; a dash where there is none.

    >>> cell(3), cell(None)
    ('3', '-')
    """
    return "-" if value is None else str(value)


def filled(text: str, indent: int = 0) -> str:
    """Break text between words into lines for a terminal, all but the first indented.

    >>> print(filled("word " * 20, indent=6))
    word word word word word word word word word word word word word word
          word word word word word word
    """
    room = max(_WIDE - indent, _LEAST)
    kept = text.replace(" %", _PERCENT)  # a number stays with its sign
    lines = wrap(kept, room, break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines).replace(_PERCENT, " %")


def hanging(values: Mapping[str, object]) -> dict[str, str]:
    """Break what `facts` shall print into lines for a terminal, each under the first of its own."""
    indent = max(map(len, values), default=0) + 2
    return {name: filled(str(value), indent) for name, value in values.items()}


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, hang: bool = False) -> None:
    """Print rows under their columns; with `hang`, the last column is broken as a sentence is."""
    cells = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in (columns, *cells):
        padded = [cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)]
        if hang:
            padded[-1] = filled(row[-1], sum(widths[:-1]) + 2 * len(widths[:-1]))
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

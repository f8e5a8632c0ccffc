"""What the page's sections are made of, as HTML; the texts given here are escaped here."""

from collections.abc import Iterable, Sequence
from html import escape

from mel.kaggle.exploring.figures import Drawn

__all__ = ["figure", "named", "part", "table", "text"]


def text(said: str) -> str:
    """Give a sentence for the page: escaped, and no number parted from its sign."""
    return escape(said).replace(" %", "&nbsp;%")


def named(name: object) -> str:
    """Give the cell that names a row."""
    return f'<th scope="row">{escape(str(name))}</th>'


def part(title: str, said: str, figures: Iterable[str]) -> str:
    """Give a section: its heading, a sentence, and its figures."""
    inner = "".join(figures)
    body = f'<section class="figures">{inner}</section>' if inner else ""
    return f'<h2 class="part">{title}</h2>\n<p class="part">{text(said)}</p>\n{body}'


def figure(
    title: str,
    said: str,
    drawn: Drawn | None,
    columns: Sequence[str] = (),
    rows: str = "",
    kind: str = "",
) -> str:
    """Give a figure: title, finding, drawing if any, and a table to be opened if it has rows."""
    svg = drawn.svg if drawn else ""
    numbers = f"<details><summary>The numbers</summary>{table(columns, rows)}</details>"
    return (
        f'<figure class="{kind}"><figcaption>{escape(title)}</figcaption>'
        f'<p class="said">{text(said)}</p>{svg}'
        f"{numbers if rows else ''}</figure>"
    )


def table(columns: Sequence[str], rows: str) -> str:
    """Give a table whose first column is words and whose others are numbers.

    Of more than five columns a narrow screen leaves the third and the fourth out.
    """
    heads = "".join(
        f'<th scope="col" class="{"number" if index else ""}">{escape(column)}</th>'
        for index, column in enumerate(columns)
    )
    kind = "many" if len(columns) > 5 else ""
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )

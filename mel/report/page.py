"""The pieces of a page, as HTML; what comes from data must be escaped before."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template

__all__ = ["banner", "card", "definitions", "document", "number_cells", "row", "style"]


def style() -> str:
    """Give the style sheet of every report.

    >>> "@media print" in style()
    True
    """
    return _read("house.css")


def document(
    body: str, *, title: str, kicker: str, heading: str, lead: str, synthetic: bool, more: str = ""
) -> str:
    """Give a whole page around `body`: its head, its first lines, and the disclaimer at its foot.

    `more` is style of this page alone. All of it is HTML: what comes from data must be escaped.

    >>> page = document("<p>x</p>", title="t", kicker="k", heading="h", lead="l", synthetic=False)
    >>> page.index("<title>t</title>") < page.index("<p>x</p>") < page.index("No diagnosis")
    True
    """
    return Template(_read("page.html")).substitute(
        style=style() + more,
        title=title,
        banner=banner(synthetic=synthetic),
        kicker=kicker,
        heading=heading,
        lead=lead,
        body=body,
    )


def _read(name: str) -> str:
    return files("mel.report").joinpath(name).read_text(encoding="utf-8")


def banner(*, synthetic: bool) -> str:
    """Give the note that opens a page about synthetic data; nothing for real ones.

    >>> banner(synthetic=False), "drawn by a program" in banner(synthetic=True)
    ('', True)
    """
    if not synthetic:
        return ""
    return (
        '<p class="banner" role="note"><strong>Synthetic data.</strong> These images and their '
        "table were drawn by a program. Nothing on this page says anything about real skin.</p>"
    )


def card(title: str, value: str, below: str, kind: str = "") -> str:
    """Give a number to be seen from afar; `kind` "main" is the one that counts.

    >>> card("AUC", "0.91", "high")
    '<div class="card "><h3>AUC</h3><p class="value">0.91</p><p class="below">high</p></div>'
    """
    return (
        f'<div class="card {kind}"><h3>{title}</h3><p class="value">{value}</p>'
        f'<p class="below">{below}</p></div>'
    )


def definitions(pairs: Mapping[str, str]) -> str:
    """Give names and values, a pair a line; both are HTML.

    >>> definitions({"images": "84"})
    '<dl class="facts"><div><dt>images</dt><dd>84</dd></div></dl>'
    """
    items = "".join(f"<div><dt>{what}</dt><dd>{value}</dd></div>" for what, value in pairs.items())
    return f'<dl class="facts">{items}</dl>'


def row(cells: Iterable[str], kind: str = "") -> str:
    """Give a table's row from its cells, each with its tags; `kind` is its class.

    >>> row(number_cells("0.5"))
    '<tr class=""><td class="number">0.5</td></tr>'
    """
    return f'<tr class="{kind}">' + "".join(cells) + "</tr>"


def number_cells(*values: str) -> list[str]:
    """Give cells of numbers, which stand on the right.

    >>> number_cells("0.5")
    ['<td class="number">0.5</td>']
    """
    return [f'<td class="number">{value}</td>' for value in values]

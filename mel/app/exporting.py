"""What a person can take along: a table as CSV, and a report of one page."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from html import escape

from mel.app.drawing import scale
from mel.app.findings import Finding
from mel.app.model import Model
from mel.app.picturing import thumbnail
from mel.app.wording import (
    DISCLAIMER,
    PRIVACY,
    doubt,
    frequency,
    notes,
    percent,
    place,
    verdict,
    warned,
    worth,
)
from mel.report import document

__all__ = ["COLUMNS", "report", "table"]

COLUMNS = (
    *("mole", "rank", "probability", "low", "high", "percentile", "alarm", "stands_out"),
    *("variant", "age", "sex", "site", "warnings", "notes"),
)
_STYLE = """
.banner.no { border-left-color: #b91c1c; }
.mole { display: grid; grid-template-columns: 148px 1fr; gap: 4px 18px; align-items: start; }
.mole > img { width: 148px; height: 148px; border-radius: 10px; }
.mole h2 { margin: 0; } .mole .risk { font-size: 1.5rem; font-weight: 700; margin: 0; }
.mole p { margin: 2px 0; } .mole svg { max-width: 460px; }
.mark { color: #b45309; font-weight: 700; }
main { max-width: 860px; }
@media (max-width: 520px) { .mole { grid-template-columns: 1fr; } }
@media print { main { padding: 0; } section { break-inside: avoid; } .lead { font-size: .9rem; } }
"""


def table(found: Sequence[Finding]) -> str:
    """Give a table of all moles as CSV, the riskiest first; cells that look like formulas are text.

    The header stands also where there is no mole.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rank, one in enumerate(found, 1):
        writer.writerow([_plain(cell) for cell in _row(rank, one)])
    return buffer.getvalue()


def _row(rank: int, one: Finding) -> list[object]:
    mole = one.mole
    known = [mole.age, mole.sex, mole.site]
    warnings = " ".join(one.quality.warnings) if one.quality else ""
    if one.fault:
        return [mole.label, rank, *[None] * 7, *known, warnings, one.fault]
    numbers = [round(v, 6) for v in (one.probability, one.low, one.high, one.percentile)]
    marks = ["yes" if mark else "no" for mark in (one.alarm, one.duckling)]
    said = [mole.label, rank, *numbers, *marks, one.variant]
    return [*said, *known, warnings, "; ".join(one.notes)]


def _plain(cell: object) -> object:
    """Keep a spreadsheet from taking a file's name for a formula."""
    if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r"):
        return f"'{cell}"
    return "" if cell is None else cell


def report(model: Model, found: Sequence[Finding], now: datetime) -> str:
    """Give a page of all moles that needs nothing from elsewhere, to print or to keep."""
    scorer = model.scorer
    cards = "".join(_mole(model, rank, one) for rank, one in enumerate(found, 1))
    point = model.points[found[0].variant if found else "single"]
    body = (
        f'<p class="banner no" role="note"><strong>No diagnosis.</strong> {escape(DISCLAIMER)}</p>'
        f"{cards}<section><h2>How to read this</h2><p>{escape(worth(point))}</p>"
        f"<p>Risks are calibrated for the share of melanomas among the training pictures, "
        f"{percent(model.calibrations['single'].used_at)}. Lines and ends of the bars are of the "
        f"folds' networks. Model {escape(scorer.name)}, {len(scorer.members)} networks in "
        f"{scorer.n_folds} folds, bundle {scorer.digest}, {escape(scorer.precision)}.</p>"
        f"<p>{escape(PRIVACY)}</p></section>"
    )
    count = len(found)
    return document(
        body,
        title="mel: moles",
        kicker=f"Made on {now:%d %B %Y, %H:%M}",
        heading=f"{count} mole{'' if count == 1 else 's'}, the riskiest first",
        lead="What an ensemble of networks makes of these photos. It is no examination.",
        synthetic=scorer.synthetic,
        more=_STYLE,
    )


def _mole(model: Model, rank: int, one: Finding) -> str:
    name, mole = escape(one.mole.label), one.mole
    image = f'<img src="{thumbnail(mole.photo.pixels)}" alt="Photo of {name}">'
    head = f"<h2>{rank}. {name}</h2>"
    if one.fault:
        return f'<section class="mole">{image}<div>{head}<p>{escape(one.fault)}</p></div></section>'
    said, meaning = verdict(one)
    known = ", ".join(str(x) for x in (_aged(mole.age), mole.sex, mole.site) if x)
    known = f" {escape(known.capitalize())}." if known else ""
    mark = '<p class="mark">Stands out from the other moles.</p>' if one.duckling else ""
    lines = [f"<p><strong>{said}.</strong> {meaning}</p>", mark]
    lines += [f"<p>{escape(text)}</p>" for text in (doubt(one), *notes(one))]
    lines += [f'<p class="mark">{escape(text)}</p>' for text in warned(one)]
    return (
        f'<section class="mole">{image}<div>{head}'
        f'<p class="risk">{percent(one.probability)}, {frequency(one.probability)}</p>'
        f"<p>{escape(place(one.percentile).capitalize())}.{known}</p>"
        f"{drawn(model, one)}{''.join(lines)}</div></section>"
    )


def drawn(model: Model, one: Finding) -> str:
    """Draw a mole's risk on its scale."""
    line, usual = model.points[one.variant].probability, model.calibrations[one.variant].used_at
    return scale(one.probability, one.low, one.high, line, usual, one.alarm)


def _aged(age: float | None) -> str:
    return "" if age is None else f"{age:g} years"

"""A report of one page about all moles, to print or to keep."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from mel.app.drawing import drawn
from mel.app.figures import frequency, percent, place
from mel.app.findings import Finding
from mel.app.model import Model
from mel.app.picturing import thumbnail
from mel.app.wording import DISCLAIMER, PRIVACY, alarms, doubt, notes, verdict, warned, worth
from mel.report import document

__all__ = ["report"]

_FULL = ((6, 6), (12, 4), (24, 2))  # of so many moles, so many are told in full: one sheet
_STYLE = """
.banner.no { border-left-color: #b91c1c; }
main { max-width: 980px; }
.moles, .rest { display: grid; gap: 10px; margin: 0 0 10px;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
.rest { grid-template-columns: repeat(auto-fit, minmax(min(100%, 280px), 1fr)); }
.mole { display: grid; grid-template-columns: 104px 1fr; gap: 2px 14px; align-items: start;
  padding: 12px 14px; border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
.mole > img { width: 104px; height: 104px; border-radius: 10px; }
.mole h2 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
.mole .risk { font-size: 1.35rem; font-weight: 700; margin: 0; }
.mole p { margin: 1px 0; font-size: .9rem; line-height: 1.4; } .mole svg { max-width: 340px; }
.rest .mole { grid-template-columns: 40px 1fr; padding: 6px 10px; align-items: center; }
.rest img { width: 40px; height: 40px; } .rest .risk { font-size: 1rem; display: inline; }
.mark { color: #b45309; font-weight: 700; }
main > section p { margin: 0 0 6px; max-width: none; font-size: .9rem; }
@page { size: A4; margin: 9mm; }
@media print {
  html { font-size: 10.5px; } body { font-size: 1rem; line-height: 1.4; }
  main { padding: 0; max-width: none; } h1 { font-size: 1.5rem; }
  .banner { padding: 6px 12px; margin: 0 0 8px; } .lead { margin: 0 0 6px; }
  .moles { grid-template-columns: 1fr 1fr; } .rest { grid-template-columns: 1fr 1fr 1fr; }
  .moles, .rest { gap: 6px; margin: 0 0 6px; } .rest p { line-height: 1.25; }
  .lone { grid-template-columns: 1fr; }
  .mole { padding: 7px 9px; break-inside: avoid; } .rest .mole { padding: 3px 8px; }
  .rest img { width: 30px; height: 30px; } .mole > img { print-color-adjust: exact; }
  main > section:not(.cards):not(.figures) { padding: 8px 12px; margin: 0 0 4px; }
  footer p { margin: 0; }
}
"""


def report(model: Model, found: Sequence[Finding], now: datetime) -> str:
    """Give a page of all moles that needs nothing from elsewhere and prints on one sheet.

    Of many moles the riskiest are told in full, the others in a line each.
    """
    count = len(found)
    full = next((full for most, full in _FULL if count <= most), 0)
    cards = [_mole(model, rank, one) for rank, one in enumerate(found[:full], 1)]
    rest = [_short(rank, one) for rank, one in enumerate(found[full:], full + 1)]
    body = (
        f'<p class="banner no" role="note"><strong>No diagnosis.</strong> {escape(DISCLAIMER)}</p>'
        f'<div class="moles{" lone" if count == 1 else ""}">{"".join(cards)}</div>'
        f'<div class="rest">{"".join(rest)}</div>{_legend(model, found)}'
    )
    return document(
        body,
        title="mel: moles",
        kicker=f"Made on {now:%d %B %Y, %H:%M}",
        heading=f"{count} mole{'' if count == 1 else 's'}{', the riskiest first' * (count > 1)}",
        lead="What an ensemble of networks makes of these photos. It is no examination.",
        synthetic=model.scorer.synthetic,
        more=_STYLE,
    )


def _legend(model: Model, found: Sequence[Finding]) -> str:
    scorer, variant = model.scorer, found[0].variant if found else "single"
    point, usual = model.points[variant], model.calibrations[variant].used_at
    together = "Moles were compared with each other, as one person's. " * (variant == "context")
    return (
        f"<section><h2>How to read this</h2><p>{escape(worth(point))} "
        f"{escape(alarms(point, usual))}</p>"
        f"<p>{together}Risks are calibrated for the share of melanomas among the training "
        f"pictures, {percent(usual)}. Light bars and brackets reach over what the networks of "
        f"single folds say. Model {escape(scorer.name)}, {len(scorer.members)} networks in "
        f"{scorer.n_folds} folds, bundle {scorer.digest}, {escape(scorer.precision)}.</p>"
        f"<p>{escape(PRIVACY)}</p></section>"
    )


def _mole(model: Model, rank: int, one: Finding) -> str:
    if one.fault:
        return _short(rank, one)
    said, meaning = verdict(one)
    known = _known(one)
    mark = '<p class="mark">Stands out from the other moles.</p>' if one.duckling else ""
    lines = [f"<p><strong>{said}.</strong> {meaning}</p>", mark, f"<p>{escape(doubt(one))}</p>"]
    lines += [f"<p>{escape(text)}</p>" for text in notes(one) if one.variant == "single"]
    lines += [f'<p class="mark">{escape(text)}</p>' for text in warned(one)]
    return (
        f'<div class="mole">{_image(one)}<div>{_heading(rank, one)}'
        f'<p class="risk">{percent(one.probability)}, {frequency(one.probability)}</p>'
        f"<p>{escape(place(one.percentile).capitalize())}.{known}</p>"
        f"{drawn(model, one)}{''.join(lines)}</div></div>"
    )


def _short(rank: int, one: Finding) -> str:
    """Tell of a mole in a line."""
    if one.fault:
        said = escape(one.fault)
    else:
        said = (
            f'<span class="risk">{percent(one.probability)}</span> ({percent(one.low)} to '
            f"{percent(one.high)}). {verdict(one)[0]}."
        )
    marks = "Odd photo." if warned(one) else ""
    return (
        f'<div class="mole">{_image(one)}<div>{_heading(rank, one)}'
        f'<p>{said} <span class="mark">{marks}</span></p></div></div>'
    )


def _heading(rank: int, one: Finding) -> str:
    return f"<h2>{rank}. {escape(one.mole.label)}</h2>"


def _image(one: Finding) -> str:
    name = escape(one.mole.label)
    return f'<img src="{thumbnail(one.mole.photo.pixels)}" alt="Photo of {name}">'


def _known(one: Finding) -> str:
    age, sex, site = one.mole.age, one.mole.sex, one.mole.site
    aged = "" if age is None else f"{age:g} years"
    words = ", ".join(text for text in (aged, sex, site) if text)
    return f" {escape(words.capitalize())}." if words else ""

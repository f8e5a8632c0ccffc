"""The sections of the page: what is said, drawn and counted on each topic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

import polars as pl

from mel import report
from mel.errors import many
from mel.kaggle.exploring.examples import Examples
from mel.kaggle.exploring.figures import Drawn
from mel.kaggle.exploring.numbers import Numbers
from mel.kaggle.exploring.pieces import figure, named, part, text
from mel.kaggle.exploring.rates import AGE_BAND, PATIENT_BAND
from mel.kaggle.exploring.shortcuts import Shortcut
from mel.kaggle.exploring.verdicts import audit_rows
from mel.kaggle.exploring.wording import TITLES, percent, span

__all__ = ["Told", "sections"]

_WHO = ("sex", AGE_BAND, "site", "diagnosis", "source", PATIENT_BAND)
_FILES = ("size", "aspect", "bytes")
_COUNTS = ("split", "images", "patients", "positive", "share", "95 % interval")
_RATES = ("value", *_COUNTS[1:])
_MISSING = ("column", "split", "missing", "share")
_SHIFT = ("column", "distance", "by chance at most")
_AUDIT = ("Columns", "AUC", "95 % interval", "mean of folds")
_IMAGE = '<img src="{}" alt="{}" title="{}" class="{}" loading="lazy">'
_NOTES = {
    "targets": "Shares of positive train images with 95 % Wilson intervals. They count each image "
    "on its own; images of one patient are alike, so the true intervals are somewhat wider.",
    "shift": "How many of the images would have to change for test to look like train (total "
    "variation distance), against 200 random splits of the same patients. Columns unknown on one "
    "side are left out.",
    "audit": "Cross-validated AUC of LightGBM on patient folds, with fixed rounds and no look at "
    "a picture; intervals from resampling patients. What it finds, a network can learn too.",
}


@dataclass(frozen=True)
class Told:
    """What the page tells: the numbers, a sentence a topic, the figures and the pictures."""

    numbers: Numbers
    said: Mapping[str, str]
    drawn: Mapping[str, Drawn]
    examples: Examples


def sections(told: Told) -> str:
    """Give all sections in the page's order."""
    parts = (_overview, _audit, _targets, _files, _sides, _gallery)
    return "\n".join(section(told) for section in parts)


def _overview(told: Told) -> str:
    counts = "".join(
        _counted(row["split"], row) for row in told.numbers.counts.iter_rows(named=True)
    )
    lacking = told.numbers.missing.filter(pl.col("missing") > 0)
    missing = "".join(
        _row(column, split, f"{count:,}", percent(share))
        for column, split, _, count, share in lacking.iter_rows()
    )
    patients = figure(
        "Patients", told.said["patients"], told.drawn.get("patients"), _COUNTS, counts
    )
    drawn = told.drawn.get("missing")
    gaps = figure("Missing values", told.said["missing"], drawn, _MISSING, missing)
    return part("What is there", told.said["copies"], [patients, gaps])


def _row(name: object, *cells: str) -> str:
    return report.row([named(name), *report.number_cells(*map(escape, cells))])


def _counted(name: object, row: Mapping[str, object]) -> str:
    share, low, high = row["share"], row["low"], row["high"]
    cells = ["–", "–", "–"]
    if isinstance(share, float) and isinstance(low, float) and isinstance(high, float):
        cells = [f"{row['positives']:,}", percent(share), span(low, high)]
    return _row(name, f"{row['images']:,}", f"{row['patients']:,}", *cells)


def _targets(told: Told) -> str:
    return part("Who is positive", _NOTES["targets"], _rates(told, _WHO))


def _rates(told: Told, axes: Iterable[str]) -> list[str]:
    return [_rate_figure(axis, told) for axis in axes if axis in told.numbers.rates]


def _rate_figure(axis: str, told: Told) -> str:
    rates = told.numbers.rates[axis].iter_rows(named=True)
    rows = "".join(_counted(row["value"], row) for row in rates)
    drawn = told.drawn.get(f"target-by-{axis.replace('_', '-')}")
    return figure(f"By {TITLES[axis]}", told.said[axis], drawn, _RATES, rows)


def _files(told: Told) -> str:
    measured, figures = told.numbers.measured, _rates(told, _FILES)
    said = "From the header of each image file." if measured.read else "As the tables say."
    if not figures:
        said = "Nothing is known of the images' sizes: the table has none, and no images were read."
    if measured.broken:
        first = measured.broken[0]
        said += (
            f" Without a readable header: {many(len(measured.broken), 'image')}, such as {first}."
        )
    return part("What the files give away", said, figures)


def _sides(told: Told) -> str:
    shift = told.numbers.shift.iter_rows()
    rows = "".join(
        _row(TITLES[column].partition(",")[0], percent(distance), percent(chance))
        for column, distance, chance, _ in shift
    )
    if not rows:
        return part("Train against test", told.said["shift"], [])
    drawn = told.drawn.get("shift")
    shown = figure("Column by column", told.said["shift"], drawn, _SHIFT, rows, "wide")
    return part("Train against test", _NOTES["shift"], [shown])


def _audit(told: Told) -> str:
    shortcuts = told.numbers.shortcuts
    rows = "".join(map(_shortcut_row, shortcuts, audit_rows(shortcuts)))
    first, *numbers = (f'<th scope="col" class="number">{escape(name)}</th>' for name in _AUDIT)
    heads = "".join([first.replace("number", ""), *numbers, '<th scope="col">In plain words</th>'])
    table = (
        f'<section><div class="scroll"><table class="audit"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )
    drawn = told.drawn.get("shortcuts")
    shown = figure("What a model could cheat with", _NOTES["audit"], drawn, kind="wide")
    found = part("Shortcut audit", told.said["shortcuts"], [shown] if drawn else [])
    return found + (table if rows else "")


def _shortcut_row(shortcut: Shortcut, texts: tuple[str, str, str, str]) -> str:
    name, value, interval, words = texts
    mean = "–" if shortcut.fold_mean is None else f"{shortcut.fold_mean:.3f}"
    kind = "weak" if (shortcut.low or 0.0) <= 0.5 else ""
    cells = [*report.number_cells(value, interval), f'<td class="number mean">{mean}</td>']
    return report.row([named(name), *cells, f'<td class="said">{text(words)}</td>'], kind)


def _gallery(told: Told) -> str:
    examples = told.examples
    if not examples.pictures:
        return ""
    groups: dict[str, list[str]] = {}
    for picture in examples.pictures:
        label = escape(f"{picture.image_id}, {'positive' if picture.target else 'negative'}")
        kind = "ill" if picture.target else ""
        shown = _IMAGE.format(picture.address, label, label, kind)
        groups.setdefault(picture.group, []).append(shown)
    inner = "".join(
        f'<div><h3>{escape(name)}</h3><div class="thumbs">{"".join(images)}</div></div>'
        for name, images in groups.items()
    )
    broken = f" {len(examples.broken)} could not be read." if examples.broken else ""
    return (
        f'<h2 class="part">Example images</h2><p class="part"><span class="key ill"></span> '
        f'positive <span class="key"></span> negative; by {escape(examples.axis or "target")}, '
        f"drawn at random, one a patient.{broken}</p>"
        f'<section><div class="gallery">{inner}</div></section>'
    )

"""The report: one self-contained page that says what the data are and what could mislead."""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template

import polars as pl

from mel import report
from mel.files import versions
from mel.kaggle.exploring.examples import Examples
from mel.kaggle.exploring.figures import Drawn
from mel.kaggle.exploring.findings import TITLES, percent, span
from mel.kaggle.exploring.numbers import Numbers
from mel.kaggle.exploring.rates import AGE_BAND, PATIENT_BAND
from mel.kaggle.exploring.shortcuts import Shortcut
from mel.kaggle.exploring.verdicts import headline, verdict
from mel.tables import Folds, ImageTable

__all__ = ["render"]

_WHO = ("sex", AGE_BAND, "site", "diagnosis", "source")
_FILES = ("size", "aspect", "bytes")
_RATES = ("value", "images", "patients", "positive", "share", "95 % interval")


def render(
    table: ImageTable,
    folds: Folds | None,
    numbers: Numbers,
    said: Mapping[str, str],
    drawn: Mapping[str, Drawn],
    examples: Examples,
) -> str:
    """Give the page as HTML that opens without a network; every text of the data is escaped."""
    parts: Iterable[Callable[[], str]] = (
        lambda: _overview(numbers, said, drawn),
        lambda: _audit(numbers, drawn),
        lambda: _targets(numbers, said, drawn),
        lambda: _pictures(numbers, said, drawn),
        lambda: _sides(numbers, said, drawn),
        lambda: _gallery(examples),
    )
    return Template(_read("page.html")).substitute(
        style=report.style(),
        more=_read("page.css"),
        name=escape(table.name),
        banner=report.banner(synthetic=table.synthetic),
        lead=_text(said["counts"]),
        cards=_cards(numbers),
        sections="\n".join(part() for part in parts),
        provenance=_provenance(table, folds),
    )


def _read(name: str) -> str:
    place = files("mel.kaggle.exploring").joinpath("templates", name)
    return place.read_text(encoding="utf-8")


def _text(said: str) -> str:
    """A sentence for the page: escaped, and no number parted from its sign."""
    return escape(said).replace(" %", "&nbsp;%")


def _cards(numbers: Numbers) -> str:
    train = numbers.counts.filter(pl.col("split") == "train")
    cards = []
    for row in train.iter_rows(named=True):
        cards.append(
            report.card("Train images", f"{row['images']:,}", f"{row['patients']:,} patients")
        )
        below = f"{row['positives']:,} images, {row['positive_patients']:,} patients"
        cards.append(report.card("Positive", percent(row["share"]), below))
    measured = [s for s in numbers.shortcuts if s.auc is not None]
    if measured:
        best = max(measured, key=lambda s: s.auc or 0.0)
        below = f"AUC by {escape(best.name)} ({best.low:.2f} to {best.high:.2f})"
        cards.append(report.card("Without a look", f"{best.auc:.2f}", below, "main"))
    twins = sum(t.groups for t in numbers.twins)
    below = "groups or pairs" if numbers.twins else "nobody has looked"
    cards.append(report.card("Copies", f"{twins:,}" if numbers.twins else "?", below))
    return "".join(cards)


def _part(title: str, text: str, figures: Iterable[str]) -> str:
    inner = "".join(figures)
    body = f'<section class="figures">{inner}</section>' if inner else ""
    return f'<h2 class="part">{title}</h2>\n<p class="part">{_text(text)}</p>\n{body}'


def _figure(
    title: str,
    said: str,
    drawn: Drawn | None,
    columns: Iterable[str] = (),
    rows: str = "",
    kind: str = "",
) -> str:
    svg = drawn.svg if drawn else ""
    table = f"<details><summary>The numbers</summary>{_table(columns, rows)}</details>"
    return (
        f'<figure class="{kind}"><figcaption>{escape(title)}</figcaption>'
        f'<p class="said">{_text(said)}</p>{svg}'
        f"{table if rows else ''}</figure>"
    )


def _table(columns: Iterable[str], rows: str) -> str:
    """A table whose first column is words and whose others are numbers."""
    heads = "".join(
        f'<th scope="col" class="{"number" if index else ""}">{escape(column)}</th>'
        for index, column in enumerate(columns)
    )
    return (
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _named(name: object) -> str:
    return f'<th scope="row">{escape(str(name))}</th>'


def _overview(numbers: Numbers, said: Mapping[str, str], drawn: Mapping[str, Drawn]) -> str:
    columns = ("split", "images", "patients", "positive", "share", "95 % interval")
    counts = "".join(_count_row(row) for row in numbers.counts.iter_rows(named=True))
    missing = "".join(
        report.row(
            [
                _named(row["column"]),
                *report.number_cells(
                    escape(row["split"]), f"{row['missing']:,}", percent(row["share"])
                ),
            ]
        )
        for row in numbers.missing.filter(pl.col("missing") > 0).iter_rows(named=True)
    )
    return _part(
        "What is there",
        said["copies"],
        [
            _figure("Patients", said["patients"], drawn.get("patients"), columns, counts),
            _figure(
                "Missing values",
                said["missing"],
                drawn.get("missing"),
                ("column", "split", "missing", "share"),
                missing,
            ),
        ],
    )


def _count_row(row: Mapping[str, object]) -> str:
    cells = [
        _named(row["split"]),
        *report.number_cells(f"{row['images']:,}", f"{row['patients']:,}"),
    ]
    return report.row([*cells, *_positive_cells(row)])


def _positive_cells(row: Mapping[str, object]) -> list[str]:
    share, low, high = row["share"], row["low"], row["high"]
    if not (isinstance(share, float) and isinstance(low, float) and isinstance(high, float)):
        return report.number_cells("–", "–", "–")
    return report.number_cells(f"{row['positives']:,}", percent(share), span(low, high))


def _rate_figure(
    axis: str, numbers: Numbers, said: Mapping[str, str], drawn: Mapping[str, Drawn]
) -> str:
    rows = "".join(
        report.row(
            [
                _named(row["value"]),
                *report.number_cells(f"{row['images']:,}", f"{row['patients']:,}"),
                *_positive_cells(row),
            ]
        )
        for row in numbers.rates[axis].iter_rows(named=True)
    )
    title = f"By {TITLES[axis]}"
    name = f"target-by-{axis.replace('_', '-')}"
    return _figure(title, said[axis], drawn.get(name), _RATES, rows)


def _targets(numbers: Numbers, said: Mapping[str, str], drawn: Mapping[str, Drawn]) -> str:
    return _part(
        "Who is positive",
        "Shares of positive train images with 95 % Wilson intervals. They count each image on its "
        "own; images of one patient are alike, so the true intervals are somewhat wider.",
        [
            _rate_figure(a, numbers, said, drawn)
            for a in (*_WHO, PATIENT_BAND)
            if a in numbers.rates
        ],
    )


def _pictures(numbers: Numbers, said: Mapping[str, str], drawn: Mapping[str, Drawn]) -> str:
    measured = numbers.measured
    axes = [axis for axis in _FILES if axis in numbers.rates]
    text = "From the header of each image file." if measured.read else "As the tables say."
    if not axes:
        text = "Nothing is known of the images' sizes: the table has none, and no images were read."
    if measured.broken:
        text += f" {len(measured.broken):,} files have no readable header: {measured.broken[0]} …"
    return _part(
        "What the files give away",
        text,
        [_rate_figure(axis, numbers, said, drawn) for axis in axes],
    )


def _sides(numbers: Numbers, said: Mapping[str, str], drawn: Mapping[str, Drawn]) -> str:
    rows = "".join(
        report.row(
            [
                _named(TITLES[column].partition(",")[0]),
                *report.number_cells(percent(distance), percent(chance)),
            ]
        )
        for column, distance, chance, _ in numbers.shift.iter_rows()
    )
    columns = ("column", "distance", "by chance at most")
    text = (
        "Total variation distance of each column between train and test images, against 200 "
        "random splits of the same patients. Columns unknown on one side are left out."
    )
    figures = [_figure("Column by column", said["shift"], drawn.get("shift"), columns, rows)]
    return _part("Train against test", text if rows else said["shift"], figures if rows else [])


def _audit(numbers: Numbers, drawn: Mapping[str, Drawn]) -> str:
    rows = "".join(_shortcut_row(shortcut) for shortcut in numbers.shortcuts)
    head = (
        '<thead><tr><th scope="col">Columns</th><th scope="col" class="number">AUC</th>'
        '<th scope="col" class="number">95&nbsp;% interval</th>'
        '<th scope="col" class="number">mean of folds</th>'
        '<th scope="col">In plain words</th></tr></thead>'
    )
    table = (
        f'<section><div class="scroll"><table>{head}<tbody>{rows}</tbody></table></div></section>'
    )
    note = (
        "Cross-validated AUC of LightGBM on patient folds, with fixed rounds and no look at a "
        "picture; intervals from resampling patients. What it finds, a network can learn too."
    )
    figure = _figure("What a model could cheat with", note, drawn.get("shortcuts"), kind="wide")
    text = headline(numbers.shortcuts, numbers.no_audit)
    part = _part("Shortcut audit", text, [figure] if "shortcuts" in drawn else [])
    return part + (table if rows else "")


def _shortcut_row(shortcut: Shortcut) -> str:
    values = ["–", "–", "–"]
    if shortcut.auc is not None:
        mean = "–" if shortcut.fold_mean is None else f"{shortcut.fold_mean:.3f}"
        values = [f"{shortcut.auc:.3f}", f"{shortcut.low:.3f} to {shortcut.high:.3f}", mean]
    words = f'<td class="said">{_text(verdict(shortcut))}</td>'
    kind = "weak" if (shortcut.low or 0.0) <= 0.5 else ""
    return report.row([_named(shortcut.name), *report.number_cells(*values), words], kind)


def _gallery(examples: Examples) -> str:
    if not examples.pictures:
        return ""
    groups: dict[str, list[str]] = {}
    for picture in examples.pictures:
        label = f"{picture.image_id}, {'positive' if picture.target else 'negative'}"
        image = (
            f'<img src="{picture.address}" alt="{escape(label)}" title="{escape(label)}" '
            f'class="{"ill" if picture.target else ""}" loading="lazy">'
        )
        groups.setdefault(picture.group, []).append(image)
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


def _provenance(table: ImageTable, folds: Folds | None) -> str:
    made = ", ".join(f"{escape(name)} {escape(number)}" for name, number in versions().items())
    pairs = {"Images": f"<code>{escape(table.digest)}</code>"}
    if folds is not None:
        pairs["Folds"] = f"<code>{escape(folds.digest)}</code> ({escape(folds.method)})"
    return report.facts(pairs | {"Versions": made})

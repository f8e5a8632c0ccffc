"""The report: one self-contained page that says what the data are and what could mislead."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

import polars as pl

from mel import report
from mel.errors import many
from mel.files import versions
from mel.kaggle.exploring.numbers import Numbers
from mel.kaggle.exploring.pieces import text
from mel.kaggle.exploring.sections import Told, sections
from mel.kaggle.exploring.twins import Twins
from mel.kaggle.exploring.wording import kind_of_copies, percent
from mel.tables import Folds, ImageTable

__all__ = ["render"]


def render(table: ImageTable, folds: Folds | None, told: Told) -> str:
    """Give the page as HTML that opens without a network; every text of the data is escaped."""
    body = Template(_read("page.html")).substitute(
        cards=_cards(told.numbers),
        sections=sections(told),
        provenance=_provenance(table, folds),
    )
    name = escape(table.name)
    return report.document(
        body,
        title=f"{name}: exploration",
        kicker="mel exploration",
        heading=name,
        lead=text(told.said["counts"]),
        synthetic=table.synthetic,
        more=_read("page.css"),
    )


def _read(name: str) -> str:
    place = files("mel.kaggle.exploring").joinpath("templates", name)
    return place.read_text(encoding="utf-8")


def _cards(numbers: Numbers) -> str:
    cards = []
    for row in numbers.counts.filter(pl.col("split") == "train").iter_rows(named=True):
        patients = many(row["patients"], "patient")
        cards.append(report.card("Train images", f"{row['images']:,}", patients))
        below = f"{many(row['positives'], 'image')}, {many(row['positive_patients'], 'patient')}"
        cards.append(report.card("Positive", percent(row["share"]), below))
    measured = [s for s in numbers.shortcuts if s.auc is not None]
    if measured:
        best = max(measured, key=lambda s: s.auc or 0.0)
        below = f"AUC by {escape(best.name)} ({best.low:.2f} to {best.high:.2f})"
        cards.append(report.card("Without a look", f"{best.auc:.2f}", below, "main"))
    return "".join([*cards, _copies_card(numbers.twins)])


def _copies_card(twins: Sequence[Twins]) -> str:
    """Groups and pairs are not added up: they are of the same images."""
    if not twins:
        return report.card("Copies", "?", "not looked for")
    first, *others = twins
    below = [kind_of_copies(first.of, first.groups)]
    below += [f"{twin.groups:,} {kind_of_copies(twin.of, twin.groups)}" for twin in others]
    return report.card("Copies", f"{first.groups:,}", "; ".join(below))


def _provenance(table: ImageTable, folds: Folds | None) -> str:
    made = ", ".join(f"{escape(name)} {escape(number)}" for name, number in versions().items())
    pairs = {"Images": f"<code>{escape(table.digest)}</code>"}
    if folds is not None:
        pairs["Folds"] = f"<code>{escape(folds.digest)}</code> ({escape(folds.method)})"
    return report.definitions(pairs | {"Versions": made})

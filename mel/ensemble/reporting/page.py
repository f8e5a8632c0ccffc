"""The page: what the blend is made of, what it is worth, and what its score means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from mel.ensemble.reporting import glance, meaning, worth
from mel.ensemble.reporting.drawn import NAMES, Evidence, figures
from mel.predictions import foreign_note
from mel.report import Exhibit, document
from mel.tables import ImageTable

if TYPE_CHECKING:
    from mel.ensemble.making import Blended

__all__ = ["Evidence", "Page", "render"]

_NESTED = "The fold has no part in the weights of the scores that it is found on either."
_CROSSED = (
    "With two folds, or very many scores, the weights of the scores that it is found on have "
    "seen the fold; the threshold itself has not."
)
_MANY = 8  # members from which the heatmap takes the page's whole width


@dataclass(frozen=True)
class Page:
    """The page as HTML, and its figures as PNG by name where they were asked for."""

    html: str
    figures: Mapping[str, bytes]


def render(
    table: ImageTable,
    blended: "Blended",
    evidence: Evidence,
    exhibits: Sequence[Exhibit] = (),
    *,
    png: bool = False,
) -> Page:
    """Give a page that opens without a network; every name in it is escaped."""
    facts = blended.evaluation
    drawn = figures(facts, evidence, png=png)
    name, competition = escape(blended.blend.name), escape(table.name)
    html = document(
        Template(_read("report.html")).substitute(
            _texts(blended),
            exhibits=_shown(exhibits),
            **{f"figure_{each}": drawn[each].svg if each in drawn else "" for each in NAMES},
        ),
        title=f"{name}: ensemble report of {competition}",
        kicker="mel ensemble report",
        heading=f"{name} <span>on {competition}</span>",
        lead=f"{glance.counts(facts)}.",
        synthetic=table.synthetic,
        more=_read("report.css"),
    )
    pictures = drawn | {each.name: each.canvas for each in exhibits}
    return Page(html, {each: canvas.png for each, canvas in pictures.items() if png})


def _texts(blended: "Blended") -> dict[str, str]:
    facts, proof = blended.evaluation, blended.evaluation.proof
    rounds = f"<p>The method {escape(facts.method)} has no rounds: there is no path.</p>"
    compared = [each for each in (proof.decision.against_mean, proof.against_best) if each]
    return {
        "words": glance.words([*proof.words, foreign_note(blended.oof.foreign)]),
        "cards": glance.cards(facts),
        "ways": worth.ways(facts),
        "comparisons": worth.comparisons(compared),
        "members": worth.members(facts),
        "extras": worth.extras(facts),
        "calibrations": meaning.calibrations(facts),
        "calibration": meaning.calibration(facts),
        "points": meaning.operating(facts),
        "groups": meaning.group_rows(proof.groups),
        "drift": "".join(f"<li>{escape(each.words)}.</li>" for each in proof.drift),
        "orders": meaning.orders(facts),
        "breadth": "wide" if len(facts.members) > _MANY else "",
        "judged": _NESTED if proof.nested else _CROSSED,
        "provenance": glance.provenance(blended),
        "path_note": "" if facts.path else rounds,
        "worth_note": "" if proof.worths else "<p>There is one member only.</p>",
    }


def _shown(exhibits: Sequence[Exhibit]) -> str:
    if not exhibits:
        return ""
    parts = "".join(each.html() for each in exhibits)
    return f'<section class="figures" aria-label="What the members learn from">{parts}</section>'


def _read(name: str) -> str:
    place = files("mel.ensemble.reporting").joinpath("templates", name)
    return place.read_text(encoding="utf-8")

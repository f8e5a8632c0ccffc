"""The page: what the blend is made of, what it is worth, and what its score means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from mel.ensemble.evaluation import Candidates, Evaluation
from mel.ensemble.ranks import Floats
from mel.ensemble.reporting import curves, standings, tables
from mel.ensemble.rows import Rows
from mel.files import versions
from mel.predictions import foreign_note
from mel.report import Canvas, banner, card, definitions, style
from mel.tables import ImageTable

if TYPE_CHECKING:
    from mel.ensemble.blending import Blended

__all__ = ["Evidence", "Page", "render"]

_MANY = 8  # members from which the heatmap takes the page's whole width


@dataclass(frozen=True)
class Evidence:
    """The arrays behind the figures; `test` are the test images' scores by stored references."""

    rows: Rows
    candidates: Candidates
    test: Floats


@dataclass(frozen=True)
class Page:
    """The page as HTML, and its figures as PNG by name where they were asked for."""

    html: str
    figures: Mapping[str, bytes]


def render(table: ImageTable, blended: "Blended", evidence: Evidence, *, png: bool = False) -> Page:
    """Give a page that opens without a network; every name in it is escaped."""
    facts = blended.evaluation
    drawn = _figures(facts, evidence, png=png)
    found = {"worth": "<p>There is one member only.</p>"}
    found |= {name: canvas.svg for name, canvas in drawn.items()}
    proof = facts.proof
    html = Template(_read("report.html")).substitute(
        style=style() + _read("report.css"),
        name=escape(blended.blend.name),
        competition=escape(table.name),
        banner=banner(synthetic=table.synthetic),
        counts=_counts(facts),
        words=_words([*proof.words, foreign_note(blended.oof.foreign)]),
        cards=_cards(facts),
        ways=tables.ways(facts),
        comparisons=tables.comparisons(
            [each for each in (proof.decision.against_mean, proof.against_best) if each]
        ),
        members=tables.members(facts),
        extras=tables.extras(facts),
        calibrations=tables.calibrations(facts),
        calibration=_calibration(facts),
        points=tables.operating(facts),
        groups=tables.group_rows(proof.groups),
        drift="".join(f"<li>{escape(each.words)}.</li>" for each in proof.drift),
        orders=tables.orders(facts),
        breadth="wide" if len(facts.members) > _MANY else "",
        provenance=_provenance(blended),
        **{f"figure_{name}": found.get(name, "") for name in _NAMES},
        path_note=""
        if facts.path
        else f"<p>The method {escape(facts.method)} has no rounds: there is no path.</p>",
    )
    return Page(html, {name: canvas.png for name, canvas in drawn.items() if png})


_NAMES = (
    "roc",
    "weights",
    "path",
    "worth",
    "heatmap",
    "reliability",
    "groups",
    "distribution",
)


def _figures(facts: Evaluation, evidence: Evidence, *, png: bool) -> dict[str, Canvas]:
    rows, candidates, proof = evidence.rows, evidence.candidates, facts.proof
    members = dict(zip(rows.names, rows.scores, strict=True))
    ways = {name: ranked.crossfit.scores for name, ranked in candidates.by_name.items()}
    drawn = {
        "roc": curves.roc_figure(rows.target, members, ways, proof.points, png=png),
        "weights": standings.weights_figure(facts, png=png),
        "heatmap": standings.heatmap_figure(members, png=png),
        "reliability": curves.reliability_figure(
            proof.calibration.method, proof.calibrated, facts.positives / facts.images, png=png
        ),
        "groups": standings.groups_figure(proof.groups, facts.honest.pooled, png=png),
        "distribution": curves.distribution_figure(candidates.taken.naive, evidence.test, png=png),
    }
    if proof.worths:
        drawn["worth"] = standings.worth_figure(proof.worths, facts.taken, png=png)
    if facts.path:
        drawn["path"] = curves.path_figure(facts, png=png)
    return drawn


def _read(name: str) -> str:
    place = files("mel.ensemble.reporting").joinpath("templates", name)
    return place.read_text(encoding="utf-8")


def _counts(facts: Evaluation) -> str:
    share = 100 * facts.positives / facts.images
    tests = facts.orders.images if facts.orders else 0
    return (
        f"{len(facts.members)} members, {facts.images:,} out-of-fold images of "
        f"{facts.patients:,} patients in {facts.folds} folds, {facts.positives:,} of them positive "
        f"({share:.1f}&nbsp;%), {tests:,} test images"
    )


def _words(said: Sequence[str]) -> str:
    return "".join(f"<li>{escape(text)}</li>" for text in said if text)


def _cards(facts: Evaluation) -> str:
    gap = facts.naive.pooled - facts.honest.pooled
    gain = facts.honest.pooled - facts.best.auc.pooled
    best = f"{escape(facts.best.name)}; the blend is {abs(gain):.4f} {_above(gain)}"
    point = facts.proof.points[0]
    sensitivity = f"{100 * point.sensitivity.value:.1f}&nbsp;%"
    wanted = f"specificity {100 * point.specificity.value:.1f}&nbsp;%, {escape(point.goal)}"
    return "".join(
        [
            card(
                "Blend, honest AUC",
                f"{facts.honest.pooled:.4f}",
                tables.spread(facts.honest),
                "main",
            ),
            card("Blend, naive AUC", f"{facts.naive.pooled:.4f}", f"{gap:+.4f} against honest"),
            card("Best member", f"{facts.best.auc.pooled:.4f}", best),
            card("Sensitivity at work", sensitivity, wanted),
        ]
    )


def _above(gain: float) -> str:
    return "above it" if gain >= 0 else "below it"


def _calibration(facts: Evaluation) -> str:
    found = facts.proof.calibration
    if found.knots:
        shape = f"a rising curve through {len(found.knots)} points"
    else:
        sign = "-" if found.offset < 0 else "+"
        inner = f"{found.slope:.4f} logit(score) {sign} {abs(found.offset):.4f}"
        shape = f"1 / (1 + exp(-({inner})))"
    shown = {
        "Curve": escape(shape),
        "Prevalence of positives, fitted on": f"{100 * found.prevalence:.2f} %",
        "Prevalence that it speaks of": f"{100 * found.used_at:.2f} %",
    }
    return definitions(shown)


def _provenance(blended: "Blended") -> str:
    blend = blended.blend
    digests = {"blend": blend.digest} | dict(blend.inputs)
    rows = "".join(
        f"<tr><th scope='row'>{escape(what)}</th><td><code>{escape(digest)}</code></td></tr>"
        for what, digest in digests.items()
    )
    made = ", ".join(f"{escape(name)} {escape(number)}" for name, number in versions().items())
    head = definitions(
        {
            "Method": escape(blend.method),
            "Folds": f"<code>{escape(blend.folds)}</code>",
            "Versions": made,
        }
    )
    return f"{head}<details><summary>All input digests</summary><table>{rows}</table></details>"

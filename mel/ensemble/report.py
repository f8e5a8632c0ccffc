"""The report: one self-contained page that says what the blend is made of and what it is worth."""

from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from mel.ensemble import figures
from mel.ensemble.evaluation import Evaluation, Ranked, Standing
from mel.ensemble.ranks import FAR, Floats
from mel.ensemble.rows import Rows
from mel.files import versions
from mel.metrics import AucReport
from mel.report import banner, card, definitions, number_cells, row, style
from mel.tables import ImageTable

if TYPE_CHECKING:
    from mel.ensemble.blending import Blended

__all__ = ["Evidence", "render"]

_MANY = 8  # members from which the heatmap takes the page's whole width


@dataclass(frozen=True)
class Evidence:
    """The arrays behind the figures; `test` are the test images' scores by stored references."""

    rows: Rows
    ranked: Ranked
    mean: Ranked
    test: Floats


def render(table: ImageTable, blended: "Blended", evidence: Evidence) -> str:
    """Give the page as HTML that opens without a network; every name in it is escaped."""
    page = Template(_read("report.html"))
    facts = blended.evaluation
    return page.substitute(
        style=style(),
        name=escape(blended.blend.name),
        competition=escape(table.name),
        banner=banner(synthetic=table.synthetic),
        counts=_counts(facts),
        cards=_cards(facts),
        ways=_ways(facts),
        members=_members(facts),
        orders=_orders(facts),
        roc=figures.roc_figure(
            evidence.rows.target,
            _columns(evidence.rows),
            evidence.ranked.crossfit.scores,
            evidence.mean.crossfit.scores,
        ),
        weights=figures.weights_figure(facts),
        breadth="wide" if len(facts.members) > _MANY else "",
        heatmap=figures.heatmap_figure(_columns(evidence.rows)),
        distribution=figures.distribution_figure(evidence.ranked.naive, evidence.test),
        path=_path(facts),
        provenance=_provenance(blended),
    )


def _read(name: str) -> str:
    return files("mel.ensemble").joinpath("templates", name).read_text(encoding="utf-8")


def _columns(rows: Rows) -> dict[str, Floats]:
    return dict(zip(rows.names, rows.scores, strict=True))


def _counts(facts: Evaluation) -> str:
    share = 100 * facts.positives / facts.images
    tests = facts.orders.images if facts.orders else 0
    return (
        f"{len(facts.members)} members, {facts.images:,} out-of-fold images of "
        f"{facts.patients:,} patients in {facts.folds} folds, {facts.positives:,} of them positive "
        f"({share:.1f}&nbsp;%), {tests:,} test images"
    )


def _range(report: AucReport) -> str:
    return f"{report.low:.4f} to {report.high:.4f}"


def _cards(facts: Evaluation) -> str:
    gap = facts.naive.pooled - facts.honest.pooled
    gain = facts.honest.pooled - facts.best.auc.pooled
    best = f"{escape(facts.best.name)}; the blend is {abs(gain):.4f} {_above(gain)}"
    return "".join(
        [
            card("Blend, honest", f"{facts.honest.pooled:.4f}", _range(facts.honest), "main"),
            card("Blend, naive", f"{facts.naive.pooled:.4f}", f"{gap:+.4f} against honest"),
            card("Rank mean, honest", f"{facts.mean_honest.pooled:.4f}", _range(facts.mean_honest)),
            card("Best member", f"{facts.best.auc.pooled:.4f}", best),
        ]
    )


def _above(gain: float) -> str:
    return "above it" if gain >= 0 else "below it"


def _aucs(report: AucReport) -> list[str]:
    cells = (f"{report.pooled:.4f}", _range(report), f"{report.fold_mean:.4f}")
    return number_cells(*cells)


def _ways(facts: Evaluation) -> str:
    ways = (
        ("Blend", "honest", facts.honest, "main"),
        ("Blend", "naive", facts.naive, ""),
        ("Rank mean", "honest", facts.mean_honest, ""),
        ("Rank mean", "naive", facts.mean_naive, ""),
    )
    return "".join(
        row([f'<th scope="row">{what}</th><td>{how}</td>', *_aucs(report)], kind)
        for what, how, report, kind in ways
    )


def _members(facts: Evaluation) -> str:
    best_first = sorted(facts.members, key=lambda member: -member.auc.pooled)
    return "".join(
        row([f'<th scope="row">{escape(member.name)}</th>', *_aucs(member.auc), _weight(member)])
        for member in best_first
    )


def _weight(member: Standing) -> str:
    low, high = min(member.fold_weights), max(member.fold_weights)
    cells = (f"{member.weight:.3f}", f"{low:.3f} to {high:.3f}")
    return "".join(number_cells(*cells))


def _orders(facts: Evaluation) -> str:
    orders = facts.orders
    if orders is None:
        return "<p>There are no test images.</p>"
    written = "ranked within the test set" if facts.ranked_within_test else "by stored references"
    agree = "not defined (one of the two is one tie)"
    if orders.spearman is not None:
        agree = f"{orders.spearman:.6f}"
    moved = f"{orders.largest_move:,.0f} of {orders.images:,} ({100 * orders.largest_share:.2f} %)"
    facts_shown = {
        "Written to test.parquet": written,
        "Spearman correlation of the two orders": agree,
        "Largest move, in places": f"{moved}, image {escape(orders.furthest)}",
        f"Images that move by more than {100 * FAR:g} %": f"{100 * orders.moved_far:.2f} %",
    }
    return definitions(facts_shown)


def _path(facts: Evaluation) -> str:
    if not facts.path:
        return "<p>The rank mean weighs all members alike: there is no path.</p>"
    return figures.path_figure(facts)


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

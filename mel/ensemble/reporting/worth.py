"""The tables of what ways and members are worth."""

from collections.abc import Sequence
from html import escape

from mel.ensemble.evaluation import Evaluation, Standing
from mel.ensemble.proof import Comparison, Worth
from mel.ensemble.reporting.cells import head, spread
from mel.ensemble.wording import signed
from mel.metrics import AucReport
from mel.report import number_cells, row

__all__ = ["comparisons", "extras", "members", "ways"]

_VERDICTS = {"above": "better, beyond noise", "below": "worse, beyond noise", "alike": "no verdict"}


def ways(facts: Evaluation) -> str:
    """Give a row a way of blending, honest and naive; the one taken is marked."""
    blend = f"Blend: {facts.taken}"
    found = [(blend, "honest", facts.honest, "main"), (blend, "naive", facts.naive, "")]
    if facts.method not in (facts.taken, "mean"):
        asked = f"{facts.method}, asked for"
        found += [
            (asked, "honest", facts.asked_honest, ""),
            (asked, "naive", facts.asked_naive, ""),
        ]
    if facts.taken != "rank mean":
        found += [("Rank mean", "honest", facts.mean_honest, "")]
        found += [("Rank mean", "naive", facts.mean_naive, "")]
    return "".join(
        row([f"{head(what)}<td>{how}</td>", *_aucs(report)], kind)
        for what, how, report, kind in found
    )


def comparisons(found: Sequence[Comparison]) -> str:
    """Give a row a comparison: gain, both intervals, p, and the verdict."""
    return "".join(
        row(
            [
                f"<td><strong>{escape(each.one)}</strong> against {escape(each.other)}</td>",
                *number_cells(signed(each.gain)[0], " to ".join(signed(each.low, each.high))),
                *number_cells(" to ".join(signed(each.delong.low, each.delong.high))),
                *number_cells(f"{each.delong.p:.2g}"),
                f"<td>{_VERDICTS[each.verdict]}</td>",
            ]
        )
        for each in found
    )


def members(facts: Evaluation) -> str:
    """Give a row a member, the best first."""
    best_first = sorted(facts.members, key=lambda member: -member.auc.pooled)
    worths = {worth.member: worth for worth in facts.proof.worths}
    return "".join(
        row(
            [
                head(member.name),
                *_aucs(member.auc),
                _weight(member),
                _worth(worths.get(member.name)),
            ]
        )
        for member in best_first
    )


def _weight(member: Standing) -> str:
    low, high = min(member.fold_weights), max(member.fold_weights)
    cells = (f"{member.weight:.3f}", f"{low:.3f} to {high:.3f}")
    return "".join(number_cells(*cells))


def _worth(worth: Worth | None) -> str:
    if worth is None:
        return '<td class="number">–</td><td>the only one</td>'
    found = worth.in_blend or worth.in_mean
    return f'<td class="number">{signed(found.gain)[0]}</td><td>{worth.verdict}</td>'


def extras(facts: Evaluation) -> str:
    """Give other measures of the honest scores, a row a way and a member."""
    return "".join(
        row(
            [
                head(each.name),
                *number_cells(f"{each.partial_auc:.4f}", f"{each.average_precision:.4f}"),
            ],
            "main" if each.name == facts.taken else "",
        )
        for each in facts.extras
    )


def _aucs(report: AucReport) -> list[str]:
    cells = (f"{report.pooled:.4f}", spread(report), f"{report.fold_mean:.4f}")
    return number_cells(*cells)

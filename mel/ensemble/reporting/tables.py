"""The tables of the page, as HTML; every name in them is escaped."""

from collections.abc import Sequence
from html import escape

from mel.ensemble.evaluation import Evaluation, Standing
from mel.ensemble.operating import OperatingPoint, Share
from mel.ensemble.proof import Comparison, Group, Worth
from mel.ensemble.ranks import FAR
from mel.metrics import AucReport
from mel.report import definitions, number_cells, row

__all__ = [
    "calibrations",
    "comparisons",
    "extras",
    "group_rows",
    "members",
    "operating",
    "orders",
    "spread",
    "ways",
]

_VERDICTS = {"above": "better, beyond noise", "below": "worse, beyond noise", "alike": "no verdict"}


def spread(report: AucReport | Share | Group | Comparison, digits: int = 4) -> str:
    """Give an interval as text."""
    if report.low is None or report.high is None:
        return "too few"
    return f"{report.low:.{digits}f} to {report.high:.{digits}f}"


def _head(text: str) -> str:
    return f'<th scope="row">{escape(text)}</th>'


def _aucs(report: AucReport) -> list[str]:
    cells = (f"{report.pooled:.4f}", spread(report), f"{report.fold_mean:.4f}")
    return number_cells(*cells)


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
        row([f"{_head(what)}<td>{how}</td>", *_aucs(report)], kind)
        for what, how, report, kind in found
    )


def comparisons(found: Sequence[Comparison]) -> str:
    """Give a row a comparison: gain, both intervals, p, and the verdict."""
    return "".join(
        row(
            [
                f"<td><strong>{escape(each.one)}</strong> against {escape(each.other)}</td>",
                *number_cells(f"{each.gain:+.4f}", _signed(each.low, each.high)),
                *number_cells(_signed(each.delong.low, each.delong.high), f"{each.delong.p:.2g}"),
                f"<td>{_VERDICTS[each.verdict]}</td>",
            ]
        )
        for each in found
    )


def _signed(low: float, high: float) -> str:
    return f"{low:+.4f} to {high:+.4f}"


def members(facts: Evaluation) -> str:
    """Give a row a member, the best first."""
    best_first = sorted(facts.members, key=lambda member: -member.auc.pooled)
    worths = {worth.member: worth for worth in facts.proof.worths}
    return "".join(
        row(
            [
                _head(member.name),
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
    return f'<td class="number">{found.gain:+.4f}</td><td>{worth.verdict}</td>'


def extras(facts: Evaluation) -> str:
    """Give other measures of the honest scores, a row a way and a member."""
    return "".join(
        row(
            [
                _head(each.name),
                *number_cells(f"{each.partial_auc:.4f}", f"{each.average_precision:.4f}"),
            ],
            "main" if each.name == facts.taken else "",
        )
        for each in facts.extras
    )


def calibrations(facts: Evaluation) -> str:
    """Give Brier score and calibration error before and after, a row a method."""
    chosen = facts.proof.calibration.method
    share = facts.positives / facts.images
    constant = row(
        [_head("the prevalence, of every image"), *number_cells(f"{share * (1 - share):.5f}", "0")]
    )
    return constant + "".join(
        row(
            [
                _head(f"{each.method}{', chosen' if each.method == chosen else ''}"),
                *number_cells(f"{each.brier:.5f}", f"{each.error:.5f}"),
            ],
            "main" if each.method == chosen else "",
        )
        for each in facts.proof.calibrated
    )


def operating(facts: Evaluation) -> str:
    """Give a row an operating point, the user's own first."""
    return "".join(
        row(_point(point, facts.proof.calibration.used_at), "main" if first == 0 else "")
        for first, point in enumerate(facts.proof.points)
    )


def _point(point: OperatingPoint, prevalence: float) -> list[str]:
    hits = prevalence * point.sensitivity.value
    alarms = hits + (1 - prevalence) * (1 - point.specificity.value)
    return [
        _head(point.goal),
        *number_cells(f"{point.threshold:.4f}", f"{100 * point.probability:.2f} %"),
        *number_cells(*(_percent(share) for share in (point.sensitivity, point.specificity))),
        *number_cells(
            f"{100 * point.naive_sensitivity.value:.1f} / {100 * point.naive_specificity.value:.1f}"
        ),
        *number_cells(f"{1000 * alarms:.0f}", f"{1000 * hits:.1f}"),
    ]


def _percent(share: Share) -> str:
    ends = f"{100 * share.low:.1f} to {100 * share.high:.1f}"
    return f"{100 * share.value:.1f} % <small>({ends})</small>"


def group_rows(found: Sequence[Group]) -> str:
    """Give a row a group."""
    return "".join(
        row(
            [
                _head(group.name if group.axis == "fold" else f"{group.axis}: {group.name}"),
                *number_cells(f"{group.images:,}", f"{group.positives:,}", f"{group.holders:,}"),
                *number_cells("–" if group.value is None else f"{group.value:.4f}", spread(group)),
                f"<td>{'too few patients for a verdict' if group.few else ''}</td>",
            ]
        )
        for group in found
    )


def orders(facts: Evaluation) -> str:
    """Say how far the two orders of the test images differ."""
    found = facts.orders
    if found is None:
        return "<p>There are no test images.</p>"
    written = "ranked within the test set" if facts.ranked_within_test else "by stored references"
    agree = "not defined (one of the two is one tie)"
    if found.spearman is not None:
        agree = f"{found.spearman:.6f}"
    moved = f"{found.largest_move:,.0f} of {found.images:,} ({100 * found.largest_share:.2f} %)"
    shown = {
        "Written to test.parquet": written,
        "Spearman correlation of the two orders": agree,
        "Largest move, in places": f"{moved}, image {escape(found.furthest)}",
        f"Images that move by more than {100 * FAR:g} %": f"{100 * found.moved_far:.2f} %",
    }
    return definitions(shown)

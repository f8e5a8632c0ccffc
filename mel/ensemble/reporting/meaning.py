"""The tables of what a score means: probabilities, alarms, groups, and the test images' order."""

from collections.abc import Sequence
from html import escape

from mel.ensemble.evaluation import Evaluation
from mel.ensemble.operating import OperatingPoint, Share
from mel.ensemble.proof import Group
from mel.ensemble.ranks import FAR
from mel.ensemble.reporting.cells import head, spread
from mel.report import definitions, number_cells, row

__all__ = ["calibration", "calibrations", "group_rows", "operating", "orders"]


def calibrations(facts: Evaluation) -> str:
    """Give Brier score and calibration error before and after, a row a method."""
    chosen = facts.proof.calibration.method
    share = facts.positives / facts.images
    constant = row(
        [head("the prevalence, of every image"), *number_cells(f"{share * (1 - share):.5f}", "0")]
    )
    return constant + "".join(
        row(
            [
                head(f"{each.method}{', chosen' if each.method == chosen else ''}"),
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
        head(point.goal),
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
                head(group.name if group.axis == "fold" else f"{group.axis}: {group.name}"),
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


def calibration(facts: Evaluation) -> str:
    """Say what the curve in the blend is, and for which prevalence."""
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

"""What is wrong with the scores or asked too much of them: to be said before all numbers."""

from mel.ensemble.operating import OperatingPoint
from mel.ensemble.rows import Rows
from mel.errors import many
from mel.metrics import Resamples, auc

__all__ = ["FEW", "warnings"]

FEW = 20  # positives, below which a curve or a threshold says little


def warnings(rows: Rows, draws: Resamples, point: OperatingPoint) -> tuple[str, ...]:
    """Name members that order against the target, an aim out of reach, and too few positives."""
    positives = int(rows.target.sum())
    found = [*_reversed(rows, draws), _reach(point, positives, len(rows.target) - positives)]
    if positives < FEW:
        found.append(
            f"There are {many(positives, 'positive')} only: probabilities and thresholds are "
            "rough, whatever their intervals say."
        )
    return tuple(text for text in found if text)


def _reversed(rows: Rows, draws: Resamples) -> list[str]:
    found = []
    for name, scores in zip(rows.names, rows.scores, strict=True):
        value = auc(rows.target, scores)
        if value < 0.5 and draws.interval(draws.aucs(rows.target, scores))[1] < 0.5:
            found.append(
                f"{name} ranks positives below negatives (AUC {value:.4f}): is its score that of "
                "the other class? Turn it round."
            )
    return found


def _reach(point: OperatingPoint, positives: int, negatives: int) -> str:
    if point.aim == "cost":
        return ""
    sensitive = point.aim == "sensitivity"
    share = point.sensitivity if sensitive else point.specificity
    count, kind = (positives, "positive") if sensitive else (negatives, "negative")
    ends = f"{100 * share.value:.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})"
    if count * (1 - point.value) < 1:
        return (
            f"A {point.goal} is more than {many(count, kind)} can show; on folds that did not "
            f"choose the threshold it is {ends}."
        )
    if share.high < point.value:
        return f"The objective, {point.goal}, is out of reach: honestly it is {ends}."
    return ""

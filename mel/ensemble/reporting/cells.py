"""What several tables of the page have in common; every name in them is escaped."""

from html import escape

from mel.ensemble.operating import Share
from mel.ensemble.proof import Comparison, Group
from mel.metrics import AucReport

__all__ = ["head", "spread"]


def spread(report: AucReport | Share | Group | Comparison, digits: int = 4) -> str:
    """Give an interval as text."""
    if report.low is None or report.high is None:
        return "too few"
    return f"{report.low:.{digits}f} to {report.high:.{digits}f}"


def head(text: str) -> str:
    """Give the first cell of a row, which names it."""
    return f'<th scope="row">{escape(text)}</th>'

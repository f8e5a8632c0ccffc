"""A table of all moles as CSV, to take along."""

import csv
import io
from collections.abc import Sequence

from mel.app.findings import Finding

__all__ = ["COLUMNS", "table"]

COLUMNS = (
    *("mole", "rank", "probability", "low", "high", "percentile", "alarm", "stands_out"),
    *("variant", "age", "sex", "site", "warnings", "notes"),
)


def table(found: Sequence[Finding]) -> str:
    """Give a table of all moles as CSV, the riskiest first; cells that look like formulas are text.

    The header stands also where there is no mole.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for rank, one in enumerate(found, 1):
        writer.writerow([_plain(cell) for cell in _row(rank, one)])
    return buffer.getvalue()


def _row(rank: int, one: Finding) -> list[object]:
    mole = one.mole
    known = [mole.age, mole.sex, mole.site]
    warnings = " ".join(one.quality.warnings) if one.quality else ""
    if one.fault:
        return [mole.label, rank, *[None] * 7, *known, warnings, one.fault]
    numbers = [round(v, 6) for v in (one.probability, one.low, one.high, one.percentile)]
    marks = ["yes" if mark else "no" for mark in (one.alarm, one.duckling)]
    said = [mole.label, rank, *numbers, *marks, one.variant]
    return [*said, *known, warnings, "; ".join(one.notes)]


def _plain(cell: object) -> object:
    """Keep a spreadsheet from taking a file's name for a formula."""
    if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r"):
        return f"'{cell}"
    return "" if cell is None else cell

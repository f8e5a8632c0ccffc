"""What `build`, `audit` and `import` say of folds."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mel.cli import show
from mel.cli.page import Page

if TYPE_CHECKING:
    from mel.folds import Audit

__all__ = ["AUDIT", "show_audit"]

AUDIT = (
    "ok, verdict, checked, notes, deviation {median, largest}, counts [fold, rows, positives, "
    "positive_share, patients, positive_patients, median_age, female_share, external], "
    "axes [axis, categories, median, largest, category, fold], comparison [map, ...], "
    "crossings [kind, id, folds, images, leak], shared_with_test [kind, id, train, test], folder"
)


def show_audit(page: Page, found: "Audit", folder: Path) -> None:
    """Say what an audit found and where it lies; end with status 1 where the folds do not hold."""
    from mel import folds

    page.put(**found.as_dict(), folder=folder)
    for columns, rows in folds.sheets(found):
        page.table(columns, rows)
        page.line()
    for text in (found.verdict, *found.notes):
        page.line(show.filled(text))
    page.line(f"all of it: {folder}")
    if not found.ok:
        raise typer.Exit(1)

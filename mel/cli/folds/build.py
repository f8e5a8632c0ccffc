"""`mel folds build`."""

from pathlib import Path
from typing import Annotated

from mel.cli import options, show
from mel.cli.folds.showing import AUDIT, show_audit
from mel.cli.page import Page

__all__ = ["build"]

_TRAINING = "fold, scored, positives, trains, train_positives, external, barred"
_Json = Annotated[bool, options.as_json(f"method, training [{_TRAINING}], {AUDIT}")]


@options.example(
    "mel folds build recipes/demo.toml --work work",
    reads="RECIPE, WORK/images.parquet.",
    writes="WORK/folds.parquet, WORK/audit/.",
    failed="Folds that leak, or a fold without one of the classes.",
)
def build(recipe: options.Recipe, work: options.WorkDir, json: _Json = False) -> None:
    """Assign every train image to a fold, patients whole."""
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.folds_build(recipe, work)
        _show_training(page, work)
        show_audit(page, found, pipeline.audit_folder(work))


def _show_training(page: Page, work: Path) -> None:
    """Say what each fold trains on, to people where that is not simply all the others."""
    from mel import pipeline

    method, found = pipeline.folds_training(work)
    page.put(method=method, training=found)
    if found["external"].sum() or found["barred"].sum() or method.startswith("held-out"):
        page.line(show.filled(method))
        page.table(found.columns, found.rows())
        page.line()

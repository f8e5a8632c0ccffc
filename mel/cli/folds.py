"""`mel folds`: patient folds, and the proof that nothing leaks."""

import typer

from mel.cli import options, show

__all__ = ["app"]

app = options.room("Leak-free folds, and their audit.", "mel folds audit --work work/demo")


@app.command(**options.example("mel folds build recipes/demo.toml --work work"))
def build(recipe: options.Recipe, work: options.WorkDir) -> None:
    """Assign every train image to a fold, patients whole."""
    from mel import pipeline

    pipeline.only(recipe, work, "folds")
    _show(work)


@app.command(**options.example("mel folds audit --work work"))
def audit(work: options.WorkDir) -> None:
    """Look for every patient, lesion and copy that the folds separate; exit 1 if there is one."""
    _show(work)


def _show(work: options.WorkDir) -> None:
    from mel import pipeline

    found = pipeline.audit(work)
    show.table(found.counts.columns, _rounded(found.counts.rows()))
    if found.crossings.height:
        show.table(found.crossings.columns, found.crossings.rows())
    show.line(found.verdict)
    if not found.ok:
        raise typer.Exit(1)


def _rounded(rows: list[tuple[object, ...]]) -> list[list[object]]:
    return [[f"{cell:.3g}" if isinstance(cell, float) else cell for cell in row] for row in rows]

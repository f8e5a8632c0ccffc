"""`mel ensemble`: the rank blend."""

from mel.cli import options, show

__all__ = ["app"]

app = options.room("The rank blend.", "mel ensemble blend recipes/demo.toml --work work/demo")


@app.callback()
def _room() -> None:
    """The rank blend."""


@app.command(**options.example("mel ensemble blend recipes/demo.toml --work work"))
def blend(recipe: options.Recipe, work: options.WorkDir) -> None:
    """Blend all members by their ranks; honest and naive AUC are both shown."""
    from mel import pipeline

    scores = pipeline.only(recipe, work, "ensemble")
    show.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])

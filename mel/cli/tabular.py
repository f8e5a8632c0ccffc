"""`mel tabular`: the LightGBM stack."""

from mel.cli import options, show

__all__ = ["app"]

app = options.room("The LightGBM stack.", "mel tabular train recipes/demo.toml --work work/demo")


@app.callback()
def _room() -> None:
    """The LightGBM stack."""


@app.command(**options.example("mel tabular train recipes/demo.toml --work work"))
def train(recipe: options.Recipe, work: options.WorkDir) -> None:
    """Train the stack on the members' folds."""
    from mel import pipeline

    scores = pipeline.only(recipe, work, "tabular")
    show.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])

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


@app.command(**options.example("mel ensemble report recipes/demo.toml --work work"))
def report(recipe: options.Recipe, work: options.WorkDir) -> None:
    """Say what the blend is worth: a recommendation in words, a page, and its figures as PNG.

    The page shows members, weights, what each member is worth, calibration, operating points,
    groups of images and drift. The blend itself is not changed.
    """
    from mel import pipeline

    page, words = pipeline.blend_report(recipe, work)
    for text in words:
        show.line(f"- {show.filled(text, 2)}")
    show.line(f"{page}: written, with figures")

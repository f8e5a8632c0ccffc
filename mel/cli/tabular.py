"""`mel tabular`: the stack."""

from typing import Annotated

import typer

from mel.cli import options, show

__all__ = ["app"]

app = options.room(
    "The stack over all scores.", "mel tabular train recipes/demo.toml --work work/demo"
)

Nested = Annotated[
    bool, typer.Option("--nested", help="Then refit level 2 inside each fold: its honest AUC.")
]
Top = Annotated[int, typer.Option("--top", min=1, metavar="N", help="Features of each learner.")]


@app.callback()
def _room() -> None:
    """The stack: level-2 models over metadata and the members' scores."""


@app.command(**options.example("mel tabular train recipes/demo.toml --work work --nested"))
def train(recipe: options.Recipe, work: options.WorkDir, nested: Nested = False) -> None:
    """Train the stack on the members' folds, with patient context and without."""
    from mel import pipeline

    pipeline.only(recipe, work, "tabular")
    show.table(("variant", "pooled", "folds", "95 %", ""), pipeline.variants(recipe, work))
    if nested:
        show.line()
        rows = pipeline.nested(recipe, work)
        show.table(("variant", "AUC", "pooled", "folds", "95 %"), rows)
        show.line(
            show.filled(
                "naive: on the images it was fitted on. oof: each by models without "
                "its fold. honest: everything refitted and chosen without its fold."
            )
        )


@app.command(**options.example("mel tabular features"))
def features() -> None:
    """List the kinds of features: what they count, and why they leak nothing."""
    from mel import tabular

    for one in tabular.describe():
        show.facts(show.hanging(one.facts()))
        show.line()


@app.command(**options.example("mel tabular importance recipes/demo.toml --work work"))
def importance(recipe: options.Recipe, work: options.WorkDir, top: Top = 10) -> None:
    """Show what each feature is worth to the stack, and draw it."""
    from mel import pipeline

    found = pipeline.importance(recipe, work)
    show.table(pipeline.Weighed.COLUMNS, found.rows(top))
    for path in found.files:
        show.line(str(path))

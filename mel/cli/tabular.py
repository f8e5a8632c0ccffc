"""`mel tabular`: the stack."""

from typing import Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Columns, Page

__all__ = ["app"]

app = options.room(
    "The stack over all scores.", "mel tabular train recipes/demo.toml --work work/demo"
)

Nested = Annotated[
    bool, typer.Option("--nested", help="Then refit level 2 inside each fold: its honest AUC.")
]
Top = Annotated[int, typer.Option("--top", min=1, metavar="N", help="Features of each learner.")]


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


_AUC = {"pooled": ("pooled", show.number), "fold_mean": ("folds", show.number)}
_ENDS = {"low": ("95 % from", show.number), "high": ("to", show.number)}
_VARIANTS: Columns = {
    "variant": "variant",
    **_AUC,
    **_ENDS,
    "blended": ("", lambda blended: "goes into the blend" if blended else ""),
}
_NESTED: Columns = {"variant": "variant", "kind": "AUC", **_AUC, **_ENDS}
_WORTH: Columns = {
    "variant": "variant",
    "learner": "learner",
    "feature": "feature",
    "gain": ("gain", _short),
    "shap": ("SHAP", _short),
}
_FEATURES = ("feature", "columns", "unit", "variants", "learners", "leak")
_JsonTrain = Annotated[
    bool,
    options.as_json(
        f"variants [{', '.join(_VARIANTS)}]; with --nested: nested [{', '.join(_NESTED)}]"
    ),
]


@app.callback()
def _room() -> None:
    """The stack: level-2 models over metadata and the members' scores."""


@app.command(
    **options.example(
        "mel tabular train recipes/demo.toml --work work --nested",
        reads="RECIPE, WORK: images.parquet, folds.parquet, members' scores.",
        writes="WORK/tabular/NAME/; with --nested nested.json in it.",
    )
)
def train(
    recipe: options.Recipe, work: options.WorkDir, nested: Nested = False, json: _JsonTrain = False
) -> None:
    """Train the stack on the members' folds, with patient context and without."""
    from mel import pipeline

    with Page(json) as page:
        told = pipeline.tabular_train(recipe, work, nested=nested)
        page.records("variants", told["variants"], _VARIANTS)
        if nested:
            page.line()
            page.records("nested", told["nested"], _NESTED)
            page.line(
                show.filled(
                    "naive: on the images it was fitted on. oof: each by models without "
                    "its fold. honest: everything refitted and chosen without its fold."
                )
            )


@app.command(**options.example("mel tabular features"))
def features(
    json: Annotated[bool, options.as_json(f"features [{', '.join(_FEATURES)}]")] = False,
) -> None:
    """List the kinds of features: what they count, and why they leak nothing."""
    from mel import tabular

    with Page(json) as page:
        page.put(features=tabular.describe())
        for one in tabular.describe():
            page.facts(one.facts(), hang=True)
            page.line()


@app.command(
    **options.example(
        "mel tabular importance recipes/demo.toml --work work",
        reads="RECIPE, WORK/tabular/NAME/.",
        writes="WORK/tabular/NAME/: importance-*.svg and .png.",
    )
)
def importance(
    recipe: options.Recipe,
    work: options.WorkDir,
    top: Top = 10,
    json: Annotated[bool, options.as_json(f"importance [{', '.join(_WORTH)}], files")] = False,
) -> None:
    """Show what each feature is worth to the stack, and draw it."""
    from mel import pipeline

    with Page(json) as page:
        found = pipeline.tabular_importance(recipe, work)
        page.records("importance", found.top(top).to_dicts(), _WORTH)
        page.put(files=found.files)
        for path in found.files:
            page.line(path)

"""`mel tabular importance`."""

from typing import Annotated

import typer

from mel.cli import options
from mel.cli.page import Columns, Page

__all__ = ["importance"]

_Top = Annotated[int, typer.Option("--top", min=1, metavar="N", help="Features of each learner.")]


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


_WORTH: Columns = {
    "variant": "variant",
    "learner": "learner",
    "feature": "feature",
    "gain": ("gain", _short),
    "shap": ("SHAP", _short),
}


@options.example(
    "mel tabular importance recipes/demo.toml --work work",
    reads="RECIPE, WORK/tabular/NAME/.",
    writes="WORK/tabular/NAME/: importance-*.svg and .png.",
)
def importance(
    recipe: options.Recipe,
    work: options.WorkDir,
    top: _Top = 10,
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
